// A data set folder of 4x4 Sudoku from text, with only a test split. Test code only.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <vector>

#include "puzzles/dataset_writer.h"
#include "puzzles/family.h"

namespace hrm::solving {

struct RatedQuestion {
  std::string_view text;
  int32_t rating = -1;
};

// Every question has the stored answer `grid`.
inline void write_sudoku_data(const std::filesystem::path& folder, std::string_view grid,
                              const std::vector<RatedQuestion>& questions) {
  const auto family = puzzles::guess_family(16, 6);
  const auto tokens = [&](std::string_view text) { return family->parse(text, "test").at(0); };
  puzzles::FolderTransaction transaction(folder, false);
  puzzles::SplitPlan plan{.originals = static_cast<int64_t>(questions.size())};
  for (const RatedQuestion& question : questions) plan.ratings.push_back(question.rating);
  plan.fill = [&](int64_t original, int64_t, std::span<int32_t> inputs, std::span<int32_t> labels) {
    std::ranges::copy(tokens(questions[static_cast<size_t>(original)].text), inputs.begin());
    std::ranges::copy(tokens(grid), labels.begin());
  };
  puzzles::write_split(transaction.path() / "test", *family, plan, 1);
  puzzles::write_folder_files(transaction.path(), *family, {});
  transaction.commit();
}

}  // namespace hrm::solving
