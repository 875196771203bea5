#include "formats/jsonl.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "base/testing.h"

namespace hrm {
namespace {

std::vector<Json> read_all(const std::filesystem::path& path) {
  std::vector<Json> values;
  for (JsonlReader lines(path); lines.next();) values.push_back(lines.value());
  return values;
}

TEST(Jsonl, AppendsAndReads) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "new" / "log.jsonl";
  JsonlWriter first(path, JsonlWriter::Mode::kTruncate);
  first.write({{"step", 1}});
  EXPECT_EQ(read_file(path), "{\"step\":1}\n");  // before the writer is gone
  JsonlWriter(path, JsonlWriter::Mode::kAppend).write({{"text", "a\nb"}});
  EXPECT_EQ(read_all(path), (std::vector<Json>{{{"step", 1}}, {{"text", "a\nb"}}}));
  JsonlWriter(path, JsonlWriter::Mode::kTruncate).write(3);
  EXPECT_EQ(read_all(path), std::vector<Json>{3});
}

TEST(Jsonl, ALineCutShortIsDroppedBeforeAppending) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "log.jsonl";
  write_file_atomic(path, std::string_view("{\"a\":1}\n{\"a\":"));
  EXPECT_EQ(read_all(path).size(), 1u);
  JsonlWriter(path, JsonlWriter::Mode::kAppend).write({{"a", 2}});
  EXPECT_EQ(read_file(path), "{\"a\":1}\n{\"a\":2}\n");
}

TEST(Jsonl, FaultyLinesAreNamed) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "log.jsonl";
  write_file_atomic(path, std::string_view("1\n\nx\n2\n"));
  JsonlReader lines(path);
  ASSERT_TRUE(lines.next());
  try {
    lines.next();
    FAIL();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("log.jsonl: line 3"), std::string::npos) << e.what();
  }
  write_file_atomic(path, std::string_view("1\n2"));  // a last line without newline is complete where it parses
  EXPECT_EQ(read_all(path).size(), 2u);
  EXPECT_THROW(JsonlReader(folder.path() / "none"), Error);
  EXPECT_THROW(JsonlWriter(folder.path(), JsonlWriter::Mode::kTruncate), Error);
}

}  // namespace
}  // namespace hrm
