#include "base/tensor.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include "base/error.h"

namespace hrm {
namespace {

// Storage types of the half-precision floats, so that one visitor serves every element type.
struct Half {
  uint16_t bits;
};
struct Brain {
  uint16_t bits;
};

template <typename Visitor>
decltype(auto) visit_type(DType type, Visitor&& visitor) {
  switch (type) {
    case DType::kBool:
    case DType::kU8:
      return visitor(uint8_t{});
    case DType::kI8:
      return visitor(int8_t{});
    case DType::kU16:
      return visitor(uint16_t{});
    case DType::kI16:
      return visitor(int16_t{});
    case DType::kU32:
      return visitor(uint32_t{});
    case DType::kI32:
      return visitor(int32_t{});
    case DType::kU64:
      return visitor(uint64_t{});
    case DType::kI64:
      return visitor(int64_t{});
    case DType::kF16:
      return visitor(Half{});
    case DType::kBF16:
      return visitor(Brain{});
    case DType::kF32:
      return visitor(float{});
    case DType::kF64:
      return visitor(double{});
  }
  throw failure("tensor", "unknown element type {}", static_cast<int>(type));
}

template <typename T>
T load(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

// A float from which a 16-bit float is rounded as if from `value` itself: inexact results get an odd last bit, which no
// 16-bit float or middle of two has, so that rounding twice does no harm.
template <typename From>
float narrow_to_odd(From value) {
  const auto nearest = static_cast<float>(value);
  const auto exact = static_cast<long double>(value), rounded = static_cast<long double>(nearest);
  if (std::isnan(nearest) || rounded == exact) return nearest;
  const float inner = std::fabs(rounded) > std::fabs(exact) ? std::nextafter(nearest, 0.f) : nearest;
  return std::bit_cast<float>(std::bit_cast<uint32_t>(inner) | 1u);
}

template <typename To, typename From>
To convert(From value) {
  if constexpr (std::is_same_v<From, Half>) {
    return convert<To>(from_float16(value.bits));
  } else if constexpr (std::is_same_v<From, Brain>) {
    return convert<To>(from_bfloat16(value.bits));
  } else if constexpr (std::is_same_v<To, Half>) {
    return Half{to_float16(narrow_to_odd(value))};
  } else if constexpr (std::is_same_v<To, Brain>) {
    return Brain{to_bfloat16(narrow_to_odd(value))};
  } else if constexpr (std::is_floating_point_v<To>) {
    return static_cast<To>(value);
  } else if constexpr (std::is_floating_point_v<From>) {
    // 2^digits is exact in every floating type, so the comparison is too; NaN fails it.
    const From limit = std::ldexp(From{1}, std::numeric_limits<To>::digits);
    const From lowest = std::is_signed_v<To> ? -limit : From{0};
    if (!(value >= lowest && value < limit && value == std::trunc(value)))
      throw bad_input("tensor.to", "value {} is not an integer of {} bits", value, 8 * sizeof(To));
    return static_cast<To>(value);
  } else {
    if (!std::in_range<To>(value))
      throw bad_input("tensor.to", "value {} does not fit into {} bits", value, 8 * sizeof(To));
    return static_cast<To>(value);
  }
}

size_t byte_count(DType type, std::span<const int64_t> shape) {
  constexpr uint64_t kMost = std::min<uint64_t>(uint64_t{1} << 62, std::numeric_limits<size_t>::max());
  const auto count = static_cast<uint64_t>(element_count(shape));
  if (count > kMost / size_of(type)) throw bad_input("tensor", "shape {} is too large", to_string(shape));
  return static_cast<size_t>(count) * size_of(type);
}

}  // namespace

size_t size_of(DType type) {
  return visit_type(type, [](auto example) { return sizeof(example); });
}

std::string_view name_of(DType type) {
  constexpr std::string_view kNames[] = {"bool", "u8",  "i8",  "u16",  "i16", "u32", "i32",
                                         "u64",  "i64", "f16", "bf16", "f32", "f64"};
  return kNames[static_cast<size_t>(type)];
}

int64_t element_count(std::span<const int64_t> shape, std::string_view where) {
  int64_t count = 1;
  for (int64_t n : shape) {
    if (n < 0) throw bad_input(where, "shape {} has a negative dimension", to_string(shape));
    if (n != 0 && count > (int64_t{1} << 62) / n) throw bad_input(where, "shape {} is too large", to_string(shape));
    count *= n;
  }
  return count;
}

std::string to_string(std::span<const int64_t> shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

HostTensor::HostTensor(DType dtype, Shape shape)
    : dtype_(dtype), shape_(std::move(shape)), bytes_(byte_count(dtype, shape_)) {}

HostTensor::HostTensor(DType dtype, Shape shape, std::vector<std::byte> bytes)
    : dtype_(dtype), shape_(std::move(shape)), bytes_(std::move(bytes)) {
  const size_t wanted = byte_count(dtype, shape_);
  if (bytes_.size() != wanted)
    throw bad_input("tensor", "shape {} of {} needs {} bytes, got {}", to_string(shape_), name_of(dtype), wanted,
                    bytes_.size());
}

HostTensor HostTensor::to(DType dtype) const {
  if (dtype == dtype_) return *this;
  HostTensor result(dtype, shape_);
  visit_type(dtype_, [&](auto from) {
    visit_type(dtype, [&](auto to) {
      const auto n = static_cast<size_t>(count());
      for (size_t i = 0; i < n; ++i) {
        to = convert<decltype(to)>(load<decltype(from)>(bytes_.data() + i * sizeof from));
        std::memcpy(result.bytes_.data() + i * sizeof to, &to, sizeof to);
      }
    });
  });
  if (dtype == DType::kBool && std::ranges::any_of(result.bytes_, [](std::byte b) { return b > std::byte{1}; }))
    throw bad_input("tensor.to", "a value is neither 0 nor 1, as bool requires");
  return result;
}

void HostTensor::check_type(DType wanted) const {
  if (dtype_ != wanted)
    throw bad_input("tensor.as", "elements are {}, not {}: convert with to()", name_of(dtype_), name_of(wanted));
}

void HostTensor::check_count(size_t n) const {
  if (static_cast<size_t>(count()) != n)
    throw bad_input("tensor.of", "shape {} holds {} elements, got {}", to_string(shape_), count(), n);
}

uint16_t to_bfloat16(float value) {
  auto bits = std::bit_cast<uint32_t>(value);
  if (std::isnan(value)) return static_cast<uint16_t>((bits >> 16) | 0x40u);
  bits += 0x7fffu + ((bits >> 16) & 1u);
  return static_cast<uint16_t>(bits >> 16);
}

float from_bfloat16(uint16_t bits) { return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16); }

uint16_t to_float16(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  const auto sign = static_cast<uint16_t>((bits >> 16) & 0x8000u);
  if (std::isnan(value)) return static_cast<uint16_t>(sign | 0x7e00u);
  const float magnitude = std::fabs(value);
  if (magnitude >= 65520.0f) return static_cast<uint16_t>(sign | 0x7c00u);  // rounds beyond the largest finite number
  if (magnitude < 6.103515625e-05f)                                         // subnormal: multiples of 2^-24
    return static_cast<uint16_t>(sign | static_cast<uint16_t>(std::nearbyint(std::ldexp(magnitude, 24))));
  const uint32_t rounded = (bits & 0x7fffffffu) + 0xfffu + ((bits >> 13) & 1u);
  return static_cast<uint16_t>(sign | ((rounded >> 13) - (112u << 10)));
}

float from_float16(uint16_t bits) {
  const float sign = (bits & 0x8000u) ? -1.f : 1.f;
  const int exponent = (bits >> 10) & 0x1f;
  const int fraction = bits & 0x3ff;
  if (exponent == 31)
    return fraction ? std::numeric_limits<float>::quiet_NaN() : sign * std::numeric_limits<float>::infinity();
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(fraction), -24);
  return sign * std::ldexp(static_cast<float>(1024 + fraction), exponent - 25);
}

}  // namespace hrm
