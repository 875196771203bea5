#include "solving/same_data.h"

#include <algorithm>

#include "base/error.h"
#include "base/rng.h"

namespace hrm::solving {

uint64_t fingerprint(const puzzles::Dataset& set) {
  uint64_t mixed = derive_seed(static_cast<uint64_t>(set.examples()),
                               {static_cast<uint64_t>(set.puzzles()), static_cast<uint64_t>(set.groups())});
  std::vector<int32_t> inputs(static_cast<size_t>(set.metadata().seq_len)), labels(inputs.size());
  const int64_t sample = std::min<int64_t>(64, set.examples());
  for (int64_t i = 0; i < sample; ++i) {
    set.read(i * set.examples() / sample, inputs, labels);
    for (const auto* tokens : {&inputs, &labels})
      for (int32_t token : *tokens) mixed = splitmix64(mixed ^ static_cast<uint32_t>(token));
  }
  return mixed;
}

void check_same_data(training::Collective& all, const puzzles::Dataset* set) {
  if (all.size() == 1) return;
  const uint64_t mine[] = {set ? fingerprint(*set) : 0};
  const std::vector<uint64_t> theirs = training::gather_values<uint64_t>(all, mine);
  for (size_t r = 1; r < theirs.size(); ++r)
    if (theirs[r] != theirs[0])
      throw bad_input("solving.data",
                      "{}: process {} has other puzzles there than process 0: copy the same data set to all",
                      set ? (set->folder() / set->split()).string() : "no test split", r);
}

}  // namespace hrm::solving
