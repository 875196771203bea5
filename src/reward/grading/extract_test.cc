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

// What MGSM's solutions and models in many languages end with.
TEST(Extract, AutoKnowsTheClosingsOfManyLanguages) {
  for (const char* text : {"Die Antwort ist 73.",
                           "Die Antwort lautet 73.",
                           "**Antwort:** 73",
                           "Also ist die Antwort 73.",
                           "Die Antwort auf die Frage ist: 73",
                           "La réponse est 73.",
                           "La réponse finale est : 73",
                           "Réponse : 73",
                           "La respuesta es 73.",
                           "La respuesta correcta es: **73**.",
                           "Respuesta: 73",
                           "A resposta é 73.",
                           "La risposta è 73.",
                           "Het antwoord is 73.",
                           "Ответ: 73.",
                           "Ответ — 73.",
                           "**Ответ:** 73",
                           "Ответ равен 73.",
                           "Odpowiedź: 73",
                           "Odpověď: 73",
                           "Svaret är 73.",
                           "Svar: 73",
                           "Vastaus: 73",
                           "A válasz: 73",
                           "Răspuns: 73",
                           "Απάντηση: 73",
                           "Cevap: 73",
                           "Cevap 73'dir.",
                           "Đáp án là 73.",
                           "Đáp số: 73",
                           "Jawabannya adalah 73.",
                           "Jibu ni 73.",
                           "คำตอบคือ 73",
                           "الجواب هو 73",
                           "الإجابة: 73",
                           "תשובה: 73",
                           "उत्तर: 73",
                           "उत्तर 73 है।",
                           "উত্তর হল 73।",
                           "సమాధానం 73.",
                           "答案為：73",
                           "答案是73！",
                           "答：73",
                           "答えは73です。",
                           "よって答えは73である。",
                           "答え：73",
                           "정답: 73",
                           "정답은 73입니다.",
                           "답은 73이다."})
    EXPECT_EQ(extract_answer(text, kAuto), "73") << text;
  EXPECT_EQ(extract_answer("Il a 12 ans : 3 de plus.", kAuto), std::nullopt) << "French years";
  EXPECT_EQ(extract_answer("대답은 73이 아니다", kAuto), std::nullopt);
}

TEST(Extract, AutoReadsEveryWayToSayIt) {
  for (const char* text : {"THE ANSWER IS 73.",
                           "The Answer Is 73",
                           "The answer to this problem is 73.",
                           "The answer to part (a) is 73.",
                           "The answer we want is 73.",
                           "The answer here is 73.",
                           "The answer (in cm) is 73.",
                           "The answer was 73.",
                           "The answer, therefore, is 73.",
                           "The answer equals 73.",
                           "The answer comes out to 73.",
                           "The answer turns out to be 73.",
                           "The answer is exactly 73.",
                           "The answer is clearly 73.",
                           "Ans: 73",
                           "Ans. 73",
                           "ANS = 73",
                           "Answer - 73",
                           "Answer -> 73",
                           "Answer → 73",
                           "*Answer:* 73",
                           "<b>Answer:</b> 73",
                           "Answer: <b>73</b>",
                           "The answer is:\n> 73",
                           "The answer is:\n* **73**",
                           "Answer:\n```\n73\n```",
                           "The answer is 73, as required.",
                           "The answer is 73 because 70 + 3 is that.",
                           "The answer is $73$, as desired.",
                           "The answer is 73 🎉",
                           "The answer is 73 ∎",
                           "The answer is $73.$",
                           "{'answer': 73}",
                           "<final_answer>73</final_answer>",
                           "[ANSWER]73[/ANSWER]",
                           "#### **73**",
                           "So 73 is the answer.",
                           "The answer is 73. This answer is correct.",
                           "The answer is 73<|im_end|>",
                           "#### 73</s>",
                           "<think>The answer is 9</think>\n\n73",
                           "Put it in \\boxed{}. The answer is 73.",
                           "So \\boxed{73}\\boxed{}"})
    EXPECT_EQ(extract_answer(text, kAuto), "73") << text;
  EXPECT_EQ(extract_answer("The answer is - 73.", kAuto), "- 73");
  EXPECT_EQ(extract_answer("The answers are:\n- 3\n- 5\nDone", kAuto), "3, 5");
  EXPECT_EQ(extract_answer("It is 12 sq. ft. The answer is 12 sq. ft.", kAuto), "12 sq. ft");
  EXPECT_EQ(extract_answer("Option (B) is correct.", kAuto), "Option (B)");
  EXPECT_EQ(extract_answer("work\n#### Yes", kAuto), "Yes");
  EXPECT_EQ(extract_answer("#### Conclusion\nThat is all.", kAuto), std::nullopt);
}

