// Rows of a store are those of its trees: of each kind and mode, plain and through node compression.
#include "rows/stored_trees.h"

#include <gtest/gtest.h>

#include <set>

#include "base/files.h"
#include "rows/build.h"
#include "rows/convert.h"
#include "rows/merge.h"
#include "rows/row_file.h"
#include "tree/testing/trees.h"

namespace hrm::rows {
namespace {

using RowSet = std::multiset<std::pair<std::string, double>>;

// Steps in the authors' format, 3 deep, 2 to 5 children, about half of the answers right.
steps::Tree random_tree(uint64_t seed) {
  Rng rng(seed);
  steps::Tree tree{.problem = {fmt::format("p{}", seed), fmt::format("question {}", seed), "7"}};
  tree.nodes.push_back({.id = steps::root_id(tree.problem)});
  for (size_t at = 0; at < tree.nodes.size(); ++at) {
    const int32_t depth = tree.nodes[at].depth + 1;
    if (depth > 3) continue;
    const auto children = static_cast<int32_t>(2 + rng.below(4));
    for (int32_t i = 0; i < children; ++i) {
      steps::Node node{.parent = static_cast<int32_t>(at), .depth = depth, .ordinal = i, .terminal = depth == 3};
      if (node.terminal) node.answer = rng.chance(0.5) ? "7" : "8";
      node.text = fmt::format(
          "{}say {}\n\n{}", depth == 1 ? "# Step 1\n" : "", rng.below(1000),
          node.terminal ? fmt::format("# Answer\n\n{}\n# END!", *node.answer) : fmt::format("# Step {}", depth + 1));
      node.id = steps::child_id(tree.nodes[at].id, i, node.text);
      tree.nodes[at].children.push_back(static_cast<int32_t>(tree.nodes.size()));
      tree.nodes.push_back(std::move(node));
    }
  }
  return tree;
}

struct Case {
  Kind kind;
  Mode mode;
  bool compressed;
};

class StoredRows : public testing::TestWithParam<Case> {
 protected:
  StoredRows() {
    for (uint64_t seed = 1; seed <= 6; ++seed) trees_.push_back(random_tree(seed));
    tree::store_trees(store_, trees_);
    options_ = {.inputs = {store_}, .kind = GetParam().kind, .mode = GetParam().mode};
    options_.output = {.out = folder_.path() / "rows.jsonl", .seed = 5};
    if (GetParam().compressed) options_.trees.compression = tree::CompressionOptions{.seed = 11};
  }

  // The same from the tree's JSON, without a store.
  RowSet rows_of_json() const {
    tree::LabelOptions labels;
    std::optional<tree::CompressionOptions> compression = options_.trees.compression;
    const bool faithful = options_.mode == Mode::kFaithful;
    if (faithful) labels = {.profile = grading::Profile::kPrm800k, .counting = tree::kFaithfulCounts};
    if (compression && faithful) compression->mode = tree::CompressionMode::kFaithful;
    RowSet rows;
    ConversionCounts counts;
    const RowSink keep = [&](Row&& row) { rows.emplace(row.input, row.label); };
    for (const steps::Tree& original : trees_) {
      const auto labeled = tree::label_tree(tree::tree_from_json(tree::tree_json(original), "test"), labels);
      PathTree paths = path_tree(labeled.tree, {labeled.labels, labeled.verdicts}, options_.mode);
      if (compression) {
        const auto view = tree::compress(labeled, labels, *compression);
        paths = path_tree(labeled.tree, view.view, {view.labels, labeled.verdicts}, options_.mode);
      }
      const steps::NodeId root = steps::root_id(original.problem);
      Rng rng(options_.output.seed, {1, root.high, root.low});  // the picks of one problem, whatever stands beside it
      if (faithful)
        faithful_tree_rows(paths, {options_.kind, true, random_picks(rng)}, counts, keep);
      else
        sound_tree_rows(paths, options_.kind, counts, keep);
    }
    return rows;
  }

  RowSet written_rows() const {
    RowSet rows;
    for (JsonlReader lines(options_.output.out); lines.next();)
      rows.emplace(lines.value()["input"].get<std::string>(), lines.value()["label"].get<double>());
    return rows;
  }

