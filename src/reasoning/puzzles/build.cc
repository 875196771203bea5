#include "puzzles/build.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "base/error.h"
#include "base/rng.h"
#include "puzzles/dataset_files.h"
#include "puzzles/leakage.h"

namespace hrm::puzzles {
namespace {

constexpr std::string_view kInBuild = "puzzles.build_dataset";

// Streams of the seed.
enum Stream : uint64_t { kVariants = 1, kLimit = 2, kHoldOut = 3 };

// The authors' builders: numpy's default integers for augmented Sudoku, bytes otherwise.
DType token_type(const Family& family, int64_t variants) {
  if (family.vocab_size() > 256) return DType::kI32;
  return variants > 1 && family.wide_variants() ? DType::kI64 : DType::kU8;
}

SplitPlan plan_split(const Family& family, const std::vector<Record>& records, uint64_t augment, uint64_t seed) {
  SplitPlan plan{.originals = static_cast<int64_t>(records.size()), .variants = static_cast<int64_t>(augment) + 1};
  plan.dtype = token_type(family, plan.variants);
  for (const Record& record : records) plan.ratings.push_back(record.rating);
  std::shared_ptr<const Augmenter> augmenter = family.augmenter();
  plan.fill = [&records, augmenter, seed](int64_t original, int64_t variant, std::span<int32_t> inputs,
                                          std::span<int32_t> labels) {
    std::ranges::copy(records[original].question, inputs.begin());
    std::ranges::copy(records[original].answer, labels.begin());
    if (variant > 0) augmenter->apply(variant_seed(*augmenter, seed, original, variant), inputs, labels);
  };
  return plan;
}

void check_augment(const Family& family, uint64_t augment) {
  if (augment == 0) return;
  const auto augmenter = family.augmenter();
  const uint64_t maps = augmenter ? augmenter->distinct_maps() : 1;
  if (maps > 0 && augment >= maps)
    throw bad_input("puzzles.write_dataset", "--augment {}: these puzzles have only {} symmetric copies", augment,
                    maps - 1);
  if (augment > 1'000'000) throw bad_input("puzzles.write_dataset", "--augment {}: at most 1,000,000", augment);
}

// What several sources share.
struct Loading {
  int decimals = 0;  // of ratings
  bool skip_bad = false;
  size_t threads = 0;
};

RecordList load(const PuzzleSource& source, const Family& family, const Loading& loading) {
  RecordList list = read_records(source, family, loading.decimals);
  check_records(list, family, loading.threads);
  if (!list.faults.empty() && !loading.skip_bad)
    throw bad_input(kInBuild, "{}{}", list.faults.front().message,
                    list.faults.size() == 1
                        ? "; --skip-bad leaves such rows out"
                        : fmt::format("; {} more rows are bad, --skip-bad leaves them out", list.faults.size() - 1));
  return list;
}

// Rows that say the same, and inputs with two outputs, which no model can be right on (families without rules: the
// rules have judged the others).
std::vector<std::string> notes_on(const std::vector<Record>& records, const Family& family) {
  std::vector<size_t> order(records.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, {}, [&](size_t i) -> const Tokens& { return records[i].question; });
  uint64_t repeated = 0, contradictory = 0;
  std::string repeat, contradiction;
  for (size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    const Record& first = records[order[begin]];
    bool differs = false;
    for (end = begin + 1; end < order.size() && records[order[end]].question == first.question; ++end) {
      const Record& other = records[order[end]];
      if (!family.has_rules() && other.answer != first.answer) {
        if (contradictory == 0 && !differs) contradiction = fmt::format("{} and {}", first.origin, other.origin);
        differs = true;
      } else {
        if (repeated++ == 0) repeat = fmt::format("{} and {}", first.origin, other.origin);
      }
    }
    contradictory += differs;
  }
  std::vector<std::string> notes;
  if (contradictory > 0)
    notes.push_back(fmt::format("{} inputs have more than one output, so no model can be right on all: {}",
                                contradictory, contradiction));
  if (repeated > 0) notes.push_back(fmt::format("{} rows repeat an earlier one: {}", repeated, repeat));
  return notes;
}

// decimals: of the records' ratings; the band is in the units of the source. Unknown ratings are in no band.
uint64_t keep_band(std::vector<Record>& records, const BuildOptions& options, int decimals) {
  const double unit = std::pow(10, decimals);
  constexpr double kInexact = 1e-6;  // 7.2 * 10 is not quite 72
  return std::erase_if(records, [&](const Record& record) {
    if (!options.min_rating && !options.max_rating) return false;
    return record.rating < 0 || (options.min_rating && record.rating < *options.min_rating * unit - kInexact) ||
           (options.max_rating && record.rating > *options.max_rating * unit + kInexact);
  });
}

// `count` positions below n, drawn at random, in order.
std::vector<size_t> draw(size_t n, size_t count, Rng rng) {
  std::vector<size_t> positions(n);
  std::iota(positions.begin(), positions.end(), size_t{0});
  rng.shuffle(std::span(positions));
  positions.resize(std::min(n, count));
  std::ranges::sort(positions);
  return positions;
}

std::vector<Tokens> forms_of(const Family& family, const std::vector<Record>& records, size_t threads) {
  std::vector<Tokens> questions;
  for (const Record& record : records) questions.push_back(record.question);
  return canonical_forms(family, std::move(questions), threads);
}

// Moves whole classes of equivalent puzzles, in random order, to the test set until it holds the fraction.
void hold_out(PuzzleSet& puzzles, const Family& family, const BuildOptions& options) {
  const std::vector<Tokens> forms = forms_of(family, puzzles.train, options.write.threads);
  std::map<Tokens, std::vector<size_t>> classes;
  for (size_t i = 0; i < forms.size(); ++i) classes[forms[i]].push_back(i);
  std::vector<std::vector<size_t>> order;
  for (auto& [form, members] : classes) order.push_back(std::move(members));
  std::ranges::sort(order);  // by first member: independent of how forms compare
  Rng(options.write.seed, {kHoldOut}).shuffle(std::span(order));
  const auto wanted = static_cast<size_t>(std::llround(options.test_fraction * static_cast<double>(forms.size())));
  std::vector<bool> is_test(forms.size(), false);
  size_t held = 0;
  for (const auto& members : order) {
    if (held + members.size() > wanted) continue;
    held += members.size();
    for (size_t i : members) is_test[i] = true;
  }
  std::vector<Record> train;
  for (size_t i = 0; i < forms.size(); ++i) (is_test[i] ? puzzles.test : train).push_back(std::move(puzzles.train[i]));
  puzzles.train = std::move(train);
}

void take_limit(std::vector<Record>& records, const BuildOptions& options) {
  if (options.limit == 0 || options.limit >= records.size()) return;
  std::vector<Record> kept;
  for (size_t i : draw(records.size(), options.limit, Rng(options.write.seed, {kLimit})))
    kept.push_back(std::move(records[i]));
  records = std::move(kept);
}

std::string rating_of(const RecordList& list, const Family& family) {
  return list.rated ? "column of the source" : family.rating_name();
}

// test: null if the test puzzles come from the training file.
Json provenance_of(const BuildOptions& options, const RecordList& train, const RecordList* test, const Family& family) {
  Json json = {{"made_by", options.command}, {"source", options.train.path.filename().string()}};
  if (options.test) json["test_source"] = options.test->path.filename().string();
  if (options.test_fraction > 0) json["test_fraction"] = options.test_fraction;
  if (options.limit > 0) json["limit"] = options.limit;
  if (options.min_rating) json["min_rating"] = *options.min_rating;
  if (options.max_rating) json["max_rating"] = *options.max_rating;
  json["rating"] = rating_of(train, family);
  if (test && test->rated != train.rated) json["test_rating"] = rating_of(*test, family);
  if ((train.rated || (test && test->rated)) && train.decimals > 0)
    json["rating_unit"] = std::pow(10, -train.decimals);  // of the column
  return json;
}

// hrm.json's account of the variants, which `hrm data verify` checks.
Json finished_provenance(const PuzzleSet& puzzles, const WriteOptions& options) {
  Json json = options.provenance;
  json["train_puzzles"] = puzzles.train.size();
  json["test_puzzles"] = puzzles.test.size();
  json["variants"] = {{"count", options.augment}, {"seed", options.seed}, {"first_is_original", true}};
  return json;
}

}  // namespace

uint64_t variant_seed(const Augmenter& augmenter, uint64_t seed, int64_t original, int64_t variant) {
  if (augmenter.distinct_maps() > 0 || variant == 0) return static_cast<uint64_t>(variant);
  const uint64_t drawn =
      derive_seed(seed, {kVariants, static_cast<uint64_t>(original), static_cast<uint64_t>(variant)});
  return drawn == 0 ? 1 : drawn;
}

void write_dataset(const Family& family, const PuzzleSet& puzzles, const WriteOptions& options) {
  check_augment(family, options.augment);
  if (puzzles.train.empty() && puzzles.test.empty())
    throw bad_input("puzzles.write_dataset", "{}: no puzzles are left to write", options.out.string());
  FolderTransaction folder(options.out, options.replace);
  write_split(folder.path() / "train", family, plan_split(family, puzzles.train, options.augment, options.seed),
              options.threads);
  if (!puzzles.test.empty())
    write_split(folder.path() / "test", family, plan_split(family, puzzles.test, 0, 0), options.threads);
  write_folder_files(folder.path(), family, finished_provenance(puzzles, options));
  folder.commit();
}

void write_csv_folder(const Family& family, const PuzzleSet& puzzles, const WriteOptions& options) {
  FolderTransaction folder(options.out, options.replace);
  const std::string source = options.provenance.value("made_by", "hrm");
  write_csv(folder.path() / "train.csv", puzzles.train, family, source);
  if (!puzzles.test.empty()) write_csv(folder.path() / "test.csv", puzzles.test, family, source);
  write_json(folder.path() / kDescriptionFile,
             {{"family", family.describe()}, {"provenance", finished_provenance(puzzles, options)}});
  folder.commit();
}

BuildReport build_dataset(const Family& family, const BuildOptions& options) {
  const PuzzleSource train(options.train);
  const auto test = options.test ? std::optional<PuzzleSource>(std::in_place, *options.test) : std::nullopt;
  return build_dataset(family, options, train, test ? &*test : nullptr);
}

BuildReport build_dataset(const Family& family, const BuildOptions& options, const PuzzleSource& train_source,
                          const PuzzleSource* test_source) {
  if (options.test && options.test_fraction > 0)
    throw bad_input(
        kInBuild,
        "--test and --test-fraction exclude each other: test puzzles come from a file or from the training file");
  if (!(options.test_fraction >= 0 && options.test_fraction < 1))
    throw bad_input(kInBuild, "--test-fraction {}: expected 0 to below 1", options.test_fraction);
  check_augment(family, options.write.augment);
  const size_t threads = options.write.threads;
  BuildReport report;
  const Loading loading{
      .decimals = std::max(train_source.rating_decimals(), test_source ? test_source->rating_decimals() : 0),
      .skip_bad = options.skip_bad,
      .threads = threads};
  RecordList train = load(train_source, family, loading);
  for (const RowFault& fault : train.faults) report.skipped.push_back(fault.message);
  PuzzleSet puzzles{.train = std::move(train.records)};
  report.notes = std::move(train.notes);
  for (std::string& note : notes_on(puzzles.train, family)) report.notes.push_back(std::move(note));
  report.out_of_band = keep_band(puzzles.train, options, train.decimals);
  RecordList test;
  if (test_source) {
    test = load(*test_source, family, loading);
    for (const RowFault& fault : test.faults) report.skipped.push_back(fault.message);
    puzzles.test = std::move(test.records);
  } else if (options.test_fraction > 0) {
    hold_out(puzzles, family, options);
    if (puzzles.test.empty())
      throw bad_input(kInBuild, "--test-fraction {}: too small: it is less than one of {} puzzles",
                      options.test_fraction, puzzles.train.size());
  }
  take_limit(puzzles.train, options);
  if (options.test)
    report.leaks = find_leaks(forms_of(family, puzzles.train, threads), forms_of(family, puzzles.test, threads)).size();
  WriteOptions write = options.write;
  write.provenance = provenance_of(options, train, test_source ? &test : nullptr, family);
  write_dataset(family, puzzles, write);
  report.train = puzzles.train.size();
  report.test = puzzles.test.size();
  report.examples = report.train * (write.augment + 1);
  return report;
}

}  // namespace hrm::puzzles
