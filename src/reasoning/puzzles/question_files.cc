// Questions of files and arguments; those of texts are read in questions.cc, which knows no files.
#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "base/error.h"
#include "puzzles/questions.h"
#include "puzzles/records.h"

namespace hrm::puzzles {
namespace {

constexpr std::string_view kInQuestionFiles = "puzzles.read_questions", kStandardInput = "-";

}  // namespace

void QuestionReader::read_file(const std::string& file) {
  // The text of families without rules may be anything, a table's header too.
  const PuzzleSource source(RecordFile{.path = file, .tables = family_.has_rules(), .symbols = symbols_});
  if (source.layout() == PuzzleSource::Layout::kText) return read_text(source.text(), source.name());
  RecordList list = read_records(source, family_);
  if (!list.faults.empty() && !keep_going_) throw bad_input(kInQuestionFiles, "{}", list.faults.front().message);
  std::vector<std::pair<size_t, Tokens>> found;
  for (Record& record : list.records) found.emplace_back(record.row, std::move(record.question));
  std::vector<SkippedQuestion> faults;
  for (RowFault& fault : list.faults)
    faults.push_back({fmt::format("{}, line {}", source.name(), fault.row), std::move(fault.message)});
  add(std::move(found), std::move(faults), source.name());
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
      throw bad_input(kInQuestionFiles, "argument '{}' is a file, not a puzzle: give it as --file {}", text, text);
    reader.read_text(text, fmt::format("argument {}", i + 1));
  }
  for (const std::string& file : input.files) reader.read_file(file);
  return reader.take();
}

}  // namespace hrm::puzzles
