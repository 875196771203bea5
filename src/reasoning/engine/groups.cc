#include "engine/groups.h"

#include <algorithm>

#include "kernels/convert.h"
#include "model/config.h"

namespace hrm::engine {
namespace {

using kernels::add;
using kernels::axpby;

constexpr auto kFirstSymbol = static_cast<size_t>(model::kFirstSymbol);

void add_to(const float* from, float* to, size_t n) { add(from, to, to, n); }

// Which of the two vectors stands at a token, kNone at a blank.
enum class Kind { kThis, kOther, kNone };

Kind kind_of(int32_t token, size_t plane) {
  if (token < model::kFirstSymbol) return Kind::kNone;
  return static_cast<size_t>(token) == plane + kFirstSymbol ? Kind::kThis : Kind::kOther;
}

}  // namespace

void sum_groups(const Grid& grid, size_t D, const float* u, PlaneGroups<float> to) {
  const size_t line = grid.width * D, boxes = grid.width / grid.box_width, box = grid.box_width * D;
  float* columns = to.lines + grid.height * D;
  std::copy_n(u, line, columns);
  std::fill_n(to.lines, grid.height * D, 0.f);
  std::fill_n(to.boxes, grid.boxes() * D, 0.f);
  for (size_t r = 0; r < grid.height; ++r) {
    const float* row = u + r * line;
    if (r > 0) add_to(row, columns, line);
    // A row is the sum of its pieces in the boxes.
    for (size_t b = 0; b < boxes; ++b) {
      float* in_box = to.boxes + (r / grid.box_height * boxes + b) * D;
      float* in_row = to.lines + r * D;
      for (size_t c = 0; c < box; c += D) {
        add_to(row + b * box + c, in_box, D);
        add_to(row + b * box + c, in_row, D);
      }
    }
  }
}

void add_groups(const Grid& grid, size_t D, const GroupShares& from, float* y) {
  const size_t line = grid.width * D, boxes = grid.width / grid.box_width;
  const float* columns = from.plane.lines + grid.height * D;
  add_to(from.cells, y, grid.cells() * D);
  for (size_t r = 0; r < grid.height; ++r) {
    float* row = y + r * line;
    add_to(columns, row, line);
    for (size_t b = 0; b < boxes; ++b) {
      add(from.plane.lines + r * D, from.plane.boxes + (r / grid.box_height * boxes + b) * D, from.scratch, D);
      for (size_t c = 0; c < grid.box_width; ++c) add_to(from.scratch, row + (b * grid.box_width + c) * D, D);
    }
  }
}

void scale(float by, float* x, size_t n) { axpby({by, 0}, x, x, n); }

void scale_plane(const Grid& grid, size_t D, PlaneGroups<float> sums) {
  scale(1 / static_cast<float>(grid.width), sums.lines, grid.height * D);
  scale(1 / static_cast<float>(grid.height), sums.lines + grid.height * D, grid.width * D);
  scale(1 / static_cast<float>(grid.box_width * grid.box_height), sums.boxes, grid.boxes() * D);
}

void embed_planes(const PlaneInput& input, const float* embedding, float* x) {
  const size_t D = input.D, S = input.tokens.size();
  for (size_t k = 0; k < input.grid.planes; ++k)
    for (size_t s = 0; s < S; ++s) {
      float* to = x + (k * S + s) * D;
      const Kind kind = kind_of(input.tokens[s], k);
      if (kind == Kind::kNone)
        std::fill_n(to, D, 0.f);
      else
        axpby({input.scale, 0}, embedding + (kind == Kind::kThis ? 0 : D), to, D);
    }
}

void embed_planes_backward(const PlaneInput& input, const float* g_x, float* d_embedding) {
  const size_t D = input.D, S = input.tokens.size();
  for (size_t k = 0; k < input.grid.planes; ++k)
    for (size_t s = 0; s < S; ++s) {
      const Kind kind = kind_of(input.tokens[s], k);
      if (kind != Kind::kNone)
        axpby({input.scale, 1}, g_x + (k * S + s) * D, d_embedding + (kind == Kind::kThis ? 0 : D), D);
    }
}

void scores_to_logits(const Grid& grid, std::span<const float> scores, std::span<float> logits) {
  const size_t S = grid.cells(), V = grid.planes + kFirstSymbol;
  std::ranges::fill(logits, static_cast<float>(model::kNoSymbol));
  for (size_t k = 0; k < grid.planes; ++k)
    for (size_t s = 0; s < S; ++s) logits[s * V + kFirstSymbol + k] = scores[k * S + s];
}

void logits_to_scores(const Grid& grid, std::span<const float> d_logits, std::span<float> d_scores) {
  const size_t S = grid.cells(), V = grid.planes + kFirstSymbol;
  for (size_t k = 0; k < grid.planes; ++k)
    for (size_t s = 0; s < S; ++s) d_scores[k * S + s] = d_logits[s * V + kFirstSymbol + k];
}

void mean_token(size_t tokens, size_t D, const float* z, float* mean) {
  std::fill_n(mean, D, 0.f);
  for (size_t t = 0; t < tokens; ++t) add_to(z + t * D, mean, D);
  scale(1 / static_cast<float>(tokens), mean, D);
}

}  // namespace hrm::engine
