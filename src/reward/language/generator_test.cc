#include "language/generator.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <map>
#include <thread>

#include "base/files.h"
#include "base/rng.h"
#include "base/signals.h"
#include "language/local_policy.h"
#include "language/text_scores.h"
#include "language/tiny.h"

namespace hrm::language {
namespace {

constexpr TinySize kSmall{.hidden_size = 32, .layers = 2, .heads = 4, .context = 64};

// Random weights, large enough that its choices are not all alike.
ModelBundle random_bundle(const TinySize& size = kSmall, double scale = 6) {
  ModelBundle bundle = tiny_bundle(size, HeadKind::kLanguage, 1, 3);
  for (auto& [name, tensor] : bundle.model.parameters)
    if (!is_norm_or_bias(name)) tensor.mul_(scale);
  return bundle;
}

std::map<uint64_t, std::vector<Generation>> run(Generator& generator) {
  std::map<uint64_t, std::vector<Generation>> all;
  while (!generator.idle())
    for (Generator::Finished& done : generator.step()) all.emplace(done.id, std::move(done.choices));
  return all;
}

GenerationRequest request_of(const ModelBundle& bundle, const std::string& prompt, int64_t choices, uint64_t seed) {
  return {.prompt = bundle.tokenizer.encode(prompt),
          .choices = choices,
          .max_tokens = 20,
          .sampling = {},
          .stop = {},
          .seed = seed,
          .logprobs = true};
}

void expect_same(const Generation& a, const Generation& b) {
  EXPECT_EQ(a.text, b.text);
  EXPECT_EQ(a.ids, b.ids);
  EXPECT_EQ(a.finish, b.finish);
  EXPECT_EQ(a.stop, b.stop);
}

// Each token drawn by reading the whole text anew.
Generation plainly(const ModelBundle& bundle, const GenerationRequest& request, int64_t choice) {
  const Decoder decoder(bundle.model.config, bundle.model.parameters);
  Generation out;
  std::vector<int32_t> all = request.prompt;
  Rng rng(request.seed, {static_cast<uint64_t>(choice)});
  Picker picker;
  while (std::ssize(out.ids) < request.max_tokens && std::ssize(all) < bundle.model.config.max_position_embeddings) {
    const at::Tensor ids = at::tensor(std::vector<int64_t>(all.begin(), all.end())).unsqueeze(0);
    const at::Tensor logits = decoder.logits(decoder.hidden(ids))[0][std::ssize(all) - 1];
    const at::Tensor p = at::softmax(logits, 0).contiguous();
    const int32_t token =
        picker.pick({p.data_ptr<float>(), static_cast<size_t>(p.numel())}, request.sampling, rng.uniform());
    if (bundle.ends(token)) return out;
    out.ids.push_back(token);
    all.push_back(token);
  }
  return out;
}

TEST(Generator, SideBySideIsOneByOneIsReadingAnew) {
  const at::NoGradGuard no_grad;
  const ModelBundle bundle = random_bundle();
  const std::vector<std::string> prompts = {"a", "longer prompt, of some length", "b c", "1+1=", "zzzzzz"};
  Generator together(bundle, {.rows = 7, .prefill_tokens = 64});  // so that requests come and go at different times
  for (size_t i = 0; i < prompts.size(); ++i) together.add(i, request_of(bundle, prompts[i], 3, i));
  const auto all = run(together);
  ASSERT_EQ(all.size(), prompts.size());
  for (size_t i = 0; i < prompts.size(); ++i) {
    const GenerationRequest request = request_of(bundle, prompts[i], 3, i);
    Generator alone(bundle);
    alone.add(9, request);
    const auto one = run(alone).at(9);
    ASSERT_EQ(one.size(), 3U);
    EXPECT_NE(one[0].ids, one[1].ids);
    for (size_t choice = 0; choice < 3; ++choice) {
      expect_same(all.at(i)[choice], one[choice]);
      EXPECT_EQ(one[choice].ids, plainly(bundle, request, static_cast<int64_t>(choice)).ids);
    }
  }
}

TEST(Generator, MoreChoicesThanRowsAreServedInPartsWithTheSameDraws) {
  const ModelBundle bundle = random_bundle();
  Generator narrow(bundle, {.rows = 4}), wide(bundle, {.rows = 64});
  narrow.add(0, request_of(bundle, "x", 11, 5));
  wide.add(0, request_of(bundle, "x", 11, 5));
  const auto a = run(narrow).at(0), b = run(wide).at(0);
  ASSERT_EQ(a.size(), 11U);
  for (size_t i = 0; i < a.size(); ++i) expect_same(a[i], b[i]);
}

TEST(Generator, AFreePlaceIsTakenAtOnce) {
  const ModelBundle bundle = random_bundle();
  Generator generator(bundle, {.rows = 4});
  std::vector<GenerationRequest> requests;
  for (uint64_t i = 0; i < 5; ++i) {
    requests.push_back(request_of(bundle, std::string(i + 1, 'y'), 3, i));
    requests.back().max_tokens = static_cast<int64_t>(i) + 2;
    generator.add(i, requests.back());
  }
  generator.step();
  // Three choices of the first request and one of the second, and one more for each that ended with its first token.
  EXPECT_GE(generator.tokens(), 4);
  const auto all = run(generator);
  for (uint64_t i = 0; i < 5; ++i) {
    Generator alone(bundle);
    alone.add(i, requests[i]);
    const auto one = run(alone).at(i);
    for (size_t choice = 0; choice < 3; ++choice) expect_same(all.at(i)[choice], one[choice]);
  }
}

TEST(Generator, LogProbabilitiesAreThoseOfTheText) {
  const ModelBundle bundle = random_bundle();
  GenerationRequest request = request_of(bundle, "abc", 2, 1);
  request.sampling = {.temperature = 0.5, .top_k = 20};  // they change what is drawn, not what the model says of it
  Generator generator(bundle);
  generator.add(0, request);
  const Decoder decoder(bundle.model.config, bundle.model.parameters);
  const auto done = run(generator);
  for (const Generation& each : done.at(0)) {
    ScoredText text{.ids = request.prompt, .first = request.prompt.size()};
    text.ids.insert(text.ids.end(), each.ids.begin(), each.ids.end());
    const auto scores = log_probabilities(decoder, {&text, 1})[0];
    ASSERT_EQ(scores.size(), each.logprobs.size());
    for (size_t i = 0; i < scores.size(); ++i) EXPECT_NEAR(scores[i], each.logprobs[i], 1e-4);
  }
}

// By the definitions, in double.
TEST(TextScores, ConfidenceOfEachToken) {
  const ModelBundle bundle = random_bundle();
  const Decoder decoder(bundle.model.config, bundle.model.parameters);
  std::vector<ScoredText> texts;
  for (const char* text : {"abc", "a longer text", "xy"}) texts.push_back({.ids = bundle.tokenizer.encode(text)});
  texts[1].first = 4;
  const auto all = token_confidences(decoder, texts, 12);
  const auto logprobs = log_probabilities(decoder, texts);
  const at::NoGradGuard no_grad;
  for (size_t i = 0; i < texts.size(); ++i) {
    ASSERT_EQ(all[i].size(), texts[i].ids.size() - texts[i].first);
    const std::vector<int64_t> ids(texts[i].ids.begin(), texts[i].ids.end());
    const at::Tensor logits = decoder.logits(decoder.hidden(at::tensor(ids).unsqueeze(0)))[0].to(at::kDouble);
    for (size_t t = 0; t < all[i].size(); ++t) {
      const at::Tensor p = at::softmax(logits[static_cast<int64_t>(texts[i].first + t) - 1], -1);
      const auto v = static_cast<double>(p.size(0));
      EXPECT_NEAR(all[i][t].logprob, logprobs[i][t], 1e-5);
      EXPECT_NEAR(all[i][t].entropy, -(p * p.log()).sum().item<double>(), 1e-4);
      EXPECT_NEAR(all[i][t].self_certainty, -((p * v).log().sum() / v).item<double>(), 1e-4);
    }
  }
}

TEST(Generator, EndsAtStopStringsTheEndTokenAndTheLengthOfTheContext) {
  ModelBundle bundle = random_bundle();
  GenerationRequest greedy = request_of(bundle, "q", 1, 0);
  greedy.sampling.temperature = 0;
  const auto of = [&](const GenerationRequest& request) {
    Generator generator(bundle);
    generator.add(0, request);
    return run(generator).at(0)[0];
  };
  greedy.max_tokens = 1000;
  const Generation whole = of(greedy);
  EXPECT_EQ(whole.finish, policy::Finish::kLength);
  EXPECT_EQ(std::ssize(whole.ids), kSmall.context - 1);

  // A stop string of two tokens, taken from the middle, and one that comes later.
  GenerationRequest stopped = greedy;
  stopped.stop = {"never", bundle.tokenizer.decode(std::vector<int32_t>{whole.ids[5], whole.ids[6]})};
  const Generation cut = of(stopped);
  const size_t at = whole.text.find(stopped.stop[1]);
  ASSERT_NE(at, std::string::npos);
  EXPECT_EQ(cut.text, whole.text.substr(0, at));
  EXPECT_EQ(cut.finish, policy::Finish::kStop);
  EXPECT_EQ(cut.stop, stopped.stop[1]);
  EXPECT_LE(cut.ids.size(), 7U);

  bundle.end_tokens = {whole.ids[3]};
  const Generation ended = of(greedy);
  EXPECT_EQ(ended.finish, policy::Finish::kEnd);
  EXPECT_LE(ended.ids.size(), 3U);
}

TEST(Generator, RefusesWhatItCannotServe) {
  const ModelBundle bundle = random_bundle();
  Generator generator(bundle);
  const auto fault = [&](GenerationRequest request) {
    try {
      generator.add(0, std::move(request));
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  const GenerationRequest good = request_of(bundle, "a", 1, 0);
  GenerationRequest bad = good;
  bad.prompt.clear();
  EXPECT_NE(fault(bad).find("empty"), std::string::npos);
  bad.prompt.assign(64, 5);
  EXPECT_NE(fault(bad).find("64 tokens leaves no room"), std::string::npos);
  bad.prompt = {1, 99999};
  EXPECT_NE(fault(bad).find("99999"), std::string::npos);
  bad = good;
  bad.choices = 0;
  EXPECT_NE(fault(bad).find("n = 0"), std::string::npos);
  bad = good;
  bad.sampling.temperature = -1;
  EXPECT_NE(fault(bad).find("temperature"), std::string::npos);
  EXPECT_TRUE(generator.idle());
  const ModelBundle reward = tiny_bundle(kSmall, HeadKind::kSequence, 1, 3);
  EXPECT_THROW(Generator{reward}, Error);
}

TEST(Generator, OutputsThatAreNotFiniteAreAFailure) {
  ModelBundle bundle = random_bundle();
  bundle.model.parameters.at("model.norm.weight").fill_(NAN);
  Generator generator(bundle);
  generator.add(0, request_of(bundle, "a", 1, 0));
  EXPECT_THROW(generator.step(), Error);
}

policy::Request asked(const std::string& prompt, uint64_t seed) {
  return {.prompt = prompt, .messages = {}, .n = 3, .max_tokens = 12, .temperature = 1, .stop = {"\n"}, .seed = seed};
}

TEST(LocalPolicy, ManyThreadsGetWhatEachWouldGetAlone) {
  LocalPolicy policy(random_bundle(), "local:test", {.rows = 8});
  EXPECT_EQ(policy.name(), "local:test");
  constexpr size_t kThreads = 12;
  std::vector<std::vector<std::string>> texts(kThreads);
  const auto ask = [&](size_t i) {
    std::vector<std::string> all;
    const policy::Reply reply = policy.complete(asked(std::string(i % 5 + 1, 'p'), i));
    for (const policy::Choice& choice : std::get<policy::Response>(reply).choices) all.push_back(choice.text);
    return all;
  };
  {
    std::vector<std::jthread> threads;
    for (size_t i = 0; i < kThreads; ++i) threads.emplace_back([&, i] { texts[i] = ask(i); });
  }
  for (size_t i = 0; i < kThreads; ++i) {
    EXPECT_EQ(texts[i].size(), 3U);
    EXPECT_EQ(texts[i], ask(i)) << i;
  }
}

TEST(LocalPolicy, WhatItCannotServeIsALastingFault) {
  LocalPolicy policy(random_bundle(), "local:test");
  policy::Request chat = asked("", 0);
  chat.messages = {{"user", "hi"}};
  for (const policy::Request& request : {chat, asked(std::string(100, 'x'), 0), asked("", 0)}) {
    const policy::Reply reply = policy.complete(request);
    ASSERT_TRUE(std::holds_alternative<policy::PolicyFault>(reply));
    EXPECT_FALSE(std::get<policy::PolicyFault>(reply).temporary);
  }
  EXPECT_TRUE(std::holds_alternative<policy::Response>(policy.complete(asked("fine", 0))));
}

TEST(LocalPolicy, AnInterruptEndsRequestsUnderWay) {
  LocalPolicy policy(random_bundle(), "local:test");
  const policy::Request request = asked("fine", 0);
  {
    const InterruptScope scope;
    request_interrupt();
    const policy::Reply reply = policy.complete(request);
    ASSERT_TRUE(std::holds_alternative<policy::PolicyFault>(reply));
    EXPECT_EQ(std::get<policy::PolicyFault>(reply).message, "interrupted");
  }
  EXPECT_TRUE(std::holds_alternative<policy::Response>(policy.complete(request)));
}

TEST(LocalPolicy, AModelThatBreaksIsALastingFaultForAll) {
  ModelBundle bundle = random_bundle();
  bundle.model.parameters.at("model.norm.weight").fill_(NAN);
  LocalPolicy policy(std::move(bundle), "local:broken");
  for (int i = 0; i < 2; ++i) {
    const policy::Reply reply = policy.complete(asked("a", 0));
    ASSERT_TRUE(std::holds_alternative<policy::PolicyFault>(reply));
    EXPECT_NE(std::get<policy::PolicyFault>(reply).message.find("not finite"), std::string::npos);
  }
}

}  // namespace
}  // namespace hrm::language
