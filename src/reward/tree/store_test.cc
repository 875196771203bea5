#include "tree/store.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <set>

#include "base/rng.h"
#include "tree/testing/trees.h"

namespace hrm::tree {
namespace {

namespace fs = std::filesystem;

class StoreTest : public testing::Test {
 protected:
  StoreReader reader() const { return StoreReader(path_); }
  std::string only_tree() const { return printable(tree_json(reader().load(0).tree)); }

  TemporaryFolder folder_;
  fs::path path_ = folder_.path() / "trees/a.tree";
  const steps::Problem problem_{"p", "question", "gold"};
  const steps::NodeId root_ = root_id(problem_);
};

RequestRecord expansion(const steps::NodeId& root, const steps::NodeId& node, std::vector<std::string> texts,
                        uint32_t round = 0) {
  RequestRecord request{.root = root, .node = node, .round = round, .seed = 9};
  for (std::string& text : texts)
    request.samples.push_back(
        {.ordinal = static_cast<int32_t>(request.samples.size()), .tokens = 2, .text = std::move(text)});
  return request;
}

TEST_F(StoreTest, ATreeComesBackWhateverTheOrderOfItsRecords) {
  std::vector<RequestRecord> requests = {expansion(root_, root_, {"a", "b"}),
                                         expansion(root_, child_id(root_, 0, "a"), {"c"}),
                                         expansion(root_, root_, {"x"}, 1)};
  requests.push_back({.kind = steps::RequestKind::kRollouts,
                      .root = root_,
                      .node = child_id(root_, 1, "b"),
                      .seed = 3,
                      .samples = {{.tokens = 5, .text = "end", .answer = "7"}}});
  requests[1].samples[0].terminal = true;
  std::string seen;
  for (int turn = 0; turn < 4; ++turn) {
    fs::remove(path_);
    {
      StoreWriter store(path_);
      store.append(SettingsRecord{{{"n", 5}}});
      store.append(steps::ProblemRecord{0, problem_});
      for (size_t i = 0; i < 4; ++i) store.append(requests[(i + static_cast<size_t>(turn)) % 4]);
      store.append(requests[0]);  // again: counts once
    }
    const steps::Tree tree = reader().load(0).tree;
    ASSERT_EQ(tree.nodes.size(), 5u);
    EXPECT_EQ(tree.nodes[3].text, "x");
    EXPECT_TRUE(tree.nodes[3].unfinished);
    EXPECT_FALSE(tree.nodes[4].unfinished);
    EXPECT_EQ(tree.nodes[1].multiplicity, 1);
    EXPECT_EQ(tree.rollouts.at(0).node, 2);
    EXPECT_EQ(reader().contents().settings.at(0)["n"], 5);
    if (turn == 0) seen = only_tree();
    EXPECT_EQ(only_tree(), seen);
  }
}

TEST_F(StoreTest, TheSameChildOfSeveralRequestsAddsUp) {
  const BuiltTree built =
      build_tree(problem_, {expansion(root_, root_, {"a"}), expansion(root_, root_, {"a", "b"}, 1)});
  ASSERT_EQ(built.tree.nodes.size(), 3u);
  EXPECT_EQ(built.tree.nodes[1].multiplicity, 2);
}

TEST_F(StoreTest, ImportedTreesAreStoredWhole) {
  steps::Tree tree = make_tree({{0, "a"}, {0, "right"}, {1, "b"}, {1, "c"}});
  tree.nodes[3].terminal = false;  // a limit of depth was reached
  tree.nodes[4].unfinished = true;
  tree.nodes[4].terminal = false;
  tree.rollouts = {
      {.node = 1, .seed = 1, .text = "x"}, {.node = 1, .seed = 1, .text = "y"}, {.node = 1, .seed = 2, .text = "x"}};
  EXPECT_EQ(tree_json(build_tree(tree.problem, requests_of(tree)).tree), tree_json(tree));
}

TEST_F(StoreTest, OneWriterAtATime) {
  const StoreWriter store(path_);
  EXPECT_THROW(StoreWriter second(path_), Error);
  EXPECT_NO_THROW(reader());
}

TEST_F(StoreTest, OtherFilesAreRefused) {
  write_file_atomic(path_, "something else entirely");
  EXPECT_THROW(reader(), Error);
  EXPECT_THROW(StoreWriter store(path_), Error);
  EXPECT_THROW(StoreReader(folder_.path() / "missing"), Error);
}

// A chain of `n` nodes, one record each.
void write_chain(const fs::path& path, const steps::Problem& problem, int n) {
  StoreWriter store(path);
  store.append(steps::ProblemRecord{0, problem});
  steps::NodeId at = root_id(problem);
  for (int i = 0; i < n; ++i) {
    const std::string text = "step " + std::to_string(i);
    store.append(expansion(root_id(problem), at, {text}));
    at = child_id(at, 0, text);
  }
}

TEST_F(StoreTest, ATornTailIsCutWhenGrowthGoesOn) {
  write_chain(path_, problem_, 5);
  const std::string bytes = read_file(path_);
  for (size_t cut = 1; cut < 40; ++cut) {
    write_file_atomic(path_, std::string_view(bytes).substr(0, bytes.size() - cut));
    ASSERT_EQ(reader().load(0).tree.nodes.size(), 5u);
    ASSERT_TRUE(reader().contents().report.torn);
    steps::NodeId at = root_;
    for (int i = 0; i < 4; ++i) at = child_id(at, 0, "step " + std::to_string(i));
    StoreWriter(path_).append(expansion(root_, at, {"step 4"}));
    ASSERT_EQ(read_file(path_), bytes);
  }
}

TEST_F(StoreTest, RandomDamageCostsOnlyTheRecordsItHits) {
  write_chain(path_, problem_, 200);
  const std::string bytes = read_file(path_);
  const size_t records = reader().contents().problems[0].requests.size();
  ASSERT_EQ(records, 200u);
  const std::vector<uint64_t> places = reader().contents().problems[0].requests;
  Rng rng(1);
  for (int turn = 0; turn < 25; ++turn) {
    std::string damaged = bytes;
    std::set<size_t> hit;  // records whose bytes were touched; the problem's record is spared
    for (uint64_t i = 0; i <= rng.below(4); ++i) {
      const size_t at = places[0] - 12 + rng.below(bytes.size() - places[0] + 12);
      damaged[at] = static_cast<char>(damaged[at] ^ (1 + rng.below(255)));
      size_t record = 0;
      while (record + 1 < records && places[record + 1] - 12 <= at) ++record;
      hit.insert(record);
    }
    write_file_atomic(path_, damaged);
    const StoreReader store(path_);
    const auto& kept = store.contents().problems.at(0).requests;
    ASSERT_EQ(kept.size(), records - hit.size());
    for (const uint64_t at : kept) ASSERT_TRUE(std::ranges::binary_search(places, at));
    const RecordLogReport& report = store.contents().report;
    ASSERT_TRUE(report.damaged_places > 0 || report.torn);
    const BuiltTree built = store.load(0);
    ASSERT_EQ(built.tree.nodes.size(), 1 + *hit.begin());
    ASSERT_EQ(built.orphan_requests, kept.size() - *hit.begin());
  }
}

TEST_F(StoreTest, AFullDiskIsAnErrorAndTheStoreStaysReadable) {
  write_chain(path_, problem_, 3);
  const size_t size = fs::file_size(path_);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit tight{.rlim_cur = size + 20, .rlim_max = before.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &tight), 0);
  int code = 0;
  {
    StoreWriter store(path_);
    try {
      store.append(expansion(root_, root_, {"more"}, 7));
    } catch (const Error& error) {
      code = error.exit_code();
    }
  }
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(code, 1);
  EXPECT_EQ(reader().load(0).tree.nodes.size(), 4u);
  StoreWriter(path_).append(expansion(root_, root_, {"more"}, 7));
  EXPECT_EQ(reader().load(0).tree.nodes.size(), 5u);
}

TEST_F(StoreTest, MergingIsIdempotentAndIndependentOfTheOrder) {
  const fs::path a = folder_.path() / "a", b = folder_.path() / "b";
  write_chain(a, problem_, 4);
  write_chain(b, {"other", "q", "g"}, 2);
  {
    StoreWriter more(b);
    more.append(steps::ProblemRecord{5, problem_});
    more.append(expansion(root_, child_id(root_, 0, "step 0"), {"branch"}, 1));  // its parent is in a alone
  }
  const auto merged = [&](const std::string& name, const std::vector<fs::path>& inputs) {
    merge_stores(inputs, folder_.path() / name);
    return read_file(folder_.path() / name);
  };
  const std::string ab = merged("ab", {a, b});
  EXPECT_EQ(merged("ba", {b, a}), ab);
  EXPECT_EQ(merged("again", {folder_.path() / "ab", a, b, a}), ab);
  EXPECT_THROW(merge_stores({a}, b), Error);
  const StoreReader store(folder_.path() / "ab");
  ASSERT_EQ(store.contents().problems.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    const BuiltTree built = store.load(i);
    EXPECT_EQ(built.orphan_requests, 0u);
    EXPECT_EQ(built.tree.nodes.size(), built.tree.problem.id == "p" ? 6u : 3u);
  }
}

TEST_F(StoreTest, ProblemsAreChosenByIdElseByPosition) {
  {
    StoreWriter store(path_);
    for (const char* id : {"a", "0", "b"})
      store.append(steps::ProblemRecord{static_cast<int64_t>(store.contents().problems.size()), {id, id, "g"}});
  }
  const StoreReader store = reader();
  const auto position = [&](const std::string& id) {
    for (size_t i = 0; i < 3; ++i)
      if (store.contents().problems[i].problem.id == id) return i;
    return size_t{9};
  };
  EXPECT_EQ(chosen_problems(store, ""), (std::vector<size_t>{0, 1, 2}));
  EXPECT_EQ(chosen_problems(store, "b"), std::vector<size_t>{position("b")});
  EXPECT_EQ(chosen_problems(store, "0"), std::vector<size_t>{position("0")});  // an id before a position
  EXPECT_EQ(chosen_problems(store, "2"), std::vector<size_t>{2});
  for (const char* none : {"3", "c", "-1", "1x"}) EXPECT_THROW(chosen_problems(store, none), Error) << none;
}

}  // namespace
}  // namespace hrm::tree
