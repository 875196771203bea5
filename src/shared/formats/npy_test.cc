#include "formats/npy.h"

#include <gtest/gtest.h>

#include <numeric>

#include "base/error.h"
#include "base/testing/paths.h"
#include "base/testing/refused.h"
#include "formats/bytes.h"

namespace hrm {
namespace {

// A whole file of version 1.0 with this header dict.
std::string file_with(const std::string& dict, const std::string& data) {
  std::string text("\x93NUMPY\x01\x00", 8);
  text += static_cast<char>(dict.size() & 0xff);
  text += static_cast<char>(dict.size() >> 8);
  return text + dict + data;
}

void expect_npy_refused(const std::string& file, const std::string& part) {
  hrm::expect_refused([&] { parse_npy(bytes_of(file), "x.npy"); }, {part, "x.npy"});
}

TEST(Npy, EveryTypeAndRankComesBack) {
  const TemporaryFolder folder;
  for (DType type : {DType::kBool, DType::kU8, DType::kI8, DType::kU16, DType::kI16, DType::kU32, DType::kI32,
                     DType::kU64, DType::kI64, DType::kF16, DType::kF32, DType::kF64}) {
    for (const Shape& shape : {Shape{}, Shape{5}, Shape{0}, Shape{2, 3}, Shape{3, 1, 4}}) {
      HostTensor array(type, shape);
      for (size_t i = 0; i < array.bytes().size(); ++i) array.bytes()[i] = static_cast<std::byte>(i % 2);
      save_npy(folder.path() / "a.npy", array);
      EXPECT_EQ(load_npy(folder.path() / "a.npy"), array) << name_of(type) << to_string(shape);
      EXPECT_EQ((std::filesystem::file_size(folder.path() / "a.npy") - array.bytes().size()) % 64, 0u);
    }
  }
}

TEST(Npy, MapLeavesElementsOnDisk) {
  const TemporaryFolder folder;
  std::vector<int32_t> values(12);
  std::iota(values.begin(), values.end(), 100);
  save_npy(folder.path() / "a.npy", HostTensor::of<int32_t>({3, 4}, values));
  const NpyMap map(folder.path() / "a.npy");
  EXPECT_EQ(map.dtype(), DType::kI32);
  EXPECT_EQ(map.shape(), (Shape{3, 4}));
  ASSERT_EQ(map.data().size(), 48u);
  EXPECT_EQ(map.data()[4], std::byte{101});
}

TEST(Npy, LaterVersionsAndOtherSpellingsAreRead) {
  const std::string dict = "{\"shape\":(2,),'fortran_order':True,'descr':'<u1'}\n";
  std::string version2("\x93NUMPY\x02\x00", 8);
  version2 += static_cast<char>(dict.size());
  version2.append(3, '\0');
  version2 += dict + "ab";
  const HostTensor array = parse_npy(bytes_of(version2), "x.npy");
  EXPECT_EQ(array.dtype(), DType::kU8);
  EXPECT_EQ(array.shape(), Shape{2});
  EXPECT_EQ(array.bytes()[1], std::byte{'b'});
}

TEST(Npy, FaultsAreNamed) {
  const auto dict = [](std::string descr, std::string order, std::string shape) {
    return "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }";
  };
  expect_npy_refused("", "does not start");
  expect_npy_refused("\x93NUMPY", "does not start");
  expect_npy_refused(std::string("\x93NUMPY\x04\x00\x02\x00{}", 12), "version 4.0");
  expect_npy_refused(file_with(dict("<i4", "False", "(2, 2)"), "0123456789"), "truncated");
  expect_npy_refused(file_with(dict("<i4", "False", "(2,)"), "0123456789"), "surplus");
  expect_npy_refused(file_with(dict("<i4", "True", "(2, 2)"), "0123456789abcdef"), "Fortran");
  expect_npy_refused(file_with(dict(">i4", "False", "(1,)"), "0123"), "'>i4'");
  expect_npy_refused(file_with(dict("|O", "False", "(1,)"), "0123"), "'|O'");
  expect_npy_refused(file_with(dict("<i4", "False", "(-1,)"), "0123"), "dimension");
  expect_npy_refused(file_with(dict("<i4", "False", "(4611686018427387904, 4)"), "0123"), "too many");
  expect_npy_refused(file_with(dict("<i4", "False", "(1000000000000,)"), "0123"), "truncated");
  expect_npy_refused(file_with("{'descr': '<i4'}", "0123"), "missing");
  expect_npy_refused(file_with("{'descr': '<i4", "0123"), "not closed");
  expect_npy_refused(file_with("{'descr': '<i4', 'descr': '<i4'}", ""), "twice");
  const std::string whole = file_with(dict("<i4", "False", "(2,)"), "01234567");
  for (size_t cut = 0; cut < whole.size(); ++cut) expect_npy_refused(whole.substr(0, cut), "");
}

TEST(Npy, ReadsFilesOfNumpy) {
  const auto folder = shared_folder() / "fixtures/datasets/sudoku_dataset/train";
  HRM_SKIP_WITHOUT(folder);
  const HostTensor inputs = load_npy(folder / "all__inputs.npy");
  ASSERT_EQ(inputs.shape().size(), 2u);
  EXPECT_EQ(inputs.shape()[1], 81);
  const HostTensor tokens = inputs.to(DType::kI32);
  for (int32_t token : tokens.as<int32_t>()) ASSERT_TRUE(token >= 1 && token <= 10);
  EXPECT_EQ(load_npy(folder / "all__group_indices.npy").to(DType::kI32).as<int32_t>()[0], 0);
}

TEST(Npy, TypesWithoutNumpyNameAreRefusedOnSaving) {
  const TemporaryFolder folder;
  EXPECT_THROW(save_npy(folder.path() / "a.npy", HostTensor(DType::kBF16, {2})), Error);
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "a.npy"));
}

}  // namespace
}  // namespace hrm
