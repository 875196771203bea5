#include "puzzles/puzzle_source.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/error.h"
#include "base/json.h"
#include "formats/bytes.h"
#include "formats/csv.h"
#include "formats/input.h"
#include "formats/jsonl.h"
#include "formats/npy.h"

namespace hrm::puzzles {
namespace {

constexpr std::string_view kInPuzzleSource = "puzzles.read_records";
constexpr std::string_view kNpyMagic = "\x93NUMPY";
constexpr uint64_t kMostText = uint64_t{1} << 30;  // four million Sudokus with their answers
constexpr size_t kMostArray = size_t{4} << 30, kMostList = size_t{128} << 20, kMostRecord = size_t{16} << 20;
constexpr size_t kHead = size_t{1} << 16;
constexpr int kMostDecimals = 3;
constexpr std::array<std::string_view, 9> kQuestionNames = {"question", "puzzle", "puzzles", "quiz",  "quizzes",
                                                            "problem",  "maze",   "grid",    "sudoku"};
constexpr std::array<std::string_view, 4> kAnswerNames = {"answer", "solution", "solutions", "answers"};

std::string folded(std::string_view name) {
  std::string text;
  for (char c : name)
    if (c != '"' && c != '\'' && c != ' ' && c != '\r') text += static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
  return text;
}

// `wanted` where it is there; else, for a default name, the one of its usual other names that is.
template <size_t N>
std::optional<size_t> find_name(const std::vector<std::string>& names, std::string_view wanted,
                                const std::array<std::string_view, N>& usual) {
  const auto find = [&](std::string_view name) {
    return std::ranges::find(names, folded(name), folded) - names.begin();
  };
  if (const auto at = find(wanted); at < std::ssize(names)) return at;
  std::optional<size_t> found;
  if (wanted != usual[0]) return found;
  for (const std::string_view name : usual)
    if (const auto at = find(name); at < std::ssize(names)) {
      if (found) return std::nullopt;
      found = at;
    }
  return found;
}

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
  const std::string name = folded(field);
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
    const bool sure = csv || fields.size() > 1 || folded(line) == folded(file.question_column);
    if (sure && find_name(fields, file.question_column, kQuestionNames)) return separator;
  }
  for (char separator : kSeparators) {  // a header that names something else: its names belong into the error
    const auto fields = split(line, separator);
    if ((fields.size() > 1 || csv) && std::ranges::all_of(fields, is_name)) return separator;
  }
  return std::nullopt;
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
  if (folded(line.substr(0, 20)).starts_with("<!doctype") || folded(line.substr(0, 20)).starts_with("<html"))
    throw bad_input(kInPuzzleSource, "{}: is a web page, not a file of puzzles: did the download fail?", name);
  if (line.starts_with("version https://git-lfs"))
    throw bad_input(kInPuzzleSource, "{}: is a Git LFS pointer, not the file itself: fetch it with git lfs pull", name);
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
  input = joined_input(std::move(head), std::move(input));
  if (json)
    read_json(std::move(input));
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
  if (text.find_first_not_of(" \t") == std::string::npos) return std::numeric_limits<double>::quiet_NaN();
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
  const auto by_name = find_name(rows.header(), question_name, kQuestionNames);
  const size_t question = by_name ? *by_name : rows.column(question_name);
  const auto answer = find_name(rows.header(), answer_name, kAnswerNames);
  std::optional<size_t> rating;
  if (file_.rating_column == "rating")
    rating = rows.find_column("rating");
  else if (file_.rating_column != "none")
    rating = rows.column(file_.rating_column);
  while (rows.next()) {
    TextRow row{.line = rows.line(), .question = rows[question]};
    if (answer && *answer != question) row.answer = rows[*answer];
    if (rating) row.rating = rating_of(rows[*rating], rows.line());
    add(std::move(row));
  }
}

void PuzzleSource::read_json(std::unique_ptr<std::istream> input) {
  layout_ = Layout::kRows;
  JsonlReader lines(std::move(input), name_,
                    {.forgive_cut_end = false, .accept_array = true, .max_record = kMostRecord});
  while (lines.next()) {
    const Json& value = lines.value();
    if (!value.is_object())
      throw bad_input(kInPuzzleSource, "{}: expected an object with '{}'", lines.place(), file_.question_column);
    std::vector<std::string> names;
    for (const auto& [name, field] : value.items()) names.push_back(name);
    const auto question = find_name(names, file_.question_column, kQuestionNames);
    if (!question)
      throw bad_input(kInPuzzleSource, "{}: has no field '{}'; its fields are: {}", lines.place(),
                      file_.question_column, fmt::format("{}", fmt::join(names, ", ")).substr(0, 400));
    TextRow row{.line = lines.line(), .question = text_of(value[names[*question]])};
    const auto answer = find_name(names, file_.answer_column, kAnswerNames);
    if (answer && answer != question && !value[names[*answer]].is_null()) row.answer = text_of(value[names[*answer]]);
    if (const auto at = value.find(file_.rating_column); at != value.end() && !at->is_null())
      row.rating = rating_of(at->is_string() ? at->get<std::string>() : printable(*at), lines.line());
    add(std::move(row));
  }
}

}  // namespace hrm::puzzles
