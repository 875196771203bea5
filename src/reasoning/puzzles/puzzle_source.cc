#include "puzzles/puzzle_source.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <sstream>

#include "base/error.h"
#include "base/json.h"
#include "formats/bytes.h"
#include "formats/csv.h"
#include "formats/input.h"
#include "formats/jsonl.h"
#include "formats/npy.h"
#include "puzzles/columns.h"
#include "puzzles/json_table.h"

namespace hrm::puzzles {
namespace {

constexpr std::string_view kInPuzzleSource = "puzzles.read_records";
constexpr std::string_view kNpyMagic = "\x93NUMPY";
constexpr uint64_t kMostText = uint64_t{1} << 30;  // four million Sudokus with their answers
constexpr size_t kMostArray = size_t{4} << 30, kMostList = size_t{128} << 20, kMostRecord = size_t{16} << 20,
                 kMostDocument = size_t{64} << 20;
constexpr size_t kHead = size_t{1} << 16;
constexpr int kMostDecimals = 3;
std::string_view first_line(std::string_view head) {
  if (head.starts_with("\xEF\xBB\xBF")) head.remove_prefix(3);
  head.remove_prefix(std::min(head.find_first_not_of("\r\n"), head.size()));
  return head.substr(0, head.find_first_of("\r\n"));
}

std::vector<std::string> split(std::string_view line, char separator) {
  std::vector<std::string> fields(1);
  for (char c : line) {
    if (c == separator)
      fields.emplace_back();
    else
      fields.back() += c;
  }
  return fields;
}

constexpr std::string_view kSeparators = ",;\t|";

bool is_name(std::string_view field) {  // of a column, by its looks
  const std::string name = folded_name(field);
  return name.size() >= 2 && std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

// The separator of a table with a header that names the question; nullopt if the line is not a header.
std::optional<char> separator_of(std::string_view line, const RecordFile& file) {
  if (!file.header) {
    for (char separator : {'\t', ';', ',', '|'})
      if (line.find(separator) != std::string_view::npos) return separator;
    return ',';
  }
  const bool csv = file.path.filename().string().find(".csv") != std::string::npos;
  for (char separator : kSeparators) {
    const auto fields = split(line, separator);
    const bool sure = csv || fields.size() > 1 || folded_name(line) == folded_name(file.question_column);
    if (sure && find_question_column(fields, file.question_column)) return separator;
  }
  for (char separator : kSeparators) {  // a header that names something else: its names belong into the error
    const auto fields = split(line, separator);
    if ((fields.size() > 1 || csv) && std::ranges::all_of(fields, is_name)) return separator;
  }
  return std::nullopt;
}

// Does the head begin a JSON object that is not a line of its own?
bool begins_document(std::string_view head) {
  if (head.starts_with("\xEF\xBB\xBF")) head.remove_prefix(3);
  head.remove_prefix(std::min(head.find_first_not_of(" \t\r\n"), head.size()));
  if (!head.starts_with('{')) return false;
  const size_t end = head.find('\n');
  return end == std::string_view::npos ? head.size() > kHead / 2 : !Json::accept(head.substr(0, end));
}

bool begins_json(std::string_view head) {
  if (head.starts_with("\xEF\xBB\xBF")) head.remove_prefix(3);
  const auto skip = [&] { head.remove_prefix(std::min(head.find_first_not_of(" \t\r\n"), head.size())); };
  skip();
  if (head.starts_with('[')) {
    head.remove_prefix(1);
    skip();
  }
  if (!head.starts_with('{')) return false;
  head.remove_prefix(1);
  skip();
  return head.starts_with('"');
}

void refuse_foreign(std::string_view head, std::string_view name) {
  const std::string_view line = first_line(head);
  if (folded_name(line.substr(0, 20)).starts_with("<!doctype") || folded_name(line.substr(0, 20)).starts_with("<html"))
    throw bad_input(kInPuzzleSource, "{}: is a web page, not a file of puzzles: did the download fail?", name);
  if (line.starts_with("version https://git-lfs"))
    throw bad_input(kInPuzzleSource, "{}: is a Git LFS pointer, not the file itself: fetch it with git lfs pull", name);
  if (head.starts_with("\xFF\xFE") || head.starts_with("\xFE\xFF"))
    throw bad_input(kInPuzzleSource, "{}: is text in UTF-16, as Excel's \"Unicode text\" is: save it in UTF-8", name);
  if (head.find('\0') != std::string_view::npos)
    throw bad_input(
        kInPuzzleSource,
        "{}: is neither text nor an .npy array; puzzles are read from CSV, JSON lines, lists and .npy, also as "
        ".gz, .zst or .zip",
        name);
}

HostTensor parse_tokens(const std::string& bytes, const std::string& name) {
  HostTensor array = parse_npy(bytes_of(bytes), name);
  if (array.dtype() == DType::kF16 || array.dtype() == DType::kF32 || array.dtype() == DType::kF64)
    throw bad_input(kInPuzzleSource, "{}: elements are {}; tokens must be integers", name, name_of(array.dtype()));
  if (array.shape().size() < 2 || array.shape().size() > 3)
    throw bad_input(kInPuzzleSource, "{}: shape {}; expected [puzzles, cells] or [puzzles, height, width]", name,
                    to_string(array.shape()));
  return array;
}

std::string read_head(std::istream& input) {
  std::string head(kHead, '\0');
  head.resize(static_cast<size_t>(std::max<std::streamsize>(0, input.rdbuf()->sgetn(head.data(), kHead))));
  return head;
}

// "1,5" of a table that a comma does not separate; "1,234" may be more than a thousand.
std::string with_point(std::string number, char separator) {
  const size_t comma = number.find(',');
  if (separator == ',' || comma == std::string::npos || number.find_first_of(",.", comma + 1) != std::string::npos ||
      number.find('.') != std::string::npos || number.size() - comma == 4)
    return number;
  number[comma] = '.';
  return number;
}

// What a JSON value says about a puzzle, as text: rows of strings as lines, other lists as they are written.
std::string text_of(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array() || value.empty() || !std::ranges::all_of(value, [](const Json& v) { return v.is_string(); }))
    return printable(value);
  const bool cells =
      std::ranges::all_of(value, [](const Json& v) { return v.get_ref<const std::string&>().size() <= 1; });
  if (cells) return printable(value);
  std::string text;
  for (const Json& line : value) text += line.get<std::string>() + "\n";
  return text;
}

}  // namespace

PuzzleSource::PuzzleSource(const RecordFile& file) : file_(file), name_(input_name(file.path)) {
  auto input = open_input(file.path);
  std::string head = read_head(*input);
  if (head.starts_with(kNpyMagic)) {
    layout_ = Layout::kArrays;
    inputs_ = parse_tokens(head + read_rest(*input, name_, kMostArray), name_);
    if (file.labels.empty()) return;
    const std::string labels = input_name(file.labels);
    labels_ = parse_tokens(read_rest(*open_input(file.labels), labels, kMostArray), labels);
    return;
  }
  refuse_foreign(head, name_);
  if (!file.labels.empty())
    throw bad_input(kInPuzzleSource, "{}: a separate file of answers requires an .npy array, and this is not one",
                    name_);
  const bool json = file.tables && begins_json(head);
  const auto separator = json || !file.tables ? std::nullopt : separator_of(first_line(head), file);
  const bool document = json && begins_document(head);
  input = joined_input(std::move(head), std::move(input));
  if (json)
    read_json(std::move(input), document);
  else if (separator)
    read_table(std::move(input), *separator);
  else
    text_ = read_rest(*input, name_, kMostList);
}

void PuzzleSource::add(TextRow row) {
  bytes_ += row.question.size() + row.answer.size() + sizeof(TextRow);
  if (bytes_ > kMostText)
    throw bad_input(kInPuzzleSource, "{}: line {}: more than {} MiB of puzzles, the limit for one file: split it",
                    name_, row.line, kMostText >> 20);
  rows_.push_back(std::move(row));
}

double PuzzleSource::rating_of(const std::string& text, size_t line) {
  if (text.find_first_not_of(" \t") == std::string::npos || is_missing_value(text))
    return std::numeric_limits<double>::quiet_NaN();
  double value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || end != text.data() + text.size() || !(std::abs(value) < 1e6))
    throw bad_input(kInPuzzleSource,
                    "{}: line {}: rating '{}' is not a number below a million; --rating-column none ignores ratings",
                    name_, line, text.substr(0, 20));
  const size_t point = text.find('.');
  const size_t last = text.find_last_not_of('0');
  if (value >= 0 && point != std::string::npos && last > point)
    rating_decimals_ = std::max(rating_decimals_, static_cast<int>(std::min<size_t>(last - point, kMostDecimals)));
  return value;
}

