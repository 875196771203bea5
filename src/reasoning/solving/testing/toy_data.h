// A data set that the fake backend learns in a few steps: six letters each, the answer to a letter is the next one.
// Test code only.
#pragma once

#include <filesystem>

#include "base/rng.h"
#include "puzzles/dataset_writer.h"
#include "puzzles/table.h"

namespace hrm::solving {

inline void write_toy_data(const std::filesystem::path& folder, bool with_test = true) {
  constexpr int64_t kLetters = 5, kLength = 6;
  const auto family = puzzles::make_table({.alphabet = "abcde", .length = kLength}, "toy");
  puzzles::FolderTransaction transaction(folder, false);
  for (const std::string split : {"train", "test"}) {
    if (split == "test" && !with_test) continue;
    const bool train = split == "train";
    puzzles::SplitPlan plan{.originals = train ? 40 : 25};
    plan.ratings.assign(static_cast<size_t>(plan.originals), -1);
    plan.fill = [=](int64_t original, int64_t, std::span<int32_t> inputs, std::span<int32_t> labels) {
      Rng rng(train, {static_cast<uint64_t>(original)});
      for (int32_t& token : inputs) token = 1 + static_cast<int32_t>(rng.below(kLetters));
      for (size_t i = 0; i < labels.size(); ++i) labels[i] = 1 + inputs[i] % static_cast<int32_t>(kLetters);
    };
    puzzles::write_split(transaction.path() / split, *family, plan, 1);
  }
  puzzles::write_folder_files(transaction.path(), *family, {});
  transaction.commit();
}

}  // namespace hrm::solving
