// Scores group after group of texts, of several processes in turn.
//
// The calls of the model, and with them the last bits of the scores and the tokens read, depend on which texts are
// together. A group is therefore scored as a whole by one process: the scores are those of one process, bit for bit,
// with as many threads.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "reward/scorer.h"
#include "training/collective.h"

namespace hrm::reward {

class ScoringTurns {
 public:
  // processes: all with the same model; null: this one alone. Throws bad_input where they have different ones.
  explicit ScoringTurns(Scorer& scorer, training::Collective* processes = nullptr);

  struct Result {
    std::vector<double> scores;  // as of Scorer::score_texts
    ScoringWork work;
  };
  // The next group, the same in all processes. Process 0 is handed the result, of one group after the other, now or in
  // a later call; others are not. Throws bad_input where another process has other texts.
  void add(std::vector<PlacedText> texts, std::function<void(const Result&)> use);
  // Once, last: results of all groups have then been handed over.
  void finish();
  bool is_root() const { return all_.is_root(); }
  const ScoringWork& work() const { return work_; }  // of all groups so far

 private:
  struct Group {
    std::vector<PlacedText> texts;
    std::function<void(const Result&)> use;
  };
  Result score(const std::vector<PlacedText>& texts);
  void take_turns(bool last);

  Scorer& scorer_;
  training::Collective& all_;
  std::vector<Group> waiting_;  // one for each process at most
  uint64_t fingerprint_ = 0;    // of all texts so far
  ScoringWork work_;
};

}  // namespace hrm::reward