  TemporaryFolder folder_;
  std::filesystem::path store_ = folder_.path() / "a.tree";
  std::vector<steps::Tree> trees_;
  BuildOptions options_;
};

TEST_P(StoredRows, AreThoseOfTheTreesInJson) {
  const OutputReport report = build_rows(options_);
  const RowSet rows = written_rows();
  EXPECT_GT(rows.size(), 50u);
  EXPECT_TRUE(rows == rows_of_json());
  uint64_t leaves = 0;
  for (const steps::Tree& tree : trees_)
    for (const steps::Node& node : tree.nodes) leaves += node.children.empty();
  EXPECT_EQ(report.counts.records, trees_.size());
  EXPECT_EQ(report.counts.solutions, leaves);
  EXPECT_EQ(report.counts.written, rows.size());
}

TEST_P(StoredRows, AreThoseOfTheShardsOfSeveralProcesses) {
  build_rows(options_);
  const std::filesystem::path merged = folder_.path() / "merged.jsonl";
  std::vector<std::filesystem::path> shards;
  for (size_t rank = 0; rank < 4; ++rank) {
    BuildOptions options = options_;
    options.shard = {rank, 4};
    options.output.out = folder_.path() / fmt::format("rows.jsonl.{}-of-4", rank);
    build_shard(options);
    shards.push_back(options.output.out);
  }
  merge_rows(shards, merged, {});
  EXPECT_EQ(read_file(merged), read_file(options_.output.out));
  EXPECT_EQ(read_file(meta_path(merged)), read_file(meta_path(options_.output.out)));
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, StoredRows,
    testing::Values(Case{Kind::kOutcome, Mode::kSound, false}, Case{Kind::kOutcome, Mode::kSound, true},
                    Case{Kind::kProcess, Mode::kSound, false}, Case{Kind::kProcess, Mode::kSound, true},
                    Case{Kind::kHierarchical, Mode::kSound, false}, Case{Kind::kHierarchical, Mode::kSound, true},
                    Case{Kind::kProcess, Mode::kFaithful, false}, Case{Kind::kProcess, Mode::kFaithful, true},
                    Case{Kind::kHierarchical, Mode::kFaithful, false},
                    Case{Kind::kHierarchical, Mode::kFaithful, true}),
    [](const auto& test) {
      return fmt::format("{}_{}{}", name_of_enum(test.param.kind), name_of_enum(test.param.mode),
                         test.param.compressed ? "_compressed" : "");
    });

TEST(StoredTrees, NoiseInsteadOfCompressionKeepsTheTexts) {
  const TemporaryFolder folder;
  const auto store = folder.path() / "a.tree";
  std::vector<steps::Tree> trees;
  for (uint64_t seed = 1; seed <= 6; ++seed) trees.push_back(random_tree(seed));
  tree::store_trees(store, trees);
  const auto labels_with = [&](bool compressed, bool noise) {
    BuildOptions build{.inputs = {store}, .kind = Kind::kProcess};
    build.output.out = folder.path() / "rows.jsonl";
    if (compressed) build.trees.compression = tree::CompressionOptions{.seed = 3};
    build.trees.noise_instead = noise;
    build_rows(build);
    std::map<std::string, double> labels;
    for (JsonlReader lines(build.output.out); lines.next();)
      labels[lines.value()["input"].get<std::string>()] = lines.value()["label"].get<double>();
    return labels;
  };
  const auto plain = labels_with(false, false), noisy = labels_with(true, true);
  ASSERT_EQ(plain.size(), noisy.size());
  size_t changed = 0;
  for (const auto& [text, label] : plain) {
    ASSERT_TRUE(noisy.contains(text));
    changed += noisy.at(text) != label;
    EXPECT_GE(noisy.at(text), 0);
    EXPECT_LE(noisy.at(text), 1);
    if (label == 0 || label == 1) {
      EXPECT_EQ(noisy.at(text), label);
    }
  }
  EXPECT_GT(changed, 3u);
  EXPECT_NE(labels_with(true, false).size(), 0u);
}

TEST(StoredTrees, RowsTellTheCountsBehindTheirLabels) {
  const TemporaryFolder folder;
  const auto store = folder.path() / "a.tree";
  // "a" has two right ends of three; beside it stands a wrong one.
  tree::store_trees(store, {tree::make_tree({{0, "a"}, {0, "wrong"}, {1, "right"}, {1, "right"}, {1, "wrong"}})});
  BuildOptions build{.inputs = {store}, .kind = Kind::kProcess};
  build.output.out = folder.path() / "rows.jsonl";
  build.trees.counts = true;
  const auto rows_of = [&] {
    build_rows(build);
    std::multiset<std::pair<double, double>> rows;  // label, trials
    for (JsonlReader lines(build.output.out); lines.next();)
      rows.emplace(lines.value()["label"].get<double>(), lines.value().value("trials", 0.0));
    return rows;
  };
  const auto rows = rows_of();
  EXPECT_EQ(rows.count({2.0 / 3, 3}), 1u);
  EXPECT_EQ(rows.count({0, 1}), 2u);
  build.trees.compression = tree::CompressionOptions{.p = 1, .min_children = 3};  // "a" loses its first right end
  EXPECT_EQ(rows_of().count({0.5, 2}), 1u);
  build.trees.counts = false;
  EXPECT_EQ(rows_of().count({0.5, 0}), 1u);
  build.trees.counts = true;
  const auto refused = [](const BuildOptions& options) { EXPECT_THROW(build_rows(options), Error); };
  BuildOptions other = build;
  other.kind = Kind::kOutcome;
  refused(other);
  other = build;
  other.mode = Mode::kFaithful;
  refused(other);
  other = build;
  other.trees.labels.kind = tree::LabelKind::kPolicy;
  refused(other);
  other = build;
  other.inputs.push_back(folder.path() / "solutions.jsonl");
  refused(other);
}

TEST(StoredTrees, EveryPathToALeafIsASolution) {
  const TemporaryFolder folder;
  const auto store = folder.path() / "a.tree";
  steps::Tree open = tree::make_tree({{0, "a"}, {0, "b"}, {1, "right"}, {1, "wrong"}});
  open.nodes[2].terminal = false;  // "b" was never continued: a path, though without an answer
  open.nodes[2].unfinished = true;
  open.nodes[2].answer.reset();
  tree::store_trees(store, {open});
  BuildOptions build{.inputs = {store}, .kind = Kind::kProcess};
  build.output.out = folder.path() / "rows.jsonl";
  const ConversionCounts built = build_rows(build).counts;
  EXPECT_EQ(built.solutions, 3u);
  EXPECT_EQ(built.written, 3u);
  EXPECT_EQ(built.dropped.at("node without a label"), 1u);
  ConvertOptions convert{.inputs = {store}};
  convert.output.out = folder.path() / "paths.jsonl";
  const ConversionCounts converted = convert_solutions(convert).counts;
  EXPECT_EQ(converted.solutions, 3u);
  EXPECT_EQ(converted.written, 2u);
  EXPECT_EQ(converted.dropped.at("path without an answer that could be graded"), 1u);
}

}  // namespace
}  // namespace hrm::rows
