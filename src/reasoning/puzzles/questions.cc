#include "puzzles/questions.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "puzzles/records.h"

namespace hrm::puzzles {
namespace {

constexpr std::string_view kWhere = "puzzles.read_questions", kStandardInput = "-";

}  // namespace

QuestionReader::QuestionReader(const Family& family, std::string symbols, bool keep_going)
    : family_(family), symbols_(std::move(symbols)), keep_going_(keep_going) {
  if (!symbols_.empty()) family.check_symbols(symbols_);
}

void QuestionReader::read_text(std::string_view text, const std::string& source) {
  std::vector<std::pair<size_t, Tokens>> found;
  std::vector<SkippedQuestion> faults;
  TextSinks sinks{.puzzle = [&](ParsedPuzzle puzzle) { found.emplace_back(puzzle.line, std::move(puzzle.question)); },
                  .note = [](const std::string& note) { log_warning("{}", note); }};
  if (keep_going_)
    sinks.fault = [&](const Error& error, size_t line) {
      faults.push_back({fmt::format("{}, line {}", source, line), std::string(error.message())});
    };
  family_.read(text, TextPlace(source, 1, symbols_), sinks);
  add(std::move(found), std::move(faults), source);
}

void QuestionReader::read_file(const std::string& file) {
  // The text of families without rules may be anything, a table's header too.
  const PuzzleSource source(RecordFile{.path = file, .tables = family_.has_rules(), .symbols = symbols_});
  if (source.layout() == PuzzleSource::Layout::kText) return read_text(source.text(), source.name());
  RecordList list = read_records(source, family_);
  if (!list.faults.empty() && !keep_going_) throw bad_input(kWhere, "{}", list.faults.front().message);
  std::vector<std::pair<size_t, Tokens>> found;
  for (Record& record : list.records) found.emplace_back(record.row, std::move(record.question));
  std::vector<SkippedQuestion> faults;
  for (RowFault& fault : list.faults)
    faults.push_back({fmt::format("{}, line {}", source.name(), fault.row), std::move(fault.message)});
  add(std::move(found), std::move(faults), source.name());
}

// found: questions by the line of `source` on which each begins.
void QuestionReader::add(std::vector<std::pair<size_t, Tokens>> found, std::vector<SkippedQuestion> faults,
                         const std::string& source) {
  for (size_t i = 0; i < found.size(); ++i) {
    auto& [line, tokens] = found[i];
    std::string name = !faults.empty()     ? fmt::format("{}, line {}", source, line)
                       : found.size() == 1 ? source
                                           : fmt::format("{}, puzzle {}", source, i + 1);
    const RuleCheck verdict = family_.check_question(tokens);
    if (verdict.accepted) {
      questions_.good.push_back({std::move(tokens), std::move(name)});
    } else if (keep_going_) {
      questions_.skipped.push_back({std::move(name), verdict.reason});
    } else {
      throw bad_input(kWhere, "{}: contains no puzzle that can be solved: {}", name, verdict.reason);
    }
  }
  for (SkippedQuestion& fault : faults) questions_.skipped.push_back(std::move(fault));
}

Questions read_questions(const Family& family, const QuestionInput& input) {
  QuestionReader reader(family, input.symbols, input.keep_going);
  for (size_t i = 0; i < input.texts.size(); ++i) {
    const std::string& text = input.texts[i];
    if (text == kStandardInput) {
      reader.read_file(text);
      continue;
    }
    std::error_code ignored;
    if (std::filesystem::is_regular_file(text, ignored))
      throw bad_input(kWhere, "argument '{}' is a file, not a puzzle: give it as --file {}", text, text);
    reader.read_text(text, fmt::format("argument {}", i + 1));
  }
  for (const std::string& file : input.files) reader.read_file(file);
  return reader.take();
}

}  // namespace hrm::puzzles
