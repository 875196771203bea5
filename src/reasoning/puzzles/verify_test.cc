#include "puzzles/verify.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "base/testing/paths.h"
#include "formats/npy.h"
#include "puzzles/build.h"
#include "puzzles/generate.h"

namespace hrm::puzzles {
namespace {

namespace fs = std::filesystem;

// A sound folder of 4x4 Sudoku with two stored variants each, spoilt in one way per test.
class VerifyTest : public testing::Test {
 protected:
  void SetUp() override { write(puzzles_, 2); }

  void write(const PuzzleSet& puzzles, uint64_t augment) const {
    write_dataset(generator_->family(), puzzles, {.out = folder_, .replace = true, .augment = augment, .seed = 8});
  }
  VerifyReport report() const { return verify_dataset(folder_, {.threads = 2}); }
  void expect_fault(std::string_view part, uint64_t count = 1) const {
    const VerifyReport found = report();
    EXPECT_EQ(found.fault_count, count) << fmt::format("{}", fmt::join(found.faults, "\n"));
    ASSERT_FALSE(found.faults.empty());
    EXPECT_NE(found.faults[0].find(part), std::string::npos) << found.faults[0];
  }
  void change_token(const std::string& file, int64_t index, int64_t token) const {
    HostTensor array = load_npy(folder_ / file);
    if (array.dtype() == DType::kU8)
      array.as<uint8_t>()[index] = static_cast<uint8_t>(token);
    else
      array.as<int64_t>()[index] = token;
    save_npy(folder_ / file, array);
  }
  void change_json(const std::string& file, const std::string& pointer, const Json& value) const {
    Json json = read_json(folder_ / file);
    json[Json::json_pointer(pointer)] = value;
    write_json(folder_ / file, json);
  }

