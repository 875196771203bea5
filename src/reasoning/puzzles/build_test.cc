#include "puzzles/build.h"

#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "base/signals.h"
#include "base/testing/paths.h"
#include "base/testing/refused.h"
#include "formats/npy.h"
#include "formats/zst.h"
#include "puzzles/generate.h"
#include "puzzles/infer.h"
#include "puzzles/leakage.h"
#include "puzzles/sudoku.h"
#include "puzzles/verify.h"

namespace hrm::puzzles {
namespace {

namespace fs = std::filesystem;

// Every file below `folder` by its relative path.
std::map<std::string, std::string> contents(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files[fs::relative(entry.path(), folder).string()] = read_file(entry.path());
  return files;
}

std::unique_ptr<Family> infer_table_of(const RecordFile& file) {
  const PuzzleSource source(file);
  const PuzzleSource* all[] = {&source};
  return infer_table(all);
}

class BuildTest : public testing::Test {
 protected:
  fs::path write(const std::string& name, const std::string& text) const {
    write_file_atomic(root_.path() / name, text);
    return root_.path() / name;
  }
  BuildOptions options(const fs::path& train) const {
    return {.train = {.path = train}, .command = "test", .write = {.out = out_, .threads = 1}};
  }
  std::string fault(const Family& family, const BuildOptions& build) const {
    try {
      build_dataset(family, build);
    } catch (const Error& error) {
      EXPECT_EQ(error.exit_code(), 2);
      EXPECT_FALSE(fs::exists(out_)) << "nothing is half-written";
      return error.what();
    }
    return "built";
  }

