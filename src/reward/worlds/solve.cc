#include "worlds/solve.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "base/error.h"
#include "base/rng.h"
#include "base/signals.h"
#include "base/threads.h"

namespace hrm::worlds {

Json solved_record(policy::Policy& policy, const ArithmeticProblem& problem, uint64_t index,
                   const SolveOptions& options) {
  constexpr uint64_t kRolloutStream = 0x726f6c6c;
  std::optional<TrueValues> values;
  if (options.slips) values.emplace(find_question(problem.question).value(), *options.slips);
  Json record = {{"id", problem.id}, {"question", problem.question}, {"gold", problem.answer}};
  policy::Request how = options.request;
  how.seed = derive_seed(options.seed, {index});
  const auto solutions = sample_solutions(policy, problem, how, values ? &*values : nullptr);
  for (size_t i = 0; i < solutions.size(); ++i) {
    Json candidate = to_json(solutions[i]);
    for (const int64_t rollouts : options.rollouts) {
      how.n = rollouts;
      how.seed = derive_seed(options.seed, {kRolloutStream, index, i, static_cast<uint64_t>(rollouts)});
      candidate["scores"][fmt::format("rollouts-{}", rollouts)] = rollout_labels(policy, problem, solutions[i], how);
    }
    record["candidates"].push_back(std::move(candidate));
  }
  if (options.greedy) {
    how = options.request;
    how.n = 1;
    how.temperature = 0;
    record["greedy"] = to_json(sample_solutions(policy, problem, how).front());
  }
  return record;
}

void solve_problems(policy::Policy& policy, const std::vector<ArithmeticProblem>& problems, const SolveOptions& options,
                    const SolveSinks& sinks) {
  constexpr size_t kAtOnce = 4096;  // what is held of the solutions
  std::mutex mutex;
  uint64_t done = 0;
  for (size_t first = 0; first < problems.size(); first += kAtOnce) {
    std::vector<Json> records(std::min(kAtOnce, problems.size() - first));
    parallel_for(records.size(), options.threads, [&](size_t i) {
      if (interrupted()) return;
      records[i] = solved_record(policy, problems[first + i], first + i, options);
      const std::lock_guard lock(mutex);
      sinks.progress(++done);
    });
    if (interrupted()) throw failure("worlds.solve", "interrupted");
    for (const Json& record : records) sinks.write(record);
  }
}

}  // namespace hrm::worlds
