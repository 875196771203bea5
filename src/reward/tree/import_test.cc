#include "tree/import.h"

#include <gtest/gtest.h>

#include "tree/testing/trees.h"

namespace hrm::tree {
namespace {

class TreeImport : public testing::Test {
 protected:
  ImportReport import(const std::string& text, bool skip_bad = false) {
    write_file_atomic(file_, text);
    StoreWriter store(path_);
    return import_trees(file_, skip_bad, store);
  }
  static std::string line_of(const std::string& id) {
    steps::Tree tree = make_tree({{0, "step"}, {1, "right"}, {0, "wrong"}});
    tree.problem.id = tree.problem.question = id;
    return printable(tree_json(tree)) + "\n";
  }

  TemporaryFolder folder_;
  std::filesystem::path file_ = folder_.path() / "trees.jsonl", path_ = folder_.path() / "a.tree";
};

TEST_F(TreeImport, WholeTreesComeBackAndCountOnce) {
  const ImportReport report = import(line_of("p") + line_of("q"));
  EXPECT_EQ(report.trees, 2);
  EXPECT_EQ(report.nodes, 8);
  const ImportReport again = import(line_of("q") + line_of("r"));
  EXPECT_EQ(again.trees, 1);
  EXPECT_EQ(again.to_json(), (Json{{"trees", 1}, {"already_there", 1}, {"nodes", 4}}));
  const StoreReader store(path_);
  ASSERT_EQ(store.contents().problems.size(), 3u);
  EXPECT_EQ(store.contents().problems[2].problem.id, "r");
  EXPECT_EQ(store.contents().problems[2].position, 2);
  EXPECT_EQ(store.load(0).tree.nodes.size(), 4u);
  ASSERT_EQ(store.contents().settings.size(), 1u);
  EXPECT_EQ(store.contents().settings[0]["imported"], "trees.jsonl");
}

TEST_F(TreeImport, LinesThatAreNotTreesAreRefusedOrListed) {
  const std::string lines = line_of("p") + "{\"x\":1}\n" + line_of("q");
  try {
    import(lines);
    ADD_FAILURE() << "no refusal";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("line 2"), std::string::npos) << error.what();
  }
  const ImportReport report = import(lines, true);
  EXPECT_EQ(report.trees, 1);
  EXPECT_EQ(report.already_there, 1);  // of the run that was refused
  EXPECT_EQ(report.bad.count, 1u);
}

}  // namespace
}  // namespace hrm::tree
