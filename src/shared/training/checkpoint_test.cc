#include "training/checkpoint.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "base/files.h"

namespace hrm::training {
namespace {

Checkpoint example(double value) {
  const double values[] = {value, 2.5};
  const int32_t counts[] = {1, 2, 3};
  return {
      .tensors = {{"values", HostTensor::of<double>({2}, values)}, {"counts", HostTensor::of<int32_t>({3}, counts)}},
      .state = {{"step", 7}, {"third", 1.0 / 3}}};
}

// Without the syncing of write_file_atomic, which thousands of files cannot afford.
void write_plain(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

void expect_same(const Checkpoint& a, const Checkpoint& b) {
  EXPECT_EQ(a.tensors, b.tensors);
  EXPECT_EQ(a.state, b.state);
}

TEST(Checkpoint, ReturnsTheSameBits) {
  const TemporaryFolder folder;
  save_checkpoint(folder.path() / "a", example(0.1));
  expect_same(load_checkpoint(folder.path() / "a"), example(0.1));
}

TEST(Checkpoint, TextThatIsNotUtf8IsKeptAsFarAsJsonCan) {
  const TemporaryFolder folder;
  save_checkpoint(folder.path() / "a", {.tensors = {}, .state = {{"data_path", "d\xff"}}});
  EXPECT_EQ(load_checkpoint(folder.path() / "a").state["data_path"], "d\uFFFD");
}

// Whatever bit flips, the file is refused or means the same (the format's padding may change).
TEST(Checkpoint, FindsDamageInEveryByte) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "a";
  save_checkpoint(path, example(0.1));
  const std::string whole = read_file(path);
  size_t refused = 0;
  for (size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ (1 << (i % 8)));
    write_plain(path, damaged);
    try {
      expect_same(load_checkpoint(path), example(0.1));
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, whole.size() * 9 / 10);
}

TEST(Checkpoint, RefusesEveryTruncationAndForeignFiles) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "a";
  save_checkpoint(path, example(0.1));
  const std::string whole = read_file(path);
  for (size_t size = 0; size < whole.size(); ++size) {
    write_plain(path, std::string_view(whole).substr(0, size));
    EXPECT_THROW(load_checkpoint(path), Error) << size;
  }
  Checkpoint other = example(1);
  save_checkpoint(path, other);
  std::string text = read_file(path);
  text.replace(text.find("hrm-checkpoint"), 14, "hrm-something!");
  write_file_atomic(path, text);
  EXPECT_THROW(load_checkpoint(path), Error);
}

TEST(Checkpoint, RotatesAndFallsBack) {
  const TemporaryFolder folder;
  EXPECT_FALSE(find_checkpoint(folder.path()));
  for (double value : {1.0, 2.0, 3.0}) rotate_checkpoint(folder.path(), example(value));
  const auto last = folder.path() / CheckpointNames::kLast, previous = folder.path() / CheckpointNames::kPrevious;
  expect_same(find_checkpoint(folder.path())->checkpoint, example(3));
  expect_same(load_checkpoint(previous), example(2));

  const std::string whole = read_file(last);
  write_file_atomic(last, std::string_view(whole).substr(0, whole.size() - 3));
  expect_same(find_checkpoint(folder.path())->checkpoint, example(2));
  std::filesystem::remove(last);  // a crash between the two renames
  expect_same(find_checkpoint(folder.path())->checkpoint, example(2));
  write_file_atomic(previous, "nonsense");
  EXPECT_THROW(find_checkpoint(folder.path()), Error);
}

TEST(Checkpoint, SeesWhatIsNotFinite) {
  NamedTensors tensors = example(1).tensors;
  EXPECT_FALSE(first_not_finite(tensors));
  tensors["z"] = HostTensor::of<float>({2}, std::vector<float>{1, INFINITY}).to(DType::kBF16);
  EXPECT_EQ(first_not_finite(tensors), "z");
  tensors = example(NAN).tensors;
  EXPECT_EQ(first_not_finite(tensors), "values");
}

}  // namespace
}  // namespace hrm::training
