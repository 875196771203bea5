// Speed of tree stores, labels and node compression: tree_bench [NODES] [STORE], default 1,000,000 nodes, in trees of
// 3,906 (5 children, depth 5) with texts of about 120 bytes. Prints JSON; seconds are those of a million nodes. STORE is
// kept, else the store is temporary. benchmarks/run_reward_bench compares with the targets.
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <functional>

#include "base/files.h"
#include "base/json.h"
#include "base/rng.h"
#include "tree/compression.h"
#include "tree/labels.h"
#include "tree/store.h"

namespace hrm::tree {
namespace {

using steps::NodeId;
using steps::Problem;

constexpr int kChildren = 5, kDepth = 5;

double seconds_of(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

std::string step_text(Rng& rng, int depth) {
  std::string text;
  for (int word = 0; word < 16; ++word) text += fmt::format("{:x} ", rng.below(1u << 24));
  return text + (depth == kDepth ? "\n# Answer\n\n7\n# END!" : fmt::format("\n\n# Step {}", depth + 1));
}

// The expansions of one tree; their number of nodes.
size_t make_requests(const Problem& problem, Rng& rng, std::vector<RequestRecord>& requests) {
  const NodeId root = root_id(problem);
  std::vector<NodeId> level = {root};
  size_t nodes = 1;
  for (int depth = 1; depth <= kDepth; ++depth) {
    std::vector<NodeId> next;
    for (const NodeId& parent : level) {
      RequestRecord request{.root = root, .node = parent};
      for (int i = 0; i < kChildren; ++i) {
        request.samples.push_back({.ordinal = i, .tokens = 40, .terminal = depth == kDepth, .text = step_text(rng, depth)});
        if (depth == kDepth) request.samples.back().answer = std::to_string(rng.below(4) == 0 ? 7 : rng.below(100));
        next.push_back(child_id(parent, i, request.samples.back().text));
      }
      nodes += kChildren;
      requests.push_back(std::move(request));
    }
    level = std::move(next);
  }
  return nodes;
}

void run(size_t wanted, std::filesystem::path path) {
  const TemporaryFolder folder;
  if (path.empty()) path = folder.path() / "bench.tree";
  size_t nodes = 0;
  double appending = 0;
  {
    StoreWriter store(path);
    Rng rng(1);
    for (int64_t i = 0; nodes < wanted; ++i) {
      const Problem problem{fmt::format("p{}", i), "question", "7"};
      std::vector<RequestRecord> requests;
      nodes += make_requests(problem, rng, requests);
      appending += seconds_of([&] {
        store.append(steps::ProblemRecord{i, problem});
        for (const RequestRecord& request : requests) store.append(request);
      });
    }
    appending += seconds_of([&] { store.sync(); });
  }
  const auto count = static_cast<double>(nodes);
  std::vector<steps::Tree> trees;
  const double opening = seconds_of([&] {
    const StoreReader store(path);
    for (size_t i = 0; i < store.contents().problems.size(); ++i) trees.push_back(store.load(i).tree);
  });
  double checksum = 0;
  std::vector<steps::Verdicts> verdicts;
  const double grading = seconds_of([&] {
    for (const steps::Tree& tree : trees) verdicts.push_back(grade_answers(tree));
  });
  const double labeling = seconds_of([&] {
    for (size_t i = 0; i < trees.size(); ++i) {
      const auto counts = count_ends(trees[i], verdicts[i]);
      const Values policy = policy_labels(trees[i], counts);
      const Compression view = compress(trees[i], {.seed = 1});
      const auto changed = compressed_counts(trees[i], view, counts);
      checksum += *policy[0] + *mc_labels(changed)[0] + beta_labels(changed, BetaPrior::kJeffreys)[0]->low;
    }
  });
  const Json result = {{"nodes", nodes},
                       {"mib", std::filesystem::file_size(path) >> 20},
                       {"appended_per_second", count / appending},
                       {"open_seconds", opening * 1e6 / count},
                       {"grade_seconds", grading * 1e6 / count},
                       {"label_seconds", labeling * 1e6 / count},  // labels, intervals, compression
                       {"checksum", checksum}};
  fmt::print("{}\n", printable(result));
}

}  // namespace
}  // namespace hrm::tree

int main(int argc, char** argv) {
  hrm::tree::run(argc > 1 ? static_cast<size_t>(std::strtoull(argv[1], nullptr, 10)) : 1'000'000,
                 argc > 2 ? argv[2] : "");
}
