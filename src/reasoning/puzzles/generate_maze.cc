#include <algorithm>

#include "base/error.h"
#include "base/rng.h"
#include "puzzles/generate.h"
#include "puzzles/maze.h"

namespace hrm::puzzles {
namespace {

constexpr int kMazeTries = 20;   // mazes per candidate
constexpr double kWander = 0.1;  // chance that growth continues at a random place: branches

class MazeGenerator : public Generator {
 public:
  MazeGenerator(const MazeShape& shape, const MazeSettings& settings, int64_t min_path)
      : shape_(shape), settings_(settings), min_path_(min_path), family_(make_maze(shape, "generator")) {}

  const Family& family() const override { return *family_; }

  Json describe() const override {
    Json json = {{"unique_path", settings_.unique_path}, {"min_path", min_path_}};
    if (!settings_.unique_path) json["openings"] = settings_.openings;
    return json;
  }

  std::optional<Record> make(uint64_t seed, uint64_t index) const override {
    Rng rng(seed, {index});
    for (int attempt = 0; attempt < kMazeTries; ++attempt) {
      Record record{.question = tree(rng)};
      if (!settings_.unique_path)
        for (int32_t& token : record.question)
          if (token == kWall && rng.chance(settings_.openings)) token = kOpen;
      if (!place_ends(record.question, rng)) continue;
      const auto solved = family_->solve(record.question);
      record.answer = solved->answer;
      record.rating = solved->rating;
      return record;
    }
    return std::nullopt;
  }

 private:
  // Open cells without a circle: a wall is opened only while it touches exactly one open cell.
  Tokens tree(Rng& rng) const {
    Tokens maze(shape_.cells(), kWall);
    std::vector<int64_t> border{static_cast<int64_t>(rng.below(maze.size()))};
    for (bool first = true; !border.empty(); first = false) {
      if (rng.chance(kWander)) std::swap(border.back(), border[rng.below(border.size())]);
      const int64_t cell = border.back();
      border.pop_back();
      auto around = neighbors(shape_, cell);
      const auto open = std::ranges::count_if(around, [&](int64_t n) { return n >= 0 && maze[n] == kOpen; });
      if (maze[cell] == kOpen || (!first && open != 1)) continue;
      maze[cell] = kOpen;
      rng.shuffle(std::span<int64_t>(around));
      for (int64_t next : around)
        if (next >= 0 && maze[next] == kWall) border.push_back(next);
    }
    return maze;
  }

  // S at random, or the cell farthest from there where all others are too near; G at random among the cells at least
  // min_path steps away. False if there is none.
  bool place_ends(Tokens& maze, Rng& rng) const {
    std::vector<int64_t> open;
    for (int64_t cell = 0; cell < shape_.cells(); ++cell)
      if (maze[cell] == kOpen) open.push_back(cell);
    int64_t start = open[rng.below(open.size())];
    for (int attempt = 0; attempt < 2; ++attempt) {
      const Distances found = distances_from(shape_, maze, start);
      std::vector<int64_t> goals;
      for (int64_t cell : open)
        if (found.steps[cell] >= min_path_) goals.push_back(cell);
      if (!goals.empty()) {
        maze[start] = kStart;
        maze[goals[rng.below(goals.size())]] = kGoal;
        return true;
      }
      start = std::ranges::max_element(found.steps) - found.steps.begin();
    }
    return false;
  }

  const MazeShape shape_;
  const MazeSettings settings_;
  const int64_t min_path_;
  const std::unique_ptr<Family> family_;
};

}  // namespace

std::unique_ptr<Generator> maze_generator(const MazeShape& shape, const MazeSettings& settings) {
  const int64_t min_path = settings.min_path.value_or((shape.height + shape.width) / 2);
  if (min_path < 1 || min_path >= shape.cells())
    throw bad_input("puzzles.maze_generator", "--min-path {}: expected 1 to {} steps", min_path, shape.cells() - 1);
  if (!(settings.openings >= 0 && settings.openings <= 1))
    throw bad_input("puzzles.maze_generator", "--openings {}: expected a share from 0 to 1", settings.openings);
  return std::make_unique<MazeGenerator>(shape, settings, min_path);
}

}  // namespace hrm::puzzles
