#include "formats/zst.h"

#include <gtest/gtest.h>
#include <zstd.h>

#include "base/error.h"
#include "base/files.h"

namespace hrm {
namespace {

std::string compressed(const std::string& text) {
  std::string bytes(ZSTD_compressBound(text.size()), '\0');
  bytes.resize(ZSTD_compress(bytes.data(), bytes.size(), text.data(), text.size(), 3));
  return bytes;
}

// Larger than one output chunk, and hardly compressible.
std::string noise() {
  std::string text(700'000, '\0');
  uint32_t state = 1;
  for (char& c : text) c = static_cast<char>((state = state * 1664525u + 1013904223u) >> 24);
  return text;
}

TEST(Zst, ReadsCompressedAndPlainFilesAlike) {
  const TemporaryFolder folder;
  write_file_atomic(folder.path() / "plain", noise());
  write_file_atomic(folder.path() / "packed", compressed(noise()));
  EXPECT_EQ(read_maybe_zst(folder.path() / "plain"), noise());
  EXPECT_EQ(read_maybe_zst(folder.path() / "packed"), noise());
}

TEST(Zst, JoinsFramesAndReadsEmptyOnes) {
  EXPECT_EQ(decompress_zst(compressed("one, ") + compressed("") + compressed("two"), "test"), "one, two");
  const std::string zeros(10'000'000, '0');
  EXPECT_EQ(decompress_zst(compressed(zeros), "test"), zeros);
}

TEST(Zst, RefusesTruncatedDamagedAndOversizedData) {
  const std::string bytes = compressed(noise());
  for (size_t size : {size_t{4}, size_t{100}, bytes.size() - 1})
    EXPECT_THROW(decompress_zst(bytes.substr(0, size), "test"), Error) << size;
  std::string damaged = bytes;
  damaged[4] = static_cast<char>(damaged[4] ^ 0xFF);
  damaged[5] = static_cast<char>(damaged[5] ^ 0xFF);
  EXPECT_THROW(decompress_zst(damaged, "test"), Error);
  EXPECT_THROW(decompress_zst(bytes, "test", 1000), Error);
  EXPECT_THROW(decompress_zst("not compressed", "test"), Error);
}

}  // namespace
}  // namespace hrm
