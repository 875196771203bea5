#include "policy/scripted.h"

#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "base/files.h"

namespace hrm::policy {
namespace {

std::string echo(const Request& request, int64_t choice, Rng& rng) {
  return fmt::format("{} {} {} # END! rest", request.prompt, choice, rng.below(1000000));
}

std::vector<std::string> texts_of(const Reply& reply) {
  std::vector<std::string> texts;
  for (const Choice& choice : std::get<Response>(reply).choices) texts.push_back(choice.text);
  return texts;
}

TEST(Scripted, AnswersDependOnPromptSeedAndChoiceAlone) {
  ScriptedPolicy policy(echo);
  const auto five = texts_of(policy.complete({.prompt = "a", .n = 5, .seed = 3}));
  const auto three = texts_of(policy.complete({.prompt = "a", .n = 3, .seed = 3}));
  EXPECT_TRUE(std::equal(three.begin(), three.end(), five.begin()));
  EXPECT_EQ(std::set(five.begin(), five.end()).size(), 5u);
  EXPECT_NE(texts_of(policy.complete({.prompt = "a", .n = 3, .seed = 4})), three);
  EXPECT_NE(texts_of(policy.complete({.prompt = "b", .n = 3, .seed = 3}))[0].substr(2), three[0].substr(2));
  EXPECT_EQ(policy.calls(), 4);
  EXPECT_EQ(policy.choices(), 14);
}

TEST(Scripted, StopsAtStopStringsAndAtTheLimit) {
  ScriptedPolicy policy([](const Request&, int64_t, Rng&) { return "one two # Step 2 three # END!"; });
  const auto ask = [&](Request request) { return std::get<Response>(policy.complete(request)).choices.at(0); };
  Choice choice = ask({.stop = {"# END!", "# Step 2"}});
  EXPECT_EQ(choice.text, "one two ");
  EXPECT_EQ(choice.finish, Finish::kStop);
  EXPECT_EQ(choice.stop, "# Step 2");
  EXPECT_EQ(choice.tokens, 2);
  choice = ask({.max_tokens = 1, .stop = {"# END!", "# Step 2"}});
  EXPECT_EQ(choice.text, "one");
  EXPECT_EQ(choice.finish, Finish::kLength);
  EXPECT_EQ(choice.stop, "");
  choice = ask({.max_tokens = 2, .stop = {"# Step", "# Step 2", ""}});
  EXPECT_EQ(choice.stop, "# Step 2");
  EXPECT_EQ(ask({}).finish, Finish::kEnd);
}

TEST(Scripted, FaultsAreInjectedByCall) {
  ScriptedPolicy policy(echo, {.fault = [](const Request&, int64_t call) -> std::optional<PolicyFault> {
                          if (call == 1) return PolicyFault{.message = "broken", .temporary = false};
                          return std::nullopt;
                        }});
  EXPECT_TRUE(std::holds_alternative<Response>(policy.complete({.prompt = "a"})));
  EXPECT_EQ(std::get<PolicyFault>(policy.complete({.prompt = "a"})).message, "broken");
  EXPECT_EQ(policy.choices(), 1);
}

TEST(Scripted, TablesAreReadFromFiles) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "table.json";
  write_file_atomic(path, R"({"1+1=": ["2", "3"], "hello\nyou": ["ok"]})");
  ScriptedPolicy policy(table_script(read_reply_table(path)));
  const auto texts = texts_of(policy.complete({.prompt = "1+1=", .n = 40}));
  EXPECT_EQ(std::set(texts.begin(), texts.end()), (std::set<std::string>{"2", "3"}));
  EXPECT_EQ(texts_of(policy.complete({.messages = {{"system", "hello"}, {"user", "you"}}})).at(0), "ok");
  EXPECT_THROW(policy.complete({.prompt = "2+2="}), Error);
  write_file_atomic(path, R"({"1+1=": "2"})");
  EXPECT_THROW(read_reply_table(path), Error);
  EXPECT_THROW(table_script({{"x", {}}}), Error);
}

}  // namespace
}  // namespace hrm::policy
