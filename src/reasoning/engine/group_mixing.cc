#include "engine/group_mixing.h"

#include <algorithm>

#include "engine/block_forward.h"
#include "kernels/convert.h"
#include "kernels/swiglu.h"

namespace hrm::engine {
namespace {

using kernels::Buffer;
using kernels::Panel;
using kernels::Size;

size_t feature_block(const Dims& d) { return std::min(kFeatureBlock, d.D); }

}  // namespace

std::array<GroupPart, kGroupKinds> group_parts(const Grid& grid) {
  return {{{0, grid.planes * grid.lines(), grid.lines()},
           {grid.boxes_at(), grid.planes * grid.boxes(), grid.boxes()},
           {grid.cells_at(), grid.cells(), grid.width}}};
}

// ---- forward ----

template <typename E>
GroupForward<E>::GroupForward(const Dims& dims) : d_(dims) {
  const size_t S = d_.S, D = d_.D, block = feature_block(d_);
  gate_up_ = BlockedGemm<E>({.m = 2 * D, .n = S, .k = D, .ldb = D, .ldc = block}, block);
  out_ = BlockedGemm<E>({.m = D, .n = S, .k = D, .ldb = D, .ldc = D, .accumulate = true});
  const auto parts = group_parts(d_.grid);
  for (size_t kind = 0; kind < kGroupKinds; ++kind)
    pieces_[kind] = BlockedGemm<E>({.m = D, .n = parts[kind].piece, .k = D, .ldb = D, .ldc = D});
}

template <typename E>
void GroupForward<E>::project(const PackedBlock<E>& weights, size_t kind, size_t piece, const Worker<E>& worker) const {
  const GroupPart part = group_parts(d_.grid)[kind];
  const size_t at = (part.at + piece * part.piece) * d_.D, n = part.piece * d_.D;
  Workspace<E>& ws = worker.ws;
  kernels::convert(ws.shares.data() + at, ws.means.data() + at, n);
  pieces_[kind](weights.mixer_out.data() + (1 + kind) * d_.D * d_.D, ws.means.data() + at, ws.shares.data() + at);
}

template <typename E>
void GroupForward<E>::gather(const PackedBlock<E>& weights, const Worker<E>& worker, BlockStash<E>* stash) const {
  Workspace<E>& ws = worker.ws;
  auto& tiles = ws.tiles[worker.rank];
  const size_t S = d_.S, D = d_.D, block = feature_block(d_), blocks = D / block;
  const auto [first, last] = worker.team.share(worker.rank, d_.grid.planes, 1);
  for (size_t plane = first; plane < last; ++plane) {
    const size_t at = plane * S * D;
    E* u = ws.u.data() + at;
    for (size_t b = 0; b < blocks; ++b) {
      const size_t c = b * block;
      gate_up_.block(b, {weights.mixer_in.data(), ws.xe.data() + at, tiles.c0.data()});
      gate_up_.block(blocks + b, {weights.mixer_in.data(), ws.xe.data() + at, tiles.c1.data()});
      const Size size{S, block};
      const Panel<const float> gate{tiles.c0.data(), block}, up{tiles.c1.data(), block};
      if (stash)
        kernels::swiglu_keep<E>(size, gate, up,
                                {.h = {u + c, D},
                                 .gate = {stash->mixer_gate_up.data() + 2 * at + c, 2 * D},
                                 .up = {stash->mixer_gate_up.data() + 2 * at + D + c, 2 * D}});
      else
        kernels::swiglu<E>(size, gate, up, {u + c, D});
    }
    kernels::convert(u, tiles.plane.data(), S * D);
    const PlaneGroups<float> groups = plane_groups(d_.grid, plane, D, ws.shares.data());
    sum_groups(d_.grid, D, tiles.plane.data(), groups);
    scale_plane(d_.grid, D, groups);
    project(weights, 0, plane, worker);
    project(weights, 1, plane, worker);
  }
}

template <typename E>
void GroupForward<E>::gather_cells(const PackedBlock<E>& weights, const Worker<E>& worker, BlockStash<E>* stash) const {
  Workspace<E>& ws = worker.ws;
  const GroupPart part = group_parts(d_.grid)[2];
  const auto [first, last] = worker.team.share(worker.rank, d_.grid.height, 1);
  for (size_t row = first; row < last; ++row) {
    const size_t n = part.piece * d_.D;
    float *sums = ws.shares.data() + part.at * d_.D + row * n, *tile = ws.tiles[worker.rank].plane.data();
    std::fill_n(sums, n, 0.f);
    for (size_t plane = 0; plane < d_.grid.planes; ++plane) {
      kernels::convert(ws.u.data() + plane * d_.S * d_.D + row * n, tile, n);
      kernels::add(tile, sums, sums, n);
    }
    scale(1 / static_cast<float>(d_.grid.planes), sums, n);
    project(weights, 2, row, worker);
  }
  if (!stash) return;
  for (const GroupPart& of : group_parts(d_.grid))
    std::copy_n(ws.means.data() + of.at * d_.D, of.rows * d_.D, stash->means.data() + of.at * d_.D);
}

template <typename E>
void GroupForward<E>::add(const PackedBlock<E>& weights, size_t plane, const Worker<E>& worker) const {
  Workspace<E>& ws = worker.ws;
  float* x = ws.x.data() + plane * d_.S * d_.D;
  out_(weights.mixer_out.data(), ws.u.data() + plane * d_.S * d_.D, x);
  const float* shares = ws.shares.data();
  add_groups(d_.grid, d_.D,
             {plane_groups(d_.grid, plane, d_.D, shares), shares + d_.grid.cells_at() * d_.D,
              ws.tiles[worker.rank].plane.data()},
             x);
}

// ---- backward ----

template <typename E>
GroupBackwardScratch<E>::GroupBackwardScratch(const Dims& d)
    : sums(d.grid.size() * d.D),
      shares(d.grid.size() * d.D),
      sums_e(d.grid.size() * d.D),
      du(d.grid.planes ? d.S * d.D : 0),
      row(d.D) {}

template <typename E>
GroupBackward<E>::GroupBackward(const Dims& dims) : d_(dims) {
  const size_t D = d_.D;
  du_ = BlockedGemm<E>({.m = D, .n = d_.S, .k = D, .ldb = D, .ldc = D});
  const auto parts = group_parts(d_.grid);
  for (size_t kind = 0; kind < kGroupKinds; ++kind)
    parts_[kind] = BlockedGemm<E>({.m = D, .n = parts[kind].rows, .k = D, .ldb = D, .ldc = D});
}

template <typename E>
void GroupBackward<E>::run(const PackedBlock<E>& weights, const Input& input, GroupBackwardScratch<E>& scratch,
                           Output out) const {
  const auto& [stash, dr, dr_e] = input;
  const size_t S = d_.S, D = d_.D;
  const Grid& grid = d_.grid;
  const auto parts = group_parts(grid);
  float* cells = scratch.sums.data() + grid.cells_at() * D;
  std::fill_n(cells, S * D, 0.f);
  for (size_t plane = 0; plane < grid.planes; ++plane) {
    sum_groups(grid, D, dr + plane * S * D, plane_groups(grid, plane, D, scratch.sums.data()));
    kernels::add(dr + plane * S * D, cells, cells, S * D);
  }
  for (size_t kind = 0; kind < kGroupKinds; ++kind) {
    const size_t at = parts[kind].at * D;
    kernels::convert(scratch.sums.data() + at, scratch.sums_e.data() + at, parts[kind].rows * D);
    parts_[kind](weights.mixer_out_back.data() + (1 + kind) * D * D, scratch.sums_e.data() + at,
                 scratch.shares.data() + at);
  }
  scale(1 / static_cast<float>(grid.planes), scratch.shares.data() + grid.cells_at() * D, S * D);
  for (size_t plane = 0; plane < grid.planes; ++plane) {
    const size_t at = plane * S * D;
    scale_plane(grid, D, plane_groups(grid, plane, D, scratch.shares.data()));
    float* du = scratch.du.data();
    du_(weights.mixer_out_back.data(), dr_e + at, du);
    const float* shares = scratch.shares.data();
    add_groups(grid, D, {plane_groups(grid, plane, D, shares), shares + grid.cells_at() * D, scratch.row.data()}, du);
    kernels::swiglu_backward<E>(
        {S, D}, {{stash.mixer_gate_up.data() + 2 * at, 2 * D}, {stash.mixer_gate_up.data() + 2 * at + D, 2 * D}},
        {du, D},
        {.h = {out.u + at, D}, .dgate = {out.d_inner + 2 * at, 2 * D}, .dup = {out.d_inner + 2 * at + D, 2 * D}});
  }
}

template class GroupForward<float>;
template class GroupForward<kernels::bf16>;
template struct GroupBackwardScratch<float>;
template struct GroupBackwardScratch<kernels::bf16>;
template class GroupBackward<float>;
template class GroupBackward<kernels::bf16>;

}  // namespace hrm::engine
