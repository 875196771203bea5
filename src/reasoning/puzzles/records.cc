#include "puzzles/records.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/files.h"
#include "formats/csv.h"
#include "puzzles/columns.h"
#include "puzzles/parallel_work.h"

namespace hrm::puzzles {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kInRecords = "puzzles.read_records";

// The symbols of a whole source, decided once.
std::string symbols_of(const PuzzleSource& source, const Family& family) {
  if (!source.file().symbols.empty()) {
    family.check_symbols(source.file().symbols);
    return source.file().symbols;
  }
  std::vector<std::string_view> texts;
  for (const TextRow& row : source.rows()) texts.insert(texts.end(), {row.question, row.answer});
  return family.symbols_of(texts, source.name());
}

// The one puzzle of a field.
ParsedPuzzle parse_field(const Family& family, const std::string& field, const TextPlace& place) {
  std::vector<ParsedPuzzle> found;
  family.read(field, place, {.puzzle = [&](ParsedPuzzle puzzle) { found.push_back(std::move(puzzle)); }});
  if (found.size() != 1)
    throw bad_input(kInRecords, "{}: line {}: {} puzzles in one field", place.source, place.first_line, found.size());
  return std::move(found[0]);
}

int32_t whole_rating(double rating, int decimals) {
  return !(rating >= 0) ? -1 : static_cast<int32_t>(std::llround(rating * std::pow(10, decimals)));
}

RecordList parse_rows(const PuzzleSource& source, const Family& family, int decimals) {
  RecordList list;
  const std::string symbols = symbols_of(source, family);
  for (const TextRow& row : source.rows()) {
    try {
      const TextPlace place(source.name(), row.line, symbols);
      ParsedPuzzle question = parse_field(family, row.question, place);
      Record record{.origin = fmt::format("{}: line {}", source.name(), row.line),
                    .row = row.line,
                    .question = std::move(question.question),
                    .answer = std::move(question.answer),
                    .rating = whole_rating(row.rating, decimals)};
      const bool answered = family.has_rules() ? !is_missing_value(row.answer) : !row.answer.empty();
      if (answered) record.answer = parse_field(family, row.answer, place).question;
      list.rated = list.rated || record.rating >= 0;
      list.records.push_back(std::move(record));
    } catch (const Error& error) {
      list.faults.push_back({row.line, std::string(error.message())});
    }
  }
  return list;
}

RecordList parse_text(const PuzzleSource& source, const Family& family) {
  RecordList list;
  const std::string& symbols = source.file().symbols;
  if (!symbols.empty()) family.check_symbols(symbols);
  family.read(source.text(), TextPlace(source.name(), 1, symbols),
              {.puzzle =
                   [&](ParsedPuzzle puzzle) {
                     list.records.push_back({.origin = fmt::format("{}: line {}", source.name(), puzzle.line),
                                             .row = puzzle.line,
                                             .question = std::move(puzzle.question),
                                             .answer = std::move(puzzle.answer)});
                   },
               .fault =
                   [&](const Error& error, size_t line) {
                     list.faults.push_back({line, std::string(error.message())});
                   },
               .note = [&](const std::string& note) { list.notes.push_back(note); }});
  return list;
}

int64_t cells_of(const Shape& shape) { return element_count(std::span(shape).subspan(1)); }

// [N, S] tokens of the family.
HostTensor matrix_of(const HostTensor& array, const std::string& name, const Family& family) {
  if (cells_of(array.shape()) != family.seq_len())
    throw bad_input(kInRecords, "{}: shape {}; expected {} cells a puzzle", name, to_string(array.shape()),
                    family.seq_len());
  return array.to(DType::kI32);
}

RecordList read_arrays(const PuzzleSource& source, const Family& family) {
  const HostTensor inputs = matrix_of(source.inputs(), source.name(), family);
  HostTensor labels;
  if (source.has_labels()) {
    const std::string name = source.file().labels.string();
    labels = matrix_of(source.labels(), name, family);
    if (labels.shape()[0] != inputs.shape()[0])
      throw bad_input(kInRecords, "{}: {} puzzles, but {} has {}", name, labels.shape()[0], source.name(),
                      inputs.shape()[0]);
  }
  const auto questions = inputs.as<int32_t>();
  const int32_t shift = family.digits_to_tokens(questions);
  RecordList list;
  const auto cells = static_cast<size_t>(family.seq_len());
  for (size_t row = 0; row < static_cast<size_t>(inputs.shape()[0]); ++row) {
    const auto take = [&](std::span<const int32_t> from) {
      Tokens tokens(from.begin() + row * cells, from.begin() + (row + 1) * cells);
      for (int32_t& token : tokens)
        if (token < INT32_MAX) token += shift;  // else it is refused as no token anyway
      return tokens;
    };
    Record record{.origin = fmt::format("{}: row {}", source.name(), row), .row = row, .question = take(questions)};
    if (source.has_labels()) record.answer = take(labels.as<int32_t>());
    list.records.push_back(std::move(record));
  }
  return list;
}

// Empty if the record is sound. rated: the file rates its puzzles, so an unknown rating is not filled in.
std::string complete(Record& record, const Family& family, bool rated) {
  if (RuleCheck asked = family.check_question(record.question); !asked.accepted) return asked.reason;
  if (const auto solved = family.solve(record.question)) {
    if (!solved->rules.accepted) return solved->rules.reason;
    if (record.answer.empty()) record.answer = solved->answer;
    if (!rated) record.rating = solved->rating;
  }
  if (record.answer.empty()) return "no answer";
  const RuleCheck answered = family.check_answer(record.question, record.answer);
  return answered.accepted ? "" : "wrong answer: " + answered.reason;
}

}  // namespace

RecordList read_records(const PuzzleSource& source, const Family& family, int decimals) {
  const int scale = decimals < 0 ? source.rating_decimals() : decimals;
  RecordList list = source.layout() == PuzzleSource::Layout::kArrays ? read_arrays(source, family)
                    : source.layout() == PuzzleSource::Layout::kRows ? parse_rows(source, family, scale)
                                                                     : parse_text(source, family);
  list.decimals = scale;
  return list;
}

void check_records(RecordList& list, const Family& family, size_t threads) {
  std::vector<std::string> reasons(list.records.size());
  parallel_work({"checking"}, list.records.size(), threads,
                [&](size_t i) { reasons[i] = complete(list.records[i], family, list.rated); });
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
