#include "base/terminal.h"

#include <gtest/gtest.h>

namespace hrm {
namespace {

TEST(Terminal, WhatATerminalWouldActOnIsShown) {
  EXPECT_EQ(visible_text("plain, tab\t, Grüße, 日本語 \U0001F600"), "plain, tab\t, Grüße, 日本語 \U0001F600");
  EXPECT_EQ(visible_text("\x1b[31mred"), "\\x1b[31mred");
  EXPECT_EQ(visible_text(std::string_view("a\0b\a\b\x7f", 6)), "a\\x00b\\x07\\x08\\x7f");
  EXPECT_EQ(visible_text("over\rwritten"), "over\\rwritten");
  EXPECT_EQ(visible_text("\xc2\x9b"
                         "31m"),
            "\\x9b31m");  // CSI as one character of C1
  EXPECT_EQ(visible_text("\x9b"
                         "31m\xff\xfe"),
            "\\x9b31m\\xff\\xfe");  // and as a byte that is not UTF-8
  EXPECT_EQ(visible_text("\u202egnp.exe\u2069"), "\\u202egnp.exe\\u2069");
  EXPECT_EQ(visible_text("two\nlines"), "two\nlines");
  EXPECT_EQ(visible_text("two\nlines", LineBreaks::kShow), "two\\nlines");
}

std::string in_pieces(TerminalFilter filter, std::string_view text) {
  std::string shown;
  for (const char& c : text) shown += filter.feed({&c, 1});
  return shown + filter.finish();
}

TEST(Terminal, PiecesGiveWhatTheWholeGives) {
  for (const std::string_view text : {"日本\x1b[1m語\xff\xe6\x97", "\xf0\x9f\x98\x80\xc2\x9b", "\xe6\x97x\n", ""})
    EXPECT_EQ(in_pieces({}, text), visible_text(text));
}

TEST(Terminal, StylesPassOnlyWhereTheyAreWanted) {
  TerminalFilter filter;
  filter.pass_styles();
  EXPECT_EQ(in_pieces(filter, "\x1b[1;32m9\x1b[0m"), "\x1b[1;32m9\x1b[0m");
  EXPECT_EQ(in_pieces(filter, "\x1b[2J\x1b]0;title\a"), "\\x1b[2J\\x1b]0;title\\x07");
  EXPECT_EQ(in_pieces(filter, "\x1b[12"), "\\x1b[12");
  EXPECT_EQ(in_pieces({}, "\x1b[1;32m9"), "\\x1b[1;32m9");
}

}  // namespace
}  // namespace hrm
