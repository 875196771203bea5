// Finds problems that training data and a benchmark share.
//
// Two problems are the same where their texts are equal byte by byte (asked first), or after normalization: lower case;
// \dfrac and \tfrac as \frac; \left, \right, the LaTeX spacings \, \; \: \! "\ ", the delimiters $ \( \) \[ \], ~,
// escapes of $ and %, and all white space left out; typographic quotes as ASCII ones; '.', '?' and '!' at the end left
// out. Signs, digits, other punctuation and words stay: problems that differ in a number or an operator are different.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "formats/memory_budget.h"
#include "rows/read_solutions.h"

namespace hrm::rows {

std::string normalize_problem(std::string_view text);

// Represents a text when very many texts are compared.
struct TextHash {
  uint64_t high = 0, low = 0;
  bool operator==(const TextHash&) const = default;
};
struct HashOfText {
  size_t operator()(const TextHash& hash) const { return static_cast<size_t>(hash.low); }
};

class ProblemIndex {
 public:
  // place: how a report names the problem ("file: line 3"). The first of equal problems is kept.
  void add(std::string_view problem, std::string place);
  // Every problem of a file of any format, and of others with a field question, problem, prompt or query. Throws
  // bad_input; skips bad records where asked to.
  void add_file(const std::filesystem::path& path, const ReadOptions& options = {});

  struct Match {
    const std::string* place;
    bool exact;
  };
  std::optional<Match> find(std::string_view problem) const;
  size_t size() const { return places_.size(); }

 private:
  std::vector<std::string> places_;
  std::unordered_map<TextHash, size_t, HashOfText> exact_, normalized_;
  MemoryBudget budget_;
};

// Leaks of one data set, each problem once.
class LeakageReport {
 public:
  static constexpr size_t kMostListed = 100;
  struct Leak {
    std::string place, benchmark, question;
    bool exact = true;
  };
  explicit LeakageReport(std::shared_ptr<const ProblemIndex> benchmarks) : benchmarks_(std::move(benchmarks)) {}

  // Whether the problem is in a benchmark.
  bool check(std::string_view problem, std::string_view place);
  uint64_t problems() const { return seen_.size(); }  // different ones
  uint64_t problems_of_benchmarks() const { return benchmarks_->size(); }
  uint64_t leaked_problems() const { return leaked_; }       // different ones that are in a benchmark
  uint64_t leaked_records() const { return records_; }       // calls of check() that found one
  const std::vector<Leak>& leaks() const { return leaks_; }  // the first kMostListed
  Json to_json() const;

 private:
  std::shared_ptr<const ProblemIndex> benchmarks_;
  std::unordered_map<TextHash, bool, HashOfText> seen_;
  MemoryBudget budget_;
  uint64_t leaked_ = 0, records_ = 0;
  std::vector<Leak> leaks_;
};

}  // namespace hrm::rows
