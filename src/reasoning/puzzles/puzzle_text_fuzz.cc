// Any bytes as puzzle text: either an error of ours, or puzzles whose lines and drawings are read back.
#include <cstdlib>

#include "base/error.h"
#include "puzzles/infer.h"
#include "puzzles/maze.h"
#include "puzzles/sudoku.h"
#include "puzzles/table.h"

using hrm::puzzles::Family;

namespace {

void check(bool condition) {
  if (!condition) std::abort();
}

void try_family(const Family& family, std::string_view text) {
  std::vector<hrm::puzzles::Tokens> puzzles;
  size_t read = 0, faults = 0;
  family.read(text, "fuzz",
              {.puzzle = [&](const hrm::puzzles::ParsedPuzzle&) { ++read; },
               .fault = [&](const hrm::Error&, size_t) { ++faults; }});
  try {
    puzzles = family.parse(text, "fuzz");
  } catch (const hrm::Error& error) {
    check(error.exit_code() == 2 && faults > 0);
    return;
  }
  check(faults == 0 && read == puzzles.size());
  for (const auto& tokens : puzzles) {
    check(static_cast<int64_t>(tokens.size()) == family.seq_len());
    const std::string line = family.to_line(tokens);
    // A table's row of nothing but padding prints as an empty line, which is not a row.
    if (!line.empty()) check(family.parse(line, "line").at(0) == tokens);
    if (family.has_rules()) check(family.parse(family.render(tokens), "drawing").at(0) == tokens);
    family.render(tokens, {.question = tokens, .previous = puzzles[0], .color = true});
    family.check_question(tokens);
    family.check_answer(puzzles[0], tokens);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  static const std::unique_ptr<Family> families[] = {
      hrm::puzzles::make_sudoku({2, 2}, "fuzz"),
      hrm::puzzles::make_sudoku({2, 3}, "fuzz"),
      hrm::puzzles::make_sudoku({3, 3}, "fuzz"),
      hrm::puzzles::make_sudoku({4, 4}, "fuzz"),
      hrm::puzzles::make_maze({3, 4}, "fuzz"),
      hrm::puzzles::make_table({.alphabet = "ab \xC3\xA9", .length = 5, .padded = true}, "fuzz"),
      hrm::puzzles::make_raw(4, 12, "fuzz")};
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  try_family(*families[data[0] % std::size(families)], text);
  try {
    hrm::puzzles::parse_size(text.substr(0, 10));
  } catch (const hrm::Error&) {
  }
  return 0;
}
