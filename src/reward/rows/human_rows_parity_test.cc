// The authors' training rows from human labels, text for text, on the PRM800K phase 1 test file.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/testing/paths.h"
#include "formats/jsonl.h"
#include "rows/prm800k.h"
#include "rows/read_solutions.h"
#include "rows/record_fields.h"

namespace hrm::rows {
namespace {

std::filesystem::path reward_fixtures() { return shared_folder() / "fixtures/reward"; }
std::filesystem::path phase1_test() { return shared_folder() / "data/math/prm800k_phase1_test.jsonl.zst"; }

struct LineRow {
  size_t line;
  std::string input;
  double label;
  bool operator==(const LineRow&) const = default;
};

std::vector<LineRow> our_rows(Kind kind, ConversionCounts& counts) {
  std::vector<LineRow> rows;
  size_t line = 0;
  for_each_record(phase1_test(), {}, counts, [&](Format, const Json& record, const std::string& place) {
    faithful_human_rows(parse_prm800k(record, place), kind, counts, [&](Row&& row) {
      rows.push_back({line, std::move(row.input), row.label});
    });
    ++line;
  });
  return rows;
}

class HumanRowsParity : public testing::TestWithParam<std::pair<Kind, const char*>> {};

TEST_P(HumanRowsParity, TextForText) {
  const auto [kind, name] = GetParam();
  const auto path = reward_fixtures() / fmt::format("human_{}.jsonl.zst", name);
  HRM_SKIP_WITHOUT(path);
  HRM_SKIP_WITHOUT(phase1_test());
  ConversionCounts counts;
  const std::vector<LineRow> ours = our_rows(kind, counts);
  std::set<std::string> seen;
  uint64_t positive = 0;
  size_t i = 0;
  for (JsonlReader lines(path); lines.next(); ++i) {
    ASSERT_LT(i, ours.size());
    const Json& theirs = lines.value();
    EXPECT_EQ(ours[i].line, theirs["line"].get<size_t>());
    EXPECT_EQ(ours[i].input, theirs["input"].get<std::string>());
    EXPECT_EQ(ours[i].label, theirs["label"].get<double>());
    EXPECT_EQ(seen.insert(ours[i].input).second, theirs["kept"].get<bool>());
    positive += ours[i].label == 1;
  }
  EXPECT_EQ(i, ours.size());
  const Json summary = read_json(reward_fixtures() / "human_summary.json");
  EXPECT_EQ(ours.size(), summary[name]["rows"].get<size_t>());
  EXPECT_EQ(seen.size(), summary[name]["kept"].get<size_t>());
  EXPECT_EQ(positive, summary[name]["positive"].get<size_t>());
}

INSTANTIATE_TEST_SUITE_P(Kinds, HumanRowsParity,
                         testing::Values(std::pair(Kind::kOutcome, "orm"), std::pair(Kind::kProcess, "prm"),
                                         std::pair(Kind::kHierarchical, "hrm")));

TEST(HumanSplitParity, NoQuestionLineIsInBothParts) {
  HRM_SKIP_WITHOUT(reward_fixtures() / "human_summary.json");
  HRM_SKIP_WITHOUT(phase1_test());
  const Json summary = read_json(reward_fixtures() / "human_summary.json");
  std::vector<size_t> used;  // lines that give rows
  ConversionCounts counts;
  for (const LineRow& row : our_rows(Kind::kProcess, counts))
    if (used.empty() || used.back() != row.line) used.push_back(row.line);
  EXPECT_EQ(used, summary["lines"].get<std::vector<size_t>>());
  EXPECT_EQ(used.size(), summary["questions"].get<size_t>());
  std::set<size_t> positions;
  for (const char* part : {"train", "eval"})
    for (const size_t position : summary["split"][part]) EXPECT_TRUE(positions.insert(position).second);
  EXPECT_EQ(positions.size(), used.size());
  EXPECT_EQ(summary["split"]["train"].size(),
            static_cast<size_t>(static_cast<double>(used.size()) * summary["split"]["ratio"].get<double>()));
}

TEST(PromptParity, StepsAndOutcomes) {
  const auto path = reward_fixtures() / "prompts.jsonl.zst";
  HRM_SKIP_WITHOUT(path);
  std::map<std::string, int> seen;
  for (JsonlReader lines(path); lines.next();) {
    const Json& given = lines.value();
    const auto text = [&](const char* name) { return find_text(given, {name}).value_or(""); };
    const std::string kind = text("kind");
    if (kind == "reward_step") {
      EXPECT_EQ(step_prompt(text("question"), text("previous"), text("current"), Mode::kFaithful), text("prompt"));
    } else if (kind == "reward_outcome") {
      EXPECT_EQ(outcome_prompt(text("question"), text("current"), Mode::kFaithful), text("prompt"));
    }
    ++seen[kind];
  }
  EXPECT_GT(seen["reward_step"], 0);
  EXPECT_GT(seen["reward_outcome"], 0);
}

}  // namespace
}  // namespace hrm::rows
