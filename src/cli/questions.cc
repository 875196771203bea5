#include "cli/questions.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "base/error.h"
#include "puzzles/records.h"

namespace hrm::cli {
namespace {

constexpr std::string_view kStandardInput = "-";

void read_file(const std::string& file, const puzzles::Family& family, const QuestionInput& input,
               solving::QuestionReader& reader) {
  // The text of families without rules may be anything, a table's header too.
  const puzzles::PuzzleSource source(
      puzzles::RecordFile{.path = file, .tables = family.has_rules(), .symbols = input.symbols});
  if (source.layout() == puzzles::PuzzleSource::Layout::kText) return reader.read_text(source.text(), source.name());
  puzzles::RecordList list = puzzles::read_records(source, family);
  if (!list.faults.empty() && !input.keep_going) throw bad_input("cli.solve", "{}", list.faults.front().message);
  std::vector<std::pair<size_t, puzzles::Tokens>> found;
  for (puzzles::Record& record : list.records) found.emplace_back(record.row, std::move(record.question));
  std::vector<solving::SkippedQuestion> faults;
  for (puzzles::RowFault& fault : list.faults)
    faults.push_back({fmt::format("{}, line {}", source.name(), fault.row), std::move(fault.message)});
  reader.add(std::move(found), std::move(faults), source.name());
}

}  // namespace

solving::Questions read_questions(const puzzles::Family& family, const QuestionInput& input) {
  solving::QuestionReader reader(family, input.symbols, input.keep_going);
  for (size_t i = 0; i < input.texts.size(); ++i) {
    const std::string& text = input.texts[i];
    if (text == kStandardInput) {
      read_file(text, family, input, reader);
      continue;
    }
    std::error_code ignored;
    if (std::filesystem::is_regular_file(text, ignored))
      throw bad_input("cli.solve", "argument '{}' is a file, not a puzzle: give it as --file {}", text, text);
    reader.read_text(text, fmt::format("argument {}", i + 1));
  }
  for (const std::string& file : input.files) read_file(file, family, input, reader);
  return reader.take();
}

}  // namespace hrm::cli
