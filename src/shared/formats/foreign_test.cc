#include "formats/foreign.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "base/testing/paths.h"
#include "formats/bytes.h"

namespace hrm {
namespace {

std::string described(std::string_view content, std::string_view name = "x") {
  return describe_foreign(bytes_of(content), name);
}

TEST(Foreign, EveryKindIsNamed) {
  using namespace std::string_view_literals;
  const std::string tar = std::string(257, 'a') + "ustar";
  for (const auto& [content, part] : {std::pair{""sv, "is empty"},
                                      {"version https://git-lfs.github.com/spec/v1\noid sha256:0\n"sv, "git lfs pull"},
                                      {"/annex/objects/SHA256E-s1--0.pt\n"sv, "git annex get"},
                                      {"outs:\n- md5: 0\n"sv, "dvc pull"},
                                      {"\xef\xbb\xbf \n<!doctype HTML>"sv, "HTML page"},
                                      {"<HTML lang=en>"sv, "HTML page"},
                                      {"<?xml version='1.0'?><Error/>"sv, "XML"},
                                      {"{\"error\": \"Not found\"}"sv, "JSON text"},
                                      {"Not found\nat all"sv, "begins with 'Not found'"},
                                      {"Invalid username or password."sv, "begins with 'Invalid"},
                                      {"Grüße"sv, "begins with 'Grüße'"},
                                      {"GGUF\3\0\0\0"sv, "GGUF"},
                                      {"\x93NUMPY\1\0"sv, "npy"},
                                      {"\x1f\x8b\x08\0"sv, "gzip"},
                                      {"\x28\xb5\x2f\xfd\0"sv, "Zstandard"},
                                      {"\x89HDF\r\n\x1a\n"sv, "HDF5"},
                                      {std::string_view(tar), "tar archive"},
                                      {"\x80\x04\x95\x10\0\0\0\0\0\0\0"sv, "bare pickle"},
                                      {"\0\0\0\0\0\0\0\0\0\0\0\0"sv, "only zeros"}})
    EXPECT_NE(described(content).find(part), std::string::npos) << part << ": " << described(content);
  EXPECT_NE(described("PK\3\4", "d/__0_0.distcp").find("dcp_to_torch"), std::string::npos);
}

TEST(Foreign, KindsWithoutAMarkAreToldByName) {
  using namespace std::string_view_literals;
  constexpr std::string_view kBytes = "\x08\x07\x12\x07pytorch\x1a"sv;
  EXPECT_NE(described(kBytes, "a.onnx").find("ONNX"), std::string::npos);
  EXPECT_NE(described(kBytes, "flax_model.msgpack").find("from_flax"), std::string::npos);
  EXPECT_NE(described("\x1c\0\0\0TFL3"sv).find("TensorFlow Lite"), std::string::npos);
  EXPECT_NE(described("lmgg\1\0"sv).find("before GGUF"), std::string::npos);
  EXPECT_EQ(describe_unknown(bytes_of(kBytes)),
            "is of no kind that is known here: it begins with the bytes 08 07 12 07 70 79 74 6f");
}

TEST(Foreign, KnownFormatsAndNoiseAreNot) {
  using namespace std::string_view_literals;
  for (const std::string_view content : {"PK\3\4abc"sv, "\x10\0\0\0\0\0\0\0{\"a\""sv, "\x07\x01\x02\xff\xfe\x99"sv})
    EXPECT_EQ(described(content), "");
  for (const char* name : {"torch/mixed.pt", "torch/legacy.pt"})
    EXPECT_EQ(described(read_file(testdata_folder() / name)), "") << name;
}

}  // namespace
}  // namespace hrm
