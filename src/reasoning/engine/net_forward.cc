#include "engine/net_forward.h"

#include "engine/block_forward_int8.h"

namespace hrm::engine {
namespace {

template <typename E>
class OperandNet final : public NetForward<E> {
 public:
  using Block = BlockForward<E>;
  explicit OperandNet(std::unique_ptr<Block> block) : block_(std::move(block)) {}
  void run(const SegmentWeights<E>& weights, bool high, const Worker<E>& worker, BlockStash<E>* stash) const override {
    for (const PackedBlock<E>& layer : high ? weights.nets.high() : weights.nets.L)
      block_->run(layer, worker, stash ? stash++ : nullptr);
  }

 private:
  std::unique_ptr<Block> block_;
};

template <typename E>
class Int8Net final : public NetForward<E> {
 public:
  using Block = BlockForwardInt8<E>;
  explicit Int8Net(std::unique_ptr<Block> block) : block_(std::move(block)) {}
  void run(const SegmentWeights<E>& weights, bool high, const Worker<E>& worker, BlockStash<E>*) const override {
    for (const Int8Block& layer : high ? weights.int8.high() : weights.int8.L) block_->run(layer, worker);
  }

 private:
  std::unique_ptr<Block> block_;
};

}  // namespace

template <typename E>
std::unique_ptr<NetForward<E>> make_net_forward(Products products, const BlockShape& shape, size_t team_size) {
  if (products == Products::kInt8)
    return std::make_unique<Int8Net<E>>(std::make_unique<BlockForwardInt8<E>>(shape, team_size));
  return std::make_unique<OperandNet<E>>(std::make_unique<BlockForward<E>>(shape, team_size));
}

template std::unique_ptr<NetForward<float>> make_net_forward(Products, const BlockShape&, size_t);
template std::unique_ptr<NetForward<kernels::bf16>> make_net_forward(Products, const BlockShape&, size_t);

}  // namespace hrm::engine
