#include "puzzles/records.h"

#include <algorithm>
#include <charconv>
#include <sstream>

#include "base/error.h"
#include "base/files.h"
#include "formats/csv.h"
#include "formats/npy.h"
#include "formats/zst.h"
#include "puzzles/parallel_work.h"
#include "puzzles/text_lines.h"

namespace hrm::puzzles {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kWhere = "puzzles.read_records";

// Message of an error without its place, which the list of faults does not need.
std::string message_of(const Error& error) {
  const std::string_view what = error.what();
  const size_t end = what.find("] ");
  return std::string(what.starts_with('[') && end != std::string_view::npos ? what.substr(end + 2) : what);
}

// A field as tokens. The family counts lines from the start of its text; that the error names the file's line, the
// field is read again behind as many empty lines.
Tokens parse_field(const Family& family, const std::string& field, const fs::path& path, size_t line) {
  const auto read = [&](const std::string& text) {
    std::vector<Tokens> found = family.parse(text, path.string());
    if (found.size() != 1)
      throw bad_input(kWhere, "{}: line {}: {} puzzles in one field", path.string(), line, found.size());
    return std::move(found[0]);
  };
  try {
    return read(field);
  } catch (const Error&) {
    return read(std::string(line - 1, '\n') + field);
  }
}

RecordList parse_rows(const RecordFile& file, const Family& family) {
  RecordList list;
  for (const TextRow& row : read_csv_rows(file)) {
    try {
      Record record{
          .origin = fmt::format("{}: line {}", file.path.string(), row.line), .row = row.line, .rating = row.rating};
      record.question = parse_field(family, row.question, file.path, row.line);
      if (!row.answer.empty()) record.answer = parse_field(family, row.answer, file.path, row.line);
      list.rated = list.rated || row.rating >= 0;
      list.records.push_back(std::move(record));
    } catch (const Error& error) {
      list.faults.push_back({row.line, message_of(error)});
    }
  }
  return list;
}

HostTensor load_tokens(const fs::path& path) {
  const std::string bytes = read_maybe_zst(path);
  HostTensor array = parse_npy(std::as_bytes(std::span(bytes)), path.string());
  if (array.dtype() == DType::kF16 || array.dtype() == DType::kF32 || array.dtype() == DType::kF64)
    throw bad_input(kWhere, "{}: elements are {}; tokens must be integers", path.string(), name_of(array.dtype()));
  if (array.shape().size() < 2 || array.shape().size() > 3)
    throw bad_input(kWhere, "{}: shape {}; expected [puzzles, cells] or [puzzles, height, width]", path.string(),
                    to_string(array.shape()));
  return array;
}

int64_t cells_of(const Shape& shape) { return element_count(std::span(shape).subspan(1)); }

// [N, S] tokens of the family. Digits with 0 for blanks, as many tools save Sudoku, become tokens by adding 1.
HostTensor load_matrix(const fs::path& path, const Family& family) {
  HostTensor array = load_tokens(path).to(DType::kI32);
  if (cells_of(array.shape()) != family.seq_len())
    throw bad_input(kWhere, "{}: shape {}; expected {} cells a puzzle", path.string(), to_string(array.shape()),
                    family.seq_len());
  return array;
}

RecordList read_arrays(const RecordFile& file, const Family& family) {
  const HostTensor inputs = load_matrix(file.path, family);
  HostTensor labels;
  if (!file.labels.empty()) {
    labels = load_matrix(file.labels, family);
    if (labels.shape()[0] != inputs.shape()[0])
      throw bad_input(kWhere, "{}: {} puzzles, but {} has {}", file.labels.string(), labels.shape()[0],
                      file.path.string(), inputs.shape()[0]);
  }
  const auto questions = inputs.as<int32_t>();
  const bool sudoku = family.describe()["family"] == "sudoku";
  const int32_t shift = sudoku && std::ranges::find(questions, 0) != questions.end() ? 1 : 0;
  RecordList list;
  const auto cells = static_cast<size_t>(family.seq_len());
  for (size_t row = 0; row < static_cast<size_t>(inputs.shape()[0]); ++row) {
    const auto take = [&](std::span<const int32_t> from) {
      Tokens tokens(from.begin() + row * cells, from.begin() + (row + 1) * cells);
      for (int32_t& token : tokens)
        if (token < INT32_MAX) token += shift;  // else it is refused as no token anyway
      return tokens;
    };
    Record record{
        .origin = fmt::format("{}: row {}", file.path.string(), row), .row = row, .question = take(questions)};
    if (!file.labels.empty()) record.answer = take(labels.as<int32_t>());
    list.records.push_back(std::move(record));
  }
  return list;
}

// Empty where the record is sound.
std::string complete(Record& record, const Family& family) {
  if (Verdict asked = family.check_question(record.question); !asked.accepted) return asked.reason;
  if (const auto solved = family.solve(record.question)) {
    if (!solved->verdict.accepted) return solved->verdict.reason;
    if (record.answer.empty()) record.answer = solved->answer;
    if (record.rating < 0) record.rating = solved->rating;
  }
  if (record.answer.empty()) return "no answer";
  const Verdict answered = family.check_answer(record.question, record.answer);
  return answered.accepted ? "" : "wrong answer: " + answered.reason;
}

}  // namespace

