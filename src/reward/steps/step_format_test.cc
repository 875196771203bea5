#include "steps/step_format.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "steps/step_settings.h"

namespace hrm::steps {
namespace {

using grading::AnswerFormat;
using policy::Finish;
using Texts = std::vector<std::string>;

std::string joined(const Texts& texts) {
  std::string all;
  for (const std::string& text : texts) all += text;
  return all;
}

Step read(const StepFormat& format, const policy::Choice& choice, int64_t steps = 0, std::string_view before = "") {
  return format.read_step(choice, {.before = before, .steps = steps, .most = 5});
}

TEST(StepFormat, TheAuthorsHeadings) {
  const StepFormat format(StepStyle::kAuthors, AnswerFormat::kHrm, "", /*faithful=*/true);
  EXPECT_EQ(format.step_stops(5), (Texts{"# END!", "# Step 2", "# Step 3", "# Step 4", "# Step 5"}));
  EXPECT_EQ(format.step_stops(4, 1), (Texts{"# END!", "# Step 3", "# Step 4", "# Step 2"})) << "the next one first";
  EXPECT_EQ(read(format, {.text = "x\n\n", .finish = Finish::kStop, .stop = "# Step 3"}, 1).text, "x\n\n# Step 3");
  EXPECT_EQ(read(format, {.text = "x\n\n", .finish = Finish::kStop}, 1).text, "x\n\n# Step 3") << "found out";
  EXPECT_EQ(read(format, {.text = "x.", .finish = Finish::kStop}, 1).text, "x.") << "the policy ended by itself";
  const Step end = read(format, {.text = "# Answer\n\nX\n", .finish = Finish::kStop}, 2);
  EXPECT_EQ(end.text, "# Answer\n\nX\n# END!");
  EXPECT_EQ(end.answer, "x") << "as the authors find it";
  EXPECT_TRUE(end.terminal);
  EXPECT_FALSE(read(format, {.text = "y\n# answer"}, 1).terminal);
  EXPECT_FALSE(read(format, {.text = "y\n", .finish = Finish::kStop, .stop = "# Step 2"}).terminal);
  EXPECT_EQ(format.answer("y\n# Answer\n\n7\n# END!"), "7");
  EXPECT_EQ(format.rollout_text({.text = "# Answer\n\n7\n", .finish = Finish::kStop}), "# Answer\n\n7\n# END!");
  const std::string text = "# Step 1\na\n\n# Step 2\nb\n\n# Step 12\nc\n# Answer\n\n7\n# END!";
  const Texts steps = format.split(text);
  EXPECT_EQ(steps, (Texts{"# Step 1\na\n\n# Step 2", "\nb\n\n# Step 12", "\nc\n# Answer\n\n7\n# END!"}));
  EXPECT_EQ(format.split(" from the middle\n\n# Step 3\nend").size(), 2u);
}

// What servers may say of one and the same text.
std::vector<policy::Choice> reports(const std::string& text, const std::string& stop) {
  return {{.text = text, .finish = Finish::kStop, .stop = stop},  // named, or kept
          {.text = text, .finish = Finish::kStop},                // dropped, and not named
          {.text = text, .finish = Finish::kEnd}};                // it says that the model ended by itself
}

TEST(StepFormat, AnAnswerEndsASolutionWhateverTheServerSays) {
  const StepFormat format(StepStyle::kAuthors, AnswerFormat::kAuto, "");
  const std::pair<std::string, std::string> cases[] = {
      {"# Step 1: 40 + 2 = 42\n\n# Answer\n\n42", "42"},
      {"# Step 1: a\n\n# Answer\n\n(C)\n", "(C)"},
      {"First, it is 42.\n\nThe answer is \\boxed{42}.", "42"},
      {"## Step 1: It is 42.\n\nThe final answer is: $\\boxed{42}$\n\n", "42"},
      {"It is 42.\n#### 42\n", "42"},
      {"So 40 + 2 = 42.\nThe answer is 42.\n\n", "42"}};
  for (const auto& [text, answer] : cases)
    for (const std::string stop : {"# END!", "# Step 2"})
      for (const policy::Choice& choice : reports(text, stop)) {
        const Step step = read(format, choice);
        EXPECT_EQ(step.text, text);
        EXPECT_TRUE(step.terminal) << text;
        EXPECT_EQ(step.answer, answer) << text;
      }
}

TEST(StepFormat, HeadingsAreNotMadeUp) {
  const StepFormat format(StepStyle::kAuthors, AnswerFormat::kAuto, "");
  EXPECT_EQ(format.step_stops(5, 2), (Texts{"# END!", "# Step 4"}));
  EXPECT_EQ(format.step_stops(5, 4), (Texts{"# END!"}));
  for (const policy::Choice& choice : reports("# Step 1: 40 + 2\n\n", "# Step 2")) {
    const bool ended = choice.finish == Finish::kEnd;
    EXPECT_EQ(read(format, choice).text, ended ? "# Step 1: 40 + 2\n\n" : "# Step 1: 40 + 2\n\n# Step 2");
    EXPECT_EQ(read(format, choice).terminal, ended);
    EXPECT_EQ(read(format, choice).answer, std::nullopt);
  }
  // A heading begins a line, or has more marks before it.
  EXPECT_EQ(read(format, {.text = "I do not know.", .finish = Finish::kStop}).text, "I do not know.");
  EXPECT_TRUE(read(format, {.text = "I do not know.", .finish = Finish::kStop}).terminal);
  // Where the line breaks are gone, a model that writes headings is asked to continue and writes the next one itself.
  EXPECT_EQ(read(format, {.text = "# Step 1: 40 + 2", .finish = Finish::kStop}).text, "# Step 1: 40 + 2");
  EXPECT_FALSE(read(format, {.text = "# Step 1: 40 + 2", .finish = Finish::kStop}).terminal);
  EXPECT_TRUE(read(format, {.text = "# Step 1: 40 + 2", .finish = Finish::kEnd}).terminal);
  EXPECT_EQ(read(format, {.text = "# Step 1: a.", .finish = Finish::kStop, .stop = "# Step 2"}).text,
            "# Step 1: a.\n\n# Step 2")
      << "the server took the line breaks off";
  EXPECT_EQ(read(format, {.text = "## Step 1: a\n\n#", .finish = Finish::kStop}).text, "## Step 1: a\n\n## Step 2");
  EXPECT_TRUE(read(format, {.text = "", .finish = Finish::kStop}, 2).terminal) << "nothing came";
  EXPECT_EQ(read(format, {.text = "", .finish = Finish::kStop}, 2).text, "");
  EXPECT_TRUE(read(format, {.text = "no answer\n", .finish = Finish::kStop, .stop = "# END!"}).terminal);
  // What the model wrote on without being stopped is cut off; the step's own heading is none.
  const std::string on = "# Step 2: b\n\n# Step 3: c\n# Answer\n\n7";
  EXPECT_EQ(read(format, {.text = on}, 1).text, "# Step 2: b\n\n# Step 3");
  EXPECT_FALSE(read(format, {.text = on, .finish = Finish::kLength}, 1).terminal);
  EXPECT_EQ(format.read_step({.text = "b\n# Step 6: c\n# Answer\n\n7"}, {.steps = 4, .most = 5}).answer, "7")
      << "beyond the depth the text goes on to its end";
  // A step may speak of the answer in passing.
  const policy::Choice passing{
      .text = "The answer is found by adding.\n\n", .finish = Finish::kStop, .stop = "# Step 2"};
  EXPECT_FALSE(read(format, passing).terminal);
  EXPECT_EQ(read(format, passing).answer, std::nullopt);
  EXPECT_EQ(read(format, {.text = "The answer is blue whale."}).answer, "blue whale");
}

TEST(StepFormat, AnAnswerMayStandInTheStepBehindItsHeading) {
  const StepFormat blank(StepStyle::kBlank, AnswerFormat::kAuto, "");
  const Step heading = read(blank, {.text = "# Answer", .finish = Finish::kStop, .stop = "\n\n"}, 1);
  EXPECT_FALSE(heading.terminal);
  EXPECT_EQ(heading.answer, std::nullopt);
  for (const policy::Choice& choice : reports("42", "\n\n")) {
    const Step step = read(blank, choice, 2, "a\n\n# Answer\n\n");
    EXPECT_EQ(step.text, "42");
    EXPECT_EQ(step.answer, "42");
    EXPECT_TRUE(step.terminal);
  }
}

TEST(StepFormat, BlankLinesAndLines) {
  const StepFormat blank(StepStyle::kBlank, AnswerFormat::kAuto, ""), line(StepStyle::kLine, AnswerFormat::kGsm8k, "");
  EXPECT_EQ(blank.split("a\nb\n\n\n\nc"), (Texts{"a\nb\n\n", "\n\nc"}));
  EXPECT_EQ(joined(blank.split("\n\na\n\n \n\n")), "\n\na\n\n \n\n");
  EXPECT_EQ(line.split("a\nb\n#### 3"), (Texts{"a\n", "b\n", "#### 3"}));
  EXPECT_EQ(read(line, {.text = "a", .finish = Finish::kStop}).text, "a\n");
  EXPECT_EQ(read(line, {.text = "a\nrest", .finish = Finish::kLength}).text, "a\n");
  EXPECT_TRUE(read(line, {.text = "a", .finish = Finish::kEnd}).terminal);
  EXPECT_FALSE(read(line, {.text = "a", .finish = Finish::kStop, .stop = "\n"}).terminal);
  for (const policy::Choice& choice : reports("#### 3", "\n")) {
    EXPECT_EQ(read(line, choice).text, "#### 3") << "nothing stands behind an answer";
    EXPECT_TRUE(read(line, choice).terminal);
  }
  EXPECT_TRUE(read(blank, {.text = "so \\boxed{3}", .finish = Finish::kStop}).terminal);
}

TEST(StepFormat, RegularExpressions) {
  const StepFormat format(StepStyle::kRegex, AnswerFormat::kAuto, R"([.!?]\s)");
  EXPECT_EQ(format.split("One. Two! 3.5 is three?"), (Texts{"One. ", "Two! ", "3.5 is three?"}));
  EXPECT_EQ(read(format, {.text = "One. Two."}).text, "One. ");
  EXPECT_FALSE(read(format, {.text = "One. Two."}).terminal) << "it was cut out of more";
  EXPECT_THROW(StepFormat(StepStyle::kRegex, AnswerFormat::kAuto, "("), Error);
  EXPECT_THROW(StepFormat(StepStyle::kRegex, AnswerFormat::kAuto, "x*"), Error);
  EXPECT_THROW(StepFormat(StepStyle::kRegex, AnswerFormat::kAuto, ""), Error);
  EXPECT_EQ(StepFormat(StepStyle::kRegex, AnswerFormat::kAuto, "(a+)+b").split(std::string(3000, 'a')).size(), 1u);
}

TEST(StepSettings, HeadingsAreReadByHrmAlone) {
  StepSettings settings;
  for (const auto& [format, name] : enum_names(AnswerFormat())) {
    settings.answer = format;
    if (format == AnswerFormat::kHeading)
      EXPECT_THROW(settings.validate(), Error);
    else
      EXPECT_NO_THROW(settings.validate()) << name;
  }
}

}  // namespace
}  // namespace hrm::steps
