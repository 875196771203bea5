// Every pair of testdata/grading/pairs.tsv, in both orders.
#include "grading/sound.h"

#include <gtest/gtest.h>

#include <map>

#include "base/files.h"
#include "base/testing/paths.h"
#include "grading/exact_library.h"

namespace hrm::grading {
namespace {

struct Pair {
  std::string kind, given, gold;
};

std::vector<Pair> read_pairs() {
  const std::string text = read_file(testdata_folder() / "grading/pairs.tsv");
  std::vector<Pair> pairs;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const size_t first = line.find('\t'), second = line.find('\t', first + 1);
    if (second == std::string_view::npos) continue;
    pairs.push_back({std::string(line.substr(0, first)), std::string(line.substr(first + 1, second - first - 1)),
                     std::string(line.substr(second + 1))});
  }
  return pairs;
}

TEST(GradeSound, EveryPairOfTheTable) {
  if (!exact_library()) GTEST_SKIP() << "skipped: FLINT is not installed";
  const std::map<std::string, Verdict> expected = {{"equal", Verdict::kCorrect},
                                                   {"different", Verdict::kWrong},
                                                   {"arguable", Verdict::kUndecided},
                                                   {"equal?", Verdict::kUndecided},
                                                   {"different?", Verdict::kUndecided}};
  const auto pairs = read_pairs();
  EXPECT_GT(pairs.size(), 700u);
  for (const Pair& pair : pairs) {
    const Verdict verdict = expected.at(pair.kind);
    for (const auto& [a, b] : {std::pair(&pair.given, &pair.gold), std::pair(&pair.gold, &pair.given)})
      EXPECT_EQ(name_of(grade(*a, *b, {.seconds = 1})), name_of(verdict)) << *a << " | " << *b;
  }
}

// One letter or sign more or less never stops it, nor makes a decision depend on the order.
TEST(GradeSound, CutPairsEnd) {
  const auto pairs = read_pairs();
  for (size_t i = 0; i < pairs.size(); i += 3) {
    const std::string& text = pairs[i].given;
    for (size_t cut = 0; cut < text.size(); cut += 2) {
      grade(text.substr(0, cut), pairs[i].gold);
      grade(text.substr(cut), pairs[i].gold);
    }
  }
}

}  // namespace
}  // namespace hrm::grading
