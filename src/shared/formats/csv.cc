#include "formats/csv.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/error.h"
#include "base/signals.h"
#include "base/waiting.h"
#include "formats/input.h"

namespace hrm {
namespace {

constexpr std::string_view kInCsv = "csv.read";
constexpr size_t kMaxRecord = size_t{16} << 20;
constexpr int kEnd = std::istream::traits_type::eof();
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string folded(std::string_view name) {  // lower case without blanks at either end
  const size_t begin = std::min(name.find_first_not_of(" \t"), name.size());
  std::string text(name.substr(begin, name.find_last_not_of(" \t") + 1 - begin));
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

CsvReader::CsvReader(const std::filesystem::path& path) : CsvReader(open_input(path), input_name(path)) {}

CsvReader::CsvReader(std::unique_ptr<std::istream> input, std::string source, CsvOptions options)
    : input_(std::move(input)), source_(std::move(source)), options_(options) {
  while (begin_.size() < kByteOrderMark.size() && kByteOrderMark.starts_with(begin_) && input_->peek() != kEnd)
    begin_ += static_cast<char>(input_->get());
  if (begin_ == kByteOrderMark) begin_.clear();
  if (!read_record()) throw bad_input(kInCsv, "{}: is empty, expected a header line", source_);
  if (options_.header) {
    header_.swap(fields_);
    return;
  }
  for (size_t i = 1; i <= fields_.size(); ++i) header_.push_back(std::to_string(i));
  first_pending_ = true;
}

std::optional<size_t> CsvReader::find_column(std::string_view name) const {
  const auto at = std::ranges::find(header_, folded(name), folded);
  return at == header_.end() ? std::nullopt : std::optional(static_cast<size_t>(at - header_.begin()));
}

size_t CsvReader::column(std::string_view name) const {
  if (const auto at = find_column(name)) return *at;
  std::string names;
  for (const std::string& field : header_) names += (names.empty() ? "" : ", ") + field.substr(0, 40);
  throw bad_input(kInCsv, "{}: has no column '{}'; its columns are: {}", source_, name, names.substr(0, 400));
}

bool CsvReader::next() {
  if (std::exchange(first_pending_, false)) return true;
  if (interrupted())
    throw Interrupted(Fault::kFailure, kInCsv, fmt::format("{}: line {}: interrupted", source_, line_));
  if (!read_record()) return false;
  if (fields_.size() != header_.size())
    throw bad_input(kInCsv, "{}: line {}: {} fields, the header has {}", source_, record_line_, fields_.size(),
                    header_.size());
  return true;
}

bool CsvReader::read_record() {
  while (peek() == '\n' || peek() == '\r') get();  // blank lines
  fields_.clear();
  if (peek() == kEnd) return false;
  record_line_ = line_;
  record_bytes_ = 0;
  for (bool last = false; !last;) last = read_field();
  return true;
}

// Appends one field; true where it ends the record.
bool CsvReader::read_field() {
  std::string& field = fields_.emplace_back();
  const bool quoted = peek() == '"';
  if (quoted) get();
  for (;;) {
    int c = get();
    if (quoted) {
      if (c == kEnd) throw bad_input(kInCsv, "{}: line {}: a quote is not closed", source_, record_line_);
      if (c == '"') {
        if (peek() == '"') {
          field += static_cast<char>(get());
          continue;
        }
        c = get();
        if (c == '\r' && peek() == '\n') c = get();
        if (c == kEnd || c == '\n' || c == '\r') return true;
        if (c == options_.separator) return false;
        throw bad_input(kInCsv, "{}: line {}: text after a closing quote; write quotes within a field twice", source_,
                        line_);
      }
    } else {
      if (c == options_.separator) return false;
      if (c == '\r' && peek() == '\n') c = get();
      if (c == kEnd || c == '\n' || c == '\r') return true;
      if (c == '"')
        throw bad_input(kInCsv, "{}: line {}: a quote within an unquoted field; quote the field and double it", source_,
                        line_);
    }
    field += static_cast<char>(c);
  }
}

int CsvReader::peek() { return begin_.empty() ? input_->peek() : static_cast<unsigned char>(begin_[0]); }

int CsvReader::get() {
  const int c = peek();
  if (begin_.empty())
    input_->get();
  else
    begin_.erase(0, 1);
  if (c == '\n') ++line_;
  if (c != kEnd && ++record_bytes_ > kMaxRecord)
    throw bad_input(kInCsv, "{}: line {}: a record of more than {} bytes; is a quote not closed?", source_,
                    record_line_, kMaxRecord);
  return c;
}

void append_csv_record(std::string& text, std::span<const std::string> fields) {
  for (size_t i = 0; i < fields.size(); ++i) {
    const std::string& field = fields[i];
    if (i > 0) text += ',';
    // A record of one empty field would read back as a blank line, a mark at the very beginning not at all.
    const bool vanishes = (field.empty() && fields.size() == 1) || field.starts_with(kByteOrderMark);
    if (!vanishes && field.find_first_of(",\"\r\n") == std::string::npos) {
      text += field;
      continue;
    }
    text += '"';
    for (char c : field) text.append(c == '"' ? 2 : 1, c);
    text += '"';
  }
  text += '\n';
}

}  // namespace hrm
