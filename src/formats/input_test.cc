#include "formats/input.h"

#include <gtest/gtest.h>
#include <zstd.h>

#include <iterator>

#include "base/error.h"
#include "base/files.h"

namespace hrm {
namespace {

std::string compress(std::string_view text) {
  std::string bytes(ZSTD_compressBound(text.size()), '\0');
  bytes.resize(ZSTD_compress(bytes.data(), bytes.size(), text.data(), text.size(), 1));
  return bytes;
}

std::string read_all(const std::filesystem::path& path) {
  std::string text;
  const auto input = open_input(path);
  for (std::string line; std::getline(*input, line);) text += line + (input->eof() ? "" : "\n");
  return text;
}

std::string long_text() {
  std::string text;
  for (int i = 0; i < 200000; ++i) text += std::to_string(i * 7919) + (i % 10 == 9 ? "\n" : " ");
  return text + "end";
}

TEST(Input, PlainAndCompressedReadTheSame) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "text";
  for (const std::string& text : {std::string(), std::string("a"), std::string("abc\n"), long_text()}) {
    write_file_atomic(path, text);
    EXPECT_EQ(read_all(path), text);
    write_file_atomic(path, compress(text));
    EXPECT_EQ(read_all(path), text);
    write_file_atomic(path, compress(text) + compress("") + compress(text));
    EXPECT_EQ(read_all(path), text + text);
  }
}

TEST(Input, DamageIsAnError) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "text";
  const std::string bytes = compress(long_text());
  write_file_atomic(path, std::string_view(bytes).substr(0, bytes.size() - 5));
  EXPECT_THROW(read_all(path), Error);
  std::string damaged = bytes;
  damaged[damaged.size() / 2] = static_cast<char>(~damaged[damaged.size() / 2]);
  damaged.resize(damaged.size() - 1);
  write_file_atomic(path, damaged);
  EXPECT_THROW(read_all(path), Error);
  EXPECT_THROW(open_input(folder.path()), Error);
  EXPECT_THROW(open_input(folder.path() / "none"), Error);
}

}  // namespace
}  // namespace hrm
