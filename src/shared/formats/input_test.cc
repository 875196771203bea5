#include "formats/input.h"

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <iterator>

#include "base/error.h"
#include "base/files.h"
#include "base/testing/refused.h"
#include "formats/bytes.h"
#include "formats/checksum.h"
#include "formats/decoder.h"

namespace hrm {
namespace {

std::string compress(std::string_view text) {
  std::string bytes(ZSTD_compressBound(text.size()), '\0');
  bytes.resize(ZSTD_compress(bytes.data(), bytes.size(), text.data(), text.size(), 1));
  return bytes;
}

// gzip (wrapped) or the raw deflate data of a zip entry.
std::string deflate_of(std::string_view text, bool wrapped) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, wrapped ? 31 : -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string bytes(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_out = static_cast<uInt>(bytes.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  bytes.resize(stream.total_out);
  deflateEnd(&stream);
  return bytes;
}

// A zip archive of deflated entries, as a browser or macOS makes it.
std::string zip_of(const std::vector<std::pair<std::string, std::string>>& files) {
  std::string text, directory;
  for (const auto& [name, content] : files) {
    const std::string packed = deflate_of(content, false);
    const auto at = static_cast<uint32_t>(text.size());
    std::string common;
    append_le(common, uint16_t{20}), append_le(common, uint16_t{0}), append_le(common, uint16_t{8});
    append_le(common, uint32_t{0}), append_le(common, crc32(bytes_of(content)));
    append_le(common, static_cast<uint32_t>(packed.size())), append_le(common, static_cast<uint32_t>(content.size()));
    append_le(common, static_cast<uint16_t>(name.size())), append_le(common, uint16_t{0});
    text += "PK\3\4" + common + name + packed;
    directory += std::string("PK\1\2") + "\x14" + std::string(1, '\0') + common + std::string(10, '\0');
    append_le(directory, at);
    directory += name;
  }
  const auto begin = static_cast<uint32_t>(text.size());
  text += directory + "PK\5\6" + std::string(4, '\0');
  for (int i = 0; i < 2; ++i) append_le(text, static_cast<uint16_t>(files.size()));
  append_le(text, static_cast<uint32_t>(directory.size())), append_le(text, begin), append_le(text, uint16_t{0});
  return text;
}

std::string whole_input(const std::filesystem::path& path) {
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
    EXPECT_EQ(whole_input(path), text);
    write_file_atomic(path, compress(text));
    EXPECT_EQ(whole_input(path), text);
    write_file_atomic(path, compress(text) + compress("") + compress(text));
    EXPECT_EQ(whole_input(path), text + text);
  }
}

void expect_input_refused(const std::filesystem::path& path, const std::string& part) {
  hrm::expect_refused([&] { whole_input(path); }, {part});
}

TEST(Input, GzipAndZipOfOneFileReadTheSame) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "text";
  for (const std::string& text : {std::string("a"), std::string("abc\n"), long_text()}) {
    write_file_atomic(path, deflate_of(text, true));
    EXPECT_EQ(whole_input(path), text);
    write_file_atomic(path, deflate_of(text, true) + deflate_of(text, true) + std::string(512, '\0'));
    EXPECT_EQ(whole_input(path), text + text) << "members, padded";
    write_file_atomic(path, zip_of({{"__MACOSX/._a.csv", "x"}, {"set/a.csv", text}, {".hidden", "y"}}));
    EXPECT_EQ(whole_input(path), text);
  }
  write_file_atomic(path, deflate_of("", true));
  EXPECT_EQ(whole_input(path), "");
  write_file_atomic(path, zip_of({{"a.csv", compress(long_text())}}));  // stored again inside: one layer is undone
  EXPECT_NE(whole_input(path), long_text());
}

TEST(Input, WhatIsNotReadIsNamed) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "text";
  const auto refused = [&](std::string_view bytes, const std::string& part) {
    write_file_atomic(path, bytes);
    expect_input_refused(path, part);
  };
  const std::string packed = deflate_of(long_text(), true);
  refused(std::string_view(packed).substr(0, packed.size() - 9), "ends within its gzip data");
  refused(packed + "behind", "bytes after the gzip data");
  refused(std::string("\x1f\x8b") + "\xff rubbish", "damaged gzip data");
  refused(zip_of({{"a.csv", "1"}, {"b.csv", "2"}}), "of 2 files: a.csv, b.csv");
  refused(zip_of({{"folder/", ""}}), "of 0 files");
  refused(std::string_view("\xFD"
                           "7zXZ\0\0",
                           7),
          "compressed with xz");
  refused("BZh91AY&SY...", "bzip2");
  refused("PAR1....", "Parquet");
}

TEST(Input, WhatExpandsWithoutEndIsStopped) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "text";
  const std::string zeros(kFreeBytes + (size_t{1} << 20), '0');
  for (const std::string& bytes : {compress(zeros), deflate_of(zeros, true), zip_of({{"a", zeros}})}) {
    ASSERT_LT(bytes.size(), size_t{1} << 20);
    write_file_atomic(path, bytes);
    expect_input_refused(path, "expands more than 100-fold");
  }
  write_file_atomic(path, "0123456789");
  EXPECT_EQ(read_rest(*open_input(path), "x", 10), "0123456789");
  EXPECT_THROW(read_rest(*open_input(path), "x", 9), Error);
}

TEST(Input, DamageIsAnError) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "text";
  const std::string bytes = compress(long_text());
  write_file_atomic(path, std::string_view(bytes).substr(0, bytes.size() - 5));
  EXPECT_THROW(whole_input(path), Error);
  std::string damaged = bytes;
  damaged[damaged.size() / 2] = static_cast<char>(~damaged[damaged.size() / 2]);
  damaged.resize(damaged.size() - 1);
  write_file_atomic(path, damaged);
  EXPECT_THROW(whole_input(path), Error);
  EXPECT_THROW(open_input(folder.path()), Error);
  EXPECT_THROW(open_input(folder.path() / "none"), Error);
}

}  // namespace
}  // namespace hrm
