#include "language/run_request.h"

namespace hrm::language {

Json run_json(const training::RunResult& run, uint64_t total_steps) {
  constexpr std::string_view kEnds[] = {"finished", "out_of_time", "interrupted"};
  Json last = Json::object();
  for (const auto& [name, value] : run.last_evaluation) last[name] = value;
  return {{"end", kEnds[static_cast<size_t>(run.end)]},
          {"step", run.step},
          {"total_steps", total_steps},
          {"seconds", run.seconds},
          {"resumed_from", run.resumed_from},
          {"best_step", run.best_step},
          {"last_evaluation", std::move(last)}};
}

}  // namespace hrm::language
