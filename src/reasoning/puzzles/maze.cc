#include "puzzles/maze.h"

#include <algorithm>

#include "base/error.h"
#include "puzzles/dihedral.h"
#include "puzzles/maze_text.h"
#include "puzzles/text_lines.h"

namespace hrm::puzzles {
namespace {

int64_t find(std::span<const int32_t> tokens, int32_t token) {
  return std::ranges::find(tokens, token) - tokens.begin();
}

// The dihedral ids that map the shape to itself.
std::vector<int> symmetries(const MazeShape& shape) {
  std::vector<int> ids;
  for (int id = 0; id < kDihedrals; ++id)
    if (shape.height == shape.width || !swaps_axes(id)) ids.push_back(id);
  return ids;
}

class MazeAugmenter : public Augmenter {
 public:
  explicit MazeAugmenter(const MazeShape& shape) : shape_(shape), ids_(symmetries(shape)) {}

  void apply(uint64_t seed, std::span<int32_t> question, std::span<int32_t> answer) const override {
    const int id = ids_[seed % ids_.size()];
    if (id == 0) return;
    for (std::span<int32_t> grid : {question, answer})
      if (!grid.empty()) std::ranges::copy(transform(id, grid, shape_.height, shape_.width), grid.begin());
  }
  void undo(uint64_t seed, std::span<int32_t> grid) const override {
    const int id = inverse_dihedral(ids_[seed % ids_.size()]);
    // A quarter turn of a grid that is not square was not applied, so height and width stay.
    if (id != 0) std::ranges::copy(transform(id, grid, shape_.height, shape_.width), grid.begin());
  }
  uint64_t distinct_maps() const override { return ids_.size(); }

 private:
  MazeShape shape_;
  std::vector<int> ids_;
};

class MazeFamily : public Family {
 public:
  explicit MazeFamily(const MazeShape& shape) : shape_(shape) {}

  std::string name() const override { return "maze"; }
  Json describe() const override { return {{"family", name()}, {"height", shape_.height}, {"width", shape_.width}}; }
  int64_t seq_len() const override { return shape_.cells(); }
  int64_t vocab_size() const override { return kMazeVocab; }

  void read(std::string_view text, const TextPlace& place, const TextSinks& sinks) const override {
    read_maze(shape_, text, place, sinks);
  }
  std::string symbols_of(std::span<const std::string_view> texts, std::string_view) const override {
    return maze_symbols_of(texts);
  }
  void check_symbols(std::string_view symbols) const override { check_maze_symbols(symbols); }
  std::string way_to_write() const override { return "one line per row: '#' wall, ' ' open, S start, G goal"; }
  std::string to_line(std::span<const int32_t> tokens) const override {
    std::string line;
    for (int32_t token : tokens) line += maze_symbol(token);
    return line;
  }
  std::string render(std::span<const int32_t> tokens, const RenderOptions& options) const override {
    return render_maze(shape_, tokens, options);
  }

  RuleCheck check_question(std::span<const int32_t> question) const override {
    for (size_t i = 0; i < question.size(); ++i)
      if (question[i] < kWall || question[i] > kGoal)
        return {false, fmt::format("{}: token {} is not a wall, an open cell, S or G", name(i), question[i])};
    for (const auto& [token, symbol] : {std::pair(kStart, 'S'), std::pair(kGoal, 'G')}) {
      const auto count = std::ranges::count(question, static_cast<int32_t>(token));
      if (count != 1) return {false, fmt::format("{} cells are {}, expected one", count, symbol)};
    }
    return {true, ""};
  }

  RuleCheck check_answer(std::span<const int32_t> question, std::span<const int32_t> answer) const override {
    if (RuleCheck asked = check_question(question); !asked.accepted) return asked;
    Tokens marked(question.size(), kWall);  // open only where the answer marks the path
    int64_t marks = 0;
    for (size_t i = 0; i < question.size(); ++i) {
      const bool path = question[i] == kOpen && answer[i] == kPath;
      if (answer[i] != question[i] && !path)
        return {false, fmt::format("{}: {} became {}", name(i), maze_name(question[i]), maze_name(answer[i]))};
      if (path) ++marks;
      if (path || question[i] == kStart || question[i] == kGoal) marked[i] = kOpen;
    }
    const int64_t start = find(question, kStart), goal = find(question, kGoal);
    const int32_t walked = distances_from(shape_, marked, start).steps[goal];
    if (walked < 0) return {false, "the marked path does not lead from S to G"};
    if (marks + 1 != walked)
      return {false, fmt::format("{} marked cells are not on one simple path from S to G", marks + 1 - walked)};
    const int32_t best = distances_from(shape_, question, start).steps[goal];
    if (walked > best) return {false, fmt::format("the path has {} steps, the shortest has {}", walked, best)};
    return {true, ""};
  }

  // Where open cells are not supervised nothing tells the path: then only what must not change is judged.
  RuleCheck check_labels(std::span<const int32_t> question, std::span<const int32_t> labels) const override {
    Tokens answer(labels.begin(), labels.end());
    for (size_t i = 0; i < answer.size(); ++i)
      if (answer[i] == model::kIgnoreLabel && question[i] != kOpen) answer[i] = question[i];
    if (std::ranges::find(answer, model::kIgnoreLabel) == answer.end()) return check_answer(question, answer);
    for (size_t i = 0; i < answer.size(); ++i)
      if (answer[i] != model::kIgnoreLabel && answer[i] != question[i] && !(question[i] == kOpen && answer[i] == kPath))
        return {false, fmt::format("{}: {} became {}", name(i), maze_name(question[i]), maze_name(answer[i]))};
    return {true, ""};
  }

  bool answers_are_symbols() const override { return false; }  // walls are token 1
  std::string rule_metric() const override { return "valid_and_optimal"; }

  std::string rating_name() const override { return "steps of the shortest path"; }

  std::optional<ReferenceAnswer> solve(std::span<const int32_t> question) const override {
    ReferenceAnswer solution{.rules = check_question(question)};
    if (!solution.rules.accepted) return solution;
    const Distances found = distances_from(shape_, question, find(question, kStart));
    const int64_t goal = find(question, kGoal);
    if (found.steps[goal] < 0) {
      solution.rules = {false, "no solution: walls separate S from G"};
      return solution;
    }
    solution.rating = found.steps[goal];
    solution.answer.assign(question.begin(), question.end());
    for (int64_t cell : path_to(found, goal)) solution.answer[cell] = kPath;
    return solution;
  }

  Tokens canonical(std::span<const int32_t> question) const override {
    Tokens least;
    for (int id : symmetries(shape_)) {
      Tokens turned = transform(id, question, shape_.height, shape_.width);
      if (least.empty() || turned < least) least = std::move(turned);
    }
    return least;
  }

  std::unique_ptr<Augmenter> augmenter() const override { return std::make_unique<MazeAugmenter>(shape_); }

 private:
  std::string name(size_t cell) const { return cell_name(static_cast<int64_t>(cell), shape_.width); }

  MazeShape shape_;
};

}  // namespace

std::unique_ptr<Family> make_maze(const MazeShape& shape, std::string_view source) {
  constexpr int64_t kMost = 1 << 20;
  if (shape.height < 1 || shape.width < 1 || shape.height > kMost || shape.width > kMost || shape.cells() < 2 ||
      shape.cells() > kMost)
    throw bad_input("puzzles.make_maze", "{}: a maze of {} rows and {} columns; expected 2 to {} cells", source,
                    shape.height, shape.width, kMost);
  return std::make_unique<MazeFamily>(shape);
}

}  // namespace hrm::puzzles
