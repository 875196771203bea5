// Pairs per second on one core, on a file of {given, gold}: hrm.cpp's graders beside the mean that the Python graders
// took per pair on the same mix (benchmarks/grading_bench.py measures math-verify in the same run).
//   grading_bench FILE [ROUNDS]
// Textual: pairs that the PRM800K profile decides before algebra. Symbolic: those that it compares by algebra.
#include <fmt/format.h>

#include <ctime>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "formats/jsonl.h"
#include "grading/grade.h"

namespace {

using hrm::grading::Profile;

struct Pair {
  std::string given, gold;
};

// Of this thread, so that a busy machine disturbs little.
double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

double seconds_per_pair(const std::vector<Pair>& pairs, Profile profile, int rounds) {
  const double begin = processor_seconds();
  size_t correct = 0;
  for (int round = 0; round < rounds; ++round)
    for (const Pair& pair : pairs)
      correct += hrm::grading::grade(pair.given, pair.gold, {.profile = profile}) == hrm::grading::Verdict::kCorrect;
  const double took = processor_seconds() - begin;
  if (correct == 0) fmt::print(stderr, "no pair is correct: is this the right file?\n");
  return took / static_cast<double>(rounds) / static_cast<double>(std::max<size_t>(pairs.size(), 1));
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 2) {
    fmt::print(stderr, "grading_bench FILE [ROUNDS]\n");
    return 2;
  }
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 5;
  std::vector<Pair> textual, symbolic, all;
  for (hrm::JsonlReader lines(argv[1]); lines.next();) {
    Pair pair{lines.value().at("given").get<std::string>(), lines.value().at("gold").get<std::string>()};
    const auto explained = hrm::grading::explain(pair.given, pair.gold, {.profile = Profile::kPrm800k});
    const bool algebra = explained.decided_by.starts_with("algebra_") && explained.decided_by != "algebra_refused";
    all.push_back(pair);
    (algebra ? symbolic : textual).push_back(std::move(pair));
  }
  fmt::print("| pairs | number | profile | us per pair | pairs/s |\n|---|---|---|---|---|\n");
  for (const auto& [name, pairs] : {std::pair("textual", &textual), {"symbolic", &symbolic}, {"all", &all}})
    for (const auto& [profile_name, profile] : {std::pair("prm800k", Profile::kPrm800k), {"sound", Profile::kSound}}) {
      const double seconds = seconds_per_pair(*pairs, profile, rounds);
      fmt::print("| {} | {} | {} | {:.2f} | {:.0f} |\n", name, pairs->size(), profile_name, seconds * 1e6, 1 / seconds);
    }
} catch (const std::exception& error) {
  fmt::print(stderr, "grading_bench: {}\n", error.what());
  return 2;
}
