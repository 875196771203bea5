#include "language/fine_tune_request.h"

namespace hrm::language {

Json run_json(const training::RunResult& run, uint64_t total_steps) {
  Json last = Json::object();
  for (const auto& [name, value] : run.last_evaluation) last[name] = value;
  return {{"end", name_of_enum(run.end)},      {"step", run.step},
          {"total_steps", total_steps},        {"seconds", run.seconds},
          {"resumed_from", run.resumed_from},  {"best_step", run.best_step},
          {"last_evaluation", std::move(last)}};
}

}  // namespace hrm::language
