#include "cli/cmd_world.h"

#include "base/error.h"
#include "formats/jsonl.h"
#include "formats/memory_budget.h"
#include "worlds/arithmetic_policy.h"
#include "worlds/solutions.h"

namespace hrm::cli {

void add_world_policy_option(CLI::App& command, std::string& policy) {
  command.add_option("--policy", policy, "arithmetic, or with rates arithmetic:slip=0.2,repair=0.3,wander=0.3")
      ->type_name("SPEC")
      ->capture_default_str();
}

worlds::SlipSettings world_policy_settings(const std::string& policy) {
  if (const auto settings = worlds::arithmetic_policy_settings(policy)) return *settings;
  throw bad_input("cli.world", "--policy {}: expected arithmetic, or arithmetic:slip=0.2,repair=0.3,wander=0.3",
                  policy);
}

std::vector<worlds::ArithmeticProblem> read_world_problems(const std::filesystem::path& path, uint64_t limit) {
  std::vector<worlds::ArithmeticProblem> problems;
  JsonlReader lines(path, {.forgive_cut_end = false});
  MemoryBudget budget;
  while ((limit == 0 || problems.size() < limit) && lines.next()) {
    problems.push_back(worlds::problem_from_json(lines.value(), lines.place()));
    const auto& [id, question, answer] = problems.back();
    budget.add(sizeof(worlds::ArithmeticProblem) + id.size() + question.size() + answer.size(), lines.place(),
               "problems");
  }
  if (problems.empty()) throw bad_input("cli.world", "{} contains no problem", lines.source());
  return problems;
}

void write_lines(const std::filesystem::path& out, const std::vector<Json>& rows) {
  JsonlOutput output(out);
  for (const Json& row : rows) output.write(row);
  output.finish();
}

void register_world(CLI::App& app, Exit& exit) {
  CLI::App& world = *app.add_subcommand(
      "world", "Arithmetic problems whose steps can all be judged exactly: make, solve, judge, study.");
  world.require_subcommand(1);
  register_world_make(world, exit);
  register_world_solve(world, exit);
  register_world_judge(world, exit);
  register_world_study(world, exit);
  register_world_trees(world, exit);
  register_world_labels(world, exit);
  register_world_probe(world, exit);
  set_examples(world, {{"hrm world make --count 100 --out problems.jsonl", "100 problems of four operations"},
                       {"hrm world solve problems.jsonl --n 8 --out solved.jsonl", "8 solutions of each, with slips"},
                       {"hrm world judge solved.jsonl --show 3", "show which steps are valid and which repair"},
                       {"hrm world study problems.jsonl --out study", "measure the error of labels of k rollouts"}});
}

}  // namespace hrm::cli
