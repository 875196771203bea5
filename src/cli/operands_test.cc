#include "cli/operands.h"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>

namespace hrm::cli {
namespace {

class Operands : public testing::Test {
 protected:
  Operands() {
    app_.add_flag("-q,--quiet");
    for (const char* name : {"grade", "solve", "eval"}) {
      CLI::App& command = *app_.add_subcommand(name);
      command.add_option("-o,--out", out_);
      command.add_flag("--json");
    }
  }

  // The words without their marks; those that might be meant as options end with '?', those after -- with '.'.
  std::vector<std::string> marked(std::vector<std::string> words) const {
    mark_operands(app_, words);
    for (std::string& word : words) {
      const std::string before = word;
      const bool doubtful = unmark_operand(word);
      word += doubtful ? "?" : before != word ? "." : "";
    }
    return words;
  }

  CLI::App app_;
  std::string out_;
};

using Words = std::vector<std::string>;

TEST_F(Operands, AnswersThatLookLikeOptionsAndListsAreMarked) {
  EXPECT_EQ(marked({"grade", "[0,1]", "-\\frac{1}{2}", "-.5", "x"}),
            (Words{"grade", "[0,1]?", "-\\frac{1}{2}?", "-.5?", "x"}));
  EXPECT_EQ(marked({"-q", "grade", "-q^2", "4"}), (Words{"-q", "grade", "-q^2?", "4"}));
}

TEST_F(Operands, OptionsAndTheirValuesStay) {
  const Words words = {"grade", "a.jsonl", "-o", "-1", "--json", "-q", "-oFILE", "-"};
  EXPECT_EQ(marked(words), words);
}

TEST_F(Operands, BehindTwoDashesEverythingIsPlain) {
  EXPECT_EQ(marked({"grade", "-1", "--", "-o", "x"}), (Words{"grade", "-1?", "-o.", "x."}));
}

TEST_F(Operands, PuzzlesOfDashesAreMarkedForSolve) {
  const std::string puzzle = "-8----4--12345--";
  EXPECT_EQ(marked({"solve", puzzle, "--out", puzzle}), (Words{"solve", puzzle + "?", "--out", puzzle}));
  const Words options = {"solve", "-1", "--a-long-name-of-an-option"};
  EXPECT_EQ(marked(options), options);
}

TEST_F(Operands, OtherCommandsAreLeftAlone) {
  const Words words = {"eval", "[0,1]", "--", "-1"};
  EXPECT_EQ(marked(words), words);
}

}  // namespace
}  // namespace hrm::cli
