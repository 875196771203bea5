// The groups of a grid with symbol planes (model/config.h): tables of what each of them holds, sums over their tokens,
// and the way back from a group to its tokens. A plane has S tokens in rows of `width`.
//
// A table [size,D] has the planes' lines first (of each plane its rows, then its columns), then their boxes, then the
// cells, which are common to all planes. Each part begins at an even row, so that it can be summed over in pairs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace hrm::engine {

struct Grid {
  size_t planes = 0;  // K; 0: the model has none
  size_t width = 0, height = 0, box_width = 0, box_height = 0;

  size_t cells() const { return width * height; }
  size_t lines() const { return height + width; }  // of one plane
  size_t boxes() const { return planes ? cells() / (box_width * box_height) : 0; }

  size_t boxes_at() const { return even(planes * lines()); }
  size_t cells_at() const { return boxes_at() + even(planes * boxes()); }
  size_t size() const { return planes ? cells_at() + even(cells()) : 0; }

  static size_t even(size_t n) { return (n + 1) / 2 * 2; }
};

// Where a plane's part of two tables lies.
template <typename T>
struct PlaneGroups {
  T* lines;  // [lines(),D]
  T* boxes;  // [boxes(),D]
};
template <typename T>
PlaneGroups<T> plane_groups(const Grid& grid, size_t plane, size_t D, T* table) {
  return {table + plane * grid.lines() * D, table + (grid.boxes_at() + plane * grid.boxes()) * D};
}

// u: [S,D] of one plane. Overwrites its lines and boxes with the sums over their tokens.
void sum_groups(const Grid& grid, size_t D, const float* u, PlaneGroups<float> to);

// What the tokens of one plane receive: from the plane's groups, and from all cells [S,D].
struct GroupShares {
  PlaneGroups<const float> plane;
  const float* cells;
  float* scratch;  // [D]
};
// y [S,D] += what each token's row, column, box and cell hold.
void add_groups(const Grid& grid, size_t D, const GroupShares& from, float* y);

void scale(float by, float* x, size_t n);  // x <- by x
// By the number of tokens in each group: a plane's sums into means.
void scale_plane(const Grid& grid, size_t D, PlaneGroups<float> sums);

// ---- what stands at both ends of the recursion ----

struct PlaneInput {
  const Grid& grid;
  size_t D;
  std::span<const int32_t> tokens;  // [S]
  float scale;                      // of the embedding
};
// embedding: [2,D], "this symbol" and "another". x: [K*S,D].
void embed_planes(const PlaneInput& input, const float* embedding, float* x);
// d_embedding [2,D] += the gradient of x.
void embed_planes_backward(const PlaneInput& input, const float* g_x, float* d_embedding);

// scores: [K,S]; logits: [S,V].
void scores_to_logits(const Grid& grid, std::span<const float> scores, std::span<float> logits);
void logits_to_scores(const Grid& grid, std::span<const float> d_logits, std::span<float> d_scores);

// The mean of z [tokens,D] over its tokens, into mean [D].
void mean_token(size_t tokens, size_t D, const float* z, float* mean);

}  // namespace hrm::engine
