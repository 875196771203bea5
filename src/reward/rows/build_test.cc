#include "rows/build.h"

#include <gtest/gtest.h>

#include <set>

#include "base/files.h"
#include "base/testing/paths.h"
#include "rows/check.h"
#include "rows/convert.h"
#include "rows/row_file.h"
#include "rows/step_text.h"
#include "rows/tree_rows.h"

namespace hrm::rows {
namespace {

TEST(BuildRows, EveryKindOfAnOpenrTree) {
  const TemporaryFolder folder;
  BuildOptions options{.inputs = {testdata_folder() / "rows/openr-tree.jsonl"}};
  options.output.out = folder.path() / "rows.jsonl";
  EXPECT_EQ(build_rows(options).counts.written, 4u);
  options.kind = Kind::kHierarchical;
  EXPECT_EQ(build_rows(options).counts.written, 6u);
  const CheckReport report = check_file(options.output.out);
  EXPECT_EQ(report.fault_count, 0u);
  EXPECT_EQ(report.problems, 1u);
  EXPECT_EQ(read_json(meta_path(options.output.out))["kind"], "hierarchical");
}

TEST(BuildRows, NothingWrittenIsAnErrorThatSaysWhy) {
  const TemporaryFolder folder;
  const auto message = [&](const char* name, const auto& make) -> std::string {
    const auto out = folder.path() / "none.jsonl";
    try {
      make(testdata_folder() / "rows" / name, out);
    } catch (const Error& error) {
      EXPECT_EQ(error.exit_code(), 2);
      EXPECT_FALSE(std::filesystem::exists(out));
      return error.what();
    }
    return "written";
  };
  const auto build = [](const auto& input, const auto& out) {
    BuildOptions options{.inputs = {input}};
    options.output.out = out;
    build_rows(options);
  };
  const auto convert = [](const auto& input, const auto& out) {
    ConvertOptions options{.inputs = {input}};
    options.output.out = out;
    convert_solutions(options);
  };
  for (const std::string& text : {message("math.jsonl", build), message("math.jsonl", convert)}) {
    EXPECT_NE(text.find("nothing was written"), std::string::npos) << text;
    EXPECT_NE(text.find("read as math, fields found: \"problem\", \"solution\", \"unique_id\""), std::string::npos)
        << text;
  }
  EXPECT_NE(message("kto.jsonl", build).find("read as kto"), std::string::npos);
  EXPECT_EQ(message("plain.jsonl", build), "written");
}

TEST(RowFile, RepeatsAreResolvedAndCounted) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "rows.jsonl";
  RowFile file(path, Repeats::kResolve);
  for (const auto& [text, label] : std::vector<std::pair<const char*, double>>{
           {"a", 1}, {"b", 1}, {"b", 0}, {"c", 0}, {"c", 0.5}, {"d", 1}, {"d", 1}, {"d", 0}, {"a", 1}})
    file.add({text, label});
  EXPECT_FALSE(std::filesystem::exists(path));
  ConversionCounts counts;
  file.finish(counts);
  EXPECT_EQ(read_file(path),
            "{\"input\":\"a\",\"label\":1}\n{\"input\":\"c\",\"label\":0.25}\n{\"input\":\"d\",\"label\":1}\n");
  EXPECT_EQ(counts.written, 3u);
  EXPECT_EQ(counts.dropped.at("repeated row"), 5u);
  EXPECT_EQ(counts.dropped.at("text with as many labels 0 as 1"), 1u);
}

TEST(RowFile, CountsOfRepeatsAreAddedUp) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "rows.jsonl";
  RowFile file(path, Repeats::kResolve);
  for (const Row& row : {Row{"a", 0.25, 4}, Row{"b", 1, 6}, Row{"b", 0, 2}, Row{"c", 0.5, 2}, Row{"c", 0.5, 4}})
    file.add(row);
  ConversionCounts counts;
  file.finish(counts);
  EXPECT_EQ(read_file(path),
            "{\"input\":\"a\",\"label\":0.25,\"trials\":4}\n{\"input\":\"b\",\"label\":0.75,\"trials\":8}\n"
            "{\"input\":\"c\",\"label\":0.5,\"trials\":6}\n");
  EXPECT_EQ(counts.noted.at("text with different labels: their counts added up"), 1u);
}

TEST(SplitByProblem, NoProblemIsInBothParts) {
  int test = 0;
  for (int i = 0; i < 1000; ++i) test += in_test_part(fmt::format("Problem {}", i), 0.2, 7);
  EXPECT_NEAR(test, 200, 50);
  EXPECT_EQ(in_test_part("What  is $x$?", 0.5, 3), in_test_part("what is x", 0.5, 3));
  EXPECT_FALSE(in_test_part("x", 0, 1));
}

