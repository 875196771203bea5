// Files of training rows, {"input": ..., "label": ...} per line, with "trials" where rows tell them, written whole or
// not at all, and the record of how they were made beside them. docs/formats/reward-data.md
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <unordered_map>
#include <vector>

#include "rows/counts.h"
#include "rows/row.h"

namespace hrm::rows {

// What happens to rows whose text was there before.
enum class Repeats {
  kKeep,     // all are written (the authors' automatic path, whose rows are a set of text and label per tree)
  kFirst,    // the first one is written (the authors' human path)
  kResolve,  // sound: one is written. Where labels differ: labels of 0 and 1 alone by majority, and none at a tie;
             // others by their mean, and counts are added up. Counted
};

// Rows as they come go to a scratch file beside the target, so that memory holds about 100 bytes per different text and
// not the texts, of which there may be 2^23; finish() puts the target together.
class RowFile {
 public:
  // Throws failure if the folder cannot be written.
  RowFile(std::filesystem::path path, Repeats repeats);
  // Throws failure on a full disk.
  void add(const Row& row);
  // Writes the file (atomic), in order of first occurrence; counts repeats and conflicts, and what was written.
  void finish(ConversionCounts& counts);
  const std::filesystem::path& path() const { return path_; }
  size_t size() const { return labels_.size(); }  // different texts so far

 private:
  struct Hash128 {
    uint64_t high, low;
    bool operator==(const Hash128&) const = default;
  };
  struct HashOf {
    size_t operator()(const Hash128& hash) const { return hash.low; }
  };
  struct Labels {
    double first = 0;
    uint32_t count = 0, ones = 0, zeros = 0;
    double sum = 0, trials = 0, right = 0;
  };
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::optional<double> settle(const Labels& labels, ConversionCounts& counts) const;

  std::filesystem::path path_;
  Repeats repeats_;
  std::unique_ptr<std::FILE, Close> scratch_;
  std::unordered_map<Hash128, uint32_t, HashOf> index_;
  std::vector<Labels> labels_;
  std::string line_;
};

// FILE.meta.json: what made the file, and its counts.
std::filesystem::path meta_path(const std::filesystem::path& path);
void write_meta(const std::filesystem::path& path, const Json& meta);

}  // namespace hrm::rows