void PuzzleSource::read_table(std::unique_ptr<std::istream> input, char separator) {
  layout_ = Layout::kRows;
  CsvReader rows(std::move(input), name_, {.separator = separator, .header = file_.header});
  const auto numbered = [&](const std::string& name, std::string_view usual, std::string_view number) {
    return !file_.header && (name == usual || name == "input" || name == "output") ? std::string(number) : name;
  };
  const std::string question_name = numbered(file_.question_column, "question", "1");
  const std::string answer_name = numbered(file_.answer_column, "answer", "2");
  const auto by_name = find_question_column(rows.header(), question_name);
  const size_t question = by_name ? *by_name : rows.column(question_name);
  const auto answer = find_answer_column(rows.header(), answer_name);
  std::optional<size_t> rating;
  if (file_.rating_column == "rating")
    rating = rows.find_column("rating");
  else if (file_.rating_column != "none")
    rating = rows.column(file_.rating_column);
  while (rows.next()) {
    TextRow row{.line = rows.line(), .question = rows[question]};
    if (answer && *answer != question) row.answer = rows[*answer];
    if (rating) row.rating = rating_of(with_point(rows[*rating], separator), rows.line());
    add(std::move(row));
  }
}

void PuzzleSource::read_json(std::unique_ptr<std::istream> input, bool document) {
  layout_ = Layout::kRows;
  if (document) {
    std::string text = read_rest(*input, name_, kMostDocument);
    if (folded_name(first_line(text)) == "{" || Json::accept(text)) return add_json(parse_json(text, name_), 1, name_);
    input = std::make_unique<std::istringstream>(std::move(text));  // lines, one of which is long or faulty
  }
  JsonlReader lines(std::move(input), name_,
                    {.forgive_cut_end = false, .accept_array = true, .max_record = kMostRecord});
  while (lines.next()) add_json(lines.value(), lines.line(), lines.place());
}

