#include "cli/questions.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "puzzles/records.h"

namespace hrm::cli {
namespace {

using puzzles::ParsedPuzzle;

constexpr std::string_view kStandardInput = "-";

class Reader {
 public:
  Reader(const puzzles::Family& family, const QuestionInput& input) : family_(family), input_(input) {
    if (!input.symbols.empty()) family.check_symbols(input.symbols);
  }

  void read_text(const std::string& text, const std::string& source) {
    std::vector<std::pair<size_t, puzzles::Tokens>> found;
    std::vector<SkippedQuestion> faults;
    puzzles::TextSinks sinks{
        .puzzle = [&](ParsedPuzzle puzzle) { found.emplace_back(puzzle.line, std::move(puzzle.question)); },
        .note = [](const std::string& note) { log_warning("{}", note); }};
    if (input_.keep_going)
      sinks.fault = [&](const Error& error, size_t line) {
        faults.push_back({fmt::format("{}, line {}", source, line), error.what()});
      };
    family_.read(text, puzzles::TextPlace(source, 1, input_.symbols), sinks);
    add(std::move(found), std::move(faults), source);
  }

  void read_file(const std::string& file) {
    // The text of families without rules may be anything, a table's header too.
    const puzzles::PuzzleSource source(
        puzzles::RecordFile{.path = file, .tables = family_.has_rules(), .symbols = input_.symbols});
    if (source.layout() == puzzles::PuzzleSource::Layout::kText) return read_text(source.text(), source.name());
    puzzles::RecordList list = puzzles::read_records(source, family_);
    if (!list.faults.empty() && !input_.keep_going) throw bad_input("cli.solve", "{}", list.faults.front().message);
    std::vector<std::pair<size_t, puzzles::Tokens>> found;
    for (puzzles::Record& record : list.records) found.emplace_back(record.row, std::move(record.question));
    std::vector<SkippedQuestion> faults;
    for (puzzles::RowFault& fault : list.faults)
      faults.push_back({fmt::format("{}, line {}", source.name(), fault.row), std::move(fault.message)});
    add(std::move(found), std::move(faults), source.name());
  }

  Questions take() { return std::move(questions_); }

 private:
  void add(std::vector<std::pair<size_t, puzzles::Tokens>> found, std::vector<SkippedQuestion> faults,
           const std::string& source) {
    for (size_t i = 0; i < found.size(); ++i) {
      auto& [line, tokens] = found[i];
      std::string name = !faults.empty()     ? fmt::format("{}, line {}", source, line)
                         : found.size() == 1 ? source
                                             : fmt::format("{}, puzzle {}", source, i + 1);
      const puzzles::RuleCheck verdict = family_.check_question(tokens);
      if (verdict.accepted) {
        questions_.good.push_back({std::move(tokens), std::move(name)});
      } else if (input_.keep_going) {
        questions_.skipped.push_back({std::move(name), verdict.reason});
      } else {
        throw bad_input("cli.solve", "{}: contains no puzzle that can be solved: {}", name, verdict.reason);
      }
    }
    for (SkippedQuestion& fault : faults) questions_.skipped.push_back(std::move(fault));
  }

  const puzzles::Family& family_;
  const QuestionInput& input_;
  Questions questions_;
};

}  // namespace

Questions read_questions(const puzzles::Family& family, const QuestionInput& input) {
  Reader reader(family, input);
  for (size_t i = 0; i < input.texts.size(); ++i) {
    const std::string& text = input.texts[i];
    if (text == kStandardInput) {
      reader.read_file(text);
      continue;
    }
    std::error_code ignored;
    if (std::filesystem::is_regular_file(text, ignored))
      throw bad_input("cli.solve", "argument '{}' is a file, not a puzzle: give it as --file {}", text, text);
    reader.read_text(text, fmt::format("argument {}", i + 1));
  }
  for (const std::string& file : input.files) reader.read_file(file);
  return reader.take();
}

}  // namespace hrm::cli