bool is_csv(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.ends_with(".csv") || name.ends_with(".csv.zst");
}

std::vector<TextRow> read_csv_rows(const RecordFile& file) {
  CsvReader rows(std::make_unique<std::istringstream>(read_maybe_zst(file.path)), file.path.string());
  const size_t question = rows.column(file.question_column);
  const auto answer = rows.find_column(file.answer_column), rating = rows.find_column("rating");
  std::vector<TextRow> list;
  while (rows.next()) {
    TextRow& row = list.emplace_back(TextRow{.line = rows.line(), .question = rows[question]});
    if (answer) row.answer = rows[*answer];
    if (!rating || rows[*rating].empty()) continue;
    const std::string& text = rows[*rating];
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), row.rating);
    if (fault != std::errc() || end != text.data() + text.size())
      throw bad_input(kWhere, "{}: line {}: rating '{}' is no whole number", file.path.string(), rows.line(),
                      text.substr(0, 20));
  }
  return list;
}

QuestionSize measure_questions(const RecordFile& file) {
  if (!is_csv(file.path)) {
    const Shape shape = load_tokens(file.path).shape();
    QuestionSize size{.cells = cells_of(shape)};
    if (shape.size() == 3) size.height = shape[1], size.width = shape[2];
    return size;
  }
  const auto rows = read_csv_rows(file);
  if (rows.empty()) throw bad_input(kWhere, "{}: holds no puzzle", file.path.string());
  return {.cells = static_cast<int64_t>(to_code_points(rows.front().question).size())};
}

RecordList read_records(const RecordFile& file, const Family& family) {
  return is_csv(file.path) ? parse_rows(file, family) : read_arrays(file, family);
}

void check_records(RecordList& list, const Family& family, size_t threads) {
  std::vector<std::string> reasons(list.records.size());
  parallel_work({"checking"}, list.records.size(), threads,
                [&](size_t i) { reasons[i] = complete(list.records[i], family); });
  std::vector<Record> good;
  for (size_t i = 0; i < reasons.size(); ++i) {
    Record& record = list.records[i];
    if (reasons[i].empty())
      good.push_back(std::move(record));
    else
      list.faults.push_back({record.row, fmt::format("{}: {}", record.origin, reasons[i])});
  }
  std::ranges::sort(list.faults, {}, &RowFault::row);
  list.records = std::move(good);
}

void write_csv(const fs::path& path, const std::vector<Record>& records, const Family& family,
               std::string_view source) {
  std::string text;
  append_csv_record(text, std::vector<std::string>{"source", "question", "answer", "rating"});
  for (const Record& record : records)
    append_csv_record(text, std::vector<std::string>{std::string(source), family.to_line(record.question),
                                                     family.to_line(record.answer), std::to_string(record.rating)});
  write_file_atomic(path, text);
}

}  // namespace hrm::puzzles
