#include "puzzles/dataset_writer.h"

#include <unistd.h>

#include <set>
#include <system_error>

#include "base/error.h"
#include "base/files.h"
#include "base/leftovers.h"
#include "puzzles/dataset_files.h"
#include "puzzles/parallel_work.h"

namespace hrm::puzzles {
namespace {

namespace fs = std::filesystem;

template <typename T>
void fill_rows(HostTensor& array, std::span<const int32_t> tokens, int64_t row) {
  std::ranges::transform(tokens, array.as<T>().begin() + row * static_cast<int64_t>(tokens.size()),
                         [](int32_t token) { return static_cast<T>(token); });
}

void store(HostTensor& array, std::span<const int32_t> tokens, int64_t row) {
  if (array.dtype() == DType::kU8)
    fill_rows<uint8_t>(array, tokens, row);
  else if (array.dtype() == DType::kI32)
    fill_rows<int32_t>(array, tokens, row);
  else
    fill_rows<int64_t>(array, tokens, row);
}

// Inputs and labels one after the other, so that only one of them is in memory.
HostTensor fill(const SplitPlan& plan, int64_t seq_len, bool labels, size_t threads) {
  HostTensor array(plan.dtype, {plan.originals * plan.variants, seq_len});
  parallel_work({labels ? "writing labels" : "writing inputs"}, static_cast<size_t>(plan.originals), threads,
                [&](size_t original) {
                  Tokens question(static_cast<size_t>(seq_len)), answer(static_cast<size_t>(seq_len));
                  for (int64_t variant = 0; variant < plan.variants; ++variant) {
                    plan.fill(static_cast<int64_t>(original), variant, question, answer);
                    store(array, labels ? answer : question, static_cast<int64_t>(original) * plan.variants + variant);
                  }
                });
  return array;
}

HostTensor counting(int64_t n, int64_t step) {
  HostTensor array(DType::kI32, {n});
  for (int64_t i = 0; i < n; ++i) array.as<int32_t>()[i] = static_cast<int32_t>(i * step);
  return array;
}

// Replacing a folder removes all of it, so nothing else may be in it.
void check_only_ours(const fs::path& folder) {
  static const std::set<std::string> kOurs = {
      "train", "test", "train.csv", "test.csv", "hrm.json", "identifiers.json", "test_puzzles.json"};
  for (const auto& entry : fs::directory_iterator(folder))
    if (!kOurs.contains(entry.path().filename().string()))
      throw bad_input("puzzles.write", "{}: is not part of a data set, and --force would remove it: move it away first",
                      entry.path().string());
}

}  // namespace

FolderTransaction::FolderTransaction(const fs::path& target, bool replace)
    : target_(fs::weakly_canonical(fs::absolute(target))) {
  if (!target_.has_filename()) target_ = target_.parent_path();  // "out/"
  if (fs::exists(target_)) {
    if (!fs::is_directory(target_)) throw bad_input("puzzles.write", "{}: is a file; name a folder", target_.string());
    if (!fs::is_empty(target_) && !(replace && fs::exists(target_ / kDescriptionFile)))
      throw bad_input("puzzles.write", "{}: exists and is not empty; choose another folder{}", target_.string(),
                      fs::exists(target_ / kDescriptionFile) ? " or replace it with --force" : "");
    check_only_ours(target_);
  }
  std::error_code error;
  fs::create_directories(target_.parent_path(), error);
  const std::string prefix = fmt::format(".{}.tmp-", target_.filename().string());
  remove_leftovers(target_.parent_path(), prefix);  // of processes that were killed
  temporary_ = target_.parent_path() / (prefix + std::to_string(::getpid()));
  fs::remove_all(temporary_, error);
  if (!fs::create_directory(temporary_, error))
    throw failure("puzzles.write", "{}: cannot be created: {}", temporary_.string(), error.message());
}

FolderTransaction::~FolderTransaction() {
  std::error_code ignored;
  fs::remove_all(temporary_, ignored);
}

void FolderTransaction::commit() { replace_folder(temporary_, target_); }

void write_split(const fs::path& split, const Family& family, const SplitPlan& plan, size_t threads) {
  const int64_t examples = plan.originals * plan.variants;
  const DatasetMetadata metadata{.ignore_label_id = 0,
                                 .vocab_size = family.vocab_size(),
                                 .seq_len = family.seq_len(),
                                 .num_puzzle_identifiers = 1,
                                 .total_groups = plan.originals,
                                 .total_puzzles = examples,
                                 .mean_puzzle_examples = 1};
  save_npy(split / "all__inputs.npy", fill(plan, family.seq_len(), /*labels=*/false, threads));
  save_npy(split / "all__labels.npy", fill(plan, family.seq_len(), /*labels=*/true, threads));
  save_npy(split / "all__puzzle_identifiers.npy", counting(examples, 0));
  save_npy(split / "all__puzzle_indices.npy", counting(examples + 1, 1));
  save_npy(split / "all__group_indices.npy", counting(plan.originals + 1, plan.variants));
  HostTensor ratings(DType::kI32, {examples});
  for (int64_t i = 0; i < examples; ++i) ratings.as<int32_t>()[i] = plan.ratings[i / plan.variants];
  save_npy(split / "all__ratings.npy", ratings);
  write_json(split / "dataset.json", metadata_to_json(metadata));
}

void write_folder_files(const fs::path& folder, const Family& family, const Json& provenance) {
  write_json(folder / kIdentifiersFile, Json::array({"<blank>"}));
  write_json(folder / kDescriptionFile, {{"family", family.describe()}, {"provenance", provenance}});
}

}  // namespace hrm::puzzles
