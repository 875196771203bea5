// Builds the authors' data set folder from files of puzzles (docs/formats/dataset.md).
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "puzzles/dataset_writer.h"
#include "puzzles/records.h"

namespace hrm::puzzles {

struct PuzzleSet {
  std::vector<Record> train, test;
};

struct WriteOptions {
  std::filesystem::path out;
  bool replace = false;  // an older data set of ours may be replaced
  uint64_t augment = 0;  // stored variants of each training puzzle
  uint64_t seed = 0;     // of the variants
  size_t threads = 0;
  Json provenance = Json::object();  // for hrm.json; seed, augment and counts are added
};

// Train, and test if there is any. The first member of each group is the original; variant v of training puzzle i is
// drawn with variant_seed(...), so that the folder can be verified. Whole or not at all. Throws bad_input if the family
// has fewer variants than requested.
void write_dataset(const Family& family, const PuzzleSet& puzzles, const WriteOptions& options);

// train.csv and test.csv instead (`augment` is not used).
void write_csv_folder(const Family& family, const PuzzleSet& puzzles, const WriteOptions& options);

// Seed for Family::augmenter() of a stored variant; 0 for variant 0. Where the family has few maps they are listed in
// order, else drawn.
uint64_t variant_seed(const Augmenter& augmenter, uint64_t seed, int64_t original, int64_t variant);

struct BuildOptions {
  RecordFile train;
  std::optional<RecordFile> test;
  double test_fraction = 0;  // of the training file, set aside; symmetric copies of a puzzle stay on one side
  uint64_t limit = 0;        // training puzzles at most, drawn at random; 0: all
  std::optional<double> min_rating, max_rating;  // of training puzzles
  bool skip_bad = false;
  std::string command;  // named in hrm.json
  WriteOptions write;
};

struct BuildReport {
  uint64_t train = 0, test = 0, examples = 0;  // examples: with stored variants
  uint64_t out_of_band = 0;                    // left out by rating
  std::vector<std::string> skipped;            // bad rows, with skip_bad
  std::vector<std::string> notes;              // what is not a fault and should be known: repeated rows, two outputs
  uint64_t leaks = 0;                          // test puzzles that are in train up to symmetry (only with a test file)
};

// Throws bad_input naming file, line and cell of the first bad row (and how many there are), unless skip_bad.
BuildReport build_dataset(const Family& family, const BuildOptions& options);
// The same with options.train and options.test already read.
BuildReport build_dataset(const Family& family, const BuildOptions& options, const PuzzleSource& train,
                          const PuzzleSource* test);

}  // namespace hrm::puzzles
