// Weights of runs by different numbers of processes, which differ by rounding alone. Test code only.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <string_view>

#include "base/tensor.h"

namespace hrm::training::testing {

// The tensors whose names begin so: mean difference at most 1e-5, 99.9 % of the values within 1e-4.
inline void expect_close_weights(const NamedTensors& one, const NamedTensors& other, std::string_view prefix) {
  double total = 0;
  size_t count = 0, far = 0;
  ASSERT_EQ(one.size(), other.size());
  for (const auto& [name, tensor] : one) {
    if (!name.starts_with(prefix)) continue;
    const auto found = other.find(name);
    ASSERT_NE(found, other.end()) << name;
    ASSERT_EQ(found->second.shape(), tensor.shape()) << name;
    const auto a = tensor.as<float>(), b = found->second.as<float>();
    for (size_t i = 0; i < a.size(); ++i) {
      const double difference = std::fabs(double{a[i]} - b[i]);
      total += difference;
      far += difference > 1e-4;
      ++count;
    }
  }
  ASSERT_GT(count, 0U);
  EXPECT_LE(total / static_cast<double>(count), 1e-5);
  EXPECT_LE(static_cast<double>(far), 1e-3 * static_cast<double>(count));
}

}  // namespace hrm::training::testing
