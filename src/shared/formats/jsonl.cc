#include "formats/jsonl.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/log.h"
#include "base/signals.h"
#include "base/waiting.h"
#include "formats/input.h"
#include "formats/magic.h"
#include "formats/memory_budget.h"

namespace hrm {
namespace {

namespace fs = std::filesystem;

// Bytes of the file up to and with its last newline: what lies after was cut short by a crash.
uintmax_t whole_lines(const fs::path& path) {
  const MappedFile file(path);
  const auto bytes = file.bytes();
  size_t end = bytes.size();
  while (end > 0 && bytes[end - 1] != std::byte{'\n'}) --end;
  return end;
}

constexpr int kEnd = std::istream::traits_type::eof();
constexpr unsigned char kByteOrderMark[] = {0xEF, 0xBB, 0xBF};

// First bytes that are not JSON, beside those of formats/magic.h.
constexpr std::string_view kToLines = "write it as JSON lines first";
constexpr Magic kOtherKinds[] = {{0, "\xFF\xFF\xFF\xFF", "an Arrow stream", "", kToLines},
                                 {0, "<", "a page of HTML or XML", "", "was a web page saved instead of the file?"},
                                 {0, "\x80", "a Python pickle", "", kToLines}};
constexpr size_t kLongestBegin = 23;

// The kind whose bytes the text begins with, or could begin with if it were longer.
const Magic* other_kind(std::string_view text, bool in_part) {
  for (const std::span<const Magic> kinds : {std::span<const Magic>(kOtherKinds), known_magic()})
    for (const Magic& kind : kinds)
      if (kind.at == 0 && (in_part ? kind.bytes.starts_with(text) : text.starts_with(kind.bytes))) return &kind;
  return nullptr;
}

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

bool is_half(std::string_view text, size_t at, char low, char high) {
  const auto is_hex = [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; };
  if (text.substr(at, 2) != "\\u" || text.size() < at + 6 || (text[at + 2] != 'd' && text[at + 2] != 'D')) return false;
  const char digit = static_cast<char>(std::tolower(static_cast<unsigned char>(text[at + 3])));
  return digit >= low && digit <= high && is_hex(text[at + 4]) && is_hex(text[at + 5]);
}
bool is_first_half(std::string_view text, size_t at) { return is_half(text, at, '8', 'b'); }
bool is_second_half(std::string_view text, size_t at) { return is_half(text, at, 'c', 'f'); }

struct Mended {
  bool surrogates = false, numbers = false;
};

// Replaces halves of surrogate pairs by \ufffd and NaN by null.
Mended mend(std::string& text) {
  constexpr std::string_view kNan = "NaN", kNull = "null";
  Mended mended;
  std::string to;
  to.reserve(text.size());
  const std::string_view from = text;
  bool in_string = false;
  for (size_t at = 0; at < from.size();) {
    size_t taken = 1;
    if (!in_string && from.substr(at).starts_with(kNan)) {
      to += kNull;
      at += kNan.size();
      mended.numbers = true;
      continue;
    }
    if (from[at] == '"') in_string = !in_string;
    if (in_string && from[at] == '\\') {
      const bool first = is_first_half(from, at);
      taken = first && is_second_half(from, at + 6) ? 12 : 2;
      if (taken == 2 && (first || is_second_half(from, at))) {
        to += "\\ufffd";
        at += 6;
        mended.surrogates = true;
        continue;
      }
    }
    to.append(from.substr(at, taken));
    at += taken;
  }
  text = std::move(to);
  return mended;
}

}  // namespace

void BadLines::add(std::string message, uint64_t record) {
  ++count;
  if (messages.size() >= kMostListed) return;
  messages.push_back(std::move(message));
  records.push_back(record);
}

JsonlReader::JsonlReader(const fs::path& path, JsonlOptions options)
    : JsonlReader(open_input(path), input_name(path), options) {}

JsonlReader::JsonlReader(std::unique_ptr<std::istream> input, std::string source, JsonlOptions options)
    : input_(std::move(input)), source_(std::move(source)), options_(options) {}

int JsonlReader::get() {
  const int c = input_->rdbuf()->sbumpc();
  newlines_ += c == '\n';
  return c;
}

void JsonlReader::skip_blanks() {
  for (int c = input_->rdbuf()->sgetc(); c == ' ' || c == '\t' || c == '\r' || c == '\n'; c = input_->rdbuf()->sgetc())
    get();
}

void JsonlReader::keep(int c) {
  if (text_.size() == options_.max_record)
    throw bad_input("jsonl.read", "{}: contains more than {} bytes: is this a file of JSON lines?", place(),
                    options_.max_record);
  text_.push_back(static_cast<char>(c));
}

// No JSON value begins like these, so what is looked at belongs to the first line all the same.
void JsonlReader::refuse_other_kinds() {
  for (int c = input_->rdbuf()->sgetc(); c != kEnd && text_.size() < kLongestBegin; c = input_->rdbuf()->sgetc()) {
    if (!other_kind(text_ + static_cast<char>(c), true)) break;
    keep(get());
  }
  if (const Magic* kind = other_kind(text_, false))
    throw bad_input("jsonl.read", "{}: is {}, not JSON lines: {}", source_, kind->what,
                    kind->way_out.empty() ? kToLines : kind->way_out);
}

void JsonlReader::find_layout() {
  layout_ = Layout::kLines;
  for (const unsigned char mark : kByteOrderMark)
    if (input_->rdbuf()->sgetc() == mark) get();
  refuse_other_kinds();
  if (!options_.accept_array || !text_.empty()) return;
  skip_blanks();
  if (input_->rdbuf()->sgetc() != '[') return;
  get();
  layout_ = Layout::kArray;
}

bool JsonlReader::read_line() {
  line_ = newlines_ + 1;
  for (int c = get(); c != '\n'; c = get()) {
    cut_short_ = c == kEnd;
    if (cut_short_) return !text_.empty();
    keep(c);
  }
  return true;
}

// Up to the comma or bracket after the element: only brackets and strings are distinguished here, the parser judges.
bool JsonlReader::read_element() {
  skip_blanks();
  line_ = newlines_ + 1;
  int depth = 0;
  bool in_string = false;
  for (int c = get();; c = get()) {
    if (c == kEnd) {
      layout_ = Layout::kEnded;
      text_.assign("[");  // no JSON: reported like any other fault
      return true;
    }
    if (in_string) {
      in_string = c != '"';
      keep(c);
      if (c == '\\' && (c = get()) != kEnd) keep(c);
      continue;
    }
    if (depth == 0 && (c == ',' || c == ']')) {
      if (c == ']') layout_ = Layout::kEnded;
      const bool blank = is_blank(text_);
      if (blank && c == ',') text_.assign(1, ',');
      return c == ',' || !blank;
    }
    in_string = c == '"';
    depth += (c == '[' || c == '{') - (c == ']' || c == '}');
    keep(c);
  }
}

bool JsonlReader::read_record() {
  text_.clear();
  if (layout_ == Layout::kUnknown) find_layout();
  if (layout_ == Layout::kEnded) return false;
  return layout_ == Layout::kArray ? read_element() : read_line();
}

// A list that is empty is 3 bytes of text and two allocations: what is counted is the text and what may begin a value.
size_t JsonlReader::bytes() const {
  constexpr size_t kOfAValue = 64;
  const auto begins = std::ranges::count_if(text_, [](char c) { return c == ',' || c == '[' || c == '{'; });
  return text_.size() + kOfAValue * (1 + static_cast<size_t>(begins));
}

void JsonlReader::reject(const Error& error) {
  if (const auto* large = dynamic_cast<const InputTooLarge*>(&error)) throw *large;
  if (!options_.skip_bad) throw error;
  bad_.add(error.what(), records_ - 1);
}

// Once more without what only Python takes for JSON.
bool JsonlReader::parse_mended(const Error& error) {
  const Mended mended = mend(text_);
  if (!mended.surrogates && !mended.numbers) throw error;
  value_ = parse_json(text_, source_, line_);
  if (mended.surrogates && !std::exchange(warned_, true))
    log_warning(
        "{}: half of a surrogate pair, which is not a character, is read as U+FFFD; other such lines are not listed",
        place());
  return true;
}

bool JsonlReader::next() {
  value_ = nullptr;  // before the next one takes its memory
  while (read_record()) {
    if (!options_.forgive_cut_end && interrupted())
      throw Interrupted(Fault::kFailure, "jsonl.read", place() + ": interrupted");
    if (is_blank(text_) || !options_.shard.has(records_++)) continue;
    try {
      try {
        value_ = parse_json(text_, source_, line_);
        return true;
      } catch (const Error& error) {
        if (cut_short_ && options_.forgive_cut_end) return false;
        return parse_mended(error);
      }
    } catch (const Error& error) {
      reject(error);
    }
  }
  return false;
}

JsonlOutput::JsonlOutput(const fs::path& path) {
  if (!path.empty()) file_.emplace(path);
}

void JsonlOutput::write(const Json& value) {
  constexpr size_t kTogether = size_t{1} << 16;
  if (!file_) return fmt::print("{}\n", printable(value));
  lines_ += printable(value) + "\n";
  if (lines_.size() < kTogether) return;
  file_->write(lines_);
  lines_.clear();
}

void JsonlOutput::finish() {
  if (!file_) return;
  file_->write(lines_);
  file_->finish();
}

JsonlWriter::JsonlWriter(const fs::path& path) : path_(path.string()) {
  std::error_code error;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), error);
  if (fs::exists(path)) fs::resize_file(path, whole_lines(path));
  file_.reset(std::fopen(path_.c_str(), "ab"));
  if (!file_) throw failure("jsonl.write", "{}: cannot create: {}", path_, std::strerror(errno));
}

void JsonlWriter::write(const Json& value) {
  const std::string line = printable(value) + "\n";
  if (std::fwrite(line.data(), 1, line.size(), file_.get()) != line.size() || std::fflush(file_.get()) != 0)
    throw failure("jsonl.write", "{}: {}; lines written before are kept", path_, std::strerror(errno));
}

}  // namespace hrm
