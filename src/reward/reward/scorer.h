// Scores texts with a reward model and reads shared prefixes only once (language/kv_cache.h).
//
// The texts are merged into a trie of tokens (reward/token_trie.h), whatever they are: the nodes of a tree, N solutions
// of a problem, or those of many problems. It is walked from the top: all that comes next is read in calls of rows side
// by side, padded on the right; if a single node has enough below it, its children are the rows of a branch, which
// share its keys and values without a copy. Where the keys and values of a level would not fit, its parts are walked
// one after another, depth first. A score equals that of its text read alone, up to rounding (1e-4 in float32, tested).
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "language/decoder.h"
#include "language/heads.h"
#include "reward/reward_model.h"
#include "reward/token_trie.h"
#include "steps/step_scorer.h"

namespace hrm::reward {

struct ScorerOptions {
  at::ScalarType compute = at::ScalarType::Float;
  int64_t worth = 32;               // tokens that a call may save before it is made (token_trie)
  int64_t branch_tokens = 256;      // below one node, from which it gets calls of its own
  int64_t call_tokens = 8192;       // of one call, padding included
  int64_t cache_bytes = 256 << 20;  // keys and values of one level
};

struct ScoringWork {
  int64_t texts = 0, text_tokens = 0;  // scores requested; what each alone would read
  int64_t read_tokens = 0, calls = 0;  // read; padding is not counted
};

// One thread at a time.
class Scorer : public steps::StepScorer {
 public:
  Scorer(RewardModel model, const ScorerOptions& options = {});
  Scorer(const Scorer&) = delete;  // its reader refers to its model
  Scorer& operator=(const Scorer&) = delete;

  std::vector<double> score(const steps::Tree& tree, std::span<const int32_t> nodes) override;
  std::string name() const override { return model_.config.name; }
  int64_t scored_tokens() const override { return work_.read_tokens; }

  // A score per step of each solution, of its step given those before it; an outcome model's of the solution up to
  // there, so that the last is the solution's.
  struct SolutionText {
    std::string_view question;
    const std::vector<std::string>* steps;
  };
  std::vector<std::vector<double>> score(std::span<const SolutionText> solutions);
  // What is read for its steps: together a place for each, in order.
  std::vector<PlacedText> texts(const SolutionText& solution);

  // What is read for nodes of a tree: a place for each. Throws bad_input for its root.
  std::vector<PlacedText> texts(const steps::Tree& tree, std::span<const int32_t> nodes);

  // At the places of the first text, of the second, ... Throws bad_input for a text longer than the model reads.
  std::vector<double> score_texts(std::span<const PlacedText> texts);
  void check_length(std::span<const PlacedText> texts) const;  // throws that
  // The same, each score alone in a call of its own: what sharing is compared with.
  std::vector<double> score_alone(std::span<const PlacedText> texts);

  LayoutReader& reader() { return reader_; }
  int64_t longest() const { return model_.bundle.model.config.max_position_embeddings; }  // text that it reads
  const RewardModel& model() const { return model_; }
  const ScoringWork& work() const { return work_; }  // since it was made

 private:
  struct Row {
    const TrieNode* node;
    int64_t parent;  // row of the cache that holds what is above it
  };
  struct Walk;
  void descend(const language::KvCache& cache, std::span<const Row> rows, Walk& walk);
  void read(const language::KvCache& cache, std::span<const Row> rows, Walk& walk);
  at::Tensor scores(const at::Tensor& hidden) const;

  RewardModel model_;
  ScorerOptions options_;
  language::Decoder decoder_;
  language::Head head_;
  LayoutReader reader_;
  at::Tensor weights_;  // [outputs]; undefined where the score has none
  int64_t bytes_per_token_;
  ScoringWork work_;
};

}  // namespace hrm::reward
