// Measures the error and the cost of labels of grown trees, on tree stores of the arithmetic world, with one row per
// store and view, so that growth methods can be compared.
//
// Counted are the states below the root that have a label and no answer yet, also where a limit of depth cut the branch
// off: what would become training rows. The truth about a state and its step is computed from the text, whatever policy
// wrote it. Its value is that of the arithmetic policy whose rates stand in the store's settings; for stores of other
// policies, and of several, there is neither bias nor RMSE.
//
//   soft     share of correct ends: the node's own rollouts where it has any, else the leaves below it
//   beta     Jeffreys mean of the same ends
//   hard     1 where any of them is right
//   leaves   share of correct leaves below the node (leaf-weighted)
//   through  share of right rollouts from the node or below it: what tree search backs up
//   policy   mean over the children, recursively (policy-weighted)
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "studies/label_errors.h"
#include "tree/store.h"

namespace hrm::studies {

struct GrowthStudyOptions {
  uint64_t seed = 0;  // of the bootstrap over problems
  size_t threads = 0;
};

struct GrowthStudyRow {
  std::string view;
  LabelErrors errors;
};

struct GrowthStudyStore {
  std::string name;
  Json settings;  // that grew it; an empty object where several did, or none
  uint64_t problems = 0;
  tree::Spent spent;  // for all problems
  std::vector<GrowthStudyRow> rows;
};

struct GrowthStudy {
  std::vector<GrowthStudyStore> stores;
};

// Throws bad_input for what is not a store, a store without labels, a problem of another kind and one with too many
// states for exact values. The same for any number of threads.
GrowthStudy study_growth(std::span<const std::filesystem::path> stores, const GrowthStudyOptions& options);

Json to_json(const GrowthStudy& study);
std::string to_markdown(const GrowthStudy& study);

}  // namespace hrm::studies
