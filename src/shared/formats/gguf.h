// GGUF files (versions 2 and 3): metadata by key, and tensors, many of them quantized. The file is mapped; opening one
// reads only what precedes the tensors' bytes. docs/formats/gguf.md
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/files.h"
#include "formats/gguf_quants.h"
#include "formats/tensor_source.h"

namespace hrm {

struct GgufArray;
// Integers of all widths become 64 bits wide, floats doubles. Texts are views of the mapped file.
using GgufValue = std::variant<uint64_t, int64_t, double, bool, std::string_view, GgufArray>;
struct GgufArray {
  std::vector<GgufValue> values;
};

// Whether the file begins as a GGUF file does. Throws bad_input if it cannot be read.
bool is_gguf(const std::filesystem::path& path);

class Gguf : public TensorSource {
 public:
  // Throws bad_input naming file, key or tensor, offset and fault: not GGUF, another version, big-endian, cut short,
  // counts that the file cannot hold, unknown types, keys or names that occur twice, tensors that overlap, are
  // misaligned or end beyond the file, dimensions that do not fill their blocks.
  explicit Gguf(const std::filesystem::path& path);
  // bytes must outlive this.
  Gguf(std::span<const std::byte> bytes, std::string source);

  uint32_t version() const { return version_; }
  const std::map<std::string, GgufValue, std::less<>>& metadata() const { return metadata_; }
  // nullptr if the file has no such key.
  const GgufValue* find(std::string_view key) const;
  // T: bool, int64_t, double (also from integers), std::string, or a std::vector of int64_t, double or std::string.
  // Throws bad_input naming file and key if it is missing or of another type.
  template <typename T>
  T get(std::string_view key) const;
  template <typename T>
  T get_or(std::string_view key, T fallback) const {
    return find(key) ? get<T>(key) : fallback;
  }

  // Dimensions in the usual order, outermost first: the file's own order turned round.
  const std::map<std::string, TensorInfo, std::less<>>& tensors() const override { return tensors_; }
  HostTensor load(std::string_view name, DType as) const override;
  const std::string& source() const override { return source_; }

 private:
  struct Stored {
    const GgufType* type;
    uint64_t offset;  // of the first byte, in the file
  };
  void parse();

  std::string source_;
  std::unique_ptr<MappedFile> file_;
  std::span<const std::byte> bytes_;
  uint32_t version_ = 0;
  std::map<std::string, GgufValue, std::less<>> metadata_;
  std::map<std::string, TensorInfo, std::less<>> tensors_;
  std::map<std::string, Stored, std::less<>> stored_;
};

}  // namespace hrm
