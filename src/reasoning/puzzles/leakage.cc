#include "puzzles/leakage.h"

#include <map>

#include "puzzles/parallel_work.h"

namespace hrm::puzzles {

std::vector<Tokens> canonical_forms(const Family& family, std::vector<Tokens> questions, size_t threads) {
  parallel_work({"comparing up to symmetry"}, questions.size(), threads,
                [&](size_t i) { questions[i] = family.canonical(questions[i]); });
  return questions;
}

std::vector<Leak> find_leaks(const std::vector<Tokens>& train, const std::vector<Tokens>& test) {
  std::map<Tokens, int64_t> first;
  for (size_t i = 0; i < train.size(); ++i) first.emplace(train[i], static_cast<int64_t>(i));
  std::vector<Leak> leaks;
  for (size_t i = 0; i < test.size(); ++i)
    if (const auto at = first.find(test[i]); at != first.end()) leaks.push_back({static_cast<int64_t>(i), at->second});
  return leaks;
}

}  // namespace hrm::puzzles
