// safetensors files: a JSON header (name -> dtype, shape, byte range) and the tensors' bytes.
// docs/formats/safetensors.md
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>

#include "base/tensor.h"

namespace hrm {

struct Safetensors {
  NamedTensors tensors;
  std::map<std::string, std::string> metadata;  // "__metadata__"
};

// What a file says of its tensors, without their bytes.
struct SafetensorsHeader {
  struct Entry {
    std::string name;
    DType dtype;
    Shape shape;
    uint64_t begin, end;  // of its bytes in the file; checked
  };
  std::map<std::string, std::string> metadata;
  std::vector<Entry> entries;  // in the order of their bytes
};

// Throws bad_input naming file, tensor and fault: header beyond the file, unknown dtype, overlapping or missing ranges,
// sizes that disagree with shapes.
Safetensors load_safetensors(const std::filesystem::path& path);
Safetensors parse_safetensors(std::span<const std::byte> bytes, std::string_view source);
SafetensorsHeader parse_safetensors_header(std::span<const std::byte> bytes, std::string_view source);
std::map<std::string, std::string> read_safetensors_metadata(const std::filesystem::path& path);  // header only
void save_safetensors(const std::filesystem::path& path, const Safetensors& file);  // atomic; 8-byte aligned data

}  // namespace hrm
