// Decompression a chunk at a time: Zstandard and gzip, recognized by their first bytes, and the raw deflate data of a
// zip archive's entry. Frames (Zstandard) and members (gzip) that follow each other are joined.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace hrm {

class Decoder {
 public:
  struct Step {
    size_t taken = 0, written = 0;
  };
  virtual ~Decoder() = default;
  // Decodes as far as input and room reach. Throws bad_input on damaged data.
  virtual Step step(std::span<const char> input, std::span<char> room) = 0;
  // False if the data end within a frame.
  virtual bool at_boundary() const = 0;
  virtual std::string_view name() const = 0;  // "zst", "gzip", "zip"
};

constexpr size_t kMagicBytes = 10;  // enough for decoder_for()

// The decoder that data with these first bytes need; nullptr for plain data. Throws bad_input on formats that are
// recognized but not read (xz, bzip2, 7z, rar, Parquet). `source` is how errors name the data.
std::unique_ptr<Decoder> decoder_for(std::string_view first_bytes, const std::string& source);

std::unique_ptr<Decoder> deflate_decoder(const std::string& source);  // of a zip entry

// A guard against small files that expand without end: past kFreeBytes of text, at most kMostExpansion times the
// compressed size. Throws bad_input.
constexpr uint64_t kFreeBytes = uint64_t{64} << 20, kMostExpansion = 100;
void check_expansion(uint64_t compressed, uint64_t text, std::string_view source);

}  // namespace hrm
