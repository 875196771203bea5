#include "solving/state_dicts.h"

#include <gtest/gtest.h>

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
