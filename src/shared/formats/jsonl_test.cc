#include "formats/jsonl.h"

#include <gtest/gtest.h>

#include <sstream>

#include "base/files.h"
#include "base/signals.h"
#include "base/testing/paths.h"
#include "base/waiting.h"
#include "formats/memory_budget.h"

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
  JsonlWriter first(path);
  first.write({{"step", 1}});
  EXPECT_EQ(read_file(path), "{\"step\":1}\n");  // before the writer is gone
  JsonlWriter(path).write({{"text", "a\nb"}});
  EXPECT_EQ(read_all(path), (std::vector<Json>{{{"step", 1}}, {{"text", "a\nb"}}}));
}

TEST(Jsonl, AnOutputIsThereAsAWholeOrNotAtAll) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "new" / "out.jsonl";
  {
    JsonlOutput output(path);
    EXPECT_TRUE(output.is_file());
    for (int i = 0; i < 30'000; ++i) output.write(i);  // more than is handed over at a time
    EXPECT_FALSE(std::filesystem::exists(path));
    output.finish();
  }
  const std::vector<Json> values = read_all(path);
  ASSERT_EQ(values.size(), 30'000u);
  EXPECT_EQ(values.back(), 29'999);
  JsonlOutput(path).write(3);  // never finished
  EXPECT_EQ(read_all(path).size(), 30'000u);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(path.parent_path()), {}), 1);
  JsonlOutput(path).finish();
  EXPECT_EQ(read_file(path), "");
  EXPECT_THROW(JsonlOutput(folder.path()), Error);
}

TEST(Jsonl, AnOutputWithoutAFileIsPrinted) {
  testing::internal::CaptureStdout();
  JsonlOutput output{std::filesystem::path()};
  EXPECT_FALSE(output.is_file());
  output.write({{"a", 1}});
  output.finish();
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "{\"a\":1}\n");
}

TEST(Jsonl, ALineCutShortIsDroppedBeforeAppending) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "log.jsonl";
  write_file_atomic(path, std::string_view("{\"a\":1}\n{\"a\":"));
  EXPECT_EQ(read_all(path).size(), 1u);
  JsonlWriter(path).write({{"a", 2}});
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
  EXPECT_THROW(JsonlWriter(folder.path()), Error);
}

JsonlReader reader(std::string text, JsonlOptions options) {
  return JsonlReader(std::make_unique<std::istringstream>(std::move(text)), "input", options);
}

TEST(Jsonl, BadLinesAreSkippedOnRequest) {
  JsonlReader lines = reader("1\n{\n2\n3\n{\"a\":", {.skip_bad = true, .forgive_cut_end = false});
  ASSERT_TRUE(lines.next());
  ASSERT_TRUE(lines.next());
  EXPECT_EQ(lines.place(), "input: line 3");
  lines.reject(bad_input("test", "{}: is even", lines.place()));
  ASSERT_TRUE(lines.next());
  EXPECT_EQ(lines.value(), 3);
  EXPECT_FALSE(lines.next());
  EXPECT_EQ(lines.bad().count, 3u);
  ASSERT_EQ(lines.bad().messages.size(), 3u);
  EXPECT_NE(lines.bad().messages[0].find("input: line 2, column"), std::string::npos) << lines.bad().messages[0];
  EXPECT_EQ(lines.bad().messages[1], "[test] input: line 3: is even");

  JsonlReader strict = reader("1\n2", {});
  ASSERT_TRUE(strict.next());
  EXPECT_THROW(strict.reject(bad_input("test", "no")), Error);
  JsonlReader cut = reader("{\"a\":", {.forgive_cut_end = false});
  EXPECT_THROW(cut.next(), Error);
}

TEST(Jsonl, ProcessesShareTheRecords) {
  const std::string text = "1\n\n2\nbroken\n4\n5\n6\n";
  const auto own = [&](const Shard& shard) {
    JsonlReader lines(std::make_unique<std::istringstream>(text), "file",
                      {.skip_bad = true, .forgive_cut_end = false, .shard = shard});
    std::vector<Json> values;
    while (lines.next()) values.push_back({lines.records() - 1, lines.value()});
    EXPECT_EQ(lines.records(), 6u);
    EXPECT_EQ(lines.bad().records, shard.has(2) ? std::vector<uint64_t>{2} : std::vector<uint64_t>{});
    return values;
  };
  EXPECT_EQ(own({0, 3}), (std::vector<Json>{{0, 1}, {3, 4}}));
  EXPECT_EQ(own({1, 3}), (std::vector<Json>{{1, 2}, {4, 5}}));
  EXPECT_EQ(own({2, 3}), (std::vector<Json>{{5, 6}}));
}

TEST(Jsonl, WhatPythonWritesBeyondTheStandard) {
  const auto first = [](const char* text) {
    JsonlReader lines = reader(text, {.forgive_cut_end = false});
    EXPECT_TRUE(lines.next()) << text;
    return printable(lines.value());
  };
  EXPECT_EQ(first(R"({"a":"x \ud835 y","b":"\uDD1E"})"), "{\"a\":\"x \uFFFD y\",\"b\":\"\uFFFD\"}");
  EXPECT_EQ(first(R"(["\ud835\udd1e \ud835","\\ud835"])"), "[\"\U0001D51E \uFFFD\",\"\\\\ud835\"]");
  EXPECT_EQ(first(R"({"NaN":NaN,"b":[1.5,NaN],"c":"NaN"})"), R"({"NaN":null,"b":[1.5,null],"c":"NaN"})");
  for (const char* text : {"{\"a\":NaNs}", "{\"a\":Infinity}", "{\"a\":\"\\ud835\"", "nan"})
    EXPECT_THROW(reader(text, {.forgive_cut_end = false}).next(), Error) << text;
}

TEST(Jsonl, FilesOfOtherKindsAreNamed) {
  const auto message = [](std::string text) -> std::string {
    JsonlReader lines = reader(std::move(text), {.skip_bad = true, .accept_array = true});
    try {
      lines.next();
    } catch (const Error& error) {
      return error.what();
    }
    return "read";
  };
  EXPECT_NE(message("version https://git-lfs.github.com/spec/v1\noid sha256:0").find("git lfs pull"),
            std::string::npos);
  EXPECT_NE(message("<!DOCTYPE html>").find("HTML"), std::string::npos);
  EXPECT_NE(message("HRMTREE1").find("tree export"), std::string::npos);
  EXPECT_NE(message("ARROW1\n").find("Arrow"), std::string::npos);
  EXPECT_NE(message("\xFF\xFE{").find("UTF-16"), std::string::npos);
  EXPECT_EQ(message("versions\n"), "read");  // no JSON, but a fault of its line
}

TEST(Jsonl, ARecordHasALimit) {
  JsonlReader lines = reader("\"" + std::string(size_t{1} << 26, 'x') + "\"\n", {.skip_bad = true});
  EXPECT_THROW(lines.next(), Error);
}

TEST(Jsonl, AnArrayIsReadElementByElement) {
  const std::string text = "\xEF\xBB\xBF [\n {\"a\": \"],}\\\"[\"},\n\n {\"a\": [1, {\"b\": []}]}, 3]\n";
  JsonlReader elements = reader(text, {.accept_array = true});
  ASSERT_TRUE(elements.next());
  EXPECT_EQ(elements.value(), (Json{{"a", "],}\"["}}));
  EXPECT_EQ(elements.line(), 2u);
  ASSERT_TRUE(elements.next());
  EXPECT_EQ(elements.line(), 4u);
  ASSERT_TRUE(elements.next());
  EXPECT_EQ(elements.value(), 3);
  EXPECT_FALSE(elements.next());
  EXPECT_FALSE(elements.next());

  EXPECT_FALSE(reader("[]", {.accept_array = true}).next());
  EXPECT_THROW(reader("[", {.accept_array = true}).next(), Error);
  EXPECT_THROW(reader("[,1]", {.accept_array = true}).next(), Error);
  JsonlReader truncated = reader("[1, {x}, [2, 3", {.skip_bad = true, .accept_array = true});
  ASSERT_TRUE(truncated.next());
  EXPECT_FALSE(truncated.next());
  EXPECT_EQ(truncated.bad().count, 2u);
  JsonlReader line = reader("[1]\n[2]\n", {});  // arrays as lines, unless asked
  EXPECT_TRUE(line.next() && line.next() && line.value() == Json{2});
}

TEST(Jsonl, WhatAValueTakesIsCountedAndCanBeTaken) {
  JsonlReader lines = reader("[[],[],[]]\n\"text\"\n", {});
  ASSERT_TRUE(lines.next());
  EXPECT_GE(lines.bytes(), 3 * (sizeof(Json) + sizeof(Json::array_t)));
  EXPECT_EQ(lines.take().size(), 3u);
  EXPECT_TRUE(lines.value().is_null());
  ASSERT_TRUE(lines.next());
  EXPECT_EQ(lines.value(), "text");
  EXPECT_LT(lines.bytes(), 100u);
}

TEST(Jsonl, DataEndAtAnInterruptAndLogsDoNot) {
  const InterruptScope scope;
  JsonlReader data = reader("1\n2\n", {.forgive_cut_end = false}), log = reader("1\n2\n", {});
  ASSERT_TRUE(data.next() && log.next());
  request_interrupt();
  EXPECT_THROW(data.next(), Interrupted);
  EXPECT_TRUE(log.next());
}

TEST(Jsonl, AnInputThatIsTooLargeIsNeverSkipped) {
  JsonlReader lines = reader("1\n2\n3\n", {.skip_bad = true});
  MemoryBudget budget(100);
  ASSERT_TRUE(lines.next());
  lines.reject(bad_input("test", "no good"));
  budget.add(60, lines.place(), "numbers");
  ASSERT_TRUE(lines.next());
  try {
    budget.add(60, lines.place(), "numbers");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 2);
    EXPECT_NE(std::string(error.what()).find("line 2: more than 0 MiB of numbers"), std::string::npos) << error.what();
    EXPECT_THROW(lines.reject(error), InputTooLarge);
  }
  EXPECT_EQ(lines.bad().count, 1u);
}

}  // namespace
}  // namespace hrm
