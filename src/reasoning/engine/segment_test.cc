// The hand-written gradients of blocks, recursion and heads against differences of the forward pass, in float32.
#include "engine/segment.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "base/rng.h"
#include "kernels/pack.h"

namespace hrm::engine {
namespace {

constexpr size_t kExamples = 2;

struct Case {
  const char* name;
  bool mixer = false;
  int64_t seq_len = 4;
  model::Positions positions = model::Positions::kRope;
  int64_t puzzle = 0;  // width of the puzzle embedding
  model::GradientSpan gradient = model::GradientSpan::kLastCycle;
  int64_t L_cycles = 1, layers = 1;
  double relaxation = 1;
  bool shared = false;
};

model::ModelConfig model(const Case& c) {
  model::ModelConfig config{.arch = {}, .data = {c.seq_len, 5, 3}};
  model::ArchConfig& arch = config.arch;
  arch.hidden_size = 16;
  arch.num_heads = 2;
  arch.H_cycles = 1;
  arch.L_cycles = c.L_cycles;
  arch.L_layers = c.layers;
  arch.H_layers = c.shared ? 0 : 1;
  arch.shared_net = c.shared;
  arch.mlp_t = c.mixer;
  arch.pos_encodings = c.positions;
  arch.puzzle_emb_ndim = c.puzzle;
  arch.gradient = c.gradient;
  arch.relaxation = c.relaxation;
  arch.forward_dtype = model::Precision::kFloat32;
  return config;
}

// A model with the linear loss sum(d_logits logits) + d_q_halt q_halt + d_q_continue q_continue over two examples.
class Probe {
 public:
  explicit Probe(const model::ModelConfig& config)
      : config_(config), layout_(config), segment_(config, layout_, 1), flat_(layout_.size()) {
    NamedTensors weights = initial_weights(config, 1);
    Rng rng(7);
    for (const char* name : {"model.inner.q_head.weight", "model.inner.puzzle_emb.weights"})
      if (const auto at = weights.find(name); at != weights.end())
        for (float& w : at->second.as<float>()) w = static_cast<float>(0.5 * rng.normal());
    layout_.import_weights(weights, flat_);
    const Dims& d = segment_.dims();
    for (size_t e = 0; e < kExamples; ++e) {
      for (size_t s = 0; s < d.S; ++s) tokens_.push_back(static_cast<int32_t>(rng.below(d.V)));
      z_H_.emplace_back(d.state_size());
      z_L_.emplace_back(d.state_size());
      segment_.initial_state(flat_, std::nullopt, 0, {z_H_[e].data(), z_L_[e].data()});
    }
    for (size_t i = 0; i < kExamples * d.S * d.V; ++i) d_logits_.push_back(static_cast<float>(rng.normal()));
  }

  const ParameterLayout& layout() const { return layout_; }
  std::vector<float>& flat() { return flat_; }
  // The states that the segment starts from.
  std::vector<std::vector<float>>& z_H() { return z_H_; }
  std::vector<std::vector<float>>& z_L() { return z_L_; }

  double loss() {
    double sum = 0;
    for (size_t e = 0; e < kExamples; ++e) sum += run(e, z_H_[e], z_L_[e], nullptr);
    return sum;
  }

  // Starts from where a segment of this model ends.
  void advance() {
    for (size_t e = 0; e < kExamples; ++e) run(e, z_H_[e], z_L_[e], nullptr, /*keep=*/true);
  }

