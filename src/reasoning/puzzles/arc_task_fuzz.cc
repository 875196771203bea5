// Any bytes as ARC tasks, with and without solutions: either an error of ours, or tasks that are written and read back.
#include <cstdlib>

#include "base/error.h"
#include "puzzles/arc_task.h"

using hrm::puzzles::ArcTask;

namespace {

void check(bool condition) {
  if (!condition) std::abort();
}

std::vector<ArcTask> read(std::string_view text, std::string_view solutions, bool need_outputs) {
  std::vector<ArcTask> tasks;
  const hrm::puzzles::ArcText mine{.text = text, .source = "fuzz", .name = "one"};
  const hrm::puzzles::ArcText theirs{.text = solutions, .source = "solutions", .name = {}};
  hrm::puzzles::read_arc_tasks(mine, solutions.empty() ? nullptr : &theirs,
                               {.task = [&](ArcTask task) { tasks.push_back(std::move(task)); },
                                .fault = [](const hrm::Error& error) { check(error.exit_code() == 2); },
                                .need_outputs = need_outputs});
  return tasks;
}

}  // namespace

// A zero byte parts the tasks from their solutions.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const size_t end = all.find('\0');
  const std::string_view solutions = end == std::string_view::npos ? "" : all.substr(end + 1);
  for (const bool need_outputs : {true, false}) try {
      for (const ArcTask& task : read(all.substr(0, end), solutions, need_outputs)) {
        check(!task.train.empty() && !task.test.empty() && task.largest_side() <= hrm::puzzles::kArcSide);
        const std::vector<ArcTask> again = read(hrm::printable(hrm::puzzles::to_json(task)), "", need_outputs);
        check(again.size() == 1 && again[0].train == task.train && again[0].test == task.test);
      }
    } catch (const hrm::Error& error) {
      check(error.exit_code() == 2);
    }
  return 0;
}
