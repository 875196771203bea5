#include "formats/zip.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "base/testing/refused.h"
#include "formats/bytes.h"
#include "formats/checksum.h"

namespace hrm {
namespace {

// A hand-made archive with one entry "n" of data "abcd", in the forms that other writers choose.
struct Form {
  bool zip64 = false, descriptor = false;
  uint16_t method = 0, flags = 0;
  uint32_t size = 4;
  std::string comment;
};

std::string archive(const Form& form) {
  const std::string data = "abcd";
  const uint32_t crc = crc32(bytes_of(data));
  const uint16_t flags = static_cast<uint16_t>(form.flags | (form.descriptor ? 8 : 0));
  const auto numbers = [](std::string& to, auto... values) { (append_le(to, values), ...); };
  std::string text;
  numbers(text, uint32_t{0x04034b50}, uint16_t{45}, flags, form.method, uint32_t{0});
  numbers(text, form.descriptor ? 0 : crc, form.descriptor ? 0 : form.size, form.descriptor ? 0 : form.size,
          uint16_t{1}, uint16_t{0});
  text += "n" + data;
  if (form.descriptor) numbers(text, uint32_t{0x08074b50}, crc, form.size, form.size);
  const auto directory = static_cast<uint32_t>(text.size());
  const uint32_t none = 0xffffffff, size = form.zip64 ? none : form.size;
  std::string central;
  numbers(central, uint32_t{0x02014b50}, uint16_t{45}, uint16_t{45}, flags, form.method, uint32_t{0}, crc, size, size);
  numbers(central, uint16_t{1}, static_cast<uint16_t>(form.zip64 ? 28 : 0), uint16_t{0}, uint16_t{0}, uint16_t{0},
          uint32_t{0});
  numbers(central, form.zip64 ? none : uint32_t{0});
  central += "n";
  if (form.zip64) numbers(central, uint16_t{1}, uint16_t{24}, uint64_t{form.size}, uint64_t{form.size}, uint64_t{0});
  text += central;
  if (form.zip64) {
    const uint64_t at = text.size();
    numbers(text, uint32_t{0x06064b50}, uint64_t{44}, uint16_t{45}, uint16_t{45}, uint32_t{0}, uint32_t{0}, uint64_t{1},
            uint64_t{1}, uint64_t{central.size()}, uint64_t{directory});
    numbers(text, uint32_t{0x07064b50}, uint32_t{0}, at, uint32_t{1});
  }
  const uint16_t count = form.zip64 ? 0xffff : 1;
  numbers(text, uint32_t{0x06054b50}, uint32_t{0}, count, count,
          form.zip64 ? none : static_cast<uint32_t>(central.size()), form.zip64 ? none : directory,
          static_cast<uint16_t>(form.comment.size()));
  return text + form.comment;
}

void expect_zip_refused(const std::string& bytes, const std::string& part) {
  hrm::expect_refused([&] { parse_zip(bytes_of(bytes), "x.zip"); }, {part});
}

TEST(Zip, EveryFormOfStoredEntryIsRead) {
  for (bool zip64 : {false, true}) {
    for (bool descriptor : {false, true}) {
      const std::string bytes =
          archive({.zip64 = zip64, .descriptor = descriptor, .comment = zip64 ? "PK\5\6 a comment" : ""});
      const auto entries = parse_zip(bytes_of(bytes), "x.zip");
      ASSERT_EQ(entries.size(), 1u);
      EXPECT_EQ(entries[0].name, "n");
      EXPECT_EQ(as_text(entries[0].data), "abcd");
    }
  }
}

TEST(Zip, FaultsAreNamed) {
  expect_zip_refused(archive({.method = 8}), "'n' is compressed");
  expect_zip_refused(archive({.flags = 1}), "'n' is encrypted");
  expect_zip_refused(archive({.size = 3}), "'n' has a wrong checksum");
  expect_zip_refused(archive({.size = 4000}), "ends beyond the file");
  std::string damaged = archive({});
  damaged[31] ^= 1;
  expect_zip_refused(damaged, "wrong checksum");
  const std::string whole = archive({.zip64 = true});
  for (size_t cut = 0; cut < whole.size(); ++cut) expect_zip_refused(whole.substr(0, cut), "x.zip");
}

TEST(Zip, WhatIsWrittenReadsBackAligned) {
  const TemporaryFolder folder;
  const std::string one = "1", many(1000, 'm');
  const std::vector<ZipEntry> entries = {{"a/one", bytes_of(one)}, {"a/none", {}}, {"a/many", bytes_of(many)}};
  save_zip(folder.path() / "a.zip", entries);
  const std::string bytes = read_file(folder.path() / "a.zip");
  const auto back = parse_zip(bytes_of(bytes), "a.zip");
  ASSERT_EQ(back.size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(back[i].name, entries[i].name);
    EXPECT_EQ(as_text(back[i].data), as_text(entries[i].data));
    EXPECT_EQ((back[i].data.data() - bytes_of(bytes).data()) % 64, 0);
  }
  save_zip(folder.path() / "b.zip", std::vector<ZipEntry>{{"a", {}}, {"a", {}}});
  expect_zip_refused(read_file(folder.path() / "b.zip"), "occurs twice");
}

TEST(Zip, SumsThatAreAllZeroAreNotChecked) {
  const TemporaryFolder folder;
  const std::string a = "first", b = "second";
  save_zip(folder.path() / "a", std::vector<ZipEntry>{{"a", bytes_of(a)}, {"b", bytes_of(b)}});
  std::string bytes = read_file(folder.path() / "a");
  const size_t first = bytes.find("PK\x01\x02"), second = bytes.find("PK\x01\x02", first + 1);
  std::string one = bytes;
  one.replace(first + 16, 4, 4, '\0');  // one entry without a sum is damage
  EXPECT_THROW(parse_zip(bytes_of(one), "x"), Error);
  one.replace(second + 16, 4, 4, '\0');
  const auto entries = parse_zip(bytes_of(one), "x");
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(as_text(entries[1].data), b);
  EXPECT_EQ(zip_names(bytes_of(bytes), "x"), (std::vector<std::string>{"a", "b"}));
}

}  // namespace
}  // namespace hrm
