// The mixing of tokens by the means of their groups (model/config.h, symbol_planes), forward on one example and its
// gradient:
//
//   [g, v] = x W_in,  u = silu(g) * v,  m = means of u over the groups
//   x <- rms_norm(x + u W_0 + spread(m W_g)),  W_out = [W_0, W_lines, W_boxes, W_cells]
//
// With r = x + ..., dr from the norm, and s = sums of dr over the groups:
//   du = dr W_0^T + spread(s W_g^T) / group size,  dW_0 = dr^T u,  dW_g = s^T m
//
// Plane after plane, so that a plane's tokens stay in the first-level cache. Letters as in engine/dims.h; Q rows of the
// group table (engine/groups.h).
#pragma once

#include <array>

#include "engine/blocked_gemm.h"
#include "engine/dims.h"
#include "engine/packed_weights.h"
#include "engine/worker.h"
#include "kernels/buffer.h"

namespace hrm::engine {

template <typename E>
struct BlockStash;  // engine/block_forward.h

inline constexpr size_t kGroupKinds = 3;  // lines, boxes, cells

// One of the kinds: its rows of the group table, and what a plane (or, of cells, a grid row) has of it.
struct GroupPart {
  size_t at, rows, piece;
};
std::array<GroupPart, kGroupKinds> group_parts(const Grid& grid);

template <typename E>
class GroupForward {
 public:
  GroupForward() = default;
  explicit GroupForward(const Dims& dims);

  // The member's planes, in two steps with a barrier between: the groups of the member's own planes, then (after all
  // have done so) the cells of its own grid rows. Writes ws.u, ws.means and ws.shares.
  void gather(const PackedBlock<E>& weights, const Worker<E>& worker, BlockStash<E>* stash) const;
  void gather_cells(const PackedBlock<E>& weights, const Worker<E>& worker, BlockStash<E>* stash) const;
  // ws.x of one plane += the mixing's result; not yet normalized.
  void add(const PackedBlock<E>& weights, size_t plane, const Worker<E>& worker) const;

 private:
  // Products of one plane's (or grid row's) groups, rounded to E on their way, into ws.shares.
  void project(const PackedBlock<E>& weights, size_t kind, size_t piece, const Worker<E>& worker) const;

  Dims d_{};
  BlockedGemm<E> gate_up_, out_;
  std::array<BlockedGemm<E>, kGroupKinds> pieces_;
};

// Scratch for the gradient of one example.
template <typename E>
struct GroupBackwardScratch {
  explicit GroupBackwardScratch(const Dims& d);
  kernels::Buffer<float> sums, shares;  // [Q,D]
  kernels::Buffer<E> sums_e;            // [Q,D]
  kernels::Buffer<float> du, row;       // [S,D], [D]
};

template <typename E>
class GroupBackward {
 public:
  GroupBackward() = default;
  explicit GroupBackward(const Dims& dims);

  struct Output {
    E* u;        // [T,D]
    E* d_inner;  // [T,2D]
  };
  struct Input {
    const BlockStash<E>& stash;
    const float* dr;  // dL/d(normed sum), [T,D]
    const E* dr_e;    // the same
  };
  // Leaves u and dL/d[g, v], and in scratch.sums_e the sums of dr.
  void run(const PackedBlock<E>& weights, const Input& input, GroupBackwardScratch<E>& scratch, Output out) const;

 private:
  Dims d_{};
  BlockedGemm<E> du_;
  std::array<BlockedGemm<E>, kGroupKinds> parts_;
};

}  // namespace hrm::engine
