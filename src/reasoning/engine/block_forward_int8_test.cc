#include "engine/block_forward_int8.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <thread>

#include "base/rng.h"
#include "engine/block_forward.h"
#include "engine/packed_weights.h"

namespace hrm::engine {
namespace {

struct Shape {
  const char* name;
  int64_t hidden, heads, tokens;
  bool mixer;
};

model::ModelConfig config_of(const Shape& shape) {
  model::ModelConfig config{.arch = model::arch_preset("hrm"), .data = {shape.tokens, 11, 1}};
  config.arch.hidden_size = shape.hidden;
  config.arch.num_heads = shape.heads;
  config.arch.mlp_t = shape.mixer;
  config.arch.puzzle_emb_ndim = 0;
  config.arch.H_layers = config.arch.L_layers = 1;
  config.validate();
  return config;
}

// One block in float and in int8, with weights whose output features differ in size, and an input whose tokens and
// channels do: a scale in the wrong place is then far off.
class Int8BlockTest : public testing::TestWithParam<Shape> {
 protected:
  Int8BlockTest() : config_(config_of(GetParam())), d_(dims_of(config_)), layout_(config_), flat_(layout_.size()) {
    layout_.import_weights(initial_weights(config_, 3), flat_);
    const BlockIndex& block = layout_.index().L[0];
    for (size_t i : {block.mixer_in, block.mixer_out, block.gate_up, block.down})
      for (size_t r = 0; r < layout_.rows(i); ++r)
        for (size_t c = 0; c < layout_.columns(i); ++c)
          layout_.slice(std::span(flat_), i)[r * layout_.columns(i) + c] *= 0.4f + 0.1f * static_cast<float>(r * 5 % 7);
    if (!d_.mixer) rotary_ = kernels::rotary_table(10'000, d_.T, d_.W);
    Rng rng(4);
    for (size_t t = 0; t < d_.T; ++t)
      for (size_t c = 0; c < d_.D; ++c)
        x_.push_back(static_cast<float>(rng.normal() * (0.3 + double(t % 5)) * (0.3 + double(c % 3))));
  }

  std::vector<float> in_float() const {
    PackedNets<float> nets;
    pack({d_, layout_, flat_}, {}, nets);
    Workspace<float> ws(d_, 1);
    std::ranges::copy(x_, ws.x.data());
    std::ranges::copy(x_, ws.xe.data());
    Team alone;
    BlockForward<float>({d_, 1e-5f, rotary_}, 1).run(nets.L[0], {ws, alone, 0}, nullptr);
    return {ws.x.data(), ws.x.data() + x_.size()};
  }

  template <typename E>
  std::vector<float> in_int8(size_t members) const {
    const Int8Nets nets = pack_int8({d_, layout_, flat_}, 1);
    Workspace<E> ws(d_, members, Products::kInt8);
    std::ranges::copy(x_, ws.x.data());
    Team team(members);
    const BlockForwardInt8<E> block({d_, 1e-5f, rotary_}, members);
    std::vector<std::thread> threads;
    for (size_t rank = 0; rank < members; ++rank)
      threads.emplace_back([&, rank] { block.run(nets.L[0], {ws, team, rank}); });
    for (std::thread& thread : threads) thread.join();
    return {ws.x.data(), ws.x.data() + x_.size()};
  }

  // Root of the mean of (a - b)^2 over count elements: the outputs of a block have mean square 1.
  double error(const std::vector<float>& a, const std::vector<float>& b, size_t begin, size_t count,
               size_t step) const {
    double squares = 0;
    for (size_t i = begin; i < begin + count * step; i += step) squares += std::pow(double{a[i]} - b[i], 2);
    return std::sqrt(squares / static_cast<double>(count));
  }

  model::ModelConfig config_;
  Dims d_;
  ParameterLayout layout_;
  std::vector<float> flat_, x_;
  kernels::RotaryTable rotary_;
};

TEST_P(Int8BlockTest, IsNearTheFloatBlockInEveryRowAndColumn) {
  const std::vector<float> reference = in_float();
  for (const std::vector<float>& result : {in_int8<float>(1), in_int8<kernels::bf16>(1)}) {
    EXPECT_LT(error(result, reference, 0, reference.size(), 1), 0.03);
    for (size_t t = 0; t < d_.T; ++t) EXPECT_LT(error(result, reference, t * d_.D, d_.D, 1), 0.1) << "token " << t;
    for (size_t c = 0; c < d_.D; ++c) EXPECT_LT(error(result, reference, c, d_.T, d_.D), 0.15) << "channel " << c;
  }
}

TEST_P(Int8BlockTest, ThreadsDoNotChangeABit) {
  const std::vector<float> alone = in_int8<float>(1);
  EXPECT_EQ(in_int8<float>(2), alone);
  EXPECT_EQ(in_int8<float>(3), alone);
}

INSTANTIATE_TEST_SUITE_P(Shapes, Int8BlockTest,
                         testing::Values(Shape{"Heads32", 64, 2, 17, false}, Shape{"Heads64", 128, 2, 34, false},
                                         Shape{"Heads96", 192, 2, 33, false}, Shape{"Heads12", 36, 3, 41, false},
                                         Shape{"OneToken", 64, 2, 1, false}, Shape{"Mixer", 128, 2, 18, true},
                                         Shape{"MixerTail", 84, 2, 17, true}, Shape{"MixerNarrow", 36, 1, 3, true}),
                         [](const auto& shape) { return shape.param.name; });

TEST(Int8Pieces, CoverTheFeaturesWithinTheirGroups) {
  const auto pieces = int8_pieces(3 * 96, 10, 96);
  ASSERT_EQ(pieces.size(), 6u);
  size_t at = 0, offset = 0;
  for (const Int8Piece& piece : pieces) {
    EXPECT_EQ(piece.begin, at);
    EXPECT_EQ(piece.offset, offset);
    EXPECT_EQ(piece.begin / 96, (piece.begin + piece.width - 1) / 96);
    at += piece.width;
    offset += piece.ld * 12;
  }
  EXPECT_EQ(at, 288u);
}

}  // namespace
}  // namespace hrm::engine
