#include "tree/drawing.h"

#include <gtest/gtest.h>

#include "tree/testing/trees.h"

namespace hrm::tree {
namespace {

struct Drawn {
  steps::Tree tree = make_tree({{0, "first\nstep"}, {0, "<b> \x1b[31m"}, {1, "right"}, {1, "wrong"}});
  steps::Verdicts verdicts;
  Values values;
  Drawn() {
    verdicts.nodes = {std::nullopt, std::nullopt, grading::Verdict::kWrong, grading::Verdict::kCorrect,
                      grading::Verdict::kWrong};
    values = {0.25, 0.5, 0, 1, std::nullopt};
    tree.nodes[1].multiplicity = 3;
  }
};

TEST(Drawing, TextShowsValuesMarksAndCuts) {
  const Drawn d;
  EXPECT_EQ(draw_text(d.tree, d.values, d.verdicts, {}),
            "0.25 question\n├─ 0.50 x3 first step\n│  ├─ 1.00 [right] right\n│  └─  -   [wrong] wrong\n"
            "└─ 0.00 [wrong] <b>  [31m\n");
  const std::string cut = draw_text(d.tree, d.values, d.verdicts, {.depth = 1});
  EXPECT_NE(cut.find("(2 nodes are not shown"), std::string::npos);
  EXPECT_NE(draw_text(d.tree, d.values, d.verdicts, {.nodes = 2}).find("(3 nodes"), std::string::npos);
  EXPECT_NE(draw_text(d.tree, d.values, d.verdicts, {.color = true}).find("\033[38;5;"), std::string::npos);
}

TEST(Drawing, SvgEscapesWhatTheTextsHold) {
  const Drawn d;
  const std::string svg = draw_svg(d.tree, d.values, d.verdicts, {});
  EXPECT_NE(svg.find("&lt;b&gt;"), std::string::npos);
  EXPECT_EQ(svg.find('\x1b'), std::string::npos);
  size_t circles = 0;
  for (size_t at = svg.find("<circle"); at != std::string::npos; at = svg.find("<circle", at + 1)) ++circles;
  EXPECT_EQ(circles, 5u);
}

}  // namespace
}  // namespace hrm::tree
