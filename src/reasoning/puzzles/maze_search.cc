#include "puzzles/maze_search.h"

namespace hrm::puzzles {

std::array<int64_t, 4> neighbors(const MazeShape& shape, int64_t cell) {
  const int64_t row = cell / shape.width, column = cell % shape.width;
  return {row + 1 < shape.height ? cell + shape.width : -1, column > 0 ? cell - 1 : -1,
          column + 1 < shape.width ? cell + 1 : -1, row > 0 ? cell - shape.width : -1};
}

Distances distances_from(const MazeShape& shape, std::span<const int32_t> tokens, int64_t source) {
  Distances found{.steps = std::vector<int32_t>(tokens.size(), -1), .parent = std::vector<int64_t>(tokens.size(), -1)};
  std::vector<int64_t> queue{source};
  queue.reserve(tokens.size());
  found.steps[source] = 0;
  for (size_t head = 0; head < queue.size(); ++head) {
    for (int64_t next : neighbors(shape, queue[head])) {
      if (next < 0 || tokens[next] == kWall || found.steps[next] >= 0) continue;
      found.steps[next] = found.steps[queue[head]] + 1;
      found.parent[next] = queue[head];
      queue.push_back(next);
    }
  }
  return found;
}

std::vector<int64_t> path_to(const Distances& distances, int64_t cell) {
  std::vector<int64_t> path;
  for (int64_t at = distances.parent[cell]; at >= 0 && distances.parent[at] >= 0; at = distances.parent[at])
    path.push_back(at);
  return path;
}

}  // namespace hrm::puzzles