  TemporaryFolder root_;
  fs::path folder_ = root_.path() / "set";
  std::unique_ptr<Generator> generator_ = sudoku_generator({2, 2}, {});
  PuzzleSet puzzles_ = generate(*generator_, {.count = 5, .test_count = 4, .seed = 1});
};

TEST_F(VerifyTest, SoundFoldersHaveNoFaults) {
  const VerifyReport found = report();
  EXPECT_EQ(found.fault_count, 0u) << found.faults.at(0);
  EXPECT_EQ(found.splits.at("train").examples, 15);
  EXPECT_EQ(found.splits.at("train").groups, 5);
  EXPECT_EQ(found.splits.at("test").examples, 4);
  EXPECT_THROW(verify_dataset(root_.path()), Error);
  EXPECT_THROW(verify_dataset(root_.path() / "absent"), Error);
}

TEST_F(VerifyTest, ListsWrongAnswers) {
  const int64_t old = load_npy(folder_ / "test/all__labels.npy").as<uint8_t>()[16];
  change_token("test/all__labels.npy", 16, old == 2 ? 3 : 2);
  expect_fault("test: group 1, example 1: wrong answer: row 1 column 1");
}

TEST_F(VerifyTest, ListsPuzzlesWithSeveralSolutions) {
  for (int64_t cell = 0; cell < 16; ++cell) change_token("test/all__inputs.npy", cell, kSudokuBlank);
  expect_fault("test: group 0, example 0: more than one solution");
}

TEST_F(VerifyTest, ListsVariantsThatAreNone) {
  PuzzleSet other = puzzles_;
  std::swap(other.train[0], other.train[1]);
  const HostTensor inputs = load_npy(folder_ / "train/all__inputs.npy"),
                   labels = load_npy(folder_ / "train/all__labels.npy");
  write(other, 2);
  HostTensor mixed_inputs = load_npy(folder_ / "train/all__inputs.npy"),
             mixed_labels = load_npy(folder_ / "train/all__labels.npy");
  std::copy_n(inputs.as<int64_t>().begin() + 16, 16, mixed_inputs.as<int64_t>().begin() + 16);
  std::copy_n(labels.as<int64_t>().begin() + 16, 16, mixed_labels.as<int64_t>().begin() + 16);
  save_npy(folder_ / "train/all__inputs.npy", mixed_inputs);
  save_npy(folder_ / "train/all__labels.npy", mixed_labels);
  expect_fault("train: group 0, example 1: not the variant");
  fs::remove(folder_ / "hrm.json");
  expect_fault("train: group 0, example 1: not a symmetric copy");
}

// Some builders store each variant once more with more cells given.
TEST_F(VerifyTest, MembersWithMoreGivensAreNoFault) {
  fs::remove(folder_ / "hrm.json");
  // Example 2 becomes example 1 with every second cell given.
  const HostTensor inputs = load_npy(folder_ / "train/all__inputs.npy"),
                   labels = load_npy(folder_ / "train/all__labels.npy");
  for (int64_t cell = 0; cell < 16; ++cell) {
    const int64_t label = labels.as<int64_t>()[16 + cell];
    change_token("train/all__labels.npy", 32 + cell, label);
    change_token("train/all__inputs.npy", 32 + cell, cell % 2 ? label : inputs.as<int64_t>()[16 + cell]);
  }
  const VerifyReport found = report();
  EXPECT_EQ(found.fault_count, 0u) << fmt::format("{}", fmt::join(found.faults, "\n"));
  ASSERT_EQ(found.notes.size(), 1u);
  EXPECT_NE(found.notes[0].find("1 members"), std::string::npos) << found.notes[0];
}

TEST_F(VerifyTest, MaskedLabelsAreNotJudged) {
  HostTensor labels = load_npy(folder_ / "train/all__labels.npy");
  const HostTensor inputs = load_npy(folder_ / "train/all__inputs.npy");
  int64_t open = -1;
  for (int64_t i = 0; i < element_count(labels.shape()); ++i) {
    if (inputs.as<int64_t>()[i] > kSudokuBlank)
      labels.as<int64_t>()[i] = -100;
    else if (open < 0 && i < 16)
      open = i;
  }
  save_npy(folder_ / "train/all__labels.npy", labels);
  fs::remove(folder_ / "hrm.json");
  EXPECT_EQ(report().fault_count, 0u);
  change_json("train/dataset.json", "/ignore_label_id", -100);
  EXPECT_EQ(report().fault_count, 0u);
  const int64_t old = labels.as<int64_t>()[open];
  change_token("train/all__labels.npy", open, -100);  // one open cell less: the others are still judged
  EXPECT_EQ(report().fault_count, 0u);
  change_token("train/all__labels.npy", open, old == 2 ? 3 : 2);
  expect_fault("wrong answer");
}

TEST_F(VerifyTest, ListsWrongTotalsAndNames) {
  change_json("train/dataset.json", "/mean_puzzle_examples", 2.0);
  change_json("train/dataset.json", "/total_puzzles", 5);
  write_json(folder_ / "identifiers.json", Json::array({"<blank>", "more"}));
  expect_fault("2 names", 4);  // for both splits, and two totals
}

TEST_F(VerifyTest, ListsFaultsOfTheFormatAndGoesOn) {
  change_token("train/all__inputs.npy", 3, 77);
  save_npy(folder_ / "test/all__group_indices.npy", HostTensor::of<int32_t>({4}, std::vector<int32_t>{0, 2, 1, 4}));
  fs::remove(folder_ / "test/all__labels.npy");
  const VerifyReport found = report();
  EXPECT_EQ(found.fault_count, 4u) << fmt::format("{}", fmt::join(found.faults, "\n"));
  EXPECT_TRUE(found.splits.empty());
  EXPECT_EQ(verify_dataset(folder_, {.most_faults = 1}).faults.size(), 1u);
}

TEST_F(VerifyTest, ListsAugmentedTests) {
  fs::remove_all(folder_ / "test");
  fs::copy(folder_ / "train", folder_ / "test", fs::copy_options::recursive);
  const VerifyReport found = report();
  EXPECT_EQ(found.fault_count, 10u);
  EXPECT_EQ(found.leaks, 5u);
  EXPECT_NE(found.faults[0].find("must not be augmented"), std::string::npos);
}

TEST_F(VerifyTest, FindsLeaksUpToSymmetry) {
  PuzzleSet leaky = puzzles_;
  leaky.test[2] = leaky.train[4];
  leaky.test[3] = leaky.train[1];
  generator_->family().augmenter()->apply(99, leaky.test[3].question, leaky.test[3].answer);
  write(leaky, 0);
  expect_fault("test example 2 equals train example 4", 2);
  const VerifyReport found = report();
  EXPECT_EQ(found.leaks, 2u);
  EXPECT_NE(found.faults[1].find("test example 3 equals train example 1 up to symmetry"), std::string::npos)
      << found.faults[1];
}

TEST(Verify, ParityAcceptsTheAuthorsFolders) {
  const auto folder = shared_folder() / "fixtures/datasets";
  HRM_SKIP_WITHOUT(folder);
  for (const char* name : {"sudoku_dataset", "arc_dataset"}) {
    const VerifyReport found = verify_dataset(folder / name);
    EXPECT_EQ(found.fault_count, 0u) << found.faults.at(0);
    EXPECT_EQ(found.splits.size(), 2u);
  }
}

}  // namespace
}  // namespace hrm::puzzles
