#include "puzzles/sudoku_guided.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "base/rng.h"
#include "base/signals.h"
#include "puzzles/sudoku_candidates.h"
#include "puzzles/text_lines.h"

namespace hrm::puzzles {
namespace {

constexpr uint64_t kFirstRestart = 1000;  // guesses

using Scores = std::shared_ptr<const std::vector<float>>;  // [S,V] log-probabilities

struct Value {
  int cell = 0, digit = 0;
};

// A grid on the way down, and the value assumed below it.
struct Node {
  CandidateGrid grid;
  Scores scores;
  int placed = 0;  // of the grid for which the scores were requested
  Value assumed;
};

class GuidedSudoku : public GuidedSearch {
 public:
  GuidedSudoku(const SudokuShape& shape, std::span<const int32_t> question, const GuidedSearchOptions& options)
      : houses_(shape),
        options_(options),
        rng_(options.seed),
        weights_(houses_.members.size(), 1.0),
        question_(question.begin(), question.end()) {
    report_.answer = options.known;
    Node root{.grid = CandidateGrid(houses_), .scores = nullptr, .placed = 0, .assumed = {}};
    for (int cell = 0; cell < houses_.cells; ++cell) {
      const int digit = question[static_cast<size_t>(cell)] - kSudokuBlank;
      if (digit < 1 || digit > houses_.side) continue;
      root.grid.assign(cell, digit);
      ++root.placed;
    }
    if (root.grid.propagate() < 0) stack_.push_back(std::move(root));
  }

  State advance() override {
    while (!stack_.empty()) {
      if (interrupted()) return State::kStopped;
      if (stack_.back().grid.full()) {
        record(stack_.back().grid.tokens());
        if (!other_.empty()) break;
        take_back();
      } else if (wants_guide()) {
        return State::kWantsGuide;
      } else {
        guess();
      }
    }
    decided_ = true;
    return State::kDecided;
  }

  Tokens reduced() const override { return stack_.empty() ? question_ : stack_.back().grid.tokens(); }

  void guide(std::vector<float> log_probabilities) override {
    if (stack_.empty()) return;
    stack_.back().scores = std::make_shared<const std::vector<float>>(std::move(log_probabilities));
    if (!began_) return;
    stack_.back().placed = stack_.back().grid.placed();
    ++report_.guides;
  }

  SearchReport report() const override {
    SearchReport report = report_;
    if (!decided_) return report;
    report.answers = report.answer.empty() ? Answers::kNone : other_.empty() ? Answers::kOne : Answers::kSeveral;
    if (report.answers == Answers::kNone) report.reason = "no solution";
    if (report.answers == Answers::kSeveral) {
      const auto differ = std::ranges::mismatch(report.answer, other_);
      report.reason = fmt::format("several solutions: {} may be {} or {}",
                                  cell_name(differ.in1 - report.answer.begin(), houses_.side),
                                  sudoku_symbol(*differ.in1, houses_.shape), sudoku_symbol(*differ.in2, houses_.shape));
    }
    return report;
  }

 private:
  // Where the grid has gained cells since the guide that it has; not once an answer is known, when the guide is.
  bool wants_guide() {
    began_ = true;
    const Node& top = stack_.back();
    return options_.order == GuessOrder::kGuide && report_.answer.empty() && report_.guides < options_.guides &&
           (!top.scores || top.grid.placed() > top.placed);
  }

  void record(Tokens answer) {
    if (report_.answer.empty()) {
      report_.answer = std::move(answer);
      report_.guesses_to_answer = report_.guesses;
    } else if (answer != report_.answer) {
      other_ = std::move(answer);
    }
  }

  void guess() {
    if (report_.guesses - begun_at_ >= restart_after_ && stack_.size() > 1) {
      stack_.erase(stack_.begin() + 1, stack_.end());
      begun_at_ = report_.guesses;
      restart_after_ *= 2;
      by_weight_ = true;
    }
    Node& top = stack_.back();
    top.assumed = choose(top);
    ++report_.guesses;
    Node below = top;
    below.grid.assign(top.assumed.cell, top.assumed.digit);
    if (!fails(below.grid)) {
      stack_.push_back(std::move(below));
      return;
    }
    rule_out_assumed();
  }

  // The top grid is finished: what it assumed is ruled out in the one below.
  void take_back() {
    stack_.pop_back();
    if (!stack_.empty()) rule_out_assumed();
  }

  void rule_out_assumed() {
    while (!stack_.empty()) {
      if (report_.answer.empty()) ++report_.wrong_guesses;
      Node& top = stack_.back();
      top.grid.rule_out(top.assumed.cell, top.assumed.digit);
      if (!fails(top.grid)) return;
      stack_.pop_back();
    }
  }

