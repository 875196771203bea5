#include "worlds/arithmetic_policy.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "base/error.h"
#include "worlds/arithmetic_value.h"

namespace hrm::worlds {
namespace {

using policy::Finish;
using policy::Request;
using policy::Response;

Response answer_of(ArithmeticPolicy& policy, const Request& request) {
  policy::Reply reply = policy.complete(request);
  if (const auto* fault = std::get_if<policy::PolicyFault>(&reply)) {
    ADD_FAILURE() << fault->message;
    return {};
  }
  return std::get<Response>(std::move(reply));
}

Walk walk_of(const std::string& prompt) { return read_prompt(prompt).value(); }

bool ends_right(const std::string& prompt, const std::string& text) {
  const Walk walk = walk_of(prompt + text);
  return walk.answer() && walk.on_track();
}

TEST(Moves, ProbabilitiesSumToOneAndEachKindWritesWhatItSays) {
  const SlipSettings settings{.slip = 0.2, .repair = 0.3, .wander = 0.3};
  std::map<MoveKind, int> seen;
  for (const char* text : {"7+12*3-15", "(7-12)*3-15", "2*3+4*5", "3-9", "9*(4-12)-5*(7-1)", "(3+4)*12", "5*0+0*7"}) {
    const Expression state = *Expression::parse(text);
    double sum = 0;
    for (const Move& move : moves_from(state, settings)) {
      EXPECT_GT(move.probability, 0);
      sum += move.probability;
      ++seen[move.kind];
      const Written written = write_move(state, move);
      EXPECT_EQ(next_state(state, move), written.next);
      EXPECT_LT(written.next.tokens().size(), state.tokens().size());
      Walk walk(state);
      const StepTruth truth = walk.take(written.line);
      EXPECT_EQ(walk.state(), written.next) << written.line;
      const bool false_claim = move.kind == MoveKind::kCarry || move.kind == MoveKind::kNegated;
      EXPECT_TRUE(truth.valid || move.kind != MoveKind::kHonest) << written.line << ": " << truth.reason;
      EXPECT_EQ(truth.fault == StepFault::kClaim, false_claim) << written.line;
    }
    EXPECT_NEAR(sum, 1, 1e-12) << text;
  }
  EXPECT_EQ(seen.size(), 7u);
}

TEST(Moves, HarderPairsSlipMore) {
  const auto pair = [](const char* text) { return Expression::parse(text)->pairs()[0]; };
  EXPECT_EQ(hardness(pair("3+4")), 0.5);
  EXPECT_EQ(hardness(pair("13-4")), 1);
  EXPECT_EQ(hardness(pair("13*4")), 1);
  EXPECT_EQ(hardness(pair("13*14")), 2);
  EXPECT_EQ(hardness(pair("-3+4")), 0.75);
}

TEST(Moves, SettingsFromText) {
  EXPECT_EQ(parse_slip_settings("slip=0.25,wander=0").text(), "slip=0.25,repair=0.3,wander=0");
  EXPECT_EQ(parse_slip_settings("").text(), SlipSettings().text());
  for (const char* wrong : {"slip", "slip=2", "slip=-0.1", "slip=nan", "slop=0.1", "slip=0.1,,repair=0", "repair=1.5"})
    EXPECT_THROW(parse_slip_settings(wrong), Error) << wrong;
}

TEST(ArithmeticPolicy, ByName) {
  EXPECT_EQ(arithmetic_policy_settings("arithmetic")->text(), SlipSettings().text());
  EXPECT_EQ(arithmetic_policy_settings("arithmetic:slip=0.2")->slip, 0.2);
  EXPECT_EQ(ArithmeticPolicy(*arithmetic_policy_settings("arithmetic:repair=0")).name(),
            "arithmetic:slip=0.1,repair=0,wander=0.3");
  for (const char* other : {"", "http://localhost", "arithmetics", "scripted:arithmetic"})
    EXPECT_FALSE(arithmetic_policy_settings(other)) << other;
  EXPECT_THROW(arithmetic_policy_settings("arithmetic:slip"), Error);
}

TEST(ArithmeticPolicy, WithoutSlipsEverySolutionIsRight) {
  ArithmeticPolicy policy({.slip = 0, .repair = 0, .wander = 1});
  for (const auto& problem : make_problems({}, Split::kTest, 50, 1)) {
    const std::string prompt = problem.question + "\n";
    for (const auto& choice : answer_of(policy, {.prompt = prompt, .n = 4}).choices) {
      EXPECT_TRUE(ends_right(prompt, choice.text)) << choice.text;
      EXPECT_TRUE(choice.text.ends_with("#### " + problem.answer)) << choice.text;
      EXPECT_EQ(choice.finish, Finish::kEnd);
      EXPECT_EQ(choice.tokens, static_cast<int64_t>(choice.text.size()));
    }
  }
}

TEST(ArithmeticPolicy, PromptSeedAndIndexDecide) {
  ArithmeticPolicy policy({.slip = 0.3, .repair = 0.3, .wander = 0.5});
  const auto texts = [&](Request request) {
    std::vector<std::string> list;
    for (auto& choice : answer_of(policy, request).choices) list.push_back(std::move(choice.text));
    return list;
  };
  const Request request{.prompt = "(7+12)*3-15*2+4*(8-5)=?\n", .n = 20, .seed = 5};
  const auto all = texts(request);
  EXPECT_EQ(texts(request), all);
  Request fewer = request, reseeded = request, longer = request;
  fewer.n = 8;
  reseeded.seed = 6;
  longer.prompt += "8-5=3;(7+12)*3-15*2+4*3\n";
  EXPECT_EQ(texts(fewer), std::vector<std::string>(all.begin(), all.begin() + 8));
  EXPECT_NE(texts(reseeded), all);
  EXPECT_NE(texts(longer), all);
  EXPECT_NE(all[0], all[1]);
}

TEST(ArithmeticPolicy, OneStepAtATimeByStopStrings) {
  ArithmeticPolicy policy({.slip = 0.2, .repair = 0.5, .wander = 0.5});
  std::string prompt = "(7+12)*3-15=?\n";
  for (int steps = 0; !walk_of(prompt).answer(); ++steps) {
    ASSERT_LT(steps, 50);
    const auto choice = answer_of(policy, {.prompt = prompt, .stop = {"\n"}, .seed = 3}).choices[0];
    EXPECT_EQ(choice.text.find('\n'), std::string::npos);
    const Walk after = walk_of(prompt + choice.text);
    EXPECT_EQ(choice.finish, after.answer() ? Finish::kEnd : Finish::kStop);
    EXPECT_EQ(choice.stop, after.answer() ? "" : "\n");
    prompt += choice.text + "\n";
  }
  EXPECT_EQ(answer_of(policy, {.prompt = prompt}).choices[0].text, "");
}

TEST(ArithmeticPolicy, SpeaksTheAuthorsFormatBelowTheirPrompt) {
  ArithmeticPolicy policy({.slip = 0.2, .repair = 0.5, .wander = 0.5});
  const std::string head =
      "Question:\n(7+12)*3-15=?\n\nExample:\n-----\nQuestion: 1+2+3 = ?\n\n# Step 1\nsolve 1 + 2 = 3,\n\n# Step "
      "2\nThen, 3 + "
      "3 = 6.\n\n# Answer  \n\n6\n# END!\n-----------------\n";
  EXPECT_FALSE(walk_of(head).answer());
  std::string prompt = head;
  int steps = 0;
  for (; !walk_of(prompt).answer() && steps < 50; ++steps) {
    const auto choice =
        answer_of(policy, {.prompt = prompt, .stop = {"# END!", "# Step 2", "# Step 3", "# Step 4", "# Step 5"}})
            .choices[0];
    prompt += choice.text + choice.stop + "\n";
  }
  EXPECT_NE(prompt.find("# Step 1\n", head.size()), std::string::npos) << prompt;
  EXPECT_TRUE(prompt.ends_with("# END!\n")) << prompt;
  EXPECT_TRUE(walk_of(prompt).answer()) << prompt;
}

TEST(ArithmeticPolicy, LimitsAndFaults) {
  ArithmeticPolicy policy({});
  const auto cut = answer_of(policy, {.prompt = "(7+12)*3-15=?\n", .max_tokens = 4}).choices[0];
  EXPECT_EQ(cut.text.size(), 4u);
  EXPECT_EQ(cut.finish, Finish::kLength);
  for (const Request& wrong : {Request{.prompt = "What is 7 + 12?"}, Request{.prompt = "7+1=?", .n = 0},
                               Request{.prompt = "7+1=?", .max_tokens = 0}}) {
    const auto reply = policy.complete(wrong);
    ASSERT_TRUE(std::holds_alternative<policy::PolicyFault>(reply));
    EXPECT_FALSE(std::get<policy::PolicyFault>(reply).temporary);
  }
  Request chat;
  chat.messages = {{"user", "7+1=?"}};
  EXPECT_TRUE(answer_of(policy, chat).choices[0].text.starts_with("7+1="));
  EXPECT_THROW(ArithmeticPolicy({.slip = 0.9}), Error);
}

// The share of right endings agrees with the computed value within 4.5 standard errors (one false alarm in 10^5).
void expect_value(const SlipSettings& settings, const std::string& prompt, const std::vector<std::string>& stop) {
  ArithmeticPolicy policy(settings);
  const Walk walk = walk_of(prompt);
  TrueValues values(*find_question(prompt), settings);
  const double value = values.success(walk).value();
  constexpr int64_t kRollouts = 20'000;
  double right = 0;
  for (const auto& choice : answer_of(policy, {.prompt = prompt, .n = kRollouts, .stop = stop, .seed = 11}).choices)
    right += ends_right(prompt, choice.text);
  const double error = std::sqrt(value * (1 - value) / kRollouts);
  EXPECT_NEAR(right / kRollouts, value, 4.5 * error + 1e-9) << prompt << settings.text();
}

TEST(TrueValues, AgreeWithManyRollouts) {
  const std::string question = "(7+12)*3-15*2=?\n";
  for (const SlipSettings& settings :
       {SlipSettings{.slip = 0.15, .repair = 0.3, .wander = 0.3}, SlipSettings{.slip = 0.4, .repair = 0, .wander = 1},
        SlipSettings{.slip = 0.3, .repair = 0.8, .wander = 0}}) {
    expect_value(settings, question, {});
    expect_value(settings, question + "7+12=19;19*3-15*2\n", {});
    expect_value(settings, question + "7+12=18;18*3-15*2\n18*3=54;54-15*2\n", {});
    expect_value(settings, question + "7+12=19;19*3-15*2\n19*3=57;57-15*2\n15*2=30;57-30\n57-30=26;26\n", {});
    expect_value(settings, question + "7+12=18;18*3-15*2\n\n# Step 2\n", {"# END!"});
    expect_value(settings, question + "19*3=57;57-15*2\n15*2=30;57-30\n57-30=26;26\n\n# Step 4\n", {"# END!"});
    expect_value(settings, question + "nonsense\n", {});
  }
}

TEST(TrueValues, EndsAndLimits) {
  const Expression question = *Expression::parse("(7+12)*3-15*2");
  TrueValues certain(question, {.slip = 0, .repair = 0, .wander = 1});
  Walk walk(question);
  EXPECT_EQ(certain.success(walk), 1);
  walk.take("7+12=18;18*3-15*2");
  EXPECT_EQ(certain.success(walk), 0);
  walk.take("#### 27");
  EXPECT_EQ(certain.success(walk), 1);
  TrueValues small(question, {.slip = 0.2}, 10);
  EXPECT_FALSE(small.success(Walk(question)));
}

}  // namespace
}  // namespace hrm::worlds
