#include "puzzles/sudoku_text.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "puzzles/sudoku.h"

namespace hrm::puzzles {
namespace {

constexpr SudokuShape kNine{3, 3};
constexpr std::string_view kLine = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";

std::string first_line(const SudokuShape& shape, std::string_view text) {
  const auto puzzles = parse_sudoku(shape, text, "test");
  EXPECT_EQ(puzzles.size(), 1u);
  return puzzles.empty() ? "" : make_sudoku(shape, "test")->to_line(puzzles[0]);
}

// kLine as rows, each character passed through `blank` where it is '.', rows joined by `row(text)`.
std::string rows_with(char blank, const std::function<std::string(std::string)>& row) {
  std::string text;
  for (int r = 0; r < 9; ++r) {
    std::string cells(kLine.substr(r * 9, 9));
    std::ranges::replace(cells, '.', blank);
    text += row(cells) + "\n";
  }
  return text;
}

TEST(SudokuText, ReadsEveryUsualForm) {
  const auto same = [](std::string s) { return s; };
  const auto spaced = [](const std::string& s) {
    std::string text;
    for (char c : s) text += fmt::format("{} ", c);
    return text;
  };
  for (char blank : {'.', '0', '_', '*', ' '}) {
    std::string line(kLine);
    std::ranges::replace(line, '.', blank);
    EXPECT_EQ(first_line(kNine, line), kLine) << blank;
    EXPECT_EQ(first_line(kNine, line + "\r\n"), kLine) << blank;
    EXPECT_EQ(first_line(kNine, rows_with(blank, same)), kLine) << blank;
    EXPECT_EQ(first_line(kNine, rows_with(blank, spaced)), kLine) << blank;
    EXPECT_EQ(first_line(kNine, rows_with(blank,
                                          [](const std::string& s) {
                                            return fmt::format("|{}|{}|{}|", s.substr(0, 3), s.substr(3, 3),
                                                               s.substr(6));
                                          })),
              kLine)
        << blank;
    EXPECT_EQ(first_line(kNine, rows_with(blank,
                                          [&](const std::string& s) {
                                            return fmt::format("| {}| {}| {}|", spaced(s.substr(0, 3)),
                                                               spaced(s.substr(3, 3)), spaced(s.substr(6)));
                                          })),
              kLine)
        << blank;
    EXPECT_EQ(first_line(kNine, rows_with(blank,
                                          [](const std::string& s) {
                                            std::string text = "\xE2\x94\x82";  // a bar for every cell
                                            for (char c : s) text += fmt::format(" {} \xE2\x94\x82", c);
                                            return text;
                                          })),
              kLine)
        << blank;
  }
}

TEST(SudokuText, ReadsFramesBandsAndSeveralPuzzles) {
  const std::string framed =
      "# a comment\n"
      "+-------+-------+-------+\n"
      "| 5 3 . | . 7 . | . . . |\n"
      "| 6 . . | 1 9 5 | . . . |\n"
      "| . 9 8 | . . . | . 6 . |\n"
      "|-------+-------+-------|\n"
      "| 8 . . | . 6 . | . . 3 |\n"
      "| 4 . . | 8 . 3 | . . 1 |\n"
      "| 7 . . | . 2 . | . . 6 |\n"
      "=========================\n"
      "| . 6 . | . . . | 2 8 . |\n"
      "| . . . | 4 1 9 | . . 5 |\n"
      "| . . . | . 8 . | . 7 9 |\n"
      "+-------+-------+-------+\n";
  EXPECT_EQ(first_line(kNine, framed), kLine);
  const std::string unframed_bands =
      "53. .7. ...\n6.. 195 ...\n.98 ... .6.\n\n8.. .6. ..3\n4.. 8.3 ..1\n7.. .2. ..6\n\n.6. ... 28.\n... 419 ..5\n... "
      ".8. .79\n";
  EXPECT_EQ(first_line(kNine, unframed_bands), kLine);
  const auto three = parse_sudoku(kNine, framed + std::string(kLine) + "\n\n" + unframed_bands, "test");
  ASSERT_EQ(three.size(), 3u);
  EXPECT_EQ(three[0], three[1]);
  EXPECT_EQ(three[0], three[2]);
  EXPECT_TRUE(parse_sudoku(kNine, "\n  \n# nothing\n", "test").empty());
}

TEST(SudokuText, ReadsOtherSizes) {
  EXPECT_EQ(first_line({2, 2}, "1.3.\n..1.\n....\n4..1\n"), "1.3...1.....4..1");
  EXPECT_EQ(first_line({2, 3}, std::string(30, '0') + "123456"), std::string(30, '.') + "123456");
  const std::string sixteen = "123456789ABCDEFG" + std::string(240, '.');
  EXPECT_EQ(first_line({4, 4}, "123456789abcdefg" + std::string(240, '0')), sixteen);
}

TEST(SudokuText, DrawingsAreReadBack) {
  const Tokens question = parse_sudoku(kNine, kLine, "test")[0];
  Tokens answer = question, previous = question;
  for (int32_t& token : answer) token = std::max(token, 3);
  previous[2] = 9;
  for (const RenderOptions& options : {RenderOptions{}, RenderOptions{.question = question},
                                       RenderOptions{.question = question, .previous = previous}}) {
    const std::string drawn = render_sudoku(kNine, answer, options);
    EXPECT_EQ(parse_sudoku(kNine, drawn, "test"), std::vector<Tokens>{answer}) << drawn;
  }
  const std::string marked = render_sudoku(kNine, answer, {.question = question, .previous = answer});
  EXPECT_EQ(std::ranges::count(marked, ':'), 30);
  EXPECT_EQ(std::ranges::count(marked, '>'), 0);
  previous = answer;
  previous[2] = 9;
  EXPECT_EQ(std::ranges::count(render_sudoku(kNine, answer, {.previous = previous}), '>'), 1);
  const std::string coloured = render_sudoku(kNine, answer, {.question = question, .colour = true});
  EXPECT_NE(coloured.find("\033[1m5\033[0m"), std::string::npos);
}

// The message of the error that a text causes.
std::string fault_of(const SudokuShape& shape, std::string_view text) {
  try {
    parse_sudoku(shape, text, "p.txt");
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 2);
    return error.what();
  }
  return "accepted";
}

TEST(SudokuText, ErrorsNameLineCellAndWhatWasExpected) {
  const auto expect = [](const std::string& message, std::initializer_list<std::string_view> parts) {
    for (std::string_view part : parts) EXPECT_NE(message.find(part), std::string::npos) << message;
  };
  expect(fault_of(kNine, kLine.substr(1)), {"p.txt", "line 1", "80 cells", "81"});
  std::string wrong(kLine);
  wrong[12] = 'x';
  expect(fault_of(kNine, "\n" + wrong), {"line 2", "row 2 column 4", "'x'", "1-9"});
  expect(fault_of({2, 2}, "1.5...1.....4..1"), {"row 1 column 3", "'5'", "1-4"});
  expect(fault_of(kNine, "53..7....\n6..195...\n"), {"begins at line 1", "2 of 9 rows"});
  expect(fault_of({2, 2}, "1.3.\n..1.\n.....\n4..1\n"), {"line 3", "5 cells", "expected 4"});
  expect(fault_of(kNine, "\xFF\xFE\x00"), {"line 1"});
}

}  // namespace
}  // namespace hrm::puzzles