TEST(CheckFile, FaultsAreCounted) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "rows.jsonl";
  write_file_atomic(path, std::string_view("{\"input\":\"a\",\"label\":1}\n{\"input\":\"a\",\"label\":0}\n"
                                           "{\"input\":\" \",\"label\":1}\n{\"input\":\"b\",\"label\":2}\n"));
  const CheckReport report = check_file(path);
  EXPECT_EQ(report.fault_count, 3u);
  EXPECT_EQ(report.fault_kinds.at("row that repeats another with a different label"), 1u);
}

TEST(Leakage, NormalizationKeepsWhatMatters) {
  EXPECT_EQ(normalize_problem("Find $\\dfrac{1}{2}\\left( x \\right)$."),
            normalize_problem("find \\(\\frac{1}{2}(x)\\)"));
  EXPECT_EQ(normalize_problem("It costs \\$5, Ann\u2019s."), normalize_problem("it costs $5, Ann's"));
  EXPECT_NE(normalize_problem("x+7"), normalize_problem("x-7"));
  EXPECT_NE(normalize_problem("\\leftarrow"), normalize_problem("arrow"));
}

TEST(StepText, HeadingsMoveToTheirStep) {
  EXPECT_EQ(tidy_steps({"# Step 1\na\n\n# Step 2", "\n\nb\n\n# Step 3", ": c"}),
            (std::vector<std::string>{"# Step 1\na", "# Step 2\nb", "# Step 3: c"}));
}

TEST(StepText, ThinkingIsWhatComesBeforeItsLastEnd) {
  using Texts = std::vector<std::string>;
  EXPECT_EQ(without_thinking(std::string_view("<think>\nhm\n</think>\n\nSo 4.")), "So 4.");
  EXPECT_EQ(without_thinking(std::string_view("hm</think>no</think> So 4.")), " So 4.") << "templates may open it";
  for (const std::string_view whole : {"So 4.", "<think>\nstill at it", "<think>hm</think>\n \n"})
    EXPECT_EQ(without_thinking(whole), whole);
  EXPECT_EQ(without_thinking(Texts{"<think>", "2 + 2", "</think>", "So 4.", "Done."}), (Texts{"So 4.", "Done."}));
  EXPECT_EQ(without_thinking(Texts{"<think>2 + 2", "is 4</think>\n\nSo 4.", "Done."}), (Texts{"So 4.", "Done."}));
  for (const Texts& whole : {Texts{}, Texts{"a", "b"}, Texts{"<think>", "a"}, Texts{"<think>a", "b</think>\n"}})
    EXPECT_EQ(without_thinking(whole), whole);
}

TEST(TreeRows, SoundRowsOfATree) {
  PathTree tree{
      .question = "Q",
      .nodes = {{.children = {1}},
                {.parent = 0, .depth = 1, .children = {2, 3}, .text = "# Step 1\na\n\n# Step 2", .label = 0.5},
                {.parent = 1, .depth = 2, .text = "b", .label = 1.0, .outcome = true},
                {.parent = 1, .depth = 2, .text = "failed", .usable = false}}};
  std::vector<Row> rows;
  ConversionCounts counts;
  sound_tree_rows(tree, Kind::kHierarchical, counts, [&](Row&& row) { rows.push_back(std::move(row)); });
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].input, step_prompt("Q", "", "# Step 1\na", Mode::kSound));
  EXPECT_EQ(rows[1].input, step_prompt("Q", "# Step 1\na", "# Step 2\nb", Mode::kSound));
  EXPECT_EQ(rows[2].input, step_prompt("Q", "", "# Step 1\na\n\n# Step 2\nb", Mode::kSound));
  EXPECT_EQ(rows[2].label, 1.0);
  EXPECT_EQ(counts.dropped.at("node of a failed request"), 1u);
}

struct KnownLeaks {
  const char *file, *benchmark;
  uint64_t records;
};
TEST(Leakage, RealBenchmarksOverlapAsKnown) {
  const auto data = shared_folder() / "data/math";
  HRM_SKIP_WITHOUT(data / "math500_test.jsonl.zst");
  for (const auto& [file, benchmark, records] :
       {KnownLeaks{"prm800k_phase1_test.jsonl.zst", "math500_test.jsonl.zst", 106},
        KnownLeaks{"processbench_math.json.zst", "math500_test.jsonl.zst", 112},
        KnownLeaks{"processbench_gsm8k.json.zst", "gsm8k_test.jsonl.zst", 400},
        KnownLeaks{"bon_gsm8k_500x32.jsonl.zst", "gsm8k_test.jsonl.zst", 500},
        KnownLeaks{"gsm8k_train.jsonl.zst", "gsm8k_test.jsonl.zst", 0}})
    EXPECT_EQ(check_file(data / file, {.leakage = {data / benchmark}}).leakage->leaked_records(), records) << file;
}

}  // namespace
}  // namespace hrm::rows
