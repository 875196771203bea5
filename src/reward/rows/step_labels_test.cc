#include "rows/step_labels.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace hrm::rows {
namespace {

using Known = std::vector<std::optional<bool>>;

TEST(StepLabels, TheFirstRecordSetsTheFormat) {
  std::optional<Format> format;
  const Json trl = {{"prompt", "1+1"}, {"completions", {"2", "3", "4"}}, {"labels", {true, false, true}}};
  EXPECT_EQ(step_labels(trl, "a:1", format), (Known{true, false, true}));
  EXPECT_EQ(format, Format::kTrl);
  EXPECT_THROW(step_labels({{"id", "x"}, {"steps", Json::array({"2"})}, {"label", -1}}, "a:2", format), Error);
}

TEST(StepLabels, OfAFirstErrorTheStepsBehindItAreUnknown) {
  std::optional<Format> format = Format::kFirstError0;
  const Json record = {{"question", "q"}, {"steps", {"a", "b", "c"}}, {"first_error", 1}};
  const Known known = step_labels(record, "a:1", format);
  ASSERT_EQ(known.size(), 3u);
  EXPECT_EQ(known[0], true);
  EXPECT_EQ(known[1], false);
}

TEST(StepLabels, OneSolutionIsExpected) {
  const auto refused_for = [](const Json& record, std::optional<Format> format, const std::string& words) {
    try {
      step_labels(record, "a.jsonl:7", format);
      ADD_FAILURE() << record;
    } catch (const Error& error) {
      const std::string message = error.what();
      EXPECT_NE(message.find(words), std::string::npos) << message;
      EXPECT_NE(message.find("a.jsonl:7"), std::string::npos) << message;
    }
  };
  refused_for({{"x", 1}}, std::nullopt, "format");
}

}  // namespace
}  // namespace hrm::rows
