#include "puzzles/dataset.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/testing/paths.h"
#include "formats/npy.h"
#include "puzzles/dataset_files.h"
#include "puzzles/dataset_writer.h"
#include "puzzles/sudoku.h"

namespace hrm::puzzles {
namespace {

namespace fs = std::filesystem;

// Three 4x4 puzzles with two variants each in a fresh folder, then one file spoilt at a time.
class DatasetTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto family = make_sudoku({2, 2}, "test");
    const Tokens answer = family->parse("1234341221434321", "test")[0];
    SplitPlan plan{.originals = 3, .variants = 2, .dtype = DType::kI64, .ratings = {7, -1, 2}};
    plan.fill = [&](int64_t original, int64_t variant, std::span<int32_t> inputs, std::span<int32_t> labels) {
      std::ranges::copy(answer, labels.begin());
      std::ranges::copy(answer, inputs.begin());
      inputs[original * 4 + variant] = kSudokuBlank;
    };
    FolderTransaction transaction(folder_, /*replace=*/false);
    write_split(transaction.path() / "train", *family, plan, 1);
    write_folder_files(transaction.path(), *family, {{"made_by", "test"}});
    transaction.commit();
  }

  std::string fault() const {
    try {
      Dataset::open(folder_, "train");
    } catch (const Error& error) {
      EXPECT_EQ(error.exit_code(), 2);
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << "one line";
      return error.what();
    }
    return "opened";
  }
  void expect_fault(std::initializer_list<std::string_view> parts) const {
    for (std::string_view part : parts) EXPECT_NE(fault().find(part), std::string::npos) << fault();
  }
  fs::path file(std::string_view name) const { return folder_ / "train" / name; }
  void save(std::string_view field, std::vector<int32_t> values) const {
    save_npy(file(fmt::format("all__{}.npy", field)),
             HostTensor::of<int32_t>({static_cast<int64_t>(values.size())}, values));
  }
  void set(std::string_view field, const Json& value) const {
    Json json = read_json(file("dataset.json"));
    json[std::string(field)] = value;
    write_json(file("dataset.json"), json);
  }

  TemporaryFolder root_;
  fs::path folder_ = root_.path() / "set";
};

TEST_F(DatasetTest, ReadsWhatWasWritten) {
  const Dataset set = Dataset::open(folder_, "train");
  EXPECT_EQ(set.examples(), 6);
  EXPECT_EQ(set.puzzles(), 6);
  EXPECT_EQ(set.groups(), 3);
  EXPECT_EQ(set.puzzles_of(1), std::pair(int64_t{2}, int64_t{4}));
  EXPECT_EQ(set.examples_of(5), std::pair(int64_t{5}, int64_t{6}));
  EXPECT_EQ(set.puzzle_of(5), 5);
  EXPECT_EQ(set.identifier_of(5), 0);
  EXPECT_EQ(set.rating_of(1), 7);
  EXPECT_FALSE(set.rating_of(2).has_value());
  EXPECT_EQ(set.metadata().total_puzzles, 6);
  EXPECT_EQ(set.family().describe()["box_rows"], 2);
  Tokens inputs(16), labels(16);
  set.read(3, inputs, labels);
  EXPECT_EQ(set.family().to_line(inputs), "12343.1221434321");
  EXPECT_EQ(set.family().to_line(labels), "1234341221434321");
}

