#include "tree/step_format.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace hrm::tree {
namespace {

using policy::Finish;
using Texts = std::vector<std::string>;

std::string joined(const Texts& texts) {
  std::string all;
  for (const std::string& text : texts) all += text;
  return all;
}

TEST(StepFormat, TheAuthorsHeadings) {
  const StepFormat format(StepStyle::kAuthors, AnswerStyle::kHrm, "");
  EXPECT_EQ(format.step_stops(5), (Texts{"# END!", "# Step 2", "# Step 3", "# Step 4", "# Step 5"}));
  EXPECT_EQ(format.step_text({.text = "x\n\n", .finish = Finish::kStop, .stop = "# Step 3"}, 1), "x\n\n# Step 3");
  EXPECT_EQ(format.step_text({.text = "x\n\n", .finish = Finish::kStop}, 1), "x\n\n# Step 3") << "found out";
  EXPECT_EQ(format.step_text({.text = "# Answer\n\n7\n", .finish = Finish::kStop}, 2), "# Answer\n\n7\n# END!");
  EXPECT_TRUE(format.is_terminal("y\n# Answer\n\n7\n# END!", Finish::kStop));
  EXPECT_FALSE(format.is_terminal("y\n# answer", Finish::kStop));
  EXPECT_FALSE(format.is_terminal("y\n# Step 2", Finish::kStop));
  EXPECT_EQ(format.answer("y\n# Answer\n\n7\n# END!"), "7");
  const std::string text = "# Step 1\na\n\n# Step 2\nb\n\n# Step 12\nc\n# Answer\n\n7\n# END!";
  const Texts steps = format.split(text);
  EXPECT_EQ(steps, (Texts{"# Step 1\na\n\n# Step 2", "\nb\n\n# Step 12", "\nc\n# Answer\n\n7\n# END!"}));
  EXPECT_EQ(format.split(" from the middle\n\n# Step 3\nend").size(), 2u);
}

TEST(StepFormat, BlankLinesAndLines) {
  const StepFormat blank(StepStyle::kBlank, AnswerStyle::kAuto, ""), line(StepStyle::kLine, AnswerStyle::kGsm8k, "");
  EXPECT_EQ(blank.split("a\nb\n\n\n\nc"), (Texts{"a\nb\n\n", "\n\nc"}));
  EXPECT_EQ(joined(blank.split("\n\na\n\n \n\n")), "\n\na\n\n \n\n");
  EXPECT_EQ(line.split("a\nb\n#### 3"), (Texts{"a\n", "b\n", "#### 3"}));
  EXPECT_EQ(line.step_text({.text = "a", .finish = Finish::kStop}, 0), "a\n");
  EXPECT_EQ(line.step_text({.text = "a\nrest", .finish = Finish::kLength}, 0), "a\n");
  EXPECT_TRUE(line.is_terminal("#### 3", Finish::kStop));
  EXPECT_TRUE(line.is_terminal("a", Finish::kEnd));
  EXPECT_FALSE(line.is_terminal("a\n", Finish::kStop));
  EXPECT_TRUE(blank.is_terminal("so \\boxed{3}", Finish::kStop));
}

TEST(StepFormat, RegularExpressions) {
  const StepFormat format(StepStyle::kRegex, AnswerStyle::kAuto, R"([.!?]\s)");
  EXPECT_EQ(format.split("One. Two! 3.5 is three?"), (Texts{"One. ", "Two! ", "3.5 is three?"}));
  EXPECT_EQ(format.step_text({.text = "One. Two."}, 0), "One. ");
  EXPECT_FALSE(format.is_terminal("One. ", Finish::kEnd)) << "it was cut out of more";
  EXPECT_THROW(StepFormat(StepStyle::kRegex, AnswerStyle::kAuto, "("), Error);
  EXPECT_THROW(StepFormat(StepStyle::kRegex, AnswerStyle::kAuto, "x*"), Error);
  EXPECT_THROW(StepFormat(StepStyle::kRegex, AnswerStyle::kAuto, ""), Error);
  EXPECT_EQ(StepFormat(StepStyle::kRegex, AnswerStyle::kAuto, "(a+)+b").split(std::string(3000, 'a')).size(), 1u);
}

}  // namespace
}  // namespace hrm::tree
