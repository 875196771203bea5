#include "policy/choice_json.h"

#include <gtest/gtest.h>

namespace hrm::policy {
namespace {

TEST(ChoiceJson, SaysHowTheChoiceEnded) {
  const Choice stopped{.text = "2", .finish = Finish::kStop, .stop = "\n", .tokens = 3};
  EXPECT_EQ(choice_json(stopped),
            (Json{{"text", "2"}, {"finish", "stop"}, {"stop", "\n"}, {"tokens", 3}, {"tokens_estimated", false}}));
  EXPECT_EQ(finish_name(Finish::kEnd), "end");
  EXPECT_EQ(finish_name(Finish::kLength), "length");
  EXPECT_EQ(finish_name(Finish::kBroken), "broken off by the server");
}

TEST(ChoiceJson, LogProbabilitiesOnlyWhereThereAreSome) {
  EXPECT_FALSE(choice_json({.text = "2"}).contains("logprobs"));
  const Choice choice{.text = "2", .tokens_estimated = true, .logprobs = {-0.5F, -1.0F}};
  EXPECT_EQ(choice_json(choice)["logprobs"], (Json{-0.5, -1.0}));
  EXPECT_EQ(choice_json(choice)["tokens_estimated"], true);
}

}  // namespace
}  // namespace hrm::policy
