#include "base/tensor.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "base/error.h"

namespace hrm {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

template <typename T>
HostTensor row(std::initializer_list<T> values) {
  const std::vector<T> list(values);
  return HostTensor::of<T>({static_cast<int64_t>(list.size())}, list);
}

std::vector<uint16_t> half_bits(const HostTensor& tensor) {
  std::vector<uint16_t> bits(static_cast<size_t>(tensor.count()));
  std::copy(tensor.bytes().begin(), tensor.bytes().end(), std::as_writable_bytes(std::span(bits)).begin());
  return bits;
}

// The value of a 16-bit float from its definition, in double.
double decode(uint16_t bits, int exponent_bits, int fraction_bits) {
  const int bias = (1 << (exponent_bits - 1)) - 1;
  const int exponent = (bits >> fraction_bits) & ((1 << exponent_bits) - 1);
  const int fraction = bits & ((1 << fraction_bits) - 1);
  const double sign = bits & 0x8000 ? -1 : 1;
  if (exponent == (1 << exponent_bits) - 1) return fraction ? std::nan("") : sign * kInfinity;
  if (exponent == 0) return sign * std::ldexp(fraction, 1 - bias - fraction_bits);
  return sign * std::ldexp((1 << fraction_bits) + fraction, exponent - bias - fraction_bits);
}

struct HalfFormat {
  const char* name;
  DType type;
  int exponent_bits, fraction_bits;
  uint16_t (*to)(float);
  float (*from)(uint16_t);
};

class SixteenBits : public testing::TestWithParam<HalfFormat> {};

TEST_P(SixteenBits, EveryPatternDecodesByDefinitionAndSurvivesTheRoundTrip) {
  const HalfFormat& format = GetParam();
  for (uint32_t i = 0; i <= 0xffff; ++i) {
    const auto bits = static_cast<uint16_t>(i);
    const double reference = decode(bits, format.exponent_bits, format.fraction_bits);
    const float value = format.from(bits);
    if (std::isnan(reference)) {
      ASSERT_TRUE(std::isnan(value)) << i;
      ASSERT_TRUE(std::isnan(format.from(format.to(value)))) << i;
    } else {
      ASSERT_EQ(value, reference) << i;
      ASSERT_EQ(format.to(value), bits) << i;  // also the sign of zero
    }
  }
}

TEST_P(SixteenBits, RoundsToNearestAndTiesToEven) {
  const HalfFormat& format = GetParam();
  const auto infinity = static_cast<uint16_t>(((1 << format.exponent_bits) - 1) << format.fraction_bits);
  for (uint16_t bits = 0; bits < infinity - 1; ++bits) {
    const double low = format.from(bits), high = format.from(static_cast<uint16_t>(bits + 1));
    const auto middle = static_cast<float>((low + high) / 2);  // exact: one more bit than the format has
    const auto even = static_cast<uint16_t>(bits + (bits & 1));
    ASSERT_EQ(format.to(middle), even) << bits;
    ASSERT_EQ(format.to(-middle), even | 0x8000) << bits;
    ASSERT_EQ(format.to(std::nextafter(middle, 0.f)), bits) << bits;
    ASSERT_EQ(format.to(std::nextafter(middle, kInfinity)), bits + 1) << bits;
  }
  // Beyond the largest finite number: half a step further is a tie, which goes to infinity.
  const double largest = format.from(static_cast<uint16_t>(infinity - 1));
  const double step = largest - format.from(static_cast<uint16_t>(infinity - 2));
  const auto edge = static_cast<float>(largest + step / 2);
  EXPECT_EQ(format.to(edge), infinity);
  EXPECT_EQ(format.to(std::nextafter(edge, 0.f)), infinity - 1);
  EXPECT_EQ(format.to(kInfinity), infinity);
}

TEST_P(SixteenBits, DoublesRoundOnce) {
  const HalfFormat& format = GetParam();
  // Just above the middle between 1 and its neighbor, by less than a float can say.
  const double middle = 1 + std::ldexp(1.0, -format.fraction_bits - 1), nudge = std::ldexp(1.0, -45);
  const auto one = format.to(1.f);
  const HostTensor rounded =
      row<double>({middle + nudge, middle, middle - nudge, -(middle + nudge), 1e300, -1e300, 0}).to(format.type);
  const auto bits = half_bits(rounded);
  const auto infinity = format.to(kInfinity);
  EXPECT_EQ(bits,
            (std::vector<uint16_t>{static_cast<uint16_t>(one + 1), one, one, static_cast<uint16_t>((one + 1) | 0x8000),
                                   infinity, static_cast<uint16_t>(infinity | 0x8000), 0}));
}

INSTANTIATE_TEST_SUITE_P(All, SixteenBits,
                         testing::Values(HalfFormat{"f16", DType::kF16, 5, 10, to_float16, from_float16},
                                         HalfFormat{"bf16", DType::kBF16, 8, 7, to_bfloat16, from_bfloat16}),
                         [](const auto& instance) { return instance.param.name; });

TEST(HostTensor, StartsAtZeroAndKnowsItsSize) {
  const HostTensor tensor(DType::kI64, {2, 3});
  EXPECT_EQ(tensor.count(), 6);
  EXPECT_EQ(tensor.bytes().size(), 48u);
  for (int64_t value : tensor.as<int64_t>()) EXPECT_EQ(value, 0);
  EXPECT_EQ(HostTensor(DType::kF32, {}).count(), 1) << "a scalar";
  EXPECT_EQ(HostTensor(DType::kF32, {3, 0}).count(), 0);
}

TEST(HostTensor, ConvertsBetweenEveryPairOfTypes) {
  constexpr DType kAll[] = {DType::kU8,  DType::kI8,  DType::kU16, DType::kI16,  DType::kU32, DType::kI32,
                            DType::kU64, DType::kI64, DType::kF16, DType::kBF16, DType::kF32, DType::kF64};
  const HostTensor reference = row<double>({0, 1, 2, 100, 127});
  for (DType from : kAll) {
    for (DType to : kAll) {
      const HostTensor converted = reference.to(from).to(to);
      EXPECT_EQ(converted.dtype(), to);
      EXPECT_EQ(converted.shape(), reference.shape());
      EXPECT_EQ(converted.to(DType::kF64), reference) << name_of(from) << " to " << name_of(to);
    }
  }
}

TEST(HostTensor, IntegersMustFit) {
  EXPECT_THROW(row<int32_t>({256}).to(DType::kU8), Error);
  EXPECT_THROW(row<int32_t>({-1}).to(DType::kU64), Error);
  EXPECT_THROW(row<int64_t>({128}).to(DType::kI8), Error);
  EXPECT_EQ(row<int64_t>({-128}).to(DType::kI8).as<int8_t>()[0], -128);
  EXPECT_THROW(row<uint64_t>({uint64_t{1} << 63}).to(DType::kI64), Error);
  EXPECT_THROW(row<double>({0.5}).to(DType::kI32), Error);
  EXPECT_THROW(row<double>({std::nan("")}).to(DType::kI32), Error);
  EXPECT_THROW(row<float>({kInfinity}).to(DType::kI64), Error);
  EXPECT_THROW(row<double>({0x1p63}).to(DType::kI64), Error);
  EXPECT_EQ(row<double>({-0x1p63}).to(DType::kI64).as<int64_t>()[0], std::numeric_limits<int64_t>::min());
  EXPECT_THROW(row<double>({-1}).to(DType::kU8), Error);
}

TEST(HostTensor, BooleansAreZeroOrOne) {
  EXPECT_EQ(row<int64_t>({0, 1}).to(DType::kBool).to(DType::kU8), row<uint8_t>({0, 1}));
  EXPECT_THROW(row<int64_t>({2}).to(DType::kBool), Error);
  EXPECT_THROW(row<uint8_t>({255}).to(DType::kBool), Error);
}

TEST(HostTensor, RefusesWrongTypesAndSizes) {
  HostTensor tensor(DType::kF32, {2});
  EXPECT_THROW(tensor.as<double>(), Error);
  EXPECT_THROW(HostTensor(DType::kF32, {2}, std::vector<std::byte>(7)), Error);
  const float values[3] = {};
  EXPECT_THROW(HostTensor::of<float>({2}, values), Error);
}

TEST(HostTensor, ShapesFromHostileFilesAreRefused) {
  EXPECT_THROW(HostTensor(DType::kF32, {-1}), Error);
  EXPECT_THROW(element_count(Shape{int64_t{1} << 40, int64_t{1} << 40}), Error);
  EXPECT_EQ(element_count(Shape{0, int64_t{1} << 62, 4}), 0);
  // 2^61 elements of 8 bytes are 2^64 bytes, which is 0 in 64 bits.
  EXPECT_THROW(HostTensor(DType::kF64, {int64_t{1} << 61}, {}), Error);
  EXPECT_THROW(HostTensor(DType::kF64, {int64_t{1} << 61}), Error);
}

TEST(HostTensor, EqualityIsOfBits) {
  EXPECT_EQ(row<float>({std::nanf("")}), row<float>({std::nanf("")}));
  EXPECT_FALSE(row<float>({0.f}) == row<float>({-0.f}));
  EXPECT_FALSE(row<float>({1.f}) == row<float>({1.f}).to(DType::kF64));
}

TEST(HostTensor, NamesAndTexts) {
  EXPECT_EQ(name_of(DType::kBool), "bool");
  EXPECT_EQ(name_of(DType::kF64), "f64");
  EXPECT_EQ(to_string(Shape{2, 81}), "[2, 81]");
  EXPECT_EQ(to_string(Shape{}), "[]");
}

}  // namespace
}  // namespace hrm
