#include "rows/read_solutions.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "base/testing/paths.h"
#include "base/testing/refused.h"
#include "rows/solution_rows.h"
#include "rows/write_solutions.h"
#include "steps/problem_file.h"

namespace hrm::rows {
namespace {

using Labels = std::vector<std::optional<double>>;
using Texts = std::vector<std::string>;
constexpr const char* kQuestion = "What is 2 + 3 * 4?";

std::vector<LabeledSolution> read(const std::filesystem::path& path, ConversionCounts& counts,
                                  ReadOptions options = {}) {
  std::vector<LabeledSolution> solutions;
  read_solutions(path, options, counts, [&](LabeledSolution&& solution) { solutions.push_back(std::move(solution)); });
  return solutions;
}
std::vector<LabeledSolution> read(Format format) {
  ConversionCounts counts;
  auto solutions = read(testdata_folder() / "rows" / fmt::format("{}.jsonl", name_of_enum(format)), counts);
  for (const LabeledSolution& solution : solutions) EXPECT_EQ(solution.question, kQuestion);
  return solutions;
}

TEST(ReadSolutions, FormatsAreToldFromTheirFirstRecord) {
  for (const auto& [format, name] : enum_names(Format{})) {
    JsonlReader lines(testdata_folder() / "rows" / fmt::format("{}.jsonl", name));
    ASSERT_TRUE(lines.next());
    const bool asks = format == Format::kFirstError0 || format == Format::kFirstError1;
    EXPECT_EQ(detect_format(lines.value()), asks ? std::nullopt : std::optional(format)) << name;
    EXPECT_EQ(question_of_record(format, lines.value(), "x"), kQuestion) << name;
  }
  EXPECT_FALSE(detect_format(Json{{"x", 1}}));
}

TEST(ReadSolutions, TheGoldAnswerHasTheNamesThatProblemFilesHave) {
  for (const std::string_view name : steps::kGoldFields) {
    const Json record = {
        {"question", "q"}, {"steps", Json::array({"a"})}, {"labels", Json::array({1})}, {std::string(name), "7"}};
    std::optional<std::string> gold;
    ConversionCounts counts;
    read_record({need_format(record, "x"), record, "x"}, Neutral::kDrop, counts,
                [&](LabeledSolution&& solution) { gold = solution.gold; });
    EXPECT_EQ(gold, "7") << name;
  }
}

TEST(ReadSolutions, Prm800k) {
  const auto solutions = read(Format::kPrm800k);
  ASSERT_EQ(solutions.size(), 4u);  // the neutral and the unrated candidate have no label
  EXPECT_EQ(solutions[1].steps, Texts{"2 + 3 is 5."});
  EXPECT_EQ(solutions[1].labels, Labels{0.0});
  EXPECT_EQ(solutions[3].steps, (Texts{"3 * 4 is 12.", "Adding 2 gives 14.", "# Answer\n\n20"}));
  EXPECT_EQ(solutions[3].labels, (Labels{1.0, 1.0, 0.0}));
  EXPECT_EQ(solutions[3].context, 2u);
  EXPECT_EQ(solutions[3].answer, "20");
  ConversionCounts counts;
  EXPECT_EQ(read(testdata_folder() / "rows/prm800k.jsonl", counts, {.neutral = Neutral::kNegative}).size(), 5u);
  EXPECT_EQ(counts.dropped.at("record abandoned by its labeler"), 1u);
}

TEST(ReadSolutions, LabeledSteps) {
  const auto shepherd = read(Format::kMathShepherd).at(0);
  EXPECT_EQ(shepherd.steps, (Texts{"Step 1: 3 * 4 = 12", "Step 2: 2 + 12 = 15", "Step 3: The answer is: 15"}));
  EXPECT_EQ(shepherd.labels, (Labels{1.0, 0.0, 0.0}));
  EXPECT_EQ(read(Format::kTrl).at(0).labels, (Labels{1.0, 0.0}));
  const auto chat = read(Format::kRlhflow).at(0);
  EXPECT_EQ(chat.steps, (Texts{"Step 1: 3 * 4 = 12.", "Step 2: So 15."}));
  EXPECT_EQ(chat.labels, (Labels{1.0, 0.0}));
}

TEST(ReadSolutions, MoreFormatsOfLabeledSteps) {
  const Texts headed{"Step 1: 3 * 4 = 12.", "Step 2: So 15."}, bare{"3 * 4 = 12.", "So 15."};
  const auto openrlhf = read(Format::kOpenRlhf);
  EXPECT_EQ(openrlhf.at(0).steps, headed);
  EXPECT_EQ(openrlhf.at(0).labels, (Labels{1.0, 0.0}));
  EXPECT_EQ(openrlhf.at(1).labels, (Labels{1.0, 0.25}));
  for (const LabeledSolution& solution : read(Format::kOpenrProcess)) {
    EXPECT_EQ(solution.steps, headed);
    EXPECT_EQ(solution.labels, (Labels{1.0, 0.0}));
  }
  ASSERT_EQ(read(Format::kPlain).size(), 3u);
  for (const Format format : {Format::kPlain, Format::kThinkPrm, Format::kVersaPrm})
    for (const LabeledSolution& solution : read(format)) {
      EXPECT_EQ(solution.steps, bare) << name_of_enum(format);
      EXPECT_EQ(solution.labels, (Labels{1.0, 0.0})) << name_of_enum(format);
    }
  const auto mistakes = read(Format::kBigBench);
  EXPECT_EQ(mistakes.at(0).labels, (Labels{1.0, 0.0}));
  EXPECT_EQ(mistakes.at(1).labels, Labels{1.0});
  const auto kto = read(Format::kKto);
  EXPECT_EQ(kto.at(0).outcome, 0.0);
  EXPECT_EQ(kto.at(1).outcome, 1.0);
  EXPECT_EQ(kto.at(0).labels, (Labels{std::nullopt, std::nullopt}));
}

TEST(ReadSolutions, TheFirstWrongStepCountsFrom0OrFrom1) {
  for (const Format format : {Format::kFirstError0, Format::kFirstError1}) {
    ConversionCounts counts;
    const auto path = testdata_folder() / "rows" / fmt::format("{}.jsonl", name_of_enum(format));
    const auto solutions = read(path, counts, {.format = format});
    ASSERT_EQ(solutions.size(), 3u);
    EXPECT_EQ(solutions[0].question, kQuestion);
    EXPECT_EQ(solutions[0].labels, (Labels{1.0, 0.0, std::nullopt})) << name_of_enum(format);
    EXPECT_EQ(solutions[1].labels, (Labels{1.0, 1.0})) << name_of_enum(format);
    EXPECT_EQ(solutions[2].labels, (Labels{0.0, std::nullopt})) << name_of_enum(format);
    expect_refused([&] { read(path, counts); }, {"line 1", "from 0 or from 1", "--from first-error-0"});
  }
  const auto refused = [](const char* text, Format format, const char* part) {
    ConversionCounts counts;
    expect_refused(
        [&] {
          read_record({format, parse_json(text, "t"), "f:7"}, Neutral::kDrop, counts, [](LabeledSolution&&) {});
        },
        {"f:7", part});
  };
  refused(R"({"problem":"q","steps":["a","b"],"first_error":2})", Format::kFirstError0, "--from first-error-1");
  refused(R"({"problem":"q","steps":["a","b"],"first_error":3})", Format::kFirstError1, "a step from 1 to 2");
  refused(R"({"problem":"q","steps":["a","b"],"first_error":-2})", Format::kFirstError1, "-1 or null");
  refused(R"({"problem":"q","steps":["a","b"],"first_error":0.5})", Format::kFirstError0, "expected an integer");
  refused(R"({"problem":"q","steps":["a","b"]})", Format::kFirstError0, "no field");
  refused(R"({"steps":["a","b"],"first_error":1})", Format::kFirstError0, "question");
}

LabeledSolution one(const char* text) {
  ConversionCounts counts;
  std::vector<LabeledSolution> solutions;
  const Json record = parse_json(text, "t");
  read_record({need_format(record, "t"), record, "t"}, Neutral::kDrop, counts,
              [&](LabeledSolution&& solution) { solutions.push_back(std::move(solution)); });
  return solutions.at(0);
}
std::string refusal(const char* text) {
  return hrm::refusal([&] { one(text); });
}

TEST(ReadSolutions, LabelsMayBeWritten) {
  const Labels good_bad = {1.0, 0.0};
  for (const char* labels : {R"(["1","0"])", R"(["True","False"])", R"(["correct","incorrect"])", R"(["good","bad"])",
                             R"(["positive","negative"])", R"(["+","-"])", R"([1.0,0.0])"}) {
    const std::string steps = fmt::format(R"({{"question":"q","steps":["a","b"],"labels":{}}})", labels);
    const std::string trl = fmt::format(R"({{"prompt":"q","completions":["a","b"],"labels":{}}})", labels);
    EXPECT_EQ(one(steps.c_str()).labels, good_bad) << labels;
    EXPECT_EQ(one(trl.c_str()).labels, good_bad) << labels;
  }
  for (const char* label : {"-1", "2", R"("neutral")", R"("2")", R"("maybe")"})
    EXPECT_NE(refusal(fmt::format(R"({{"question":"q","steps":["a"],"labels":[{}]}})", label).c_str()).find("'labels'"),
              std::string::npos)
        << label;
}

TEST(ReadSolutions, AQuestionMayHoldStepHeadings) {
  EXPECT_EQ(one(R"({"input":"Step 1: add 3. Step 2: double. What of 4? Step 1: 7 ки","value":["+"]})").question,
            "Step 1: add 3. Step 2: double. What of 4?");
  EXPECT_EQ(one(R"({"input":"In Step 1: mix. Why? Step 1: So. ки\nStep 2: b ки",)"
                R"("label":"In Step 1: mix. Why? Step 1: So. +\nStep 2: b -"})")
                .steps,
            (Texts{"Step 1: So.", "Step 2: b"}));
  EXPECT_EQ(one(R"({"conversations":[{"role":"user","content":"Step 1: a. How? Step 1: b"},)"
                R"({"role":"assistant","content":"+"}]})")
                .question,
            "Step 1: a. How?");
  EXPECT_EQ(one(R"({"input":"Why? Step 1: By Step 1: of the plan. ки","value":[1]})").question, "Why?");
  EXPECT_NE(refusal(R"({"input":"Step 1: a ки","label":"Step 1: a +"})").find("no question before it"),
            std::string::npos);
}

TEST(ReadSolutions, LabelsFromTheSecondRecordOnAreNotLost) {
  const TemporaryFolder folder;
  const auto faults = [&](const std::string& first, const std::string& second) {
    const std::filesystem::path path = folder.path() / "rows.jsonl";
    write_file_atomic(path, first + "\n" + second + "\n");
    return hrm::refusal([&] {
      ConversionCounts counts;
      read(path, counts);
    });
  };
  const std::string completion = R"({"question":"q","gold":"7","completion":"The answer is 7.")";
  const std::string math = R"({"problem":"q","solution":"It is 7.","answer":"7")";
  EXPECT_EQ(faults(completion + "}", completion + "}"), "accepted");
  for (const char* labels : {R"(,"label":false})", R"(,"step_labels":[0]})"})
    EXPECT_NE(faults(completion + "}", completion + labels).find("line 2"), std::string::npos) << labels;
  EXPECT_NE(faults(math + "}", math + R"(,"labels":[1]})").find("'labels'"), std::string::npos);
}

TEST(ReadSolutions, WhatIsNotReadIsNamed) {
  const auto expect = [](const char* text, const char* part) {
    EXPECT_NE(refusal(text).find(part), std::string::npos) << text << "\n" << refusal(text);
  };
  expect(R"({"q":1,"marks":[1]})", "fields found: \"q\", \"marks\"");
  expect(R"({"prompt":"x","chosen":"a","rejected":"b"})", "preference data");
  expect(R"({"conversations":[{"role":"user","content":"p"},{"role":"assistant","content":"<analyze>"}]})", "GenPRM");
  expect(R"({"prompt":{"0":"x"},"labels":{"0":[true]}})", "orient='records'");
  expect(R"({"question":"x","answer":"a #### 5","outputs":[{"response":"r","step_labels":[true]}]})", "'outputs'");
  expect(R"({"question":"x","steps":["a"],"labels":[1],"label":0})", "plain or processbench: choose with --from");
  expect(R"({"question":"x","steps":["a","b"],"label":1})", "is 'label' the first wrong step");
  expect(R"({"problem":"x","solution":"a","first_error_step":2})", "'first_error_step', which would be ignored");
  expect(R"({"question":"x","choices":["a","b"],"answer":1})", "unknown format");
  expect(R"({"question":"x","steps":["a","b"],"labels":[1,-1]})", "has -1");
  expect(R"({"question":"x","steps":["a","b"],"labels":[1]})", "list of 2, one per step, found 1");
  expect(R"({"question":"x","steps":["a"],"labels":[1],"step_labels":[0]})", "remove the one");
  expect(R"({"question":"x","chain_of_thoughts":"['a']","labels":"[1]"})", "ast.literal_eval");
  expect(R"({"input":"Q? Step 1: a <mark>","value":["+"]})", "placeholder token");
  expect(R"({"input":"Q? Step 1: a ки","label":"Q? Step 1: a +","value":["-"]})", "differ at step 1");
}

TEST(ReadSolutions, Prm800kOutOfATable) {
  const LabeledSolution solution =
      one(R"({"question":{"problem":"p","ground_truth_answer":"7"},"label":{"finish_reason":"solution","steps":[)"
          R"({"completions":[{"text":"a","rating":-1.0},{"text":"b","rating":1.0}],)"
          R"("human_completion":{"text":null,"rating":null},"chosen_completion":1.0}]}})");
  EXPECT_EQ(solution.labels, Labels{0.0});
  EXPECT_NE(refusal(R"({"question":{"problem":"p"},"label":{"finish_reason":"solution","steps":[)"
                    R"({"completions":[{"text":"a","rating":0.5}],"human_completion":null,"chosen_completion":0}]}})")
                .find("'rating' = 0.5"),
            std::string::npos);
}

TEST(ReadSolutions, OpenrFlatAndTreeAreTheSame) {
  for (const Format format : {Format::kOpenr, Format::kOpenrTree}) {
    auto solutions = read(format);
    ASSERT_EQ(solutions.size(), 3u);
    std::ranges::sort(solutions, {}, &LabeledSolution::steps);
    EXPECT_EQ(solutions[0].steps, Texts{"2 + 3 = 5."});
    EXPECT_EQ(solutions[0].labels, Labels{0.125});
    EXPECT_EQ(solutions[1].steps, (Texts{"3 * 4 = 12.", "So 14."}));
    EXPECT_EQ(solutions[1].labels, (Labels{0.75, 1.0}));
    EXPECT_EQ(solutions[2].labels, (Labels{0.75, 0.0}));
    EXPECT_EQ(solutions[1].context + solutions[2].context, 1u);  // the shared step is labeled once
  }
}

TEST(ReadSolutions, Benchmarks) {
  const auto process = read(Format::kProcessBench);
  EXPECT_EQ(process.at(0).labels, (Labels{1.0, 0.0, std::nullopt}));
  EXPECT_EQ(process.at(0).outcome, 0.0);
  EXPECT_EQ(process.at(1).labels, Labels{1.0});
  ConversionCounts counts;
  EXPECT_EQ(read(testdata_folder() / "rows/prmbench.jsonl", counts).at(0).labels, (Labels{1.0, 0.0}));
  EXPECT_EQ(counts.noted.size(), 1u);
  const auto gsm = read(Format::kGsm8k).at(0);
  EXPECT_EQ(gsm.gold, "14");
  EXPECT_EQ(gsm.steps.size(), 2u);
  const auto math = read(Format::kMath);
  EXPECT_EQ(math.at(0).gold, "14");
  EXPECT_EQ(math.at(0).steps.size(), 2u);
  EXPECT_EQ(math.at(1).gold, "14");
}

TEST(ReadSolutions, CompletionsAreGraded) {
  auto solutions = read(Format::kCompletions);
  ASSERT_EQ(solutions.size(), 3u);
  ConversionCounts counts;
  for (LabeledSolution& solution : solutions) settle_outcome(solution, {}, counts);
  EXPECT_EQ(solutions[0].steps.size(), 2u);
  EXPECT_EQ(solutions[0].outcome, 1.0);
  EXPECT_EQ(solutions[1].outcome, 0.0);
  EXPECT_EQ(solutions[2].outcome, 1.0);
}

TEST(ReadSolutions, WhatIsWrittenReadsBack) {
  for (const Format format : {Format::kTrl, Format::kMathShepherd, Format::kOpenr}) {
    const LabeledSolution given{.question = "Q?", .steps = {"Step 1: a", "Step 2: b"}, .labels = {1.0, 0.0}};
    ConversionCounts counts;
    const auto record = write_solution(format, given, 0.5, counts);
    ASSERT_TRUE(record);
    EXPECT_EQ(detect_format(*record), format);
    size_t seen = 0;
    read_record({format, *record, "x"}, Neutral::kDrop, counts, [&](LabeledSolution&& solution) {
      ++seen;
      EXPECT_EQ(solution.question, given.question);
      EXPECT_EQ(solution.steps, given.steps);
      EXPECT_EQ(solution.labels, given.labels);
    });
    EXPECT_EQ(seen, 1u);
    const LabeledSolution unclear{.question = "Q?", .steps = {"First. Step 1: a"}, .labels = {1.0}};
    EXPECT_EQ(write_solution(format, unclear, 0.5, counts).has_value(), format != Format::kMathShepherd);
    EXPECT_FALSE(
        write_solution(format, {.question = "Q?", .steps = {"a", "b"}, .labels = {std::nullopt, 1.0}}, 0.5, counts));
  }
}

TEST(ReadSolutions, LabelsBehindRecordsWithoutAnyAreNotLost) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "mixed.jsonl";
  write_file_atomic(path, std::string_view("{\"problem\":\"p\",\"solution\":\"s\"}\n"
                                           "{\"problem\":\"p\",\"steps\":[\"s\"],\"labels\":[1]}\n"));
  ConversionCounts counts;
  EXPECT_THROW(read(path, counts), Error);
  EXPECT_EQ(read(path, counts, {.format = Format::kMath}).size(), 2u);
}

TEST(ReadSolutions, BadRecordsAreNamedOrSkipped) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "bad.jsonl";
  write_file_atomic(path, std::string_view("{\"prompt\":\"Q\",\"completions\":[\"a\"],\"labels\":[true]}\n"
                                           "{\"prompt\":\"Q\",\"completions\":[\"a\"],\"labels\":[2]}\n"
                                           "{\"prompt\":\"Q\",\"completions\":[\"a\"]}\n{\"pro"));
  ConversionCounts counts;
  try {
    read(path, counts);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("bad.jsonl: line 2: field 'labels' = 2"), std::string::npos)
        << error.what();
  }
  size_t good = 0;
  EXPECT_EQ(read_solutions(path, {.skip_bad = true}, counts, [&](LabeledSolution&&) { ++good; }).count, 3u);
  EXPECT_EQ(good, 1u);
}

}  // namespace
}  // namespace hrm::rows
