#include "reward/scoring_turns.h"

#include <cstring>
#include <string>

#include "base/rng.h"
#include "language/fine_tuning.h"

namespace hrm::reward {
namespace {

constexpr std::string_view kInTurns = "reward.score";

// What a process tells the others: that they are at the same place, and the result of its group, where it has one.
struct Told {
  uint64_t fingerprint = 0, groups = 0, last = 0;
  ScoringWork work;
};

std::string told_bytes(const Told& told, std::span<const double> scores) {
  std::string bytes(reinterpret_cast<const char*>(&told), sizeof told);
  return bytes.append(reinterpret_cast<const char*>(scores.data()), scores.size_bytes());
}

Told told_of(const std::string& bytes) {
  Told told;
  std::memcpy(&told, bytes.data(), sizeof told);
  return told;
}

std::vector<double> scores_of(const std::string& bytes) {
  std::vector<double> scores((bytes.size() - sizeof(Told)) / sizeof(double));
  if (!scores.empty()) std::memcpy(scores.data(), bytes.data() + sizeof(Told), scores.size() * sizeof(double));
  return scores;
}

ScoringWork difference(const ScoringWork& a, const ScoringWork& b) {
  return {a.texts - b.texts, a.text_tokens - b.text_tokens, a.read_tokens - b.read_tokens, a.calls - b.calls};
}

void add_work(ScoringWork& to, const ScoringWork& work) {
  to.texts += work.texts;
  to.text_tokens += work.text_tokens;
  to.read_tokens += work.read_tokens;
  to.calls += work.calls;
}

}  // namespace

ScoringTurns::ScoringTurns(Scorer& scorer, training::Collective* processes)
    : scorer_(scorer), all_(training::or_alone(processes)) {
  if (all_.size() == 1) return;
  const uint64_t mine[] = {language::fingerprint(scorer.model().bundle.model.parameters)};
  const std::vector<uint64_t> theirs = training::gather_values<uint64_t>(all_, mine);
  for (size_t rank = 1; rank < theirs.size(); ++rank)
    if (theirs[rank] != theirs[0])
      throw bad_input(kInTurns, "process {} has another model than process 0: copy the same files to all", rank);
}

ScoringTurns::Result ScoringTurns::score(const std::vector<PlacedText>& texts) {
  const ScoringWork before = scorer_.work();
  std::vector<double> scores = scorer_.score_texts(texts);
  return {std::move(scores), difference(scorer_.work(), before)};
}

void ScoringTurns::add(std::vector<PlacedText> texts, std::function<void(const Result&)> use) {
  if (all_.size() == 1) {
    const Result result = score(texts);
    add_work(work_, result.work);
    return use(result);
  }
  for (const PlacedText& text : texts) {
    for (const int64_t id : text.ids) fingerprint_ = splitmix64(fingerprint_ ^ static_cast<uint64_t>(id));
    for (const int64_t place : text.places) fingerprint_ = splitmix64(fingerprint_ + static_cast<uint64_t>(place));
  }
  if (waiting_.size() != all_.rank()) texts = {};  // another process scores it
  waiting_.push_back({std::move(texts), std::move(use)});
  if (waiting_.size() == all_.size()) take_turns(false);
}

void ScoringTurns::finish() {
  if (all_.size() > 1) take_turns(true);
}

void ScoringTurns::take_turns(bool last) {
  Result own;
  if (all_.rank() < waiting_.size()) own = score(waiting_[all_.rank()].texts);
  const std::vector<std::string> told =
      all_.gather(told_bytes({fingerprint_, waiting_.size(), last, own.work}, own.scores));
  const Told root = told_of(told[0]);
  for (size_t rank = 1; rank < told.size(); ++rank)
    if (const Told other = told_of(told[rank]);
        other.fingerprint != root.fingerprint || other.groups != root.groups || other.last != root.last)
      throw bad_input(kInTurns, "process {} reads other texts than process 0: copy the same files to all", rank);
  for (size_t i = 0; i < waiting_.size(); ++i) {
    const Result result{scores_of(told[i]), told_of(told[i]).work};
    add_work(work_, result.work);
    if (all_.is_root()) waiting_[i].use(result);
  }
  waiting_.clear();
}

}  // namespace hrm::reward
