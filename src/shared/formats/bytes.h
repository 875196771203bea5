// Little-endian numbers in byte strings, for the binary formats of this room.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace hrm {

static_assert(std::endian::native == std::endian::little, "files are little-endian, as is every supported machine");

// REQUIRES: at + sizeof(T) <= bytes.size().
template <typename T>
T load_le(std::span<const std::byte> bytes, size_t at = 0) {
  static_assert(std::is_arithmetic_v<T>);
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

template <typename T>
void append_le(std::string& to, T value) {
  static_assert(std::is_arithmetic_v<T>);
  to.append(reinterpret_cast<const char*>(&value), sizeof value);
}

// Bytes of an array of that shape; nullopt for negative dimensions and beyond 2^59 elements, which no file justifies.
inline std::optional<uint64_t> array_bytes(std::span<const int64_t> shape, size_t element_size) {
  uint64_t count = 1;
  for (int64_t n : shape) {
    if (n < 0 || (n != 0 && count > (uint64_t{1} << 59) / static_cast<uint64_t>(n))) return std::nullopt;
    count *= static_cast<uint64_t>(n);
  }
  return count * element_size;
}

inline std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

// A text in front of which stands its length, as ByteReader takes it.
inline void append_sized(std::string& to, std::string_view text) {
  append_le(to, static_cast<uint32_t>(text.size()));
  to += text;
}

// Takes numbers and texts from untrusted bytes, one after another; false, and nothing taken, where too few are left.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  template <typename T>
  bool take(T& value) {
    if (left() < sizeof(T)) return false;
    value = load_le<T>(bytes_, at_);
    at_ += sizeof(T);
    return true;
  }
  bool take(std::string& text) {
    if (left() < sizeof(uint32_t)) return false;
    const size_t size = load_le<uint32_t>(bytes_, at_);
    if (left() - sizeof(uint32_t) < size) return false;
    text = as_text(bytes_.subspan(at_ + sizeof(uint32_t), size));
    at_ += sizeof(uint32_t) + size;
    return true;
  }
  size_t left() const { return bytes_.size() - at_; }

 private:
  std::span<const std::byte> bytes_;
  size_t at_ = 0;
};

// As it may stand in an error message: control characters replaced, at most 60 characters.
inline std::string shown(std::string_view text) {
  std::string copy(text.substr(0, 60));
  for (char& c : copy)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return copy + (text.size() > 60 ? "..." : "");
}

}  // namespace hrm
