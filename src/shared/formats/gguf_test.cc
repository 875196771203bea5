#include "formats/gguf.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/testing/paths.h"
#include "base/testing/refused.h"
#include "formats/bytes.h"
#include "formats/testing/gguf.h"

namespace hrm {
namespace {

constexpr uint32_t kU32 = 4, kArray = 9;
constexpr uint32_t kF32 = 0, kQ4_0 = 2, kQ2_K = 10;
using Writer = GgufTestWriter;

void expect_gguf_refused(const std::string& file, const std::string& part) {
  hrm::expect_refused([&] { Gguf(bytes_of(file), "x.gguf"); }, {part, "x.gguf"});
}

TEST(Gguf, EveryTypeExpandsToTheBitsOfTheReference) {
  const Gguf file(testdata_folder() / "gguf/golden.gguf");
  EXPECT_EQ(file.version(), 3u);
  size_t compared = 0;
  for (const auto& [name, info] : file.tensors()) {
    if (!file.tensors().contains(name + ".expanded")) continue;
    EXPECT_EQ(info.type, name);
    EXPECT_EQ(info.shape, (Shape{2, 256}));
    EXPECT_EQ(file.load(name, DType::kF32), file.load(name + ".expanded", DType::kF32)) << name;
    ++compared;
  }
  EXPECT_EQ(compared, 10u);
  EXPECT_EQ(file.load("Q6_K", DType::kBF16), file.load("Q6_K", DType::kF32).to(DType::kBF16));
}

TEST(Gguf, EveryTypeOfValueIsRead) {
  const Gguf file(testdata_folder() / "gguf/golden.gguf");
  EXPECT_EQ(file.get<int64_t>("value.u8"), 200);
  EXPECT_EQ(file.get<int64_t>("value.i8"), -100);
  EXPECT_EQ(file.get<int64_t>("value.u16"), 60000);
  EXPECT_EQ(file.get<int64_t>("value.i16"), -30000);
  EXPECT_EQ(file.get<int64_t>("value.u32"), 4000000000);
  EXPECT_EQ(file.get<int64_t>("value.i32"), -2000000000);
  EXPECT_EQ(std::get<uint64_t>(*file.find("value.u64")), (uint64_t{1} << 63) + 1);
  EXPECT_THROW(file.get<int64_t>("value.u64"), Error);
  EXPECT_EQ(file.get<int64_t>("value.i64"), -(int64_t{1} << 62));
  EXPECT_EQ(file.get<double>("value.f32"), 0.1f);
  EXPECT_EQ(file.get<double>("value.f64"), 0.1);
  EXPECT_EQ(file.get<double>("value.i8"), -100);
  EXPECT_TRUE(file.get<bool>("value.bool"));
  EXPECT_EQ(file.get<std::string>("value.text"), "Grüße");
  EXPECT_EQ(file.get<std::vector<std::string>>("value.texts"), (std::vector<std::string>{"a", "", "ü"}));
  EXPECT_EQ(file.get<std::vector<int64_t>>("value.integers"), (std::vector<int64_t>{1, -2, 3}));
  EXPECT_EQ(file.get<std::vector<double>>("value.floats"), (std::vector<double>{0.5, -1.5}));
  EXPECT_EQ(file.get_or<std::string>("no.key", "none"), "none");
  EXPECT_THROW(file.get<int64_t>("no.key"), Error);
  EXPECT_THROW(file.get<int64_t>("value.text"), Error);
  EXPECT_THROW(file.get<std::vector<int64_t>>("value.texts"), Error);
}

TEST(Gguf, DimensionsAreTurnedRound) {
  Writer w;
  w.tensor("m", {3, 2}, kF32, 0);
  w.tensor("s", {}, kF32, 32);
  const std::string bytes = w.file(36, 2);
  const Gguf file(bytes_of(bytes), "x.gguf");
  EXPECT_EQ(file.version(), 2u);
  EXPECT_EQ(file.tensors().at("m").shape, (Shape{2, 3}));
  EXPECT_EQ(file.load("s", DType::kF32).count(), 1);
}

TEST(Gguf, EveryCutIsRefused) {
  Writer w;
  w.text("general.architecture", "llama");
  w.key<uint32_t>("llama.block_count", kU32, 2);
  w.tensor("a", {32}, kQ4_0, 0);
  w.tensor("b", {4}, kF32, 32);
  const std::string whole = w.file(48);
  EXPECT_EQ(Gguf(bytes_of(whole), "x").tensors().size(), 2u);
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_THROW(Gguf(bytes_of(whole.substr(0, size)), "x"), Error) << size;
}

TEST(Gguf, RefusesWhatIsNoModel) {
  expect_gguf_refused("", "not a GGUF file");
  expect_gguf_refused(std::string(64, 'x'), "not a GGUF file");
  expect_gguf_refused(Writer().file(0, 1), "version 1 is not supported");
  expect_gguf_refused(Writer().file(0, 0x03000000), "big-endian");
}

TEST(Gguf, RefusesFaultyKeys) {
  Writer twice;
  twice.text("a", "x");
  twice.text("a", "y");
  expect_gguf_refused(twice.file(0), "key 'a' occurs twice");
  Writer unknown;
  unknown.key<uint32_t>("a", 13, 0);
  expect_gguf_refused(unknown.file(0), "key 'a' has a value of unknown type 13");
  for (const int64_t alignment : {0, 3, 1 << 30}) {
    Writer w;
    w.key("general.alignment", kU32, static_cast<uint32_t>(alignment));
    expect_gguf_refused(w.file(0), "general.alignment");
  }
  Writer many;
  std::string array = many.name("a");
  append_le(array, kArray);
  append_le(array, uint32_t{0});
  append_le(array, uint64_t{1} << 40);
  many.raw_key(array);
  expect_gguf_refused(many.file(64), "array of 1099511627776 elements");
  Writer deep;
  std::string nested = deep.name("a");
  for (int i = 0; i < 6; ++i) {
    append_le(nested, kArray);
    if (i > 0) append_le(nested, uint64_t{1});
  }
  deep.raw_key(nested);
  expect_gguf_refused(deep.file(64), "deep");
}

TEST(Gguf, RefusesFaultyTensors) {
  const auto refused = [](std::vector<uint64_t> dims, uint32_t type, uint64_t offset, const std::string& part) {
    Writer w;
    w.tensor("first", {8}, kF32, 0);
    w.tensor("t", std::move(dims), type, offset);
    expect_gguf_refused(w.file(64), part);
  };
  refused({8}, kF32, 64, "ends beyond the data section of 64 bytes");
  refused({8}, kF32, uint64_t{1} << 60, "ends beyond");
  refused({8}, kF32, 16, "not aligned to 32");
  refused({8}, kF32, 0, "overlaps");
  refused({1, 1, 1, 1, 1}, kF32, 32, "5 dimensions");
  refused({uint64_t{1} << 47, uint64_t{1} << 47}, kF32, 32, "impossible shape");
  refused({33}, kQ4_0, 32, "do not fill Q4_0 blocks of 32");
  refused({8}, 77, 32, "element type 77");
  Writer twice;
  twice.tensor("t", {8}, kF32, 0);
  twice.tensor("t", {8}, kF32, 32);
  expect_gguf_refused(twice.file(64), "tensor 't' occurs twice");
}

TEST(Gguf, ATypeThatIsOnlyKnownBySizeIsRefusedWhereItIsLoaded) {
  Writer w;
  w.tensor("t", {256}, kQ2_K, 0);
  const std::string bytes = w.file(84);
  const Gguf file(bytes_of(bytes), "x.gguf");
  EXPECT_EQ(file.tensors().at("t").bytes, 84u);
  try {
    file.load("t", DType::kF32);
    ADD_FAILURE();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("'t'"), std::string::npos);
    EXPECT_NE(std::string(e.what()).find("Q2_K"), std::string::npos);
  }
}

}  // namespace
}  // namespace hrm
