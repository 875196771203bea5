// The blocks of the H or L net, one after the other, on one example: the interface between the recursion
// (engine/segment.h) and the ways of multiplying.
#pragma once

#include <memory>
#include <span>

#include "engine/block_forward.h"
#include "engine/int8_weights.h"
#include "engine/packed_weights.h"

namespace hrm::engine {

// What all threads read.
template <typename E>
struct SegmentWeights {
  std::span<const float> flat;     // as ParameterLayout says
  PackedNets<E> nets;              // of Products::kOperands
  Int8Nets int8;                   // of Products::kInt8
  kernels::Buffer<float> lm_head;  // [D,V], transposed
};

template <typename E>
class NetForward {
 public:
  virtual ~NetForward() = default;
  // The worker's part of the H (high) or L net; all members call it with the same arguments. ws.x and ws.xe hold the
  // input; ws.x is replaced by the output. stash: one per block for the backward pass, or null (a team of one and
  // Products::kOperands only).
  virtual void run(const SegmentWeights<E>& weights, bool high, const Worker<E>& worker,
                   BlockStash<E>* stash) const = 0;
};

// For teams of exactly team_size members.
template <typename E>
std::unique_ptr<NetForward<E>> make_net_forward(Products products, const BlockShape& shape, size_t team_size);

}  // namespace hrm::engine