  bool fails(CandidateGrid& grid) {
    const int house = grid.propagate();
    if (house < 0) return false;
    weights_[static_cast<size_t>(house)] += 1;
    return true;
  }

  // The alternatives of one choice.
  struct Choice {
    std::array<Value, kMaxSudokuSide> values;
    size_t size = 0;
    double weight = 0;
    std::span<const Value> alternatives() const { return std::span(values).first(size); }
  };

  // Calls see(choice, fewer) for cells of ever fewer candidates and those with as few, fewer where it is the first of
  // its size, then for digits with two places in a house.
  template <typename See>
  void smallest_choices(const CandidateGrid& grid, See see) {
    int fewest = houses_.side + 1;
    Choice choice;
    for (int cell = 0; cell < houses_.cells; ++cell) {
      const int count = std::popcount(grid.open(cell));
      if (count < 2 || count > fewest) continue;
      const auto& of = houses_.of_cell[static_cast<size_t>(cell)];
      choice = {.values = {}, .weight = (weights_[of[0]] + weights_[of[1]] + weights_[of[2]]) / 3};
      for (uint32_t open = grid.open(cell); open; open &= open - 1)
        choice.values[choice.size++] = {cell, std::countr_zero(open) + 1};
      see(choice, count < fewest);
      fewest = count;
    }
    for (size_t house = 0; house < houses_.members.size(); ++house) {
      for (uint32_t pairs = digits_with_two_places(grid, house); pairs; pairs &= pairs - 1) {
        const int digit = std::countr_zero(pairs) + 1;
        choice = {.values = {}, .weight = weights_[house]};
        for (const uint16_t cell : houses_.members[house])
          if (grid.open(cell) >> (digit - 1) & 1) choice.values[choice.size++] = {cell, digit};
        see(choice, fewest > 2);
        fewest = 2;
      }
    }
  }

  uint32_t digits_with_two_places(const CandidateGrid& grid, size_t house) const {
    uint32_t once = 0, twice = 0, thrice = 0;
    for (const uint16_t cell : houses_.members[house]) {
      const uint32_t open = grid.open(cell);
      thrice |= twice & open;
      twice |= once & open;
      once |= open;
    }
    return twice & ~thrice;
  }

  // REQUIRES: a propagated grid that is not full.
  Value choose(const Node& node) {
    Value best;
    double best_merit = 0;
    smallest_choices(node.grid, [&](const Choice& choice, bool fewer) {
      const auto [value, sureness] = first_value(node, choice);
      const double merit = by_weight_ || !report_.answer.empty()                 ? choice.weight
                           : options_.order == GuessOrder::kRandom               ? rng_.uniform()
                           : options_.order == GuessOrder::kGuide && node.scores ? sureness
                                                                                 : 0;
      if (!fewer && merit <= best_merit) return;
      best = value;
      best_merit = merit;
    });
    return best;
  }

  // The value of the choice to try first, and its share of the guide's probability.
  std::pair<Value, double> first_value(const Node& node, const Choice& choice) {
    const std::span<const Value> values = choice.alternatives();
    if (!report_.answer.empty()) {
      const auto wrong = std::ranges::find_if(values, [&](const Value& value) {
        return report_.answer[static_cast<size_t>(value.cell)] != value.digit + kSudokuBlank;
      });
      return {wrong == values.end() ? values.front() : *wrong, 0};
    }
    if (options_.order == GuessOrder::kRandom) return {values[rng_.below(values.size())], 0};
    if (options_.order == GuessOrder::kFixed || !node.scores) return {values.front(), 0};
    const auto score = [&](const Value& value) {
      return (*node.scores)[static_cast<size_t>(value.cell * houses_.shape.vocab() + value.digit + kSudokuBlank)];
    };
    const auto likeliest = std::ranges::max_element(values, {}, score);
    double sum = 0;
    for (const Value& value : values) sum += std::exp(double{score(value)} - double{score(*likeliest)});
    return {*likeliest, 1 / sum};
  }

  const SudokuHouses houses_;
  const GuidedSearchOptions options_;
  Rng rng_;
  std::vector<double> weights_;  // [houses] 1 + contradictions found there
  const Tokens question_;
  std::vector<Node> stack_;  // every grid propagated and without contradiction
  Tokens other_;
  SearchReport report_;
  bool began_ = false, decided_ = false, by_weight_ = false;
  uint64_t begun_at_ = 0, restart_after_ = kFirstRestart;
};

}  // namespace

std::unique_ptr<GuidedSearch> search_sudoku_guided(const SudokuShape& shape, std::span<const int32_t> question,
                                                   const GuidedSearchOptions& options) {
  return std::make_unique<GuidedSudoku>(shape, question, options);
}

}  // namespace hrm::puzzles
