// Any bytes as scores of steps; what was read can be written and read again.
#include "formats/testing/fuzz.h"
#include "selection/step_scores.h"
#include "selection/testing/readers.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace hrm::selection;
  return hrm::fuzz_reader(data, size, [](std::span<const std::byte> bytes) {
    const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    read_step_scores(reader_of(text, true), [](StepScores scores, const hrm::Json&, const std::string&) {
      size_t again = 0;
      read_step_scores(reader_of(hrm::printable(with_step_scores({}, scores))),
                       [&](StepScores read, const hrm::Json&, const std::string&) {
                         ++again;
                         hrm::fuzz_require(read.by_scorer.size() == scores.by_scorer.size() || scores.id.empty());
                       });
      hrm::fuzz_require(again == 1);
    });
  });
}
