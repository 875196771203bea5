// Products of every size and stride equal at::linear, and so do their gradients.
#include "language/affine.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

namespace hrm::language {
namespace {

struct Found {
  at::Tensor y;
  std::vector<at::Tensor> gradients;
};

Found run(auto&& product, const std::vector<at::Tensor>& leaves, const at::Tensor& upstream) {
  const at::Tensor y = product(leaves);
  std::vector<at::Tensor> wanted;
  for (const at::Tensor& leaf : leaves)
    if (leaf.requires_grad()) wanted.push_back(leaf);
  return {y.detach(), ::torch::autograd::grad({y}, wanted, {upstream})};
}

// Sizes on both sides of the one from which oneDNN is used; rows that must be padded for it and rows that need not.
TEST(Affine, EqualsLinearWithGradients) {
  at::manual_seed(1);
  for (const int64_t rows : {3, 64, 100, 257, 512})
    for (const bool biased : {false, true})
      for (const bool frozen : {false, true}) {
        SCOPED_TRACE(testing::Message() << rows << " rows" << (biased ? ", bias" : "") << (frozen ? ", frozen" : ""));
        std::vector<at::Tensor> leaves = {at::randn({2, rows, 96}).requires_grad_(true),
                                          (at::randn({200, 96}) / 10).requires_grad_(!frozen)};
        if (biased) leaves.push_back(at::randn({200}).requires_grad_(!frozen));
        const at::Tensor upstream = at::randn({200, rows, 2}).permute({2, 1, 0});
        const Found mine =
            run([](const auto& in) { return affine(in[0], in[1], in.size() > 2 ? in[2] : at::Tensor()); }, leaves,
                upstream);
        const Found reference = run(
            [](const auto& in) {
              return at::linear(in[0], in[1], in.size() > 2 ? std::optional(in[2]) : std::nullopt);
            },
            leaves, upstream);
        EXPECT_TRUE(at::allclose(mine.y, reference.y, 1e-4, 1e-5));
        ASSERT_EQ(mine.gradients.size(), reference.gradients.size());
        for (size_t i = 0; i < reference.gradients.size(); ++i)
          EXPECT_TRUE(at::allclose(mine.gradients[i], reference.gradients[i], 1e-4, 1e-4)) << i;
      }
}

TEST(Affine, CastsItsParametersInsideTheGraph) {
  const at::Tensor x = at::ones({4, 8}, at::kBFloat16), weight = at::ones({2, 8}).requires_grad_(true);
  const at::Tensor y = affine(x, weight);
  EXPECT_EQ(y.scalar_type(), at::kBFloat16);
  const at::Tensor found = ::torch::autograd::grad({y.sum()}, {weight})[0];
  EXPECT_EQ(found.scalar_type(), at::kFloat);
  EXPECT_TRUE(found.equal(at::full({2, 8}, 4.0)));
}

}  // namespace
}  // namespace hrm::language
