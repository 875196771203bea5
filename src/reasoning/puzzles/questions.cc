#include "puzzles/questions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/error.h"
#include "base/log.h"

namespace hrm::puzzles {
namespace {

constexpr std::string_view kInQuestions = "puzzles.read_questions";

// What is added to the numbers to make them tokens.
int32_t shift_of(const Family& family, std::span<const int32_t> cells, CellNumbers numbers, const std::string& source) {
  const int32_t shift = family.digits_to_tokens(std::vector<int32_t>{0});  // of digits
  if (numbers == CellNumbers::kDigits) return shift;
  if (numbers == CellNumbers::kTokens || shift == 0 || cells.empty()) return 0;
  const auto [least, most] = std::ranges::minmax(cells);
  if (least <= 0) return shift;
  if (most < family.vocab_size() - shift)
    throw bad_input(kInQuestions,
                    "{}: the numbers are {} to {}, which fits digits and tokens (1 for a blank): say which they are",
                    source, least, most);
  return 0;
}

}  // namespace

Json to_json(const std::vector<SkippedQuestion>& skipped) {
  Json list = Json::array();
  for (const SkippedQuestion& question : skipped)
    list.push_back({{"source", question.source}, {"reason", question.reason}});
  return list;
}

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

void QuestionReader::read_cells(std::span<const int32_t> cells, CellNumbers numbers, const std::string& source) {
  const int32_t shift = shift_of(family_, cells, numbers, source);
  const auto length = static_cast<size_t>(family_.seq_len());
  std::vector<std::pair<size_t, Tokens>> found;
  for (; !cells.empty(); cells = cells.subspan(length)) {
    Tokens tokens(cells.begin(), cells.begin() + static_cast<ptrdiff_t>(length));
    for (int32_t& token : tokens)
      if (token < INT32_MAX) token += shift;  // else it is refused as no token anyway
    found.emplace_back(found.size() + 1, std::move(tokens));
  }
  add(std::move(found), {}, source);
}

// found: questions by the line of `source` on which each begins.
void QuestionReader::add(std::vector<std::pair<size_t, Tokens>> found, std::vector<SkippedQuestion> faults,
                         const std::string& source) {
  for (size_t i = 0; i < found.size(); ++i) {
    auto& [line, tokens] = found[i];
    std::string name = !faults.empty()     ? fmt::format("{}, line {}", source, line)
                       : found.size() == 1 ? source
                                           : fmt::format("{}, puzzle {}", source, i + 1);
    const RuleCheck check = family_.check_question(tokens);
    if (check.accepted) {
      questions_.good.push_back({std::move(tokens), std::move(name)});
    } else if (keep_going_) {
      questions_.skipped.push_back({std::move(name), check.reason});
    } else {
      throw bad_input(kInQuestions, "{}: contains no puzzle that can be solved: {}", name, check.reason);
    }
  }
  for (SkippedQuestion& fault : faults) questions_.skipped.push_back(std::move(fault));
}

}  // namespace hrm::puzzles
