#include "puzzles/generate.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "base/error.h"
#include "base/progress.h"
#include "base/signals.h"
#include "base/threads.h"

namespace hrm::puzzles {
namespace {

constexpr size_t kBatch = 64;           // candidates made at a time; their order alone decides, never the batch
constexpr size_t kMostInVain = 20'000;  // candidates in a row that bring nothing new
constexpr size_t kMostFailures = 200;   // candidates in a row that lead nowhere

struct Candidate {
  std::optional<Record> record;
  Tokens form;
};

class Collector {
 public:
  Collector(const Generator& generator, const GenerateOptions& options) : generator_(generator), options_(options) {}

  PuzzleSet run() {
    Progress progress("generating", options_.count + options_.test_count, {.unit = "puzzles"});
    for (uint64_t first = 0; !complete(); first += kBatch) {
      std::vector<Candidate> batch(kBatch);
      parallel_for(kBatch, options_.threads, [&](size_t i) { batch[i] = make(first + i); });
      for (Candidate& candidate : batch)
        if (!complete()) take(std::move(candidate));
      progress.update(set_.train.size() + set_.test.size());
    }
    return std::move(set_);
  }

 private:
  bool complete() const { return set_.train.size() == options_.count && set_.test.size() == options_.test_count; }

  Candidate make(uint64_t index) const {
    if (interrupted()) throw failure("puzzles.generate", "interrupted; nothing was written");
    Candidate candidate{.record = generator_.make(options_.seed, index)};
    if (candidate.record && options_.test_count > 0)
      candidate.form = generator_.family().canonical(candidate.record->question);
    return candidate;
  }

  void take(Candidate candidate) {
    failures_ = candidate.record ? 0 : failures_ + 1;
    if (failures_ >= kMostFailures)
      throw bad_input("puzzles.generate", "{} candidates in a row did not meet the request ({}); request less",
                      failures_, generator_.describe().dump());
    if (++in_vain_ > kMostInVain)
      throw bad_input("puzzles.generate",
                      "found only {} different test and {} training puzzles; request fewer, or larger ones",
                      set_.test.size(), set_.train.size());
    if (!candidate.record) return;
    const bool for_test = set_.test.size() < options_.test_count;
    if (for_test ? !test_forms_.insert(candidate.form).second
                 : test_forms_.contains(candidate.form) || !train_questions_.insert(candidate.record->question).second)
      return;
    (for_test ? set_.test : set_.train).push_back(std::move(*candidate.record));
    in_vain_ = 0;
  }

  const Generator& generator_;
  const GenerateOptions options_;
  PuzzleSet set_;
  std::set<Tokens> test_forms_, train_questions_;
  size_t in_vain_ = 0, failures_ = 0;
};

double mean_givens(const std::vector<Record>& records) {
  double sum = 0;
  for (const Record& record : records)
    sum += static_cast<double>(std::ranges::count_if(record.question, [](int32_t t) { return t > kSudokuBlank; }));
  return sum / static_cast<double>(records.size());
}

}  // namespace

PuzzleSet generate(const Generator& generator, const GenerateOptions& options) {
  if (options.count + options.test_count == 0) throw bad_input("puzzles.generate", "--count 0: nothing to generate");
  if (options.count > 100'000'000 || options.test_count > 100'000'000)
    throw bad_input("puzzles.generate", "--count {} and --test-count {}: at most 100,000,000", options.count,
                    options.test_count);
  return Collector(generator, options).run();
}

Json generation_summary(const Generator& generator, const PuzzleSet& set) {
  const auto& records = set.train.empty() ? set.test : set.train;
  const double ratings = std::accumulate(records.begin(), records.end(), 0.0,
                                         [](double sum, const Record& record) { return sum + record.rating; });
  Json json = {{"train_puzzles", set.train.size()},
               {"test_puzzles", set.test.size()},
               {"rating", generator.family().rating_name()},
               {"mean_rating", ratings / static_cast<double>(records.size())},
               {"largest_rating", std::ranges::max_element(records, {}, &Record::rating)->rating}};
  if (generator.describe().contains("givens")) {
    json["asked_givens"] = generator.describe()["givens"];
    json["mean_givens"] = mean_givens(records);
  }
  return json;
}

}  // namespace hrm::puzzles
