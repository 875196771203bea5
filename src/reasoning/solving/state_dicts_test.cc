#include "solving/state_dicts.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "base/testing/refused.h"

namespace hrm::solving {
namespace {

constexpr const char* kAnchor = "embed_tokens.embedding_weight";
const std::string kKey = std::string("model.inner.") + kAnchor, kInit = "model.inner.H_init";

HostTensor value(float x) { return HostTensor::of<float>({2}, std::vector<float>{x, x}); }
TorchDict dict(const std::string& path, const std::string& prefix, float x, bool buffers = true) {
  TorchDict result{.path = path};
  result.tensors.emplace(prefix + kAnchor, value(x));
  if (buffers) result.tensors.emplace(prefix + "H_init", value(x));
  return result;
}
void expect_dicts_refused(std::vector<TorchDict> dicts, const std::string& part) {
  hrm::expect_refused([&] { choose_weights(std::move(dicts), true, "x.pt"); }, {part});
}

TEST(StateDicts, PrefixesOfWrappersGoInAnyOrder) {
  for (const char* prefix : {"", "inner.", "model.inner.", "_orig_mod.model.inner.", "module.model.inner.",
                             "module._orig_mod.model.inner.", "_orig_mod.module.model.inner.", "model.module.inner.",
                             "model.inner._orig_mod.", "model._orig_mod.model.inner.", "net.model.inner.",
                             "_fsdp_wrapped_module.model.inner._checkpoint_wrapped_module."}) {
    const ChosenWeights chosen = choose_weights({dict("", prefix, 1)}, true, "x");
    EXPECT_EQ(chosen.weights, (NamedTensors{{kKey, value(1)}, {kInit, value(1)}})) << prefix;
    EXPECT_EQ(chosen.kind, "");
  }
  EXPECT_EQ(choose_weights({dict("", "ema_model.model.inner.", 1)}, true, "x").kind, "averaged");
}

TEST(StateDicts, OneLevelDownIsFoundAndOtherTensorsAreLeft) {
  TorchDict top{.path = ""};
  top.tensors.emplace("rng_state", HostTensor(DType::kU8, {100}));
  const auto chosen = choose_weights({top, dict("model_state_dict", "_orig_mod.model.inner.", 3)}, true, "x");
  EXPECT_EQ(chosen.weights.at(kInit), value(3));
  EXPECT_EQ(chosen.weights.size(), 2u);
}

TEST(StateDicts, AnAverageIsTakenKnowingly) {
  // Shadows of parameters only: buffers stay those of the live weights.
  const std::vector<TorchDict> both = {dict("model", "_orig_mod.model.inner.", 1),
                                       dict("ema_helper", "_orig_mod.model.inner.", 2, false)};
  const ChosenWeights averaged = choose_weights(both, true, "x"), live = choose_weights(both, false, "x");
  EXPECT_EQ(averaged.weights, (NamedTensors{{kKey, value(2)}, {kInit, value(1)}}));
  EXPECT_EQ(averaged.kind, "averaged");
  EXPECT_EQ(live.weights, (NamedTensors{{kKey, value(1)}, {kInit, value(1)}}));
  EXPECT_EQ(live.kind, "live");

  TorchDict one = dict("", "online_model.model.inner.", 1);
  one.tensors.merge(dict("", "ema_model.model.inner.", 2).tensors);
  one.tensors.emplace("initted", HostTensor(DType::kBool, {}));
  EXPECT_EQ(choose_weights({one}, true, "x").weights.at(kInit), value(2));
  EXPECT_EQ(choose_weights({one}, false, "x").weights.at(kInit), value(1));

  const std::vector<TorchDict> lightning = {dict("state_dict", "model.inner.", 2),
                                            dict("current_model_state", "model.inner.", 1)};
  EXPECT_EQ(choose_weights(lightning, true, "x").weights.at(kInit), value(2));
  EXPECT_EQ(choose_weights(lightning, false, "x").weights.at(kInit), value(1));
}

// A dict as the authors' programs write it: buffers and parameters in the order of the modules.
TorchDict whole_dict() {
  TorchDict result{.path = "model"};
  const auto add = [&](const std::string& key, Shape shape) {
    result.order.push_back("_orig_mod.model.inner." + key);
    result.tensors.emplace(result.order.back(), HostTensor(DType::kF32, std::move(shape)));
  };
  add("H_init", {2});
  add("L_init", {2});
  add(kAnchor, {3, 2});
  add("lm_head.weight", {3, 2});
  add("q_head.weight", {2, 2});
  add("q_head.bias", {2});
  add("puzzle_emb.weights", {100, 4});
  return result;
}
HostTensor filled(const Shape& shape, float x) {
  HostTensor tensor(DType::kF32, shape);
  for (float& value : tensor.as<float>()) value = x;
  return tensor;
}
TorchDict list_dict(const std::string& path, const std::string& key, const std::vector<Shape>& shapes) {
  TorchDict result{.path = path};
  for (size_t i = 0; i < shapes.size(); ++i) result.lists[key].push_back(filled(shapes[i], static_cast<float>(i) + 1));
  return result;
}

TEST(StateDicts, AnAverageAsAListIsNamedByTheOrderOfTheModel) {
  const std::vector<Shape> parameters = {{3, 2}, {3, 2}, {2, 2}, {2}};
  for (const auto& [path, key] : {std::pair("ema", "shadow_params"), {"", "ema"}, {"callbacks.EMA", "ema_weights"}}) {
    const std::vector<TorchDict> dicts = {whole_dict(), list_dict(path, key, parameters)};
    const ChosenWeights chosen = choose_weights(dicts, true, "x");
    EXPECT_EQ(chosen.kind, "averaged") << key;
    EXPECT_EQ(chosen.weights.at(kKey), filled({3, 2}, 1));
    EXPECT_EQ(chosen.weights.at("model.inner.lm_head.weight"), filled({3, 2}, 2));
    EXPECT_EQ(chosen.weights.at("model.inner.q_head.bias"), filled({2}, 4));
    EXPECT_EQ(chosen.weights.at(kInit), filled({2}, 0));  // the live one
    EXPECT_EQ(choose_weights(dicts, false, "x").weights.at(kKey), filled({3, 2}, 0));
  }
  const std::vector<Shape> all = {{2}, {2}, {3, 2}, {3, 2}, {2, 2}, {2}, {100, 4}};  // of state_dict().values()
  EXPECT_EQ(choose_weights({whole_dict(), list_dict("ema", "shadow_params", all)}, true, "x").weights.at(kInit),
            filled({2}, 1));
}

TEST(StateDicts, AListOfAveragesIsTakenOrRefused) {
  const TorchDict live = dict("model", "model.inner.", 1), first = dict("ema.0", "model.inner.", 2, false);
  EXPECT_EQ(choose_weights({live, first}, true, "x").weights.at(kKey), value(2));
  const std::vector<TorchDict> two = {live, first, dict("ema.1", "model.inner.", 3, false)};
  expect_dicts_refused(two, "several models ('ema.0', 'ema.1')");
  expect_dicts_refused(two, "--averaged off");
  EXPECT_EQ(choose_weights(two, false, "x").weights.at(kKey), value(1));
}

TEST(StateDicts, AnAverageThatCannotBeNamedIsRefused) {
  const TorchDict one_less = list_dict("ema", "shadow_params", {{3, 2}, {3, 2}, {2, 2}});
  const TorchDict swapped = list_dict("ema", "shadow_params", {{3, 2}, {2, 2}, {3, 2}, {2}});
  expect_dicts_refused({whole_dict(), one_less}, "'ema.shadow_params' is an average of the weights as a list of 3");
  expect_dicts_refused({whole_dict(), swapped}, "--averaged off uses the live weights ('model')");
  EXPECT_NO_THROW(choose_weights({whole_dict(), swapped}, false, "x"));
  expect_dicts_refused({one_less}, "no state dict that names them");
  TorchDict sorted = whole_dict();  // by name, not as the program had them
  std::ranges::sort(sorted.order);
  expect_dicts_refused({sorted, list_dict("ema", "shadow_params", {{3, 2}, {3, 2}, {2}, {2, 2}})}, "without names");
  TorchDict other_names{.path = "model_ema"};
  other_names.tensors.emplace("modelinnerembed_tokensembedding_weight", filled({9, 2}, 1));
  expect_dicts_refused({whole_dict(), other_names}, "'model_ema' is an average of the weights under names");
  // Averages of something else, and what an average put aside, are none of the weights.
  TorchDict meters{.path = "average_metrics"};
  meters.tensors.emplace("accuracy", filled({2}, 1));
  EXPECT_NO_THROW(choose_weights({whole_dict(), meters, list_dict("ema", "collected_params", {{3, 2}, {3, 2}}),
                                  list_dict("optimizer", "exp_avg", {{3, 2}, {3, 2}})},
                                 true, "x"));
}

TEST(StateDicts, SeveralModelsAreNotChosenFrom) {
  expect_dicts_refused({dict("teacher", "model.inner.", 1), dict("student", "model.inner.", 2)},
                       "'teacher', 'student'");
  EXPECT_NO_THROW(choose_weights({dict("a", "model.inner.", 1), dict("b", "model.inner.", 1)}, true, "x"));
  TorchDict twice = dict("", "model.inner.", 1);
  twice.tensors.merge(dict("", "module.model.inner.", 2).tensors);
  expect_dicts_refused({twice}, "occurs twice");
}

TEST(StateDicts, WhatBelongsToNoSetIsNotPassedOver) {
  TorchDict more = dict("", "model.inner.", 1);
  more.tensors.emplace("critic.weight", value(5));
  more.tensors.emplace("n_steps", HostTensor(DType::kI64, {}));  // a counter
  const auto chosen = choose_weights({more}, true, "x");
  EXPECT_TRUE(chosen.weights.contains("critic.weight"));
  EXPECT_EQ(chosen.weights.size(), 3u);
}

}  // namespace
}  // namespace hrm::solving
