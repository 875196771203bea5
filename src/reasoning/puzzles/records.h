// Puzzles of files (puzzles/puzzle_source.h) before they become a data set: read, checked by the rules, selected.
// docs/formats/sudoku-csv.md, maze-npy.md, table-csv.md
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "puzzles/family.h"
#include "puzzles/puzzle_source.h"

namespace hrm::puzzles {

struct Record {
  std::string origin;   // "train.csv: line 7"
  size_t row = 0;       // its line or row in the file
  Tokens question;      // [S]
  Tokens answer;        // [S]; empty if the file has none
  int32_t rating = -1;  // unknown
};

struct RowFault {
  size_t row = 0;
  std::string message;  // file, line, cell and what was expected
};

struct RecordList {
  std::vector<Record> records;
  std::vector<RowFault> faults;    // rows that are not a sound puzzle, in order
  bool rated = false;              // the ratings come from the file
  std::vector<std::string> notes;  // what a user should know about the reading
  int decimals = 0;                // of these ratings, which are stored as whole numbers: 1 means tenths
};

// Puzzles as tokens, unchecked by the rules. Ratings are whole: with `decimals` 1 in tenths, and so on; -1 stands for
// the source's own. An empty or negative rating is unknown. Rows that are not puzzle become faults. Throws bad_input on
// npy arrays that disagree with the family's length or with each other, and where two readings of the symbols fit.
RecordList read_records(const PuzzleSource& source, const Family& family, int decimals = -1);

// Fills in answers and ratings by the rules and moves rows that break them to `faults`: givens that contradict each
// other, no or two solutions, a wrong answer. Families without rules need an answer. If the file has any ratings, all
// are kept, unknown ones as well: the rules rate on another scale.
void check_records(RecordList& list, const Family& family, size_t threads);

// "source,question,answer,rating", the form that read_records takes. Atomic.
void write_csv(const std::filesystem::path& path, const std::vector<Record>& records, const Family& family,
               std::string_view source);

}  // namespace hrm::puzzles
