#include <memory>

#include "base/log.h"
#include "cli/choices.h"
#include "cli/cmd_world.h"
#include "worlds/solutions.h"

namespace hrm::cli {
namespace {

struct WorldMakeArguments {
  std::filesystem::path out;
  worlds::Split split = worlds::Split::kTrain;
  uint64_t count = 100, seed = 0;
  std::vector<std::string> settings;
};

void make(const WorldMakeArguments& args) {
  worlds::ProblemSettings settings;
  for (const std::string& setting : args.settings) assign_field(settings, setting);
  std::vector<Json> rows;
  for (const auto& problem : worlds::make_problems(settings, args.split, args.count, args.seed))
    rows.push_back(worlds::to_json(problem));
  write_lines(args.out, rows);
  if (!args.out.empty()) log_info("{}: {} {} problems", args.out.string(), rows.size(), name_of_enum(args.split));
}

}  // namespace

void register_world_make(CLI::App& world, Exit&) {
  const auto args = std::make_shared<WorldMakeArguments>();
  CLI::App& command = *world.add_subcommand(
      "make", "Write problems as JSON lines {id, question, answer}; no test problem is a rearranged training problem.");
  command.add_option("--count", args->count, "problems")
      ->check(CLI::Range(1, 10'000'000))
      ->type_name("N")
      ->capture_default_str();
  add_choice(command, "--split", args->split, "which split; no two splits share a problem");
  command.add_option("-o,--out", args->out, "file to write (default: standard output)")->type_name("FILE");
  add_seed_option(command, args->seed);
  std::string known = "settings:";
  for (const FieldHelp& field : describe_fields(worlds::ProblemSettings()))
    known += fmt::format(" {}={} ({})", field.key, field.value, field.help);
  command.add_option("settings", args->settings, known)->type_name("key=value");
  command.callback([args] { make(*args); });
  set_examples(command, {{"hrm world make --count 5", "five problems on the screen"},
                         {"hrm world make --split test --count 500 --out test.jsonl operations=6 largest=50",
                          "harder problems for testing"}});
}

}  // namespace hrm::cli
