// Comma-separated values (RFC 4180), read as a stream: a header line, then records with as many fields as the header.
// Quoted fields may hold separators, doubled quotes and line breaks; LF and CRLF end a record; a UTF-8 byte order mark
// and blank lines are skipped. docs/formats/csv.md
#pragma once

#include <filesystem>
#include <istream>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hrm {

struct CsvOptions {
  char separator = ',';
  bool header = true;  // false: columns are named 1, 2, ... and the first record is data
};

//   CsvReader rows("puzzles.csv");
//   const size_t question = rows.column("question");
//   while (rows.next()) use(rows[question], rows.line());
// One thread at a time.
class CsvReader {
 public:
  explicit CsvReader(const std::filesystem::path& path);  // throws bad_input
  // source: how errors name the input.
  CsvReader(std::unique_ptr<std::istream> input, std::string source, CsvOptions options = {});

  const std::vector<std::string>& header() const { return header_; }
  // The column of that name, case and surrounding blanks ignored. column() throws bad_input listing the names there
  // are.
  size_t column(std::string_view name) const;
  std::optional<size_t> find_column(std::string_view name) const;

  // Reads the next record; false at the end. Throws bad_input naming source and line: another number of fields than the
  // header has, an unclosed quote, a quote inside an unquoted field, a record of more than 16 MiB.
  bool next();
  const std::string& operator[](size_t column) const { return fields_[column]; }
  std::span<const std::string> fields() const { return fields_; }
  size_t line() const { return record_line_; }  // where the current record begins, counted from 1
  const std::string& source() const { return source_; }

 private:
  bool read_record();
  bool read_field();
  int peek();
  int get();

  std::unique_ptr<std::istream> input_;
  std::string source_, begin_;  // begin_: bytes taken to look for a byte order mark, still to be read
  std::vector<std::string> header_, fields_;
  size_t line_ = 1, record_line_ = 1, record_bytes_ = 0;
  CsvOptions options_;
  bool first_pending_ = false;  // the first record is read already and was no header
};

// Appends one record and "\n"; fields are quoted where they must be.
void append_csv_record(std::string& text, std::span<const std::string> fields);

}  // namespace hrm