  TemporaryFolder root_;
  fs::path out_ = root_.path() / "out";
};

TEST_F(BuildTest, ParityEqualsTheAuthorsFolderInStructureTypesAndOriginals) {
  const auto fixtures = shared_folder() / "fixtures/datasets";
  HRM_SKIP_WITHOUT(fixtures);
  BuildOptions build = options(fixtures / "sudoku_csv/train.csv");
  build.test = RecordFile{.path = fixtures / "sudoku_csv/test.csv"};
  build.write.augment = 3;
  const BuildReport report = build_dataset(*infer_sudoku(build.train), build);
  EXPECT_EQ(report.examples, 24u);
  for (const std::string split : {"train", "test"}) {
    const fs::path ours = out_ / split, theirs = fixtures / "sudoku_dataset" / split;
    for (const auto& entry : fs::directory_iterator(theirs)) {
      const std::string name = entry.path().filename().string();
      if (!name.ends_with(".npy")) continue;
      const HostTensor a = load_npy(ours / name), b = load_npy(theirs / name);
      EXPECT_EQ(a.dtype(), b.dtype()) << split << name;
      EXPECT_EQ(a.shape(), b.shape()) << split << name;
      const bool drawn = split == "train" && name.find("ind") == std::string::npos;  // the variants
      EXPECT_TRUE(drawn || a == b) << split << name;
    }
    const Json mine = read_json(ours / "dataset.json"), their = read_json(theirs / "dataset.json");
    for (const auto& [key, value] : their.items()) EXPECT_EQ(mine.at(key), value) << key;
  }
  const Dataset a = Dataset::open(out_, "train"), b = Dataset::open(fixtures / "sudoku_dataset", "train");
  Tokens x(81), y(81), u(81), v(81);
  for (int64_t group = 0; group < 6; ++group) {
    a.read(a.puzzles_of(group).first, x, y);
    b.read(b.puzzles_of(group).first, u, v);
    EXPECT_EQ(x, u);
    EXPECT_EQ(y, v);
  }
  EXPECT_EQ(read_json(out_ / "identifiers.json"), read_json(fixtures / "sudoku_dataset/identifiers.json"));
  EXPECT_EQ(verify_dataset(out_, {}).fault_count, 0u);
}

TEST_F(BuildTest, SameBytesAtAnyThreadCountAndFromCompressedFiles) {
  const auto csv = shared_folder() / "data/sudoku/hard_mix_train1k.csv.zst";
  HRM_SKIP_WITHOUT(csv);
  BuildOptions build = options(csv);
  build.test_fraction = 0.2;
  build.limit = 50;
  build.min_rating = 1;
  build.write.augment = 2;
  build.write.seed = 9;
  const auto family = infer_sudoku(build.train);
  const BuildReport report = build_dataset(*family, build);
  EXPECT_EQ(report.train, 50u);
  EXPECT_GT(report.out_of_band, 100u);
  EXPECT_NEAR(static_cast<double>(report.test), 0.2 * (1000 - static_cast<double>(report.out_of_band)), 3);
  const auto first = contents(out_);
  build.write.out = root_.path() / "again";
  build.write.threads = 5;
  build.train.path = write("plain.csv", read_maybe_zst(csv));
  build_dataset(*family, build);
  auto second = contents(build.write.out);
  EXPECT_NE(second["hrm.json"].find("plain.csv"), std::string::npos);
  second["hrm.json"] = first.at("hrm.json");  // names its source
  EXPECT_EQ(first, second);
  EXPECT_EQ(verify_dataset(out_, {}).fault_count, 0u);
}

TEST_F(BuildTest, NamesTheFirstBadRowOrSkipsAll) {
  const std::string good = "a,12.4...2....4..1,1234341221434321,7\n";
  const auto csv = write("bad.csv",
                         "source,question,answer,rating\n" + good +
                             "a,12.4...2....4..,1234341221434321,0\n"     // 15 cells
                             "a,11..............,,0\n"                    // contradiction
                             "a,1...............,,0\n"                    // many solutions
                             "a,12.4...2....4..1,1234341221434312,0\n"    // wrong answer
                             "a,12.4x..2....4..1,1234341221434321,0\n");  // no digit
  BuildOptions build = options(csv);
  const auto family = infer_sudoku(build.train);
  EXPECT_NE(fault(*family, build).find("bad.csv: line 3: 15 cells; expected 16"), std::string::npos)
      << fault(*family, build);
  EXPECT_NE(fault(*family, build).find("4 more rows are bad"), std::string::npos) << fault(*family, build);
  build.skip_bad = true;
  const BuildReport report = build_dataset(*family, build);
  EXPECT_EQ(report.train, 1u);
  ASSERT_EQ(report.skipped.size(), 5u);
  EXPECT_NE(report.skipped[4].find("line 7, row 2 column 1: 'x'"), std::string::npos) << report.skipped[4];
  EXPECT_NE(report.skipped[1].find("line 4: row 1 column 1 and row 1 column 2"), std::string::npos);
  EXPECT_NE(report.skipped[2].find("line 5: more than one solution"), std::string::npos);
  EXPECT_NE(report.skipped[3].find("line 6: wrong answer: row 4 column 4"), std::string::npos) << report.skipped[3];
  EXPECT_EQ(Dataset::open(out_, "train").rating_of(0), 7);
}

TEST_F(BuildTest, RefusesOptionsThatContradictEachOther) {
  const auto csv = write("a.csv", "question\n12.4...2....4..1\n12.4...2....4..1\n");
  BuildOptions build = options(csv);
  const auto family = infer_sudoku(build.train);
  build.test = build.train;
  build.test_fraction = 0.5;
  EXPECT_NE(fault(*family, build).find("exclude each other"), std::string::npos);
  build.test.reset();
  build.test_fraction = 1;
  EXPECT_NE(fault(*family, build).find("--test-fraction"), std::string::npos);
  build.test_fraction = 0;
  build.min_rating = 1000;
  EXPECT_NE(fault(*family, build).find("no puzzles are left"), std::string::npos);
  write("c.csv", "quiz\n1\n");
  EXPECT_THROW(infer_sudoku(RecordFile{.path = root_.path() / "c.csv"}), Error);
  write("d.csv", "question\n123\n");
  EXPECT_THROW(infer_sudoku(RecordFile{.path = root_.path() / "d.csv"}), Error);
  write("e.csv", "question,rating\n12.4...2....4..1,much\n");
  EXPECT_THROW(infer_sudoku(RecordFile{.path = root_.path() / "e.csv"}), Error);
}

TEST_F(BuildTest, HoldsOutWholeClasses) {
  std::string csv = "question\n";
  const auto family = guess_family(16, 6);
  const Tokens base = family->parse("12.4...2....4..1", "test")[0];
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    Tokens copy = base;
    family->augmenter()->apply(seed, copy, {});
    csv += family->to_line(copy) + "\n";
  }
  csv += "1..4..1...4..32.\n1..4...22..34...\n.23..4..21....2.\n";
  BuildOptions build = options(write("a.csv", csv));
  build.test_fraction = 0.15;
  const BuildReport report = build_dataset(*family, build);
  EXPECT_GT(report.test, 0u);
  const Dataset train = Dataset::open(out_, "train");
  EXPECT_GE(train.examples(), 10) << "the ten equivalent puzzles stay together";
  EXPECT_EQ(verify_dataset(out_, {}).leaks, 0u);
}

TEST_F(BuildTest, InterruptionLeavesNothing) {
  const auto csv = write("a.csv", "question\n12.4...2....4..1\n");
  const InterruptScope scope;
  request_interrupt();
  EXPECT_THROW(build_dataset(*infer_sudoku(RecordFile{.path = csv}), options(csv)), Error);
  EXPECT_EQ(std::distance(fs::directory_iterator(root_.path()), {}), 1) << "the CSV file alone";
}

TEST_F(BuildTest, BuildsMazesFromArraysOfAnyShape) {
  HostTensor mazes(DType::kU8, {2, 2, 3});  // [N, H, W]
  const std::vector<uint8_t> tokens = {3, 2, 2, 1, 1, 4, 3, 1, 4, 2, 2, 2};
  std::ranges::copy(tokens, mazes.as<uint8_t>().begin());
  save_npy(root_.path() / "mazes.npy", mazes);
  BuildOptions build = options(root_.path() / "mazes.npy");
  const auto family = infer_maze(build.train, std::nullopt);
  EXPECT_EQ(family->describe(), (Json{{"family", "maze"}, {"height", 2}, {"width", 3}}));
  build.write.augment = 4;
  EXPECT_NE(fault(*family, build).find("3 symmetric copies"), std::string::npos);
  build.write.augment = 3;
  EXPECT_EQ(build_dataset(*family, build).examples, 8u);
  const Dataset set = Dataset::open(out_, "train");
  Tokens question(6), answer(6);
  std::set<Tokens> copies;
  for (int64_t i = 0; i < 4; ++i) {
    set.read(i, question, answer);
    copies.insert(question);
  }
  EXPECT_EQ(copies.size(), 4u);
  set.read(4, question, answer);
  EXPECT_EQ(family->to_line(answer), "S#Gooo");
  EXPECT_EQ(set.rating_of(0), 3);
  EXPECT_EQ(verify_dataset(out_, {}).fault_count, 0u);
}

TEST_F(BuildTest, SudokuArraysMayHoldDigitsOrTokens) {
  const auto family = guess_family(16, 6);
  const Tokens tokens = family->parse("12.4...2....4..1", "test")[0];
  Tokens digits = tokens;
  for (int32_t& token : digits) --token;
  std::vector<Tokens> read;
  for (const Tokens& values : {tokens, digits}) {
    save_npy(root_.path() / "a.npy", HostTensor::of<int32_t>({1, 4, 4}, values));
    read.push_back(read_records(RecordFile{.path = root_.path() / "a.npy"}, *family).records.at(0).question);
  }
  EXPECT_EQ(read[0], tokens);
  EXPECT_EQ(read[1], tokens);
  save_npy(root_.path() / "f.npy", HostTensor(DType::kF32, {1, 16}));
  EXPECT_THROW(read_records(RecordFile{.path = root_.path() / "f.npy"}, *family), Error);
  save_npy(root_.path() / "s.npy", HostTensor(DType::kU8, {1, 15}));
  EXPECT_THROW(read_records(RecordFile{.path = root_.path() / "s.npy"}, *family), Error);
}

TEST_F(BuildTest, BuildsTables) {
  const auto csv = write("t.csv", "input,output\n\"1,2\",3\n10+2,12\n");
  BuildOptions build = options(csv);
  build.train.question_column = "input";
  build.train.answer_column = "output";
  const auto family = infer_table_of(build.train);
  EXPECT_EQ(family->describe(), (Json{{"family", "table"}, {"alphabet", "+,0123"}, {"length", 4}, {"padded", true}}));
  EXPECT_EQ(build_dataset(*family, build).train, 2u);
  const Dataset set = Dataset::open(out_, "train");
  Tokens question(4), answer(4);
  set.read(0, question, answer);
  EXPECT_EQ(set.family().to_line(question), "1,2");
  EXPECT_EQ(answer, (Tokens{6, -100, -100, -100}));
  EXPECT_EQ(verify_dataset(out_, {}).fault_count, 0u);
}

constexpr std::string_view kPuzzle = "12.4...2....4..1", kSolution = "1234341221434321";

TEST_F(BuildTest, PuzzlesAreReadFromEveryKindOfFile) {
  const auto family = guess_family(16, 6);
  const std::string a(kPuzzle), b(kPuzzle), s(kSolution);
  const std::pair<std::string, std::string> files[] = {
      {"list.txt", a + "\n" + b + "\n"},
      {"list.sdm", a + "\r\n" + b},
      {"pairs.csv", a + "," + s + "\n" + b + "," + s + "\n"},
      {"pairs.txt", a + ";" + s + "\n" + b + ";" + s + "\n"},
      {"header.csv", "question;answer\n" + a + ";" + s + "\n" + b + ";" + s + "\n"},
      {"table.tsv", "id\tpuzzle\tsolution\n1\t" + a + "\t" + s + "\n2\t" + b + "\t" + s + "\n"},
      {"kaggle.csv", "quizzes,solutions\n" + a + "," + s + "\n" + b + "," + s + "\n"},
      {"rows.jsonl", "{\"question\": \"" + a + "\"}\n{\"puzzle\": \"" + b + "\", \"solution\": \"" + s + "\"}\n"},
      {"array.json", "[{\"question\": \"" + a + "\"},\n {\"question\": \"" + b + "\"}]\n"},
      {"lists.jsonl",
       "{\"question\": [[1,2,0,4],[0,0,0,2],[0,0,0,0],[4,0,0,1]]}\n{\"question\": "
       "[\"12.4\",\"...2\",\"....\",\"4..1\"]}\n"},
      {"wrapped.json", "{\"source\": \"me\", \"puzzles\": [{\"question\": \"" + a +
                           "\", \"rating\": 1.5},\n {\"question\": \"" + b + "\", \"answer\": \"" + s + "\"}]}\n"},
      {"pretty.json", "{\n  \"data\": [\n    {\"puzzle\": \"" + a + "\"},\n    {\"puzzle\": \"" + b + "\"}\n  ]\n}\n"},
      {"pandas.json", R"({"question":{"0":")" + a + R"(","1":")" + b + R"("},"answer":{"0":null,"1":")" + s + R"("}})"},
      {"filtered.json", R"({"quizzes":{"17":")" + a + R"(","4":")" + b + R"("}})"},
      {"index.json", R"({"0":{"question":")" + a + R"("},"1":{"question":")" + b + R"("}})"},
      {"split.json", R"({"columns":["id","question"],"index":[0,1],"data":[[1,")" + a + R"("],[2,")" + b + R"("]]})"},
      {"columns.json", R"({"puzzles":[")" + a + R"(",")" + b + R"("],"solutions":[")" + s + R"(",")" + s + R"("]})"},
      {"nested.json",
       R"({"puzzle":[[[1,2,0,4],[0,0,0,2],[0,0,0,0],[4,0,0,1]],[[1,2,0,4],[0,0,0,2],[0,0,0,0],[4,0,0,1]]]})"},
      {"grids", "Grid 01\n12.4\n...2\n....\n4..1\nGrid 02\n12.4\n...2\n....\n4..1\n"}};
  for (const auto& [name, text] : files) {
    const PuzzleSource source({.path = write(name, text)});
    const auto inferred = infer_sudoku(source);
    EXPECT_EQ(inferred->describe(), family->describe()) << name;
    const RecordList list = read_records(source, *inferred);
    ASSERT_EQ(list.records.size(), 2u) << name;
    EXPECT_TRUE(list.faults.empty()) << name << list.faults[0].message;
    for (const Record& record : list.records) EXPECT_EQ(family->to_line(record.question), a) << name;
    EXPECT_TRUE(list.records[1].answer.empty() || family->to_line(list.records[1].answer) == s) << name;
  }
  const PuzzleSource numbered(
      {.path = write("n.csv", "7," + a + "\n8," + b + "\n"), .question_column = "2", .header = false});
  EXPECT_EQ(read_records(numbered, *family).records.at(1).row, 2u);
}

TEST_F(BuildTest, WhatIsNoFileOfPuzzlesIsNamed) {
  const auto refused = [&](const std::string& text, std::string_view part) {
    try {
      const PuzzleSource source({.path = write("x", text)});
      infer_table_of(source.file());
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.exit_code(), 2);
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  };
  refused("<!DOCTYPE html><html>", "web page");
  refused("version https://git-lfs.github.com/spec/v1\n", "Git LFS");
  refused(std::string(10, '\0'), "neither text nor an .npy array");
  refused("cells,sol\n1,2\n", "its columns are: cells, sol");
  refused("12+3\n", "not a table");
  refused("{\"a\": 1}\n", "has no field 'question'; its fields are: a");
  refused("{\"puzzles\": [{\"a\": 1}]}", "row 1: has no field 'question'; its fields are: a");
  refused("{\n \"puzzles\": [\n}", "line 3");
  const std::string two = std::string("[\"") + std::string(81, '0') + "\", \"" + std::string(81, '0') + "\"]";
  refused("{\"quizzes\": " + two + ", \"solutions\": [\"1\"]}", "a list of 2 puzzles, but 'solutions' is one of 1");
}

TEST_F(BuildTest, DecimalRatingsAreStoredInTheirUnit) {
  const std::string a(kPuzzle);
  const auto csv = write("r.csv", "question,rating\n" + a + ",1.5\n" + a + ",7.2\n" + a + ",11.0\n" + a + ",\n");
  BuildOptions build = options(csv);
  const auto family = infer_sudoku(build.train);
  build_dataset(*family, build);
  const Dataset set = Dataset::open(out_, "train");
  EXPECT_EQ(set.rating_of(0), 15);
  EXPECT_EQ(set.rating_of(2), 110);
  EXPECT_EQ(read_json(out_ / "hrm.json").at("provenance").at("rating_unit"), 0.1);
  build.write.replace = true;
  build.min_rating = 7.2;
  EXPECT_EQ(build_dataset(*family, build).train, 2u) << "7.2 and 11.0; our own ratings are in other units";
  for (const auto& [least, most, kept] :
       {std::tuple(1.46, 20.0, 3u), {1.54, 20.0, 2u}, {0.0, 7.16, 1u}, {0.0, 7.24, 2u}}) {
    build.min_rating = least;
    build.max_rating = most;
    EXPECT_EQ(build_dataset(*family, build).train, kept) << least << " to " << most;
  }
  build.max_rating.reset();
  build.train.path = write("n.csv", "question,rating\n" + a + ",1\n" + a + ",2\n");
  build.min_rating = 1.4;  // finer than the ratings of the file
  EXPECT_EQ(build_dataset(*family, build).train, 1u);
  build.min_rating.reset();
  build.train.path = write("w.csv", "question,rating\n" + a + ",easy\n");
  EXPECT_THROW(build_dataset(*family, build), Error);
  build.train.rating_column = "none";
  EXPECT_EQ(build_dataset(*family, build).train, 1u);
}

TEST_F(BuildTest, MissingValuesAndCommasOfOtherProgramsAreRead) {
  const std::string a(kPuzzle);
  BuildOptions build =
      options(write("m.csv", "question;answer;rating\n" + a + ";nan;1,5\n" + a + ";NA;NaN\n" + a + ";;\n"));
  build_dataset(*infer_sudoku(build.train), build);
  const Dataset set = Dataset::open(out_, "train");
  EXPECT_EQ(set.rating_of(0), 15);
  EXPECT_EQ(set.rating_of(1).value_or(-1), -1);
  const auto refused = [&](const std::string& text, std::string_view part) {
    expect_refused([&] { const PuzzleSource source({.path = write("r.csv", text)}); }, part);
  };
  refused("question;rating\n" + a + ";1,234\n", "rating '1,234' is not a number");
  refused("question,rating\n" + a + ",\"1,5\"\n", "rating '1,5' is not a number");
  refused(std::string("\xFF\xFEq\0u\0", 6), "UTF-16");
}

TEST_F(BuildTest, UnknownRatingsOfARatedFileStayUnknown) {
  const std::string a(kPuzzle);
  const auto table = [&](std::initializer_list<const char*> ratings) {
    std::string text = "question,rating\n";
    for (const char* rating : ratings) text += a + "," + rating + "\n";
    return text;
  };
  BuildOptions build = options(write("i.csv", table({"5", "7", "", "-1", "-3", "-0.5"})));
  const auto family = infer_sudoku(build.train);
  build.write.replace = true;
  const auto ratings = [&](const char* split) {
    const Dataset set = Dataset::open(out_, split);
    std::vector<int32_t> all;
    for (int64_t i = 0; i < set.examples(); ++i) all.push_back(set.rating_of(i).value_or(-1));
    return all;
  };
  const auto provenance = [&](const char* name) {
    return read_json(out_ / "hrm.json").at("provenance").value(name, Json());
  };
  build_dataset(*family, build);
  EXPECT_EQ(ratings("train"), (std::vector<int32_t>{5, 7, -1, -1, -1, -1}));
  EXPECT_EQ(provenance("rating"), "column of the source");
  EXPECT_EQ(provenance("rating_unit"), Json()) << "no rating has decimals";
  build.max_rating = 6;
  EXPECT_EQ(build_dataset(*family, build).train, 1u) << "what is unknown is in no band";
  build.max_rating.reset();

  build.train.path = write("d.csv", table({"1.5", "", "-1"}));
  build_dataset(*family, build);
  EXPECT_EQ(ratings("train"), (std::vector<int32_t>{15, -1, -1}));
  build.train.path = write("j.jsonl", "{\"question\": \"" + a + "\", \"rating\": 2.5}\n{\"question\": \"" + a +
                                          "\", \"rating\": null}\n{\"question\": \"" + a + "\"}\n");
  build_dataset(*family, build);
  EXPECT_EQ(ratings("train"), (std::vector<int32_t>{25, -1, -1}));

  // No rating at all: ours, and another file keeps its own scale.
  const int32_t ours = family->solve(family->parse(a, "t").at(0))->rating;
  build.train.path = write("n.csv", table({"", "-1"}));
  build.test = RecordFile{.path = write("i.csv", table({"5", ""}))};
  build_dataset(*family, build);
  EXPECT_EQ(ratings("train"), (std::vector<int32_t>{ours, ours}));
  EXPECT_EQ(provenance("rating"), family->rating_name());
  EXPECT_EQ(ratings("test"), (std::vector<int32_t>{5, -1}));
  EXPECT_EQ(provenance("test_rating"), "column of the source");
}

TEST_F(BuildTest, MazesHaveTheSizeOfTheirLines) {
  const std::string maze = "S  #\n # #\n   G";
  for (const auto& [name, text] :
       {std::pair<std::string, std::string>("m.csv", "question\n\"" + maze + "\"\n\"" + maze + "\"\n"),
        {"m.txt", maze + "\n\n" + maze + "\n"},
        {"a.txt", "A  #\n # #\n   B\n\nA  #\n # #\n   B\n"},
        {"m.jsonl", "{\"maze\": [\"S  #\", \" # #\", \"   G\"]}\n{\"maze\": [\"S  #\", \" # #\", \"   G\"]}\n"}}) {
    const PuzzleSource source({.path = write(name, text)});
    const auto family = infer_maze(source, std::nullopt);
    EXPECT_EQ(family->describe(), (Json{{"family", "maze"}, {"height", 3}, {"width", 4}})) << name;
    EXPECT_EQ(read_records(source, *family).records.size(), 2u) << name;
    EXPECT_THROW(infer_maze(source, MazeShape{4, 4}), Error) << name;
  }
  const PuzzleSource lines({.path = write("l.txt", "S  # # #   G\nS  # # #   G\n")});
  EXPECT_THROW(infer_maze(lines, std::nullopt), Error) << "12 cells are not a square";
  EXPECT_EQ(read_records(lines, *infer_maze(lines, MazeShape{3, 4})).records.size(), 2u);
}

TEST_F(BuildTest, BoxesOfSixFollowFromThePuzzles) {
  for (const char* boxes : {"2x3", "3x2"}) {
    const SudokuShape shape = boxes[0] == '2' ? SudokuShape{2, 3} : SudokuShape{3, 2};
    const auto family = make_sudoku(shape, "t");
    std::string csv = "question\n";
    const PuzzleSet set = generate(*sudoku_generator(shape, {}), {.count = 12, .seed = 3});
    for (const Record& record : set.train) csv += family->to_line(record.question) + "\n";
    EXPECT_EQ(infer_sudoku(PuzzleSource({.path = write("six.csv", csv)}))->describe(), family->describe()) << boxes;
    EXPECT_EQ(infer_sudoku(PuzzleSource({.path = write("six.txt", csv.substr(9))}))->describe(), family->describe());
  }
}

TEST_F(BuildTest, RepeatedAndContradictoryRowsAreNoted) {
  BuildOptions build = options(write("t.csv", "input,output\n12,21\n12,21\n34,43\n12,99\n"));
  build.train.question_column = "input";
  build.train.answer_column = "output";
  const auto family = infer_table_of(build.train);
  const BuildReport report = build_dataset(*family, build);
  ASSERT_EQ(report.notes.size(), 2u);
  EXPECT_NE(report.notes[0].find("1 inputs have more than one output"), std::string::npos) << report.notes[0];
  EXPECT_NE(report.notes[0].find("line 2 and"), std::string::npos) << report.notes[0];
  EXPECT_NE(report.notes[1].find("1 rows repeat"), std::string::npos) << report.notes[1];
  const VerifyReport verified = verify_dataset(out_, {});
  EXPECT_EQ(verified.fault_count, 1u);
  EXPECT_EQ(verified.notes.size(), 1u);
}

TEST_F(BuildTest, CsvFoldersAreReadBack) {
  const auto family = guess_family(16, 6);
  PuzzleSet puzzles;
  puzzles.train.push_back({.question = family->parse("12.4...2....4..1", "t")[0],
                           .answer = family->parse("1234341221434321", "t")[0],
                           .rating = 4});
  puzzles.test = puzzles.train;
  write_csv_folder(*family, puzzles, {.out = out_, .provenance = {{"made_by", "x, y"}}});
  for (const char* name : {"train.csv", "test.csv"}) {
    const RecordList list = read_records(RecordFile{.path = out_ / name}, *family);
    ASSERT_EQ(list.records.size(), 1u);
    EXPECT_EQ(list.records[0].question, puzzles.train[0].question);
    EXPECT_EQ(list.records[0].answer, puzzles.train[0].answer);
    EXPECT_EQ(list.records[0].rating, 4);
  }
}

TEST(ParseSize, ReadsSidesAndRectangles) {
  EXPECT_EQ(parse_size("9"), (MazeShape{9, 9}));
  EXPECT_EQ(parse_size("20x30"), (MazeShape{20, 30}));
  for (const char* bad : {"", "x", "3x", "x3", "0", "-3", "3x4x5", "2000", "nine"})
    EXPECT_THROW(parse_size(bad), Error) << bad;
}

}  // namespace
}  // namespace hrm::puzzles
