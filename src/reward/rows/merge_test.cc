// Shards that several processes build merge into the bytes that one process writes.
#include "rows/merge.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "base/testing/refused.h"
#include "rows/build.h"
#include "rows/row_file.h"

namespace hrm::rows {
namespace {

namespace fs = std::filesystem;

// Texts that occur again in records of other processes, with other labels; faulty lines, the first without a format;
// problems of a benchmark.
class MergeRows : public testing::Test {
 protected:
  MergeRows() {
    std::string first = "{\"question\": \"q\", \"mystery\": 1}\n\n", second;
    for (int i = 0; i < 40; ++i) {
      first += fmt::format(R"({{"question": "What is {}?", "steps": ["so {}", "hence é {}"], "labels": [{}, {}]}})",
                           i % 7, i % 3, i % 5, i % 2, i % 4 == 0 ? "0.25" : "1") +
               "\n";
      if (i % 6 == 1) first += "{\"question\": \"broken\n";
      if (i % 9 == 4) first += "{\"question\": \"no labels\", \"steps\": 7, \"labels\": [1]}\n";
      second += fmt::format(R"({{"question": "What is {}?", "steps": ["so {}"], "labels": [{}]}})", i % 11, i % 3,
                            i % 5 == 0) +
                "\n";
    }
    write_file_atomic(folder_.path() / "a.jsonl", first);
    write_file_atomic(folder_.path() / "b.jsonl", second);
    write_file_atomic(folder_.path() / "benchmark.jsonl",
                      "{\"question\": \"what is 3?\"}\n{\"question\": \"other\"}\n");
    options_ = {.inputs = {folder_.path() / "a.jsonl", folder_.path() / "b.jsonl"},
                .read = {.skip_bad = true},
                .kind = Kind::kHierarchical};
    options_.output = {.out = folder_.path() / "rows.jsonl",
                       .test_out = folder_.path() / "test.jsonl",
                       .test_fraction = 0.3,
                       .leakage = {folder_.path() / "benchmark.jsonl"}};
  }

  fs::path shard(size_t rank, size_t size) {
    BuildOptions options = options_;
    options.shard = {rank, size};
    options.output.out = shard_path(folder_.path() / "part.jsonl", options.shard, "");
    build_shard(options);
    return options.output.out;
  }
  std::vector<fs::path> shards(size_t size) {
    std::vector<fs::path> paths;
    for (size_t rank = size; rank-- > 0;) paths.push_back(shard(rank, size));
    return paths;
  }

  // Merges, and returns all that was written.
  std::string merged(const std::vector<fs::path>& paths) {
    const fs::path out = folder_.path() / "merged.jsonl", test = folder_.path() / "merged-test.jsonl";
    const MergedRows merged = merge_rows(paths, out, test);
    for (const fs::path& path : paths) fs::remove(path);
    return written(out, test) + printable(merged.report.to_json());
  }
  std::string whole() {
    const OutputReport report = build_rows(options_);
    return written(options_.output.out, options_.output.test_out) + printable(report.to_json());
  }
  static std::string written(const fs::path& out, const fs::path& test) {
    return read_file(out) + read_file(test) + read_file(meta_path(out)) + read_file(meta_path(test));
  }

  TemporaryFolder folder_;
  BuildOptions options_;
};

TEST_F(MergeRows, AsOneProcessWritesThem) {
  const std::string one = whole();
  for (const char* counted :
       {"\"repeated row\"", "\"text with different labels: the majority\"", "\"leaked_problems\":1"})
    EXPECT_NE(one.find(counted), std::string::npos) << counted << one;
  EXPECT_NE(one.find("mystery"), std::string::npos) << "a line before the format is known is a bad one";
  for (const size_t size : {2, 3, 5, 60}) EXPECT_EQ(merged(shards(size)), one) << size;
  options_.output.drop_leaks = true;
  EXPECT_EQ(merged(shards(3)), whole());
  options_.read.format = Format::kPlain;
  options_.max_bytes = 120;
  EXPECT_EQ(merged(shards(4)), whole());
}

TEST_F(MergeRows, AShardWrittenTwiceGivesNoRowsTwice) {
  std::vector<fs::path> paths = shards(2);
  const std::string before = read_file(paths[0]);
  EXPECT_EQ(shard(1, 2), paths[0]);
  EXPECT_EQ(read_file(paths[0]), before);
  const fs::path copy = folder_.path() / "copy";
  fs::copy_file(paths[0], copy);
  const auto merge = [&](const std::vector<fs::path>& given) {
    merge_rows(given, folder_.path() / "m", folder_.path() / "t");
  };
  expect_refused([&] { merge({paths[0], paths[1], copy}); }, {"both shard 1 of 2", "copy"});
  EXPECT_EQ(merged(paths), whole());
}

TEST_F(MergeRows, RefusesWhatIsNotOneBuild) {
  const std::vector<fs::path> paths = shards(3);
  const auto merge = [&](const std::vector<fs::path>& given, const char* test = "t") {
    merge_rows(given, folder_.path() / "m", *test ? folder_.path() / test : fs::path());
  };
  expect_refused([&] { merge({paths[0], paths[2]}); }, {"shard 1 of 3 is missing", "RANK=1 WORLD_SIZE=3"});
  expect_refused([&] { merge({options_.inputs[0]}); }, "a.jsonl: is no shard");
  expect_refused([&] { merge(paths, ""); }, "--test-out");
  const std::string whole_shard = read_file(paths[1]);
  write_file_atomic(paths[1], whole_shard.substr(0, whole_shard.size() / 2));
  expect_refused([&] { merge(paths); }, {paths[1].filename().string(), "breaks off"});
  options_.max_bytes = 1000;
  shard(1, 3);
  expect_refused([&] { merge(paths); }, {"max_bytes = 1000", "max_bytes"});
  options_.max_bytes = 0;
  write_file_atomic(options_.inputs[1], read_file(options_.inputs[1]) + "{\"question\": \"new\"}\n");
  shard(1, 3);
  expect_refused([&] { merge(paths); }, {"b.jsonl", "had 40 records", "41"});
  EXPECT_FALSE(fs::exists(folder_.path() / "m"));
  options_.inputs = {"-"};
  expect_refused([&] { shard(0, 3); }, "standard input cannot be shared");
}

}  // namespace
}  // namespace hrm::rows