void PuzzleSource::add_json(const Json& value, size_t line, const std::string& place) {
  if (!value.is_object())
    throw bad_input(kInPuzzleSource, "{}: expected an object with '{}'", place, file_.question_column);
  const auto rows = rows_of_table(value, file_, place);
  if (!rows) return add_json_row(value, line, place);
  size_t number = line;  // rows of one object have no lines; they are counted
  for (const Json& row : *rows) {
    add_json_row(row, number, fmt::format("{}: row {}", name_, number - line + 1));
    ++number;
  }
}

void PuzzleSource::add_json_row(const Json& value, size_t line, const std::string& place) {
  std::vector<std::string> names;
  for (const auto& [name, field] : value.items()) names.push_back(name);
  const auto question = find_question_column(names, file_.question_column);
  if (!question)
    throw bad_input(kInPuzzleSource, "{}: has no field '{}'; its fields are: {}", place, file_.question_column,
                    fmt::format("{}", fmt::join(names, ", ")).substr(0, 400));
  TextRow row{.line = line, .question = text_of(value[names[*question]])};
  const auto answer = find_answer_column(names, file_.answer_column);
  if (answer && answer != question && !value[names[*answer]].is_null()) row.answer = text_of(value[names[*answer]]);
  if (const auto at = value.find(file_.rating_column); at != value.end() && !at->is_null())
    row.rating = rating_of(at->is_string() ? at->get<std::string>() : printable(*at), line);
  add(std::move(row));
}

}  // namespace hrm::puzzles
