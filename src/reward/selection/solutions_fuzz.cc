// Any bytes as scored solutions, alone and with a second file of scores after the first blank line.
#include "base/error.h"
#include "formats/testing/fuzz.h"
#include "selection/best_of_n.h"
#include "selection/testing/readers.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return hrm::fuzz_reader(data, size, [](std::span<const std::byte> bytes) {
    const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const size_t blank = text.find("\n\n");
    std::optional<hrm::JsonlReader> scores;
    if (blank != std::string::npos) scores.emplace(hrm::selection::reader_of(text.substr(blank), true));
    hrm::selection::SampledSolutions read = hrm::selection::read_solutions(
        hrm::selection::reader_of(text.substr(0, blank), true), std::move(scores), {.skip_bad = true});
    const auto report = hrm::selection::best_of_n(read, {.threads = 1});
    for (const auto& row : report.rows)
      hrm::fuzz_require(row.accuracy.value >= 0 && row.accuracy.value <= 1 &&
                        row.outcomes.size() == read.problems.size());
  });
}
