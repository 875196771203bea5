// The tree of steps that one search has sampled, with their scores. It sends the requests; no place is scored twice.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "search/search.h"

namespace hrm::search {

class SearchTree {
 public:
  SearchTree(const SearchTools& tools, const steps::Problem& problem);

  struct Ask {
    int32_t node = 0;
    int64_t n = 1;
    uint32_t branch = 0;  // searches that are independent of each other have different ones
  };
  // Where each choice of each place leads, scored, in the order of the choices: identical steps to the same node, a
  // choice that says that nothing follows to none (nullopt). A place where all choices say so is an end from then on.
  // REQUIRES: no place is an end. Throws SearchFailed.
  std::vector<std::vector<std::optional<int32_t>>> expand_each(std::span<const Ask> asks);
  // The same without repeats: the next steps of each place.
  std::vector<std::vector<int32_t>> expand(std::span<const Ask> asks);

  // Adds whole solutions, scored. Returns where each ends. REQUIRES: none is empty.
  std::vector<int32_t> add(const std::vector<std::vector<std::string>>& solutions);

  steps::NodeId root_id() const { return tree_.nodes.front().id; }
  bool ended(int32_t node) const { return at(node).terminal; }
  const std::string& text(int32_t node) const { return at(node).text; }
  double score(int32_t node) const { return scores_[static_cast<size_t>(node)]; }  // REQUIRES: not the root
  double value(int32_t node) const;  // the aggregate of the scores on the way to it; below all others at the root
  FoundSolution solution(int32_t node) const;  // without its cost
  const SearchCost& cost() const { return cost_; }

 private:
  const steps::Node& at(int32_t node) const { return tree_.nodes[static_cast<size_t>(node)]; }
  steps::Node& at(int32_t node) { return tree_.nodes[static_cast<size_t>(node)]; }
  std::vector<double> path_scores(int32_t node) const;
  int32_t child_of(int32_t parent, const std::string& text, bool terminal);
  void score_new();

  const SearchTools& tools_;
  steps::Tree tree_;
  std::vector<double> scores_;  // by node; of the root of no meaning
  SearchCost cost_;
};

// Sends the requests and adds what they cost. Throws SearchFailed if one has failed.
std::vector<policy::Response> ask_all(const SearchTools& tools, std::span<const policy::Request> requests,
                                      SearchCost& cost);

}  // namespace hrm::search