  // Of all trained parameters in their own shapes, then of the puzzle rows looked up.
  std::vector<float> gradient() {
    const Dims& d = segment_.dims();
    const size_t width = d.P > 0 ? layout_.columns(layout_.index().puzzle_emb) : 0;
    std::vector<SegmentStash<float>> stashes;
    std::vector<float> sums(layout_.trained_size()), d_puzzle(kExamples * width);
    std::vector<Segment<float>::ExampleGradient> examples;
    for (size_t e = 0; e < kExamples; ++e) stashes.push_back(segment_.make_stash());
    for (size_t e = 0; e < kExamples; ++e) {
      run(e, z_H_[e], z_L_[e], &stashes[e]);
      examples.push_back({.stash = &stashes[e],
                          .input = input(e),
                          .d_logits = std::span<const float>(d_logits_).subspan(e * d.S * d.V, d.S * d.V),
                          .d_q_halt = 0.7f,
                          .d_q_continue = -0.4f,
                          .d_puzzle = std::span(d_puzzle).subspan(e * width, width)});
    }
    Segment<float>::BackwardMemory memory(d, kExamples);
    segment_.backward(weights_, examples, memory, sums);
    std::vector<float> all(sums.size());
    for (size_t i = 0; i < layout_.trained(); ++i) {
      const size_t rows = layout_.rows(i), columns = layout_.columns(i), at = layout_.offset(i);
      for (size_t r = 0; r < rows; ++r)
        for (size_t c = 0; c < columns; ++c)
          all[at + r * columns + c] = sums[at + (segment_.transposed(i) ? c * rows + r : r * columns + c)];
    }
    all.insert(all.end(), d_puzzle.begin(), d_puzzle.end());
    return all;
  }

  int32_t puzzle(size_t e) const { return static_cast<int32_t>(e) + 1; }

 private:
  ExampleInput input(size_t e) const {
    const size_t s = segment_.dims().S;
    return {.tokens = std::span(tokens_).subspan(e * s, s), .puzzle = puzzle(e), .seed = std::nullopt};
  }

  double run(size_t e, std::vector<float>& z_H, std::vector<float>& z_L, SegmentStash<float>* stash,
             bool keep = false) {
    const Dims& d = segment_.dims();
    weights_.flat = flat_;
    pack({d, layout_, flat_}, {.backward = true, .threads = 1}, weights_.nets);
    weights_.lm_head = kernels::Buffer<float>(d.V * d.D);
    const auto head = layout_.slice(std::span<const float>(flat_), layout_.index().lm_head);
    for (size_t v = 0; v < d.V; ++v)
      for (size_t i = 0; i < d.D; ++i) weights_.lm_head[i * d.V + v] = head[v * d.D + i];
    std::vector<float> x(d.state_size()), H = z_H, L = z_L, logits(d.S * d.V);
    segment_.embed(weights_, input(e), x.data());
    Workspace<float> ws(d, 1);
    Team team;
    segment_.forward({.weights = weights_,
                      .x = x.data(),
                      .state = {H.data(), L.data()},
                      .seed = std::nullopt,
                      .training = true,
                      .stash = stash},
                     {ws, team, 0});
    HeadOutput heads{.logits = logits};
    segment_.heads(weights_, H.data(), heads);
    if (keep) z_H = H, z_L = L;
    double sum = 0.7 * heads.q_halt - 0.4 * heads.q_continue;
    for (size_t i = 0; i < logits.size(); ++i) sum += double{d_logits_[e * logits.size() + i]} * logits[i];
    return sum;
  }

