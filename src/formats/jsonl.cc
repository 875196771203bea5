#include "formats/jsonl.h"

#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>

#include "base/files.h"
#include "formats/input.h"

namespace hrm {
namespace {

namespace fs = std::filesystem;

// Bytes of the file up to and with its last newline: what lies behind was cut short by a crash.
uintmax_t whole_lines(const fs::path& path) {
  const MappedFile file(path);
  const auto bytes = file.bytes();
  size_t end = bytes.size();
  while (end > 0 && bytes[end - 1] != std::byte{'\n'}) --end;
  return end;
}

constexpr int kEnd = std::istream::traits_type::eof();
constexpr unsigned char kByteOrderMark[] = {0xEF, 0xBB, 0xBF};

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

}  // namespace

void BadLines::add(std::string message) {
  ++count;
  if (messages.size() < kMostListed) messages.push_back(std::move(message));
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
    throw bad_input("jsonl.read", "{}: holds more than {} bytes: is this a file of JSON lines?", place(),
                    options_.max_record);
  text_.push_back(static_cast<char>(c));
}

void JsonlReader::find_layout() {
  layout_ = Layout::kLines;
  for (const unsigned char mark : kByteOrderMark)
    if (input_->rdbuf()->sgetc() == mark) get();
  if (!options_.accept_array) return;
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

// Up to the comma or bracket behind the element: only brackets and strings are told apart here, the parser judges.
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

void JsonlReader::reject(const Error& error) {
  if (!options_.skip_bad) throw error;
  bad_.add(error.what());
}

bool JsonlReader::next() {
  while (read_record()) {
    if (is_blank(text_)) continue;
    try {
      value_ = parse_json(text_, source_, line_);
      return true;
    } catch (const Error& error) {
      if (cut_short_ && options_.forgive_cut_end) return false;
      reject(error);
    }
  }
  return false;
}

JsonlWriter::JsonlWriter(const fs::path& path, Mode mode) : path_(path.string()) {
  std::error_code error;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), error);
  if (mode == Mode::kAppend && fs::exists(path)) fs::resize_file(path, whole_lines(path));
  file_.reset(std::fopen(path_.c_str(), mode == Mode::kAppend ? "ab" : "wb"));
  if (!file_) throw failure("jsonl.write", "{}: cannot create: {}", path_, std::strerror(errno));
}

void JsonlWriter::write(const Json& value) {
  const std::string line = printable(value) + "\n";
  if (std::fwrite(line.data(), 1, line.size(), file_.get()) != line.size() || std::fflush(file_.get()) != 0)
    throw failure("jsonl.write", "{}: {}; lines written before are kept", path_, std::strerror(errno));
}

}  // namespace hrm
