#include <gtest/gtest.h>

#include "base/error.h"
#include "engine/engine_backend.h"
#include "kernels/gemm_int8.h"

namespace hrm::engine {
namespace {

constexpr size_t kCells = 16;

model::ModelConfig small(bool mixer) {
  model::ModelConfig config{.arch = model::arch_preset(mixer ? "trm-mlp" : "hrm"), .data = {kCells, 6, 1}};
  config.arch.hidden_size = config.arch.puzzle_emb_ndim = 64;
  config.arch.num_heads = 2;
  config.arch.H_cycles = config.arch.L_cycles = config.arch.L_layers = 1;  // untrained, more would amplify any rounding
  config.arch.H_layers = mixer ? 0 : 1;
  return config;
}

// Logits of examples [begin, end) of one data set after two segments.
std::vector<float> int8_logits(bool mixer, std::string precision, size_t threads, size_t begin, size_t end) {
  const auto backend = make_engine_backend(small(mixer), {.threads = threads, .precision = std::move(precision)});
  std::vector<int32_t> inputs, identifiers(end - begin);
  for (size_t b = begin; b < end; ++b)
    for (size_t s = 0; s < kCells; ++s) inputs.push_back(static_cast<int32_t>(1 + (b * 7 + s * (b + 3)) % 5));
  const model::Batch batch{.size = end - begin, .inputs = inputs, .puzzle_identifiers = identifiers};
  const auto carry = backend->make_carry(batch.size);
  backend->reset(*carry, batch, std::vector<uint8_t>(batch.size, 1));
  backend->forward(batch, *carry, {});
  return backend->forward(batch, *carry, {.logits = true}).logits;
}

class Int8Backend : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (!kernels::native_int8()) GTEST_SKIP() << "no AVX512_VNNI";
  }
};

TEST_P(Int8Backend, IsIndependentOfBatchAndThreads) {
  const std::vector<float> all = int8_logits(GetParam(), "int8", 1, 0, 5);
  EXPECT_EQ(int8_logits(GetParam(), "int8", 2, 0, 5), all);
  const size_t cells = kCells * 6;
  for (size_t b = 0; b < 5; ++b)
    for (size_t threads : {1u, 3u})
      EXPECT_EQ(int8_logits(GetParam(), "int8", threads, b, b + 1),
                std::vector<float>(all.begin() + b * cells, all.begin() + (b + 1) * cells));
}

TEST_P(Int8Backend, IsNearFloat32AndNotFloat32) {
  const std::vector<float> a = int8_logits(GetParam(), "int8", 1, 0, 3),
                           b = int8_logits(GetParam(), "float32", 1, 0, 3);
  double difference = 0, size = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    difference += (double{a[i]} - b[i]) * (double{a[i]} - b[i]);
    size += double{b[i]} * b[i];
  }
  EXPECT_GT(difference, 0);
  EXPECT_LT(std::sqrt(difference / size), 0.1);
}

INSTANTIATE_TEST_SUITE_P(Nets, Int8Backend, testing::Bool(),
                         [](const auto& mixer) { return mixer.param ? "Mixer" : "Attention"; });

TEST(BackendPrecision, IsSaidAndBadWordsAreRefused) {
  EXPECT_NE(make_engine_backend(small(false), {.precision = "float32"})->description().find("float32"),
            std::string::npos);
  EXPECT_THROW(make_engine_backend(small(false), {.precision = "int7"}), Error);
  if (!kernels::native_int8()) {
    EXPECT_THROW(make_engine_backend(small(false), {.precision = "int8"}), Error);
    return;
  }
  const auto backend = make_engine_backend(small(false), {.precision = "int8"});
  EXPECT_NE(backend->description().find("int8"), std::string::npos);
  const std::vector<int32_t> tokens(kCells, 1), identifiers(1);
  const model::Batch batch{.size = 1, .inputs = tokens, .labels = tokens, .puzzle_identifiers = identifiers};
  const auto carry = backend->make_carry(1);
  backend->set_optimizer({});
  EXPECT_THROW(backend->train_step(batch, std::vector<uint8_t>(1), *carry, {}), Error);
}

}  // namespace
}  // namespace hrm::engine
