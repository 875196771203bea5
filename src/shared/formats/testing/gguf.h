// Writes GGUF files for tests, sound ones and such as should be refused. Test code only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "formats/bytes.h"

namespace hrm {

class GgufTestWriter {
 public:
  std::string name(std::string_view text) {
    std::string bytes;
    append_le(bytes, static_cast<uint64_t>(text.size()));
    return bytes.append(text);
  }
  template <typename T>
  void key(std::string_view key, uint32_t type, T value) {
    ++keys_;
    head_ += name(key);
    append_le(head_, type);
    append_le(head_, value);
  }
  void text(std::string_view key, std::string_view value) {
    ++keys_;
    head_ += name(key);
    append_le(head_, uint32_t{8});
    head_ += name(value);
  }
  void raw_key(std::string_view bytes) {
    ++keys_;
    head_ += bytes;
  }
  void tensor(std::string_view tensor, std::vector<uint64_t> dims, uint32_t type, uint64_t offset) {
    ++tensors_;
    tail_ += name(tensor);
    append_le(tail_, static_cast<uint32_t>(dims.size()));
    for (const uint64_t n : dims) append_le(tail_, n);
    append_le(tail_, type);
    append_le(tail_, offset);
  }
  // data: what follows the header, from the first offset on.
  std::string file(std::string_view data, uint32_t version = 3) const {
    std::string bytes = "GGUF";
    append_le(bytes, version);
    append_le(bytes, tensors_);
    append_le(bytes, keys_);
    bytes += head_ + tail_;
    bytes.append((32 - bytes.size() % 32) % 32, '\0');
    return bytes.append(data);
  }
  std::string file(size_t size, uint32_t version = 3) const {
    std::string data(size, '\0');
    for (size_t i = 0; i < size; ++i) data[i] = static_cast<char>(i);
    return file(data, version);
  }

 private:
  std::string head_, tail_;
  uint64_t keys_ = 0, tensors_ = 0;
};

}  // namespace hrm
