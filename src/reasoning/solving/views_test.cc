#include "solving/views.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

namespace hrm::solving {
namespace {

std::map<std::string, size_t> picks(const std::vector<Outcome>& views) {
  std::map<std::string, size_t> picked;
  for (const Selector& selector : selectors()) picked[std::string(selector.name)] = selector.pick(views);
  return picked;
}

TEST(Views, EachSelectorPicksByItsOwnRule) {
  const std::vector<Outcome> views = {
      {.segments = 4, .q_halt = 1, .residual = 0.5f, .fingerprint = 7},
      {.segments = 4, .q_halt = 3, .residual = 0.4f, .fingerprint = 9},
      {.segments = 2, .q_halt = -1, .residual = 0.3f, .fingerprint = 8},
      {.segments = 3, .q_halt = 2, .residual = 0.1f, .fingerprint = 7},
      {.segments = 5, .q_halt = 0, .residual = 0.2f, .fingerprint = 6, .accepted = true},
  };
  const std::map<std::string, size_t> expected = {{"q", 1}, {"first", 2}, {"residual", 3}, {"vote", 3}, {"rules", 4}};
  EXPECT_EQ(picks(views), expected);
}

TEST(Views, TiesGoToTheEarlierAndNaNLoses) {
  const float nan = std::nanf("");
  const std::vector<Outcome> views = {
      {.segments = 2, .q_halt = nan, .residual = nan, .fingerprint = 1},
      {.segments = 2, .q_halt = -5, .residual = 9, .fingerprint = 2},
      {.segments = 2, .q_halt = -5, .residual = 9, .fingerprint = 3},
  };
  const std::map<std::string, size_t> expected = {{"q", 1}, {"first", 1}, {"residual", 1}, {"vote", 1}, {"rules", 0}};
  EXPECT_EQ(picks(views), expected);
  EXPECT_EQ(picks({{.segments = 1}}).at("vote"), 0u);
}

TEST(Views, FingerprintsTellAnswersApart) {
  EXPECT_EQ(fingerprint(std::vector<int32_t>{1, 2, 3}), fingerprint(std::vector<int32_t>{1, 2, 3}));
  EXPECT_NE(fingerprint(std::vector<int32_t>{1, 2, 3}), fingerprint(std::vector<int32_t>{1, 3, 2}));
  EXPECT_NE(fingerprint(std::vector<int32_t>{0}), fingerprint(std::vector<int32_t>{0, 0}));
}

TEST(Views, ExactNeedsASupervisedToken) {
  EXPECT_FALSE(Outcome{}.exact());
  EXPECT_TRUE((Outcome{.supervised = 3, .correct = 3}.exact()));
  EXPECT_FALSE((Outcome{.supervised = 3, .correct = 2}.exact()));
}

}  // namespace
}  // namespace hrm::solving
