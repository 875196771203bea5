#include "formats/csv.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/error.h"
#include "base/files.h"
#include "base/testing/paths.h"
#include "base/testing/refused.h"

namespace hrm {
namespace {

using Records = std::vector<std::vector<std::string>>;

CsvReader csv_reader(const std::string& text) { return CsvReader(std::make_unique<std::istringstream>(text), "x.csv"); }

Records all_records(const std::string& text) {
  CsvReader rows = csv_reader(text);
  Records records = {rows.header()};
  while (rows.next()) records.emplace_back(rows.fields().begin(), rows.fields().end());
  return records;
}

void expect_csv_refused(const std::string& text, const std::string& part) {
  hrm::expect_refused([&] { all_records(text); }, {std::string("x.csv: ") + part});
}

TEST(Csv, ReadsFieldsQuotesAndLineEnds) {
  EXPECT_EQ(all_records("a,b\n1,2\n"), (Records{{"a", "b"}, {"1", "2"}}));
  EXPECT_EQ(all_records("\xEF\xBB\xBF"
                        "a,b\r\n1,\r\n\r\n,2"),
            (Records{{"a", "b"}, {"1", ""}, {"", "2"}}));
  EXPECT_EQ(all_records("a,b\n\"x,\"\"y\"\"\n z\",\"\"\n"), (Records{{"a", "b"}, {"x,\"y\"\n z", ""}}));
  EXPECT_EQ(all_records("a\n\"\"\n"), (Records{{"a"}, {""}}));
  EXPECT_EQ(all_records("a"), (Records{{"a"}}));
  EXPECT_EQ(all_records("\xEF\xBC\x9A,\xEF\xBB\xBF"), (Records{{"\xEF\xBC\x9A", "\xEF\xBB\xBF"}}));  // not a mark
  EXPECT_EQ(all_records("\xEF\xBB\xBF\"a\"\n"), (Records{{"a"}}));
}

TEST(Csv, KnowsLinesAndColumns) {
  CsvReader rows = csv_reader(" Question ,answer\n\"two\nlines\",1\n\nx,2\n");
  EXPECT_EQ(rows.column("question"), 0u);
  EXPECT_EQ(rows.find_column("rating"), std::nullopt);
  ASSERT_TRUE(rows.next());
  EXPECT_EQ(rows.line(), 2u);
  ASSERT_TRUE(rows.next());
  EXPECT_EQ(rows.line(), 5u);
  EXPECT_EQ(rows[1], "2");
  EXPECT_FALSE(rows.next());
  try {
    rows.column("rating");
    FAIL();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("answer"), std::string::npos) << e.what();
  }
}

TEST(Csv, FaultsNameTheLine) {
  expect_csv_refused("", "is empty");
  expect_csv_refused("\n\n", "is empty");
  expect_csv_refused("a,b\n1,2\n1,2,3\n", "line 3: 3 fields, the header has 2");
  expect_csv_refused("a,b\n1\n", "line 2: 1 fields");
  expect_csv_refused("a,b\n1,\"2\n3\n", "line 2: a quote is not closed");
  expect_csv_refused("a,b\n1,\"2\"x\n", "line 2: text after a closing quote");
  expect_csv_refused("a,b\n1,2\"\n", "line 2: a quote within");
  expect_csv_refused("a\n\"" + std::string(17 << 20, 'x'), "line 2: a record of more than");
  EXPECT_THROW(CsvReader(std::filesystem::path("/nonexistent.csv")), Error);
  EXPECT_THROW(CsvReader(std::filesystem::path("/")), Error);
}

TEST(Csv, WhatIsWrittenReadsBack) {
  const Records records = {{"h"}, {""}, {"plain"}, {"a,b"}, {"\"q\""}, {"l\r\nm"}, {"\xEF\xBB\xBFx"}};
  std::string text;
  for (const auto& record : records) append_csv_record(text, record);
  EXPECT_EQ(all_records(text), records);
  text.clear();
  append_csv_record(text, std::vector<std::string>{"", "x"});
  EXPECT_EQ(text, ",x\n");
}

TEST(Csv, ReadsTheAuthorsSudokuFiles) {
  const auto path = shared_folder() / "fixtures/datasets/sudoku_csv/train.csv";
  HRM_SKIP_WITHOUT(path);
  CsvReader rows(path);
  const size_t question = rows.column("question"), answer = rows.column("answer");
  size_t n = 0;
  for (; rows.next(); ++n) {
    EXPECT_EQ(rows[question].size(), 81u);
    EXPECT_EQ(rows[answer].size(), 81u);
  }
  EXPECT_GT(n, 0u);
}

}  // namespace
}  // namespace hrm