TEST_F(DatasetTest, NamesEveryKindOfFault) {
  fs::resize_file(file("all__labels.npy"), fs::file_size(file("all__labels.npy")) - 1);
  expect_fault({"all__labels.npy", "truncated"});
}
TEST_F(DatasetTest, NamesWrongShapes) {
  save_npy(file("all__inputs.npy"), HostTensor(DType::kU8, {6, 15}));
  expect_fault({"all__inputs.npy", "[6, 15]", "[examples, 16]"});
  save_npy(file("all__inputs.npy"), HostTensor(DType::kF32, {6, 16}));
  expect_fault({"all__inputs.npy", "f32", "integers"});
  save_npy(file("all__inputs.npy"), HostTensor(DType::kU8, {5, 16}));
  expect_fault({"6 rows", "has 5"});
}
TEST_F(DatasetTest, NamesIndicesThatDoNotFit) {
  save("puzzle_indices", {0, 1, 3, 2, 4, 5, 6});
  expect_fault({"all__puzzle_indices.npy", "entry 3 is 2 after 3"});
  save("puzzle_indices", {0, 1, 2, 3, 4, 5});
  expect_fault({"ends at 5, but there are 6 examples"});
  save("puzzle_indices", {0, 1, 2, 3, 4, 5, 6});
  save("group_indices", {1, 2, 4, 6});
  expect_fault({"all__group_indices.npy", "begin with 0"});
  save("group_indices", {0, 2, 2, 6});
  expect_fault({"entry 2 is 2 after 2"});
  save("group_indices", {0, 6});
  expect_fault({"total_groups is 3", "1 groups"});
  save("group_indices", {0, 2, 4, 6});
  save("puzzle_identifiers", {0, 0, 0, 1, 0, 0});
  expect_fault({"puzzle 3 has identifier 1"});
}
TEST_F(DatasetTest, NamesTokensOutOfVocabulary) {
  HostTensor labels(DType::kI32, {6, 16});
  std::ranges::fill(labels.as<int32_t>(), 3);
  labels.as<int32_t>()[3 * 16 + 4] = 6;
  save_npy(file("all__labels.npy"), labels);
  expect_fault({"all__labels.npy", "example 3, cell 4", "token 6", "vocabulary of 6"});
  labels.as<int32_t>()[3 * 16 + 4] = -99;
  save_npy(file("all__labels.npy"), labels);
  expect_fault({"token -99"});
  set("ignore_label_id", -99);
  EXPECT_EQ(fault(), "opened");
  // -100 is not supervised whatever ignore_label_id is, as in the authors' loader.
  for (const Json& ignored : {Json(0), Json(nullptr), Json(-100)}) {
    set("ignore_label_id", ignored);
    labels.as<int32_t>()[3 * 16 + 4] = -100;
    save_npy(file("all__labels.npy"), labels);
    EXPECT_EQ(fault(), "opened");
    Tokens question(16), answer(16);
    Dataset::open(folder_, "train").read(3, question, answer);
    EXPECT_EQ(answer[4], model::kIgnoreLabel);
  }
}
TEST_F(DatasetTest, NamesMissingFilesAndBadJson) {
  EXPECT_THROW(Dataset::open(folder_, "test"), Error);
  EXPECT_THROW(Dataset::open(folder_ / "absent", "train"), Error);
  fs::rename(file("all__group_indices.npy"), file("elsewhere"));
  expect_fault({"all__group_indices.npy"});
  fs::rename(file("elsewhere"), file("all__group_indices.npy"));
  set("seq_len", "sixteen");
  expect_fault({"dataset.json", "seq_len", "wrong type"});
  set("seq_len", -1);
  expect_fault({"seq_len = -1"});
  set("seq_len", 16);
  set("sets", Json::array({"all", "more"}));
  expect_fault({"sets"});
  write_file_atomic(file("dataset.json"), "{\"pad_id\": 0,");
  expect_fault({"dataset.json", "not valid JSON"});
}
TEST_F(DatasetTest, NamesDescriptionsThatDoNotFit) {
  write_json(folder_ / "hrm.json", {{"family", {{"family", "sudoku"}, {"box_rows", 3}, {"box_columns", 3}}}});
  expect_fault({"hrm.json", "81 cells", "16"});
  fs::remove(folder_ / "hrm.json");
  EXPECT_EQ(Dataset::open(folder_, "train").family().describe()["box_rows"], 2) << "guessed";
}

TEST_F(DatasetTest, FoldersAreReplacedWholeOrNotAtAll) {
  EXPECT_THROW(FolderTransaction(folder_, false), Error) << "exists";
  {
    FolderTransaction abandoned(folder_, true);
    write_file_atomic(abandoned.path() / "half", "x");
  }
  EXPECT_EQ(fault(), "opened");
  EXPECT_EQ(std::distance(fs::directory_iterator(root_.path()), {}), 1) << "no temporary folder stays";
  {
    FolderTransaction replaced(folder_, true);
    write_file_atomic(replaced.path() / "new", "x");
    replaced.commit();
  }
  EXPECT_TRUE(fs::exists(folder_ / "new"));
  EXPECT_FALSE(fs::exists(folder_ / "train"));
  EXPECT_EQ(std::distance(fs::directory_iterator(root_.path()), {}), 1);
  EXPECT_THROW(FolderTransaction(folder_, true), Error) << "no longer a data set of ours";
}

TEST(Dataset, ParityReadsTheAuthorsFolders) {
  const auto folder = shared_folder() / "fixtures/datasets";
  HRM_SKIP_WITHOUT(folder);
  const Dataset train = Dataset::open(folder / "sudoku_dataset", "train"),
                test = Dataset::open(folder / "sudoku_dataset", "test");
  EXPECT_EQ(train.groups(), 6);
  EXPECT_EQ(train.examples(), 24);
  EXPECT_EQ(test.examples(), 4);
  Tokens inputs(81), labels(81);
  for (const Dataset* set : {&train, &test})
    for (int64_t i = 0; i < set->examples(); ++i) {
      set->read(i, inputs, labels);
      EXPECT_TRUE(set->family().check_answer(inputs, labels).accepted);
    }
  const Dataset arc = Dataset::open(folder / "arc_dataset", "train");
  EXPECT_EQ(arc.groups(), 7);
  EXPECT_EQ(arc.puzzles(), 49);
  EXPECT_EQ(arc.family().describe()["family"], "arc");
  Tokens grid(900), answer(900);
  arc.read(0, grid, answer);
  EXPECT_GT(std::ranges::count(answer, -100), 0) << "padding is not supervised";
}

}  // namespace
}  // namespace hrm::puzzles
