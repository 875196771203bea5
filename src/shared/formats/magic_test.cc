#include "formats/magic.h"

#include <gtest/gtest.h>

#include <string>

namespace hrm {
namespace {

TEST(Magic, KindsAreToldByTheirFirstBytes) {
  using namespace std::string_view_literals;
  for (const auto& [bytes, what] : {std::pair{"GGUF\3\0"sv, "a GGUF file"sv},
                                    {"BZh91AY&SY"sv, "compressed with bzip2"sv},
                                    {"BZh11AY&SY..."sv, "compressed with bzip2"sv},
                                    {"\xFD\x37zXZ\0\0"sv, "compressed with xz"sv},
                                    {"7z\xBC\xAF\x27\x1C"sv, "a 7z archive"sv},
                                    {"\x7F\x45LF\2"sv, "a program"sv},
                                    {"\xFE\xFF\0{"sv, "text in UTF-16"sv}}) {
    ASSERT_NE(find_magic(bytes), nullptr) << what;
    EXPECT_EQ(find_magic(bytes)->what, what);
  }
  const std::string tar = std::string(257, 'a') + "ustar";
  EXPECT_EQ(find_magic(tar)->what, "a tar archive");
}

TEST(Magic, TextsAndShortBeginningsAreNone) {
  for (const std::string_view text : {"", "G", "7", "7z", "BZh,a,b", "{\"a\": 1}", "PAR", "version 2"})
    EXPECT_EQ(find_magic(text), nullptr) << text;
}

}  // namespace
}  // namespace hrm
