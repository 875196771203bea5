// The authors' automatic path: clean-up functions, sampling of nodes, rows; with their recorded picks and draws.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/testing.h"
#include "formats/jsonl.h"
#include "rows/cleanup.h"
#include "rows/tree_rows.h"

namespace hrm::rows {
namespace {

std::filesystem::path fixture(const char* name) { return shared_folder() / "fixtures/reward" / name; }
using RowSet = std::set<std::pair<std::string, double>>;

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

PathTree tree_of(const Json& given) {
  PathTree tree{given["question"], {}};
  for (const Json& node : given["nodes"]) {
    PathNode path_node;
    path_node.parent = node["parent"];
    path_node.depth = node["depth"];
    path_node.label = node["correct_leaves"].get<double>() / node["leaves"].get<double>();
    if (path_node.parent >= 0) {
      PathNode& parent = tree.nodes[static_cast<size_t>(path_node.parent)];
      parent.children.push_back(static_cast<int32_t>(tree.nodes.size()));
      path_node.path = parent.path;
      path_node.path.push_back(node["text"]);
    }
    tree.nodes.push_back(std::move(path_node));
  }
  return tree;
}

RowSet rows_of(const Json& rows) {
  RowSet set;
  for (const Json& row : rows) set.emplace(row["input"], row["label"]);
  return set;
}

RowSet our_rows(const PathTree& tree, Kind kind, bool merge, const Json& samples) {
  size_t call = 0;
  RowSet rows;
  Counts counts;
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
  faithful_tree_rows(tree, kind, merge, recorded, counts, [&](Row&& row) { rows.emplace(row.input, row.label); });
  EXPECT_EQ(call, samples.size());
  return rows;
}

TEST(AutoRowsParity, RowsOfPlainTrees) {
  HRM_SKIP_WITHOUT(fixture("auto_rows.jsonl.zst"));
  HRM_SKIP_WITHOUT(fixture("trees.jsonl.zst"));
  std::map<int, PathTree> trees;
  for (JsonlReader lines(fixture("trees.jsonl.zst")); lines.next();)
    trees.emplace(lines.value()["tree"].get<int>(), tree_of(lines.value()));
  size_t cases = 0;
  for (JsonlReader lines(fixture("auto_rows.jsonl.zst")); lines.next(); ++cases) {
    const Json& given = lines.value();
    const Kind kind = given["kind"] == "hrm" ? Kind::kHierarchical : Kind::kProcess;
    EXPECT_EQ(our_rows(trees.at(given["tree"]), kind, true, given["samples"]), rows_of(given["rows"])) << lines.line();
  }
  EXPECT_GT(cases, 0u);
}

}  // namespace
}  // namespace hrm::rows
