#include "language/prompts.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/testing/refused.h"
#include "language/tiny.h"

namespace hrm::language {
namespace {

constexpr TinySize kSmall{.hidden_size = 32, .layers = 2, .heads = 4, .context = 64};

TEST(Prompts, ATextIsEncodedAsItStands) {
  const ModelBundle bundle = tiny_bundle(kSmall, HeadKind::kLanguage, 1, 3);
  EXPECT_EQ(encode_prompt(bundle, {{"prompt", "1+2"}}, {}, "line 1"), bundle.tokenizer.encode("1+2"));
}

TEST(Prompts, RecordsOfAnotherFormAndChatsWithoutATemplateAreRefused) {
  const ModelBundle bundle = tiny_bundle(kSmall, HeadKind::kLanguage, 1, 3);
  const auto message = [&](const Json& record, const PromptForm& form = {}) -> std::string {
    return refusal([&] { encode_prompt(bundle, record, form, "a.jsonl: line 4"); });
  };
  for (const Json& record : {Json{{"text", "x"}}, Json{{"prompt", 3}}, Json{{"messages", "x"}}, Json("x"),
                             Json{{"messages", {{{"role", "user"}}}}}})
    EXPECT_NE(message(record).find("a.jsonl: line 4"), std::string::npos) << message(record);
  EXPECT_NE(message({{"prompt", "x"}}, {.chat = true}).find("chat template"), std::string::npos);
  EXPECT_NE(message({{"messages", {{{"role", "user"}, {"content", "x"}}}}}).find("chat template"), std::string::npos);
}

TEST(Prompts, ACompletionSaysWhyItEnded) {
  Generation choice{.text = "3", .ids = {1, 2}, .logprobs = {-1, -2}, .finish = policy::Finish::kStop, .stop = ";"};
  EXPECT_EQ(completion_json(choice, false), (Json{{"text", "3"}, {"finish", "stop"}, {"tokens", 2}, {"stop", ";"}}));
  choice.finish = policy::Finish::kLength;
  choice.stop.clear();
  const Json json = completion_json(choice, true);
  EXPECT_EQ(json["finish"], "length");
  EXPECT_FALSE(json.contains("stop"));
  EXPECT_EQ(json["logprobs"].size(), 2u);
}

TEST(Prompts, RequestsAreHandedOverInTheirOrder) {
  const ModelBundle bundle = tiny_bundle(kSmall, HeadKind::kLanguage, 1, 3);
  Generator generator(bundle, {.rows = 4});
  constexpr int64_t kLengths[] = {12, 1, 5, 2};  // so that later ones end first
  for (uint64_t i = 0; i < 4; ++i)
    generator.add(i, {.prompt = bundle.tokenizer.encode("1+2"), .max_tokens = kLengths[i], .seed = i});
  std::vector<uint64_t> order;
  uint64_t told = 0;
  generate_in_order(
      generator,
      [&](uint64_t done) {
        EXPECT_GE(done, told);
        told = done;
        return true;
      },
      [&](uint64_t id, const std::vector<Generation>& choices) {
        order.push_back(id);
        EXPECT_EQ(choices.size(), 1u);
      });
  EXPECT_EQ(order, (std::vector<uint64_t>{0, 1, 2, 3}));
  EXPECT_TRUE(generator.idle());
  generator.add(0, {.prompt = bundle.tokenizer.encode("1"), .max_tokens = 5});
  generate_in_order(
      generator, [](uint64_t) { return false; }, [](uint64_t, const auto&) { FAIL(); });
  EXPECT_FALSE(generator.idle());
}

}  // namespace
}  // namespace hrm::language