TEST(Extract, ExclamationMarksEndSentences) {
  for (const char* text : {"The answer is 42!", "So the answer is **42**!", "The answer is $42$!",
                           "The answer is 42! I hope it helps.", "6! is more. The answer is 42!"})
    EXPECT_EQ(extract_answer(text, kAuto), "42") << text;
  EXPECT_EQ(extract_answer("5! = 120. The answer is 120!", kAuto), "120");
  for (const char* text :
       {"The answer is $5!$.", "So it is \\boxed{5!}", "The answer is 5!.", "They stand in 5! ways. The answer is 5!"})
    EXPECT_EQ(extract_answer(text, kAuto), "5!") << text;
  EXPECT_EQ(extract_answer("The answer is n!", kAuto), "n!");
  EXPECT_EQ(extract_answer("The answer is 10!/7!", kAuto), "10!/7!");
  EXPECT_EQ(extract_answer("The answer is yes!", kAuto), "yes");
  EXPECT_EQ(extract_readings("The answer is 5!", kAuto)->other, "5!");
  EXPECT_EQ(extract_readings("#### 5!", kAuto)->other, "5");
  EXPECT_EQ(extract_readings("The answer is $5!$", kAuto)->other, std::nullopt);
  EXPECT_EQ(extract_readings("The answer is:\n- 42", kAuto)->other, "-42");
}

TEST(Extract, BoxesOfAListAreOneAnswer) {
  EXPECT_EQ(extract_answer("$\\boxed{3}$ and $\\boxed{5}$", kAuto), "3, 5");
  EXPECT_EQ(extract_answer("$x=\\boxed{3}$ or $x = \\boxed{5}$.", kAuto), "x=3, x=5");
  EXPECT_EQ(extract_answer("\\boxed{3}, \\quad \\boxed{5} \\text{ and } \\boxed{7}", kAuto), "3, 5, 7");
  EXPECT_EQ(extract_readings("$\\boxed{3}$ and $\\boxed{5}$", kAuto)->other, "5");
  for (const char* text : {"\\boxed{3}. Wait, it is \\boxed{5}.", "\\boxed{3}\n\nand then \\boxed{5}",
                           "\\boxed{3} and so \\boxed{5}", "\\boxed{\\boxed{5}}"})
    EXPECT_EQ(extract_answer(text, kAuto), "5") << text;
  EXPECT_EQ(extract_answer("\boxed{5}", kAuto), "5") << "as a program reads it that does not escape the backslash";
  EXPECT_EQ(extract_answer("x = \\boxed{3}, \\boxed{", kAuto), std::nullopt);
}

TEST(Extract, AValueAloneIsASolution) {
  for (const char* text : {"42", "$42$", " 42.\n", "**42**", "42<|eot_id|>"})
    EXPECT_EQ(extract_from_solution(text, kAuto)->answer, "42") << text;
  EXPECT_EQ(extract_from_solution("(B)", kAuto)->answer, "(B)");
  EXPECT_EQ(extract_answer("42", kAuto), std::nullopt) << "a step may be a value";
  for (const char* text : {"I do not know", "We add 3 and 4. That is all", "3 + 4\n= 7", ""})
    EXPECT_FALSE(extract_from_solution(text, kAuto)) << text;
  EXPECT_FALSE(extract_from_solution("42", kBoxed));
}

TEST(Extract, AnyBytes) {
  const std::string bytes("\xFF# Answer\0\xC3 \\boxed{\xE2", 21);
  for (const auto format : {kHrm, kHeading, kGsm8k, kBoxed, kAuto}) extract_answer(bytes, format);
  EXPECT_TRUE(has_answer_heading("\n# Answer"));
  EXPECT_FALSE(has_answer_heading("# answer"));
}

}  // namespace
}  // namespace hrm::grading
