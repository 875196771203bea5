// JSON lines: one JSON value per line, appended as a run goes on and readable at any moment.
#pragma once

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "base/json.h"

namespace hrm {

//   for (JsonlReader lines(path); lines.next();) use(lines.value(), lines.line());
class JsonlReader {
 public:
  explicit JsonlReader(const std::filesystem::path& path);  // throws bad_input

  // The next line that is not blank; false at the end. A last line without a newline that is no valid JSON is a write
  // cut short and counts as the end. Throws bad_input naming file and line for any other faulty line.
  bool next();
  const Json& value() const { return value_; }
  size_t line() const { return line_; }  // counted from 1

 private:
  std::string source_, text_;
  std::ifstream input_;
  Json value_;
  size_t line_ = 0;
};

class JsonlWriter {
 public:
  enum class Mode {
    kTruncate,
    kAppend,  // a last line cut short by a crash is removed first
  };
  // Creates missing parent folders. Throws failure where the file cannot be written.
  JsonlWriter(const std::filesystem::path& path, Mode mode);
  // One line, handed to the system before this returns. Throws failure on a full disk.
  void write(const Json& value);

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::string path_;
  std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace hrm
