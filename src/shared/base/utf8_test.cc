#include "base/utf8.h"

#include <gtest/gtest.h>

#include <string_view>
#include <tuple>

namespace hrm {
namespace {

TEST(Utf8, DecodesEveryLength) {
  const std::pair<std::string_view, char32_t> cases[] = {
      {"A", U'A'}, {"\xC3\xA9", U'é'}, {"\xE4\xB8\xAD", U'中'}, {"\xF0\x9F\x99\x82", U'🙂'}};
  for (const auto& [text, value] : cases) {
    const CodePoint point = decode_utf8(std::string(text) + "x");
    EXPECT_TRUE(point.valid);
    EXPECT_TRUE(point.value == value);
    EXPECT_EQ(point.size, text.size());
    std::string back;
    append_utf8(back, value);
    EXPECT_EQ(back, text);
  }
}

// As Python: b"...".decode(errors="replace").
TEST(Utf8, ReplacesMaximalPrefixesOfFaultySequences) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"\x80", "\uFFFD"},           {"a\xC3", "a\uFFFD"},
      {"\xC0\xAF", "\uFFFD\uFFFD"}, {"\xE4\xB8", "\uFFFD"},
      {"\xE4\xB8x", "\uFFFDx"},     {"\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD"},
      {"\xF0\x9F\x99", "\uFFFD"},   {"\xF4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"},
      {"\xFF\xFE", "\uFFFD\uFFFD"},
  };
  for (const auto& [faulty, replaced] : cases) {
    EXPECT_EQ(to_valid_utf8(faulty), replaced);
    EXPECT_FALSE(is_valid_utf8(faulty));
    EXPECT_TRUE(is_valid_utf8(replaced));
  }
}

TEST(Utf8, WhatUnicodeDoesNotHaveIsAppendedAsReplacement) {
  std::string text;
  append_utf8(text, 0xD800);
  append_utf8(text, 0x110000);
  EXPECT_EQ(text, "\uFFFD\uFFFD");
}

TEST(Utf8, SpacesAreThoseOfPython) {
  size_t spaces = 0;
  for (char32_t value = 0; value <= 0x10FFFF; ++value) spaces += is_space(value);
  EXPECT_EQ(spaces, 29u);  // sum(chr(i).isspace() for i in range(0x110000))
  for (char32_t value : {0x0Bu, 0x1Cu, 0x85u, 0xA0u, 0x2003u, 0x2028u, 0x3000u}) EXPECT_TRUE(is_space(value));
  for (char32_t value : {0x200Bu, 0xFEFFu, 0x180Eu}) EXPECT_FALSE(is_space(value));
}

TEST(Utf8, DigitsHaveValuesInEveryScript) {
  EXPECT_EQ(digit_value(U'7'), 7);
  EXPECT_EQ(digit_value(U'７'), 7);    // full width
  EXPECT_EQ(digit_value(U'٣'), 3);     // Arabic-Indic
  EXPECT_EQ(digit_value(0x1D7CF), 1);  // mathematical bold
  EXPECT_EQ(digit_value(0x1D7FF), 9);  // mathematical monospace
  EXPECT_FALSE(is_digit(U'²'));
  EXPECT_FALSE(is_digit(U'½'));
}

TEST(Utf8, LowersLetters) {
  EXPECT_EQ(lower("ÀÉ ÇA Ω X1"), "àé ça ω x1");
  EXPECT_EQ(lower("ΣΟΣ Σ ΑΣ. ΑΣ'Α"), "σος σ ας. ασ'α");
  EXPECT_EQ(lower("İ"), "i\xCC\x87");
  EXPECT_EQ(lower("A\xFF"), "a\xFF");
}

TEST(Utf8, Strips) {
  EXPECT_EQ(strip(" \n\u00A0x y\u3000\t"), "x y");
  EXPECT_EQ(strip_left("  x "), "x ");
  EXPECT_EQ(strip_right(" x\u2028"), " x");
  EXPECT_EQ(strip("\u3000"), "");
  EXPECT_EQ(strip("\x80 "), "\x80");
}

TEST(Utf8, TheLastCodePointIsReadFromTheEnd) {
  for (const auto& [text, value, size] : {std::tuple<const char*, char32_t, size_t>{"ab", 'b', 1},
                                          {"a\u00e9", 0xE9, 2},
                                          {"\u20ac", 0x20AC, 3},
                                          {"x\U0001F600", 0x1F600, 4}}) {
    const CodePoint last = decode_last_utf8(text);
    EXPECT_EQ(last.value, value) << text;
    EXPECT_EQ(last.size, size) << text;
    EXPECT_TRUE(last.valid);
  }
  for (const char* faulty : {"\xC3", "a\x80", "\u00e9\x80", "\xE2\x82", "\x80\x80\x80\x80\x80"}) {
    EXPECT_EQ(decode_last_utf8(faulty).size, faulty == std::string_view("\xE2\x82") ? 2u : 1u) << faulty;
    EXPECT_FALSE(decode_last_utf8(faulty).valid) << faulty;
  }
}

}  // namespace
}  // namespace hrm
