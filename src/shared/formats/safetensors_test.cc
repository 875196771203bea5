#include "formats/safetensors.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/testing/paths.h"
#include "base/testing/refused.h"
#include "formats/bytes.h"

namespace hrm {
namespace {

std::string file_with(const std::string& header, size_t data_bytes) {
  std::string text;
  append_le(text, static_cast<uint64_t>(header.size()));
  return text + header + std::string(data_bytes, '\0');
}

void expect_safetensors_refused(const std::string& file, const std::string& part) {
  hrm::expect_refused([&] { parse_safetensors(bytes_of(file), "x.safetensors"); }, {part, "x.safetensors"});
}

Safetensors example() {
  Safetensors file;
  file.tensors["odd"] = HostTensor::of<uint8_t>({3}, std::vector<uint8_t>{1, 2, 3});
  file.tensors["wide"] = HostTensor::of<double>({1, 2}, std::vector<double>{0.5, -2});
  file.tensors["none"] = HostTensor(DType::kF32, {0, 4});
  file.tensors["scalar"] = HostTensor::of<int64_t>({}, std::vector<int64_t>{-7});
  file.tensors["half"] = HostTensor::of<float>({2}, std::vector<float>{1, 3}).to(DType::kBF16);
  file.metadata = {{"config", "{\"a\": 1}"}, {"format", "pt"}};
  return file;
}

TEST(Safetensors, ComesBackWithMetadataAndAligned) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "a.safetensors";
  save_safetensors(path, example());
  const Safetensors back = load_safetensors(path);
  EXPECT_EQ(back.tensors, example().tensors);
  EXPECT_EQ(back.metadata, example().metadata);
  EXPECT_EQ(read_safetensors_metadata(path), example().metadata);
  const std::string bytes = read_file(path);
  const auto header = load_le<uint64_t>(bytes_of(bytes));
  EXPECT_EQ(header % 8, 0u);
  const Json json = parse_json(bytes.substr(8, header), "header");
  EXPECT_EQ(json["wide"]["data_offsets"][0].get<int>() % 8, 0);
  EXPECT_EQ(json["half"]["data_offsets"][0].get<int>() % 2, 0);
}

TEST(Safetensors, WithoutTensorsIsAFileToo) {
  const TemporaryFolder folder;
  save_safetensors(folder.path() / "a", {});
  EXPECT_TRUE(load_safetensors(folder.path() / "a").tensors.empty());
}

TEST(Safetensors, FaultsAreNamed) {
  const auto tensor = [](std::string dtype, std::string shape, std::string offsets) {
    return R"({"t":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}";
  };
  expect_safetensors_refused("abc", "too short");
  expect_safetensors_refused("\xf3\x9f\x10\xee\x01\x02\x03\x04 noise",
                             "is of no kind that is known here: it begins with the bytes f3 9f 10 ee");
  expect_safetensors_refused(file_with("{}", 0).substr(0, 9), "truncated");
  expect_safetensors_refused(file_with("[]", 0), "not a JSON object");
  expect_safetensors_refused(file_with("{", 0), "not valid JSON");
  expect_safetensors_refused(file_with(tensor("F32", "[2]", "[0,8]"), 7), "'t' ends at 8");
  expect_safetensors_refused(file_with(tensor("F32", "[2]", "[0,8]"), 9), "after the last tensor");
  expect_safetensors_refused(file_with(tensor("F32", "[3]", "[0,8]"), 8), "does not fill");
  expect_safetensors_refused(file_with(tensor("F99", "[2]", "[0,8]"), 8), "F99");
  expect_safetensors_refused(file_with(tensor("F32", "[-2]", "[0,8]"), 8), "shape holds -2");
  expect_safetensors_refused(file_with(tensor("F32", "[4611686018427387904,8]", "[0,8]"), 8), "does not fill");
  expect_safetensors_refused(file_with(tensor("F32", "[2]", "[8,0]"), 8), "[begin, end]");
  expect_safetensors_refused(file_with(tensor("F32", "[2]", "[4,12]"), 12), "left over");
  expect_safetensors_refused(file_with(R"({"t":{}})", 0), "missing");
  expect_safetensors_refused(file_with(R"({"__metadata__":{"a":1}})", 0), "'a' is not a text");
  const std::string overlap =
      R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}})";
  expect_safetensors_refused(file_with(overlap, 6), "overlap");
}

TEST(Safetensors, ReadsFilesOfItsLibrary) {
  const auto path = testdata_folder() / "golden/mini_hrm.safetensors";
  const Safetensors file = load_safetensors(path);
  EXPECT_EQ(file.tensors.at("weights.model.inner.embed_tokens.embedding_weight").shape(), (Shape{7, 32}));
  EXPECT_EQ(file.tensors.at("weights.model.inner.q_head.bias").dtype(), DType::kF32);
}

}  // namespace
}  // namespace hrm
