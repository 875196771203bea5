#include "formats/jsonl.h"

#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>

#include "base/files.h"

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

}  // namespace

JsonlReader::JsonlReader(const fs::path& path) : source_(path.string()), input_(path, std::ios::binary) {
  if (!input_ || fs::is_directory(path)) throw bad_input("jsonl.read", "{}: cannot be opened", source_);
}

bool JsonlReader::next() {
  while (std::getline(input_, text_)) {
    const bool cut_short = input_.eof();  // no newline behind it
    ++line_;
    if (text_.find_first_not_of(" \t\r") == std::string::npos) continue;
    try {
      value_ = parse_json(text_, source_);
      return true;
    } catch (const Error& e) {
      if (cut_short) return false;
      throw bad_input("jsonl.read", "{}: line {}: {}", source_, line_, e.what());
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
