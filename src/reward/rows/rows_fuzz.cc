#include <sstream>

#include "formats/bytes.h"
#include "formats/testing/fuzz.h"
#include "rows/leakage.h"
#include "rows/solution_rows.h"
#include "rows/write_solutions.h"

// Lines of any format: what is read is in the neutral form, gives rows, and what is written of it reads back.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace hrm;
  using namespace hrm::rows;
  return fuzz_reader(data, size, [](std::span<const std::byte> bytes) {
    JsonlReader lines(std::make_unique<std::istringstream>(std::string(as_text(bytes))), "fuzz",
                      {.skip_bad = true, .forgive_cut_end = false, .accept_array = true});
    while (lines.next()) {
      const auto format = detect_format(lines.value());
      if (!format) continue;
      ConversionCounts counts;
      try {
        normalize_problem(question_of_record(*format, lines.value(), "fuzz"));
        read_record({*format, lines.value(), "fuzz"}, Neutral::kNegative, counts, [&](LabeledSolution&& solution) {
          fuzz_require(solution.labels.size() == solution.steps.size() && solution.context <= solution.steps.size());
          sound_rows(solution, Kind::kHierarchical, counts,
                     [](Row&& row) { fuzz_require(row.label >= 0 && row.label <= 1 && !row.input.empty()); });
          if (const auto trl = write_solution(Format::kTrl, solution, 0.5, counts))
            read_record({Format::kTrl, *trl, "fuzz"}, Neutral::kDrop, counts, [](LabeledSolution&&) {});
        });
      } catch (const Error& error) {
        lines.reject(error);
      }
    }
  });
}
