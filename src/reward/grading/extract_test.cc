#include "grading/extract.h"

#include <gtest/gtest.h>

namespace hrm::grading {
namespace {

using enum AnswerFormat;

TEST(Extract, HrmTakesLastHeadingAndLastEndMark) {
  EXPECT_EQ(extract_answer("# Answer 1 # END!\n# Answer\n\n X \n# END!", kHrm), "x");
  EXPECT_EQ(extract_answer("# END! # Answer 5", kHrm), "") << "an end mark before the heading";
  EXPECT_EQ(extract_answer("# Answer\n\n29", kHrm), "2") << "no end mark: the last character is lost";
  EXPECT_EQ(extract_answer("# Answer 5√", kHrm), "5") << "a character, not a byte";
  EXPECT_EQ(extract_answer("# Answer", kHrm), "");
  EXPECT_EQ(extract_answer("no heading # END!", kHrm), std::nullopt);
}

TEST(Extract, HeadingsKeepTheAnswerAsItIs) {
  for (const char* text :
       {"# Answer\n\n(C)\n\n# END!", "# Answer\n\n(C)", "# answer: (C) # end!", "## Answer\n(C)\n# END",
        "# Answer\n\n(C)\n# E", "# Answer\n\n(C)\n\n# Step 3: check", "# Answer\n\n1\n# END!\n# Answer  \n\n(C)\n"})
    EXPECT_EQ(extract_answer(text, kHeading), "(C)") << text;
  EXPECT_EQ(extract_answer("# Answer\n\n\\mathbb{R}", kAuto), "\\mathbb{R}");
  EXPECT_EQ(extract_answer("# Answer\n\n42", kAuto), "42");
  EXPECT_EQ(extract_answer("# Answer\n\n\xC3\x84", kHeading), "\xC3\x84");
  for (const char* none : {"", "# Answer", "# Answer\n\n# END!", "# Answering it", "Answer 4"})
    EXPECT_EQ(extract_answer(none, kHeading), std::nullopt) << none;
}

TEST(Extract, Gsm8kTakesFirstNumberBehindMark) {
  EXPECT_EQ(extract_answer("#### none\n#### -1,234.5 apples\n#### 7", kGsm8k), "-1234.5");
  EXPECT_EQ(extract_answer("#### - 5", kGsm8k), std::nullopt);
  EXPECT_EQ(extract_answer("####5", kGsm8k), std::nullopt);
}

TEST(Extract, BoxedTakesLastBalancedContent) {
  EXPECT_EQ(extract_answer("\\boxed{1} then \\boxed {\\frac{1}{2} }.", kBoxed), "\\frac{1}{2} ");
  EXPECT_EQ(extract_answer("\\boxed{\\{1\\}}", kBoxed), "\\{1\\}");
  EXPECT_EQ(extract_answer("\\boxed{1} \\boxed{2", kBoxed), std::nullopt);
  EXPECT_EQ(extract_answer("\\boxed 5", kBoxed), std::nullopt);
  EXPECT_EQ(extract_answer("\\boxed{5\\", kBoxed), std::nullopt);
}

TEST(Extract, AutoTakesTheFirstFormatThatFinds) {
  EXPECT_EQ(extract_answer("# Answer 1 # END! #### 2 \\boxed{3} The answer is 4", kAuto), "3");
  EXPECT_EQ(extract_answer("# Answer 1 # END! #### 2 The answer is 4", kAuto), "1");
  EXPECT_EQ(extract_answer("#### 2\nThe answer is 4", kAuto), "2");
  EXPECT_EQ(extract_answer("The answer is 3.\nSo the answer is: $x+1$.\nDone", kAuto), "x+1");
  EXPECT_EQ(extract_answer("The answer is", kAuto), std::nullopt);
  EXPECT_EQ(extract_answer("", kAuto), std::nullopt);
}

TEST(Extract, AutoReadsBelowALabelAndBehindEveryVerb) {
  for (const char* text :
       {"So it is.\n\n**Final Answer**\n\n73", "**Final Answer:**\n\n\\[ 73 \\]", "## Final Answer\n\n73.\n",
        "**Final Answer**\n\\[\n73\n\\]", "### Final answer\n\nThe answer is $73$.", "**Answer**\n**73**",
        "The answer should be 73.", "The final answer will be 73", "The answer would be: 73",
        "The answer to the question is 73.", "The correct answer must be **73**."})
    EXPECT_EQ(extract_answer(text, kAuto), "73") << text;
  EXPECT_EQ(extract_answer("The answers are 3 and 5.", kAuto), "3 and 5");
  EXPECT_EQ(extract_answer("The answer is an island.", kAuto), "an island");
  EXPECT_EQ(extract_answer("The answer areas differ.", kAuto), std::nullopt);
}

TEST(Extract, AutoReadsDisplayedFormulasFieldsAndAdverbs) {
  for (const char* text : {"The final answer is\n\\[\n73\n\\]\nDone.", "The final answer is:\n$$\n73\n$$",
                           "ANSWER\n======\n73", "So the answer is therefore 73.", "The answer is thus: 73",
                           "{\"answer\": 73}", "{\"steps\": [\"the answer is 5\"], \"answer\": \"73\"}",
                           "```json\n{\"final_answer\": 73, \"sure\": true}\n```", "答案是73。", "所以，**答案：73**",
                           "因此答案为：$73$。\n"})
    EXPECT_EQ(extract_answer(text, kAuto), "73") << text;
  EXPECT_EQ(extract_answer(R"({"answer": "\\frac{1}{2}"})", kAuto), "\\frac{1}{2}");
  EXPECT_EQ(extract_answer(R"({"answer": [1, 2], "wrong_answer": 3})", kAuto), std::nullopt);
  EXPECT_EQ(extract_answer("I begin with {\"answer\": 5}. So the answer is 7.", kAuto), "7");
  EXPECT_EQ(extract_answer("The answer is therefore", kAuto), "therefore");
}

TEST(Extract, HeadingKeepsLettersAndTheWholeAnswer) {
  EXPECT_EQ(extract_answer("# Answer\n\n\\mathbb{R}\n\n# END!", kHeading), "\\mathbb{R}");
  EXPECT_EQ(extract_answer("# Answer\n\n42", kHeading), "42");
  EXPECT_EQ(extract_answer("# Answer\n\n# END!", kHeading), std::nullopt);
  EXPECT_EQ(extract_answer("# Step 1: x\n# Answer\n\n(D)\n\n# END!", kAuto), "(D)");
}

TEST(Extract, AutoKnowsCommonClosings) {
  for (const auto& [text, answer] : {std::pair("Final Answer: The final answer is $12$. I hope it is correct.", "12"),
                                     {"So the final answer is 12.", "12"},
                                     {"Work.\n\nAnswer: 12", "12"},
                                     {"**Answer:** 12", "12"},
                                     {"**Answer**: 12", "12"},
                                     {"ANSWER: (C)", "(C)"},
                                     {"### Final Answer:\n\n12\n", "12"},
                                     {"<think>The answer is 9.</think><answer>12</answer>", "12"},
                                     {"<think>\\boxed{9}</think>The answer is 12.", "12"},
                                     {"The answer is **12**.", "12"},
                                     {"The answer is **12.**", "12"},
                                     {"The answer is \\(x+1\\).", "x+1"},
                                     {"The answer is $\\frac{1}{2}$ (half).", "\\frac{1}{2}"},
                                     {"The answer is 3.5. That is all", "3.5"},
                                     {"The correct option is (B).", "(B)"},
                                     {"We get $\\fbox{12}$", "12"},
                                     {"So it is $\\boxed 12$.", "12"},
                                     {"So it is \\boxed 7.", "7"},
                                     {"work\n#### 1/2", "1/2"},
                                     {"work\n#### $12", "$12"},
                                     {"work\n####12", "12"},
                                     {"#### 1. Add\nx\n#### 2. Multiply\n#### -3,500", "-3,500"},
                                     {"The answer is $5 and $6.", "$5 and $6"}})
    EXPECT_EQ(extract_answer(text, kAuto), answer) << text;
  for (const char* text : {"#### Step 4: add", "We answered it.", "The answer is", "\\boxedtext", "An answering is 5"})
    EXPECT_EQ(extract_answer(text, kAuto), std::nullopt) << text;
}

TEST(Extract, AnyBytes) {
  const std::string bytes("\xFF# Answer\0\xC3 \\boxed{\xE2", 21);
  for (const auto format : {kHrm, kHeading, kGsm8k, kBoxed, kAuto}) extract_answer(bytes, format);
  EXPECT_TRUE(has_answer_heading("\n# Answer"));
  EXPECT_FALSE(has_answer_heading("# answer"));
}

}  // namespace
}  // namespace hrm::grading