  model::ModelConfig config_;
  ParameterLayout layout_;
  Segment<float> segment_;
  std::vector<float> flat_;
  SegmentWeights<float> weights_;
  std::vector<int32_t> tokens_;
  std::vector<std::vector<float>> z_H_, z_L_;
  std::vector<float> d_logits_;
};

// dL/ds of L(w + s direction) at s = 0, by five points: exact to the fourth order.
double along(Probe& probe, std::span<float> numbers, const std::vector<float>& direction, double step) {
  const std::vector<float> kept(numbers.begin(), numbers.end());
  const auto at = [&](double s) {
    for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<float>(kept[i] + s * direction[i]);
    return probe.loss();
  };
  const double slope = (8 * (at(step) - at(-step)) - (at(2 * step) - at(-2 * step))) / (12 * step);
  std::ranges::copy(kept, numbers.begin());
  return slope;
}

double length_of(std::span<const float> values) {
  double sum = 0;
  for (float v : values) sum += double{v} * v;
  return std::sqrt(sum);
}

class SegmentGradient : public testing::TestWithParam<Case> {};

TEST_P(SegmentGradient, OfEveryParameterEqualsDifferencesAlongRandomDirections) {
  Probe probe(model(GetParam()));
  const std::vector<float> gradient = probe.gradient();
  Rng rng(3);
  const auto check = [&](const std::string& name, std::span<float> numbers, std::span<const float> mine) {
    const double size = length_of(mine);
    EXPECT_GT(size, 1e-3) << name << ": the case does not exercise it";
    for (int trial = 0; trial < 3; ++trial) {
      std::vector<float> direction(numbers.size());
      double expected = 0;
      for (size_t i = 0; i < direction.size(); ++i) {
        direction[i] = rng.chance(0.5) ? 1.f : -1.f;
        expected += double{direction[i]} * mine[i];
      }
      EXPECT_NEAR(along(probe, numbers, direction, 2e-3), expected, 1e-2 * size) << name;
    }
  };
  const ParameterLayout& layout = probe.layout();
  for (size_t i = 0; i < layout.trained(); ++i)
    check(layout.parameters()[i].name, layout.slice(std::span(probe.flat()), i), layout.slice(std::span(gradient), i));
  if (layout.index().puzzle_emb == kNone) return;
  const size_t width = layout.columns(layout.index().puzzle_emb);
  for (size_t e = 0; e < kExamples; ++e)
    check("puzzle row",
          layout.slice(std::span(probe.flat()), layout.index().puzzle_emb)
              .subspan(static_cast<size_t>(probe.puzzle(e)) * width, width),
          std::span(gradient).subspan(layout.trained_size() + e * width, width));
}

INSTANTIATE_TEST_SUITE_P(
    Cases, SegmentGradient,
    testing::Values(Case{.name = "attention"}, Case{.name = "attention_odd", .seq_len = 5},
                    Case{.name = "attention_two_blocks", .layers = 2},
                    Case{.name = "learned_positions", .positions = model::Positions::kLearned},
                    Case{.name = "no_positions_odd", .seq_len = 5, .positions = model::Positions::kNone},
                    Case{.name = "puzzle_token", .puzzle = 12},
                    Case{.name = "mixer", .mixer = true, .positions = model::Positions::kNone},
                    Case{.name = "mixer_odd", .mixer = true, .seq_len = 5, .positions = model::Positions::kNone},
                    Case{.name = "mixer_puzzle_two_blocks",
                         .mixer = true,
                         .positions = model::Positions::kNone,
                         .puzzle = 24,
                         .layers = 2},
                    Case{.name = "last_calls", .gradient = model::GradientSpan::kLastCalls},
                    Case{.name = "last_cycle", .L_cycles = 3},
                    Case{.name = "relaxed", .L_cycles = 2, .relaxation = 0.95},
                    Case{.name = "relaxed_by_half_shared", .L_cycles = 3, .relaxation = 0.5, .shared = true},
                    Case{.name = "shared_mixer_odd",
                         .mixer = true,
                         .seq_len = 5,
                         .positions = model::Positions::kNone,
                         .L_cycles = 2,
                         .shared = true}),
    [](const auto& test) { return std::string(test.param.name); });

// Calls before the graded ones must count as constants: their states, handed to a shorter segment, give the same.
TEST(SegmentGradient, StopsWhereTheConfigurationSays) {
  model::ModelConfig two = model({.name = "", .L_cycles = 2}), one = two;
  two.arch.H_cycles = 2;
  Probe whole(two), last(one);
  last.advance();
  EXPECT_EQ(whole.gradient(), last.gradient());

  // HRM's approximation: with one block per net, the last L call from the state of the one before.
  model::ModelConfig hrm = model({.name = "", .gradient = model::GradientSpan::kLastCalls, .L_cycles = 2});
  Probe approximate(hrm);
  Probe exact(model({.name = "", .L_cycles = 2}));
  EXPECT_NE(approximate.gradient(), exact.gradient());
  EXPECT_EQ(approximate.loss(), exact.loss());
}

TEST(Segment, NoiseNeedsASeed) {
  model::ModelConfig config = model({.name = ""});
  config.arch.initial_state = model::InitialState::kRandom;
  const ParameterLayout layout(config);
  const Segment<float> segment(config, layout, 1);
  std::vector<float> flat(layout.size()), z(segment.dims().state_size());
  EXPECT_THROW(segment.initial_state(flat, std::nullopt, 0, {z.data(), z.data()}), Error);
  EXPECT_NO_THROW(segment.initial_state(flat, 1, 0, {z.data(), z.data()}));
}

}  // namespace
}  // namespace hrm::engine
