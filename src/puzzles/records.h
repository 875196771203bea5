// Puzzles as rows of CSV and npy files, before they are a data set: read, checked by the rules, chosen.
// docs/formats/sudoku-csv.md, maze-npy.md, table-csv.md
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "puzzles/family.h"

namespace hrm::puzzles {

struct Record {
  std::string origin;  // "train.csv: line 7"
  size_t row = 0;      // its line or row in the file
  Tokens question;     // [S]
  Tokens answer;       // [S]; empty where the file has none
  int32_t rating = -1;
};

// Text of one row, whatever the file it came from; `line` counts from 1.
struct TextRow {
  size_t line = 0;
  std::string question, answer;
  int32_t rating = -1;
};

// A file of puzzles. CSV by a name that ends in .csv (or .csv.zst), with named columns; npy arrays otherwise.
struct RecordFile {
  std::filesystem::path path;
  std::filesystem::path labels;  // npy: the answers; empty where they are to be found by the rules
  std::string question_column = "question", answer_column = "answer";
};

struct RowFault {
  size_t row = 0;
  std::string message;  // file, line, cell and what was expected
};

struct RecordList {
  std::vector<Record> records;
  std::vector<RowFault> faults;  // rows that are no sound puzzle, in order
  bool rated = false;            // the ratings come from the file
};

bool is_csv(const std::filesystem::path& path);

// Rows of a CSV file. Throws bad_input on a missing question column, an unreadable file, a rating that is no number.
std::vector<TextRow> read_csv_rows(const RecordFile& file);

// What the file's first row says about the kind of puzzle: length of a question, or its height and width (npy [N,H,W]).
struct QuestionSize {
  int64_t cells = 0, height = 0, width = 0;  // height 0: not known
};
QuestionSize measure_questions(const RecordFile& file);

// Rows as tokens, unchecked by the rules. Throws as read_csv_rows, or on npy arrays that are no integers, disagree with
// the family's length or with each other.
RecordList read_records(const RecordFile& file, const Family& family);

// Fills in answers and ratings by the rules and moves rows that break them to `faults`: givens that contradict each
// other, no or two solutions, a wrong answer. Families without rules need an answer. Ratings that the file has are
// kept.
void check_records(RecordList& list, const Family& family, size_t threads);

// "source,question,answer,rating", the form that read_records takes. Atomic.
void write_csv(const std::filesystem::path& path, const std::vector<Record>& records, const Family& family,
               std::string_view source);

}  // namespace hrm::puzzles
