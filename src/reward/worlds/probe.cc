#include "worlds/probe.h"

#include <algorithm>

#include "base/error.h"
#include "base/rng.h"

namespace hrm::worlds {
namespace {

constexpr uint64_t kProbeStream = 0x70726f62;
constexpr int kAttempts = 100;

class ProbeMaker {
 public:
  ProbeMaker(const Expression& question, const SlipSettings& settings, Rng rng)
      : question_(question), settings_(settings), rng_(rng) {}

  // The steps of the five cases; nullopt if this draw leads nowhere.
  std::optional<std::vector<std::vector<std::string>>> draw() {
    Expression state = question_;
    std::vector<std::string> shared;
    const auto operations = std::ranges::count_if(
        question_.tokens(), [](const auto& t) { return t.kind == '+' || t.kind == '-' || t.kind == '*'; });
    if (operations < 2) return std::nullopt;
    for (uint64_t left = rng_.below(static_cast<uint64_t>(operations) - 1); left > 0; --left) {
      const Written right = step(state, true);
      shared.push_back(right.line);
      state = right.next;
    }
    const Written slip = step(state, false), correction = step(state, true), failed = step(state, false);
    const Written right = step(state, true);
    if (slip.next.is_number() || right.next.is_number() || failed.line == slip.line) return std::nullopt;
    const Written still = step(slip.next, true), on = step(right.next, true), broken = step(right.next, false);
    for (const Written* wrong : {&slip, &failed, &still, &broken})
      if (wrong->next.value() == question_.value()) return std::nullopt;  // a slip without consequence
    const auto with = [&](const std::string& a, const std::string& b) {
      std::vector<std::string> steps = shared;
      steps.push_back(a), steps.push_back(b);
      return steps;
    };
    return std::vector{with(slip.line, "!" + correction.line), with(slip.line, "!" + failed.line),
                       with(slip.line, still.line), with(right.line, on.line), with(right.line, broken.line)};
  }

 private:
  Written step(const Expression& state, bool right) {
    std::vector<Move> moves = moves_from(state, settings_);
    std::erase_if(moves, [&](const Move& move) { return (move.kind == MoveKind::kHonest) != right; });
    double left = 0;
    for (const Move& move : moves) left += move.probability;
    left *= rng_.uniform();
    size_t chosen = 0;
    while (chosen + 1 < moves.size() && (left -= moves[chosen].probability) >= 0) ++chosen;
    return write_move(state, moves[chosen]);
  }

  const Expression& question_;
  const SlipSettings& settings_;
  Rng rng_;
};

}  // namespace

std::optional<std::vector<ProbeSolution>> make_probe(const ArithmeticProblem& problem, const SlipSettings& settings,
                                                     uint64_t seed, TrueValues* values) {
  constexpr std::string_view kCases[] = {"repaired", "failed_repair", "still_wrong", "right", "broken"};
  const Expression question = find_question(problem.question).value();
  ProbeMaker maker(question, settings, Rng(seed, {kProbeStream}));
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const auto steps = maker.draw();
    if (!steps) continue;
    std::vector<ProbeSolution> probe;
    for (size_t i = 0; i < steps->size(); ++i)
      probe.push_back({std::string(kCases[i]), judged(problem, (*steps)[i], values)});
    return probe;
  }
  return std::nullopt;
}

Json to_json(const ProbeSolution& probe) {
  Json json = to_json(probe.solution);
  json["case"] = probe.name;
  json["probe_step"] = probe.solution.steps.size() - 1;
  return json;
}

}  // namespace hrm::worlds
