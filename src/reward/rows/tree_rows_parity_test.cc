// The authors' automatic path: clean-up functions, sampling of nodes, rows; with their recorded picks and draws. Trees
// come from their JSON with the verdicts recorded there, and from a store with verdicts of our grader.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/files.h"
#include "rows/cleanup.h"
#include "rows/sampling_tree.h"
#include "rows/tree_rows.h"
#include "tree/labeled.h"
#include "tree/testing/trees.h"

namespace hrm::rows {
namespace {

std::filesystem::path fixture(const char* name) { return shared_folder() / "fixtures/reward" / name; }
using DistinctRows = std::set<std::pair<std::string, double>>;

TEST(CleanupParity, EveryCase) {
  HRM_SKIP_WITHOUT(fixture("clean_cases.jsonl.zst"));
  std::map<std::string, int> seen;
  for (JsonlReader lines(fixture("clean_cases.jsonl.zst")); lines.next();) {
    const Json& given = lines.value();
    const std::string function = given["function"];
    ++seen[function];
    if (function == "ensure_step_spacing") {
      EXPECT_EQ(ensure_step_spacing(given["input"].get<std::string>()), given["output"].get<std::string>());
      continue;
    }
    const auto parts = given["parts"].get<std::vector<std::string>>();
    EXPECT_EQ(clean_parts(parts, Kind::kProcess), given["prm"].get<std::vector<std::string>>()) << lines.line();
    EXPECT_EQ(clean_parts(parts, Kind::kHierarchical), given["hrm"].get<std::vector<std::string>>()) << lines.line();
  }
  EXPECT_EQ(seen.size(), 2u);
}

struct GoldenTree {
  steps::Tree tree;
  steps::Verdicts verdicts;
  std::vector<tree::EndCounts> counts;
};

enum class Origin { kJson, kStore };

std::map<int, GoldenTree> json_trees() {
  std::map<int, GoldenTree> trees;
  for (JsonlReader lines(fixture("trees.jsonl.zst")); lines.next();) {
    const Json& given = lines.value();
    GoldenTree& golden = trees[given["tree"].get<int>()];
    golden.tree = tree::tree_from_json(given, lines.place());
    for (const Json& node : given["nodes"])
      golden.verdicts.nodes.push_back(node["correct"].get<bool>() ? grading::Verdict::kCorrect
                                                                  : grading::Verdict::kWrong);
    golden.counts = tree::count_ends(golden.tree, golden.verdicts, tree::kFaithfulCounts);
  }
  return trees;
}

std::map<int, GoldenTree> stored_trees() {
  const TemporaryFolder folder;
  const auto path = folder.path() / "golden.tree";
  std::vector<int> numbers;
  std::vector<steps::Tree> all;
  for (const auto& [number, golden] : json_trees()) {
    numbers.push_back(number);
    all.push_back(golden.tree);
  }
  tree::store_trees(path, all);
  const tree::StoreReader store(path);
  std::map<int, GoldenTree> trees;
  for (size_t i = 0; i < numbers.size(); ++i) {
    tree::LabeledTree labeled = tree::label_tree(
        store.load(i).tree, {.profile = grading::Profile::kPrm800k, .counting = tree::kFaithfulCounts});
    trees[numbers[i]] = {std::move(labeled.tree), std::move(labeled.verdicts), std::move(labeled.counts)};
  }
  return trees;
}

class AutoRowsParity : public testing::TestWithParam<Origin> {
 protected:
  static std::map<int, GoldenTree> read_trees() { return GetParam() == Origin::kJson ? json_trees() : stored_trees(); }
};

PathTree plain_tree(const GoldenTree& golden) {
  return path_tree(golden.tree, {tree::mc_labels(golden.counts), golden.verdicts}, Mode::kFaithful);
}

PathTree compressed_tree(const GoldenTree& golden, const std::vector<double>& draws) {
  size_t next = 0;
  const tree::Compression view =
      tree::compress(golden.tree, {.mode = tree::CompressionMode::kFaithful}, [&] { return draws.at(next++); });
  EXPECT_EQ(next, draws.size());
  const auto counts = tree::compressed_counts(golden.tree, view, golden.counts);
  return path_tree(golden.tree, view, {tree::mc_labels(counts), golden.verdicts}, Mode::kFaithful);
}

DistinctRows rows_of(const Json& rows) {
  DistinctRows set;
  for (const Json& row : rows) set.emplace(row["input"], row["label"]);
  return set;
}

DistinctRows our_rows(const PathTree& tree, Kind kind, bool merge, const Json& samples) {
  size_t call = 0;
  DistinctRows rows;
  ConversionCounts counts;
  const Picks recorded = [&](const Group& group, size_t k) {
    if (call >= samples.size()) throw failure("test", "more samples than recorded");
    const Json& sample = samples[call++];
    EXPECT_EQ(group.depth, sample["depth"].get<int>());
    EXPECT_EQ(group.label, sample["score"].get<double>());
    EXPECT_EQ(group.nodes.size(), sample["size"].get<size_t>());
    const auto picks = sample["picks"].get<std::vector<size_t>>();
    EXPECT_EQ(picks.size(), k);
    for (size_t i = 0; i < picks.size(); ++i) EXPECT_EQ(group.nodes[picks[i]], sample["nodes"][i].get<int>());
    return picks;
  };
  faithful_tree_rows(tree, {kind, merge, recorded}, counts, [&](Row&& row) { rows.emplace(row.input, row.label); });
  EXPECT_EQ(call, samples.size());
  return rows;
}

TEST_P(AutoRowsParity, RowsOfPlainTrees) {
  HRM_SKIP_WITHOUT(fixture("auto_rows.jsonl.zst"));
  HRM_SKIP_WITHOUT(fixture("trees.jsonl.zst"));
  const auto trees = read_trees();
  size_t cases = 0;
  for (JsonlReader lines(fixture("auto_rows.jsonl.zst")); lines.next(); ++cases) {
    const Json& given = lines.value();
    const Kind kind = given["kind"] == "hrm" ? Kind::kHierarchical : Kind::kProcess;
    EXPECT_EQ(our_rows(plain_tree(trees.at(given["tree"])), kind, true, given["samples"]), rows_of(given["rows"]))
        << lines.line();
  }
  EXPECT_GT(cases, 0u);
}

TEST_P(AutoRowsParity, RowsOfCompressedTrees) {
  HRM_SKIP_WITHOUT(fixture("auto_rows.jsonl.zst"));
  HRM_SKIP_WITHOUT(fixture("trees.jsonl.zst"));
  const auto trees = read_trees();
  size_t cases = 0;
  for (JsonlReader lines(fixture("auto_rows.jsonl.zst")); lines.next();) {
    const Json& given = lines.value();
    if (!given.contains("hnc_rows")) continue;
    ++cases;
    const PathTree tree = compressed_tree(trees.at(given["tree"]), given["hnc_draws"]);
    EXPECT_EQ(our_rows(tree, Kind::kHierarchical, given["part"] == "train", given["hnc_samples"]),
              rows_of(given["hnc_rows"]))
        << lines.line();
  }
  EXPECT_GT(cases, 0u);
}

INSTANTIATE_TEST_SUITE_P(From, AutoRowsParity, testing::Values(Origin::kJson, Origin::kStore),
                         [](const auto& origin) { return origin.param == Origin::kJson ? "Json" : "Store"; });

}  // namespace
}  // namespace hrm::rows
