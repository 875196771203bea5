#include "cli/questions.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/files.h"

namespace hrm::cli {
namespace {

using puzzles::Tokens;

constexpr std::string_view kStandardInput = "-";

std::string read_standard_input() {
  std::string text(std::istreambuf_iterator<char>(std::cin), {});
  if (std::cin.bad()) throw failure("cli.solve", "cannot read standard input");
  return text;
}

// A stretch of lines; its number keeps error messages true to the whole text.
struct Chunk {
  size_t first_line = 1;
  std::string text;
};

std::vector<Chunk> split(std::string_view text, bool by_line) {
  std::vector<Chunk> chunks;
  bool open = false;
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const bool blank = line.find_first_not_of(" \t\r") == std::string_view::npos;
    if (!blank) {
      if (!open || by_line) chunks.push_back({number, ""});
      chunks.back().text.append(line).push_back('\n');
    }
    open = !blank;
  }
  return chunks;
}

class Reader {
 public:
  Reader(const puzzles::Family& family, bool keep_going) : family_(family), keep_going_(keep_going) {}

  void read(const std::string& text, const std::string& source) {
    try {
      add(family_.parse(text, source), source);
    } catch (const Error& error) {
      if (!keep_going_) throw;
      read_in_parts(text, source, error);
    }
  }

  Questions take() { return std::move(questions_); }

 private:
  // Where any line is a puzzle of its own, every line is meant to be one; else empty lines separate puzzles.
  void read_in_parts(const std::string& text, const std::string& source, const Error& fault) {
    std::vector<Chunk> chunks = split(text, /*by_line=*/true);
    const bool by_line = std::ranges::any_of(chunks, [&](const Chunk& chunk) {
      const auto parsed = parse(chunk, source, nullptr);
      return parsed && !parsed->empty();
    });
    if (!by_line) chunks = split(text, /*by_line=*/false);
    if (chunks.empty()) questions_.skipped.push_back({source, fault.what()});
    for (const Chunk& chunk : chunks) {
      const std::string place = fmt::format("{}, line {}", source, chunk.first_line);
      std::string reason;
      if (auto parsed = parse(chunk, source, &reason))
        add(std::move(*parsed), place);
      else
        questions_.skipped.push_back({place, reason});
    }
  }

  std::optional<std::vector<Tokens>> parse(const Chunk& chunk, const std::string& source, std::string* reason) {
    try {
      return family_.parse(std::string(chunk.first_line - 1, '\n') + chunk.text, source);
    } catch (const Error& error) {
      if (reason) *reason = error.what();
      return std::nullopt;
    }
  }

  void add(std::vector<Tokens> puzzles, const std::string& source) {
    for (size_t i = 0; i < puzzles.size(); ++i) {
      std::string name = puzzles.size() == 1 ? source : fmt::format("{}, puzzle {}", source, i + 1);
      const puzzles::Verdict verdict = family_.check_question(puzzles[i]);
      if (verdict.accepted) {
        questions_.good.push_back({std::move(puzzles[i]), std::move(name)});
      } else if (keep_going_) {
        questions_.skipped.push_back({std::move(name), verdict.reason});
      } else {
        throw bad_input("cli.solve", "{}: no puzzle that can be solved: {}", name, verdict.reason);
      }
    }
  }

  const puzzles::Family& family_;
  const bool keep_going_;
  Questions questions_;
};

}  // namespace

Questions read_questions(const puzzles::Family& family, const std::vector<std::string>& texts,
                         const std::vector<std::string>& files, bool keep_going) {
  Reader reader(family, keep_going);
  for (size_t i = 0; i < texts.size(); ++i) {
    if (texts[i] == kStandardInput) {
      reader.read(read_standard_input(), "standard input");
      continue;
    }
    std::error_code ignored;
    if (std::filesystem::is_regular_file(texts[i], ignored))
      throw bad_input("cli.solve", "argument '{}' is a file, not a puzzle: give it as --file {}", texts[i], texts[i]);
    reader.read(texts[i], fmt::format("argument {}", i + 1));
  }
  for (const std::string& file : files) {
    if (file == kStandardInput)
      reader.read(read_standard_input(), "standard input");
    else
      reader.read(read_file(file), file);
  }
  return reader.take();
}

}  // namespace hrm::cli
