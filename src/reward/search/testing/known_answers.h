// A policy and a scorer with known answers, for tests of searches.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "policy/scripted.h"
#include "search/search_settings.h"
#include "steps/step_scorer.h"

namespace hrm::search {

// The steps so far of a prompt "question\nstep\nstep\n", one letter per step.
inline std::string letters_of(const policy::Request& request) {
  std::string letters = request.prompt.substr(request.prompt.find('\n') + 1);
  std::erase(letters, '\n');
  return letters;
}

// An answer that says them: "#### 12" for ab.
inline std::string answer_of(std::string letters) {
  for (char& letter : letters) letter = static_cast<char>('1' + letter - 'a');
  return "#### " + letters;
}

// Two steps of one letter, then the answer. Choice i says the i-th letter of `next`, by turns.
inline policy::Script letter_script(std::string next = "abcd") {
  return [next](const policy::Request& request, int64_t choice, Rng&) {
    std::string letters = letters_of(request), text;
    for (; letters.size() < 2; letters += text[text.size() - 2]) {
      text += next[static_cast<size_t>(choice) % next.size()];
      text += '\n';
    }
    return text + answer_of(letters);
  };
}

// The same, but letters are drawn.
inline policy::Script random_letters() {
  return [](const policy::Request& request, int64_t, Rng& rng) {
    std::string letters = letters_of(request), text;
    for (; letters.size() < 4; letters += text[text.size() - 2]) {
      text += static_cast<char>('a' + rng.below(6));
      text += '\n';
    }
    return text + answer_of(letters);
  };
}

// Scores by the letters on the way: of a step "b" below "a" what `score` says for "ab"; an answer scores as the step
// before it. Counts a token per step scored.
class LetterScorer final : public steps::StepScorer {
 public:
  explicit LetterScorer(std::function<double(const std::string&)> score) : score_(std::move(score)) {}
  explicit LetterScorer(std::map<std::string, double> scores)
      : score_([scores = std::move(scores)](const std::string& way) {
          const auto at = scores.find(way);
          return at == scores.end() ? 0.0 : at->second;
        }) {}

  std::vector<double> score(const steps::Tree& tree, std::span<const int32_t> nodes) override {
    std::vector<double> scores;
    for (const int32_t node : nodes) {
      std::string way;
      for (const std::string_view step : steps::path_texts(tree, node))
        if (!step.starts_with("####")) way += step.substr(0, 1);
      scores.push_back(score_(way));
    }
    tokens_ += std::ssize(nodes);
    return scores;
  }
  std::string name() const override { return "letters"; }
  int64_t scored_tokens() const override { return tokens_; }

 private:
  std::function<double(const std::string&)> score_;
  int64_t tokens_ = 0;
};

inline SearchSettings letter_settings() {
  SearchSettings settings;
  settings.steps = steps::StepStyle::kLine;
  settings.answer = grading::AnswerFormat::kGsm8k;
  return settings;
}

}  // namespace hrm::search
