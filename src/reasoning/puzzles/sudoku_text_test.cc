#include "puzzles/sudoku_text.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/testing/refused.h"
#include "puzzles/sudoku.h"
#include "puzzles/testing/sudoku_shapes.h"

namespace hrm::puzzles {
namespace {

constexpr std::string_view kLine = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";

std::vector<Tokens> parse_sudoku(const SudokuShape& shape, std::string_view text, std::string_view symbols = "") {
  return make_sudoku(shape, "test")->parse(text, TextPlace("test", 1, symbols));
}

std::string first_line(const SudokuShape& shape, std::string_view text) {
  const auto puzzles = parse_sudoku(shape, text);
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
  const auto three = parse_sudoku(kNine, framed + std::string(kLine) + "\n\n" + unframed_bands);
  ASSERT_EQ(three.size(), 3u);
  EXPECT_EQ(three[0], three[1]);
  EXPECT_EQ(three[0], three[2]);
  EXPECT_TRUE(parse_sudoku(kNine, "\n  \n# nothing\n").empty());
}

TEST(SudokuText, ReadsOtherSizes) {
  EXPECT_EQ(first_line({2, 2}, "1.3.\n..1.\n....\n4..1\n"), "1.3...1.....4..1");
  EXPECT_EQ(first_line({2, 3}, std::string(30, '0') + "123456"), std::string(30, '.') + "123456");
  const std::string sixteen = "123456789ABCDEFG" + std::string(240, '.');
  EXPECT_EQ(first_line({4, 4}, "123456789abcdefg" + std::string(240, '0')), sixteen);
}

TEST(SudokuText, DrawingsAreReadBack) {
  const Tokens question = parse_sudoku(kNine, kLine)[0];
  Tokens answer = question, previous = question;
  for (int32_t& token : answer) token = std::max(token, 3);
  previous[2] = 9;
  for (const RenderOptions& options : {RenderOptions{}, RenderOptions{.question = question},
                                       RenderOptions{.question = question, .previous = previous}}) {
    const std::string drawn = render_sudoku(kNine, answer, options);
    EXPECT_EQ(parse_sudoku(kNine, drawn), std::vector<Tokens>{answer}) << drawn;
  }
  const std::string marked = render_sudoku(kNine, answer, {.question = question, .previous = answer});
  EXPECT_EQ(std::ranges::count(marked, ':'), 30);
  EXPECT_EQ(std::ranges::count(marked, '>'), 0);
  previous = answer;
  previous[2] = 9;
  EXPECT_EQ(std::ranges::count(render_sudoku(kNine, answer, {.previous = previous}), '>'), 1);
  const std::string colored = render_sudoku(kNine, answer, {.question = question, .color = true});
  EXPECT_NE(colored.find("\033[1m5\033[0m"), std::string::npos);
}

// The message of the error that a text causes.
std::string fault_of(const SudokuShape& shape, std::string_view text) {
  return refusal([&] { make_sudoku(shape, "test")->parse(text, "p.txt"); });
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

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string all;
  for (char c : text) all += c == from[0] ? std::string(to) : std::string(1, c);
  return all;
}

TEST(SudokuText, ReadsBlanksThatAreAPuzzlesOnlyOnes) {
  for (const char* blank : {"-", "x", "X", "?", "\xC2\xB7", "\xE2\x80\x93"}) {
    EXPECT_EQ(first_line(kNine, replaced(kLine, ".", blank)), kLine) << blank;
    std::string rows, commas;
    for (int r = 0; r < 9; ++r) {
      std::string cells(kLine.substr(r * 9, 9));
      rows += replaced(cells, ".", blank) + "\n";
      for (char c : cells) commas += (c == '.' ? std::string(blank) : std::string(1, c)) + ",";
      commas.back() = '\n';
    }
    EXPECT_EQ(first_line(kNine, rows), kLine) << blank;
    EXPECT_EQ(first_line(kNine, commas), kLine) << blank;
  }
  // A row of nothing but '-' is a row where '-' stands for blanks, and a line of the frame elsewhere.
  const std::string_view hollow = ".........6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";
  std::string dashes, framed;
  for (int r = 0; r < 9; ++r) {
    dashes += replaced(hollow.substr(r * 9, 9), ".", "-") + "\n";
    framed += std::string(kLine.substr(r * 9, 9)) + (r % 3 == 2 && r < 8 ? "\n---------\n" : "\n");
  }
  EXPECT_EQ(first_line(kNine, dashes), hollow);
  EXPECT_EQ(first_line(kNine, framed), kLine);
  EXPECT_EQ(first_line(kNine, "---------\n" + framed + "---------\n"), kLine);
  EXPECT_NE(fault_of(kNine, replaced(kLine.substr(0, 40), ".", "x") + std::string(kLine.substr(40))).find("'x'"),
            std::string::npos);
}

// kLine between the given pieces of a frame.
std::string framed_as(std::string_view top, std::string_view middle, std::string_view bottom, std::string_view spaces) {
  std::string text = std::string(top) + "\n";
  for (int r = 0; r < 9; ++r) {
    if (r == 3 || r == 6) text += std::string(middle) + "\n";
    for (int c = 0; c < 9; ++c) {
      if (c % 3 == 0) text += "|" + std::string(spaces);
      text += kLine[r * 9 + c] + std::string(spaces);
    }
    text += "|\n";
  }
  return text + std::string(bottom) + "\n";
}

TEST(SudokuText, ReadsFramesOfOtherPrograms) {
  const std::string simple = framed_as(" *-----------*", " |---+---+---|", " *-----------*", "");
  const std::string hodoku =
      framed_as(".-------.-------.-------.", ":-------+-------+-------:", "'-------'-------'-------'", " ");
  EXPECT_EQ(first_line(kNine, simple), kLine);
  EXPECT_EQ(first_line(kNine, replaced(simple, ".", "X")), kLine);
  EXPECT_EQ(first_line(kNine, hodoku), kLine);
  EXPECT_EQ(parse_sudoku(kNine, hodoku + simple).size(), 2u);
  EXPECT_EQ(first_line(kNine, framed_as("|---|---|---|", "|---|---|---|", "|---|---|---|", "")), kLine);
}

// kLine as an HTML table, each cell passed through `cell`, in boxes of `side` cells.
std::string html_table(const std::function<std::string(char)>& cell, size_t side) {
  const auto row_of = [&](size_t row, size_t column, size_t width) {
    std::string text = "<tr>\n";
    for (size_t i = 0; i < width; ++i) text += cell(kLine[row * 9 + column + i]);
    return text + "</tr>\n";
  };
  std::string text = "<html><body><h1>Puzzle 17</h1>\n<TABLE class=\"grid\">\n";
  for (size_t row = 0; row < 9; row += side == 9 ? 1 : side) {
    if (side == 9) {
      text += row_of(row, 0, 9);
      continue;
    }
    text += "<tr>";
    for (size_t column = 0; column < 9; column += side) {
      text += "<td><table>";
      for (size_t i = 0; i < side; ++i) text += row_of(row + i, column, side);
      text += "</table></td>";
    }
    text += "</tr>";
  }
  return text + "</TABLE></body></html>\n";
}

TEST(SudokuText, ReadsHtmlTables) {
  const auto plain = [](char c) { return fmt::format("<td>{}</td>", c == '.' ? "" : std::string(1, c)); };
  const auto inputs = [](char c) {
    return fmt::format("<td id=\"c1\"><input maxlength=\"1\"{}></td>", c == '.' ? "" : fmt::format(" value=\"{}\"", c));
  };
  const auto marked = [](char c) {
    return fmt::format("<TD class='x'>\n  <b>{}</b> <!-- 9 --></TD>\n", c == '.' ? "&nbsp;" : std::string(1, c));
  };
  for (const size_t side : {9u, 3u}) {
    EXPECT_EQ(first_line(kNine, html_table(plain, side)), kLine);
    EXPECT_EQ(first_line(kNine, html_table(inputs, side)), kLine);
    EXPECT_EQ(first_line(kNine, html_table(marked, side)), kLine);
    EXPECT_EQ(parse_sudoku(kNine, html_table(plain, side) + html_table(marked, side)).size(), 2u);
  }
  EXPECT_FALSE(fault_of(kNine, "<table><tr><td>5</td><td>3</td></tr></table>").empty());
  EXPECT_FALSE(fault_of(kNine, html_table([](char) { return "<td>123</td>"; }, 9)).empty());
}

TEST(SudokuText, ReadsTextBesideAPuzzle) {
  const std::string solution = "534678912672195348198342567859761423426853791713924856961537284287419635345286179";
  const std::string line(kLine);
  for (const std::string& text :
       {line + " # easy", line + ",11.9/11.9/11.3", "0000183b305c " + line + "  1.2", "17: " + line, "\"" + line + "\"",
        line + "," + solution, solution + ";" + line, "3\t" + line + "\t" + solution + "\t2.5", "Grid 01 " + line,
        "https://example.org/sudoku.htm?bd=" + line + "&x=1", "<game data=\"" + line + "\" />"})
    EXPECT_EQ(first_line(kNine, text), kLine) << text;
  std::vector<ParsedPuzzle> found;
  make_sudoku(kNine, "t")->read(line + "," + solution, "t", {.puzzle = [&](ParsedPuzzle p) { found.push_back(p); }});
  EXPECT_EQ(found.at(0).answer, parse_sudoku(kNine, solution).at(0));
  EXPECT_NE(fault_of(kNine, line + " " + line).find("2 grids"), std::string::npos);
  EXPECT_NE(fault_of(kNine, "https://example.org/?s=B7B1C9").find("a link"), std::string::npos);
  EXPECT_NE(fault_of(kNine, "<game data=\"version: 2\" />").find("data="), std::string::npos);
  EXPECT_NE(fault_of(kNine, ":0702:9:" + line + ":::").find("HoDoKu"), std::string::npos);
}

TEST(SudokuText, ReadsTitlesSectionsAndLists) {
  std::string rows, python = "grid = [", numpy = "[";
  for (int r = 0; r < 9; ++r) {
    const std::string cells(kLine.substr(r * 9, 9));
    rows += cells + "\n";
    python += "[", numpy += r ? "\n [" : "[";
    for (char c : cells) {
      python += (c == '.' ? std::string(r % 2 ? "None" : "0") : std::string(1, c)) + ", ";
      numpy += (c == '.' ? '0' : c) + std::string(" ");
    }
    python += "],\n", numpy += "]";
  }
  python += "]\n", numpy += "]\n";
  EXPECT_EQ(parse_sudoku(kNine, "Grid 01\n" + rows + "Grid 02\n" + rows), parse_sudoku(kNine, rows + "\n" + rows));
  EXPECT_EQ(first_line(kNine, "#A me\n[Puzzle]\n" + rows + "[State]\n" + rows + "[PencilMarks]\n1,2,3\n"), kLine);
  EXPECT_NE(fault_of(kNine, "[State]\n" + rows).find("[Puzzle]"), std::string::npos);
  EXPECT_EQ(first_line(kNine, numpy), kLine);
  EXPECT_EQ(parse_sudoku(kNine, numpy + numpy).size(), 2u);
  EXPECT_EQ(first_line(kNine, replaced(replaced(replaced(numpy, "[", "{"), "]", "},"), " ", ", ")), kLine);
  EXPECT_EQ(parse_sudoku(kNine, "[\"" + std::string(kLine) + "\", \"" + std::string(kLine) + "\"]").size(), 2u);
  EXPECT_NE(fault_of(kNine, "[1, 2, 3]").find("a list of 3 cells"), std::string::npos);
  EXPECT_NE(fault_of(kNine, "[[1, 2, 3]").find("not closed"), std::string::npos);
  EXPECT_NE(fault_of(kNine, "[12, 2, 3]").find("'12'"), std::string::npos);
  EXPECT_EQ(first_line(kNine, python), kLine);
}

// A full 16x16 grid in digits from 0, with `blank` in every third cell.
std::string hex_grid(char blank) {
  std::string text;
  for (int r = 0; r < 16; ++r)
    for (int c = 0; c < 16; ++c) {
      const int digit = (r * 4 + r / 4 + c) % 16;
      text += blank && (r + c) % 3 == 0 ? blank : "0123456789ABCDEF"[digit];
    }
  return text;
}

TEST(SudokuText, NumbersAndSizesAboveAGridAreNoRows) {
  const auto spaced = [](const std::string& s) { return fmt::format("{}", fmt::join(s, " ")); };
  const std::string rows = rows_with('0', spaced), tight = rows_with('.', [](const std::string&s) { return s; });
  for (const char* header : {"9", "9 9", "9x9", "9 x 9", "9, 9", "9*9", "3 3", "9 9 3 3", "81", "30", "1\n9", "9\n"}) {
    for (const std::string& grid : {rows, tight}) {
      const std::string text = fmt::format("{}\n{}", header, grid);
      EXPECT_EQ(first_line(kNine, text), kLine) << text;
      EXPECT_EQ(parse_sudoku(kNine, text + text).size(), 2u) << text;
      EXPECT_EQ(parse_sudoku(kNine, text + "\n" + text).size(), 2u) << text;
    }
    EXPECT_EQ(first_line(kNine, fmt::format("{}\n{}\n", header, kLine)), kLine) << header;
  }
  for (const char* text : {"16 16\n", "9\n9\n9\n", "4 4 "})
    EXPECT_THROW(parse_sudoku(kNine, text + rows), Error) << text;
  EXPECT_THROW(parse_sudoku(kNine, rows + "9\n"), Error) << "below the grid: is a row lost?";
  EXPECT_THROW(parse_sudoku(kNine, "9\n" + rows.substr(0, rows.size() - 18)), Error) << "a row is missing";
  // The same lines are rows where the grid needs them: blanks are spaces, cut off at the end.
  EXPECT_EQ(first_line({2, 2}, "4\n3 4 1 2\n2 1 4 3\n1   3\n"), "4...341221431.3.");
  EXPECT_EQ(parse_sudoku({2, 2}, "4\n2\n2 1 4 3\n1   3\n\n1 2 3 4\n3 4 1 2\n2 1 4 3\n4 3 2 1\n").size(), 2u);
}

TEST(SudokuText, NamesOfRowsAndColumnsAreNoCells) {
  const auto rows = [](std::string_view columns, const std::function<std::string(int, std::string)>& row) {
    int number = 0;
    return std::string(columns) + rows_with('.', [&](const std::string& s) { return row(number++, s); });
  };
  const auto spaced = [](const std::string& s) { return fmt::format("{}", fmt::join(s, " ")); };
  const auto letter = [](int i) { return std::string(1, static_cast<char>('A' + i)); };
  const auto framed = [&](const std::string& s) {
    return fmt::format("| {} | {} | {} |", spaced(s.substr(0, 3)), spaced(s.substr(3, 3)), spaced(s.substr(6)));
  };
  const std::string texts[] = {
      rows("  1 2 3 4 5 6 7 8 9\n", [&](int i, const std::string& s) { return letter(i) + " " + spaced(s); }),
      rows("", [&](int i, const std::string& s) { return letter(i) + " " + spaced(s); }),
      rows("   A B C D E F G H I\n",
           [&](int i, const std::string& s) { return fmt::format("{}: {}", i + 1, spaced(s)); }),
      rows("", [&](int i, const std::string& s) { return fmt::format("{}: {}", i + 1, s); }),
      rows("", [&](int i, const std::string& s) { return fmt::format("Row {}: {}", i + 1, s); }),
      rows("", [&](int i, const std::string& s) { return fmt::format("R{} {}", i + 1, spaced(s)); }),
      rows("    1 2 3   4 5 6   7 8 9\n  +-------+-------+-------+\n", [&](int i, const std::string& s) {
        return letter(i) + " " + framed(s) + (i % 3 == 2 ? "\n  +-------+-------+-------+" : "");
      })};
  for (const std::string& text : texts) {
    EXPECT_EQ(first_line(kNine, text), kLine) << text;
    EXPECT_EQ(parse_sudoku(kNine, text + "\n" + text).size(), 2u) << text;
  }
  // Numbers of a 16x16 grid: "1" and fifteen others, which have sixteen characters.
  std::string sixteen = "1 . . 10";
  for (int i = 0; i < 12; ++i) sixteen += " .";
  std::string rest;
  for (int r = 1; r < 16; ++r) rest += "\n. . . . . . . . . . . . . . . 16";
  EXPECT_EQ(first_line({4, 4}, sixteen + rest).substr(0, 6), "1..A..");
  EXPECT_EQ(first_line({4, 4}, "16\n" + sixteen + rest).substr(0, 6), "1..A..");
  const std::string full = "1 2 3 4 5 6 7 8 9\n";  // a row where no named rows follow
  EXPECT_EQ(first_line(kNine, full + rows_with('.', spaced).substr(0, 8 * 18)).substr(0, 9), "123456789");
  EXPECT_THROW(parse_sudoku(kNine, "A B C D E F G H I\n" + rows_with('.', spaced)), Error);
}

TEST(SudokuText, CharactersOfOtherWidthsAndWrittenOutBlanksAreRead) {
  std::string wide, keycaps;
  for (const char c : kLine) {
    wide += c == '.' ? "\uFF0E" : fmt::format("\xEF\xBC{}", static_cast<char>(0x90 + (c - '0')));
    keycaps += c == '.' ? "\u2B1C" : fmt::format("{}\uFE0F\u20E3", c);
  }
  EXPECT_EQ(first_line(kNine, wide), kLine);
  EXPECT_EQ(first_line(kNine, keycaps), kLine);
  EXPECT_EQ(first_line(kNine, rows_with('.', [](const std::string& s) { return s + "/"; })), kLine);
  const std::string blanks = rows_with('.', [](const std::string& s) {
    std::string text;
    for (const char c : s) text += c == '.' ? "__ " : fmt::format("{} ", c);
    return text;
  });
  EXPECT_EQ(first_line(kNine, blanks), kLine);
}

TEST(SudokuText, ZeroIsADigitOrABlankAsTheTextTells) {
  const auto family = make_sudoku({4, 4}, "test");
  const Tokens full = family->parse(hex_grid(0), "t").at(0);
  EXPECT_EQ(std::ranges::count(full, kSudokuBlank), 0);
  EXPECT_TRUE(family->check_question(full).accepted);
  for (char blank : {'.', '-', '*', '_'}) {
    const Tokens question = family->parse(hex_grid(blank), "t").at(0);
    for (size_t i = 0; i < question.size(); ++i)
      EXPECT_EQ(question[i], (i / 16 + i % 16) % 3 == 0 ? kSudokuBlank : full[i]) << blank << i;
  }
  std::string rows;
  for (int r = 0; r < 16; ++r) rows += replaced(hex_grid('.').substr(r * 16, 16), ".", " ") + "\n";
  EXPECT_EQ(family->parse(rows, "t"), family->parse(hex_grid('.'), "t"));
  // In 1-G '0' is a blank; all texts of one source are written alike.
  std::string letters = hex_grid('.');
  for (char& c : letters) c = c == 'F' ? 'G' : c == '0' ? '.' : c;
  EXPECT_EQ(family->parse(replaced(letters, ".", "0"), "t"), family->parse(letters, "t"));
  const std::string from_zero = hex_grid('.'), without = replaced(hex_grid('.'), "0", ".");
  const std::string_view texts[] = {from_zero, without};
  EXPECT_EQ(family->symbols_of(texts, "t"), "0123456789ABCDEF");
  const std::string_view other[] = {letters, without};
  EXPECT_EQ(family->symbols_of(other, "t"), "123456789ABCDEFG");
  std::string note;
  family->read(from_zero, "t", {.puzzle = [](ParsedPuzzle) {}, .note = [&](const std::string& text) { note = text; }});
  EXPECT_NE(note.find("0-9, A-F"), std::string::npos);
  // Below ten digits both readings fit where the highest digit is missing.
  EXPECT_NE(fault_of({2, 2}, "0.2...1.....3..1").find("is '0' a digit or a blank"), std::string::npos);
  EXPECT_EQ(first_line({2, 2}, "0.2...1.....4..1"), "..2...1.....4..1");
  EXPECT_EQ(make_sudoku({2, 2}, "t")->to_line(parse_sudoku({2, 2}, "0.2...1.....3..1", "0123").at(0)),
            "1.3...2.....4..2");
  EXPECT_EQ(make_sudoku({2, 2}, "t")->to_line(parse_sudoku({2, 2}, "A.C...B.....D..B", "ABCD").at(0)),
            "1.3...2.....4..2");
  EXPECT_THROW(make_sudoku({2, 2}, "t")->check_symbols("ABC"), Error);
  EXPECT_THROW(make_sudoku({2, 2}, "t")->check_symbols("ABCA"), Error);
}

TEST(SudokuText, NumbersOfTwoDigitsAreReadInLargeGridsOnly) {
  std::string rows, list = "[";
  for (int r = 0; r < 16; ++r) {
    list += "[";
    for (int c = 0; c < 16; ++c) {
      const int digit = c == r ? 0 : (r * 4 + r / 4 + c) % 16 + 1;
      rows += std::to_string(digit) + (c < 15 ? " " : "\n");
      list += std::to_string(digit) + ",";
    }
    list += "],";
  }
  const auto read = parse_sudoku({4, 4}, rows);
  EXPECT_EQ(read.at(0)[1], 3);
  EXPECT_EQ(read, parse_sudoku({4, 4}, list + "]"));
  EXPECT_NE(fault_of(kNine, "| 2579 8 257 | 1 4 6 | 3 29 27 |\n").find("candidates"), std::string::npos);
}

TEST(SudokuText, BadLinesAreJudgedWhereTheyStand) {
  const std::string line(kLine);
  EXPECT_NE(fault_of(kNine, line.substr(1) + "\n" + line).find("line 1: 80 cells; expected 81"), std::string::npos);
  EXPECT_NE(fault_of(kNine, "; my list\n" + line).find("line 1: '; my list'"), std::string::npos);
  EXPECT_NE(fault_of(kNine, line.substr(0, 9) + "\n" + line).find("line 1 has 1 of 9 rows"), std::string::npos);
  EXPECT_NE(fault_of(kNine, rows_with('.', [](const std::string& s) { return s[1] == '9' ? s.substr(1) : s; }))
                .find("line 3: 8 cells"),
            std::string::npos)
      << "no blank is made up where blanks are drawn";
  EXPECT_NE(fault_of(kNine, "537\n6195\n986\n863\n4831\n726\n628\n4195\n879\n").find("line 1: 3 cells"),
            std::string::npos)
      << "nor if all blanks were left out";
  std::vector<size_t> good, bad;
  make_sudoku(kNine, "t")
      ->read(line + "\n" + line.substr(2) + "\n% x\n" + line + "\n53..\n\n" + line, "t",
             {.puzzle = [&](const ParsedPuzzle& p) { good.push_back(p.line); },
              .fault = [&](const Error&, size_t at) { bad.push_back(at); }});
  EXPECT_EQ(good, (std::vector<size_t>{1, 4, 7}));
  EXPECT_EQ(bad, (std::vector<size_t>{2, 3, 6}));
}

// The rows of a full grid or of kLine, cells apart by `gap`, and row `r` with text in place of its own.
std::string rows_apart(std::string_view cells, std::string_view gap, size_t side, size_t r, std::string_view row) {
  std::string text;
  for (size_t i = 0; i < side; ++i) {
    for (char c : i == r ? row : cells.substr(i * side, side)) text += std::string(1, c) + std::string(gap);
    text.replace(text.size() - gap.size(), gap.size(), "\n");
  }
  return text;
}

TEST(SudokuText, NoCellIsMadeUpWhereAllAreDrawn) {
  const std::string full = "534678912672195348198342567859761423426853791713924856961537284287419635345286179";
  std::string sixteen = hex_grid('0');
  for (char& c : sixteen) c = c == 'F' ? 'G' : c;  // '0' is a blank
  for (const auto& [cells, shape] : {std::pair(std::string(kLine), kNine),
                                     {replaced(kLine, ".", "0"), kNine},
                                     {replaced(kLine, ".", "_"), kNine},
                                     {replaced(kLine, ".", "-"), kNine},
                                     {replaced(kLine, ".", "x"), kNine},
                                     {full, kNine},
                                     {sixteen, {4, 4}}}) {
    const auto side = static_cast<size_t>(shape.side());
    for (const char* gap : {" ", "\t", "  "})
      for (size_t r = 0; r < side; ++r) {
        const std::string row = cells.substr(r * side, side);
        EXPECT_EQ(parse_sudoku(shape, rows_apart(cells, gap, side, r, row)), parse_sudoku(shape, cells));
        for (const std::string& cut : {row.substr(1), row.substr(0, side - 1), row.substr(0, 3) + row.substr(4)}) {
          const std::string fault = fault_of(shape, rows_apart(cells, gap, side, r, cut));
          EXPECT_NE(fault.find(fmt::format("line {}: {} cells; expected {}", r + 1, side - 1, side)), std::string::npos)
              << fault << "\n"
              << rows_apart(cells, gap, side, r, cut);
        }
      }
  }
  // A space in place of a dot is not a blank among dots.
  EXPECT_NE(fault_of(kNine, rows_apart(kLine, " ", 9, 0, "53 .7....")).find("line 1: 8 cells"), std::string::npos);
  // Tabs between values, the empty ones at the end cut off: only values tell columns.
  const std::string tabs = "5\t3\t\t\t7\n" + rows_apart(replaced(kLine, ".", " "), "\t", 9, 9, "").substr(18);
  EXPECT_NE(fault_of(kNine, tabs).find("line 1: 3 cells"), std::string::npos) << fault_of(kNine, tabs);
}

TEST(SudokuText, BlanksAtEndsOfRowsMayBeCutWhereSpacesAreBlanks) {
  for (const char* gap : {"", " "}) {
    std::string text;
    for (size_t r = 0; r < 9; ++r) {
      std::string row;
      for (char c : kLine.substr(r * 9, 9)) row += (c == '.' ? ' ' : c) + std::string(gap);
      text += row.substr(0, row.find_last_not_of(' ') + 1) + "\n";
    }
    EXPECT_EQ(first_line(kNine, text), kLine) << text;
  }
}

TEST(SudokuText, BoxesOfAFrameMustBeTheGrids) {
  const std::string wide = "|12.|456|\n|456|123|\n|---+---|\n|231|564|\n|564|231|\n|---+---|\n|312|645|\n|645|312|\n";
  EXPECT_EQ(parse_sudoku({2, 3}, wide).size(), 1u);
  EXPECT_NE(fault_of({3, 2}, wide).find("boxes of 2 rows and 3 columns"), std::string::npos);
  EXPECT_NE(fault_of({2, 3}, "|12|34|56|\n").find("of 6 rows"), std::string::npos);
}

}  // namespace
}  // namespace hrm::puzzles
