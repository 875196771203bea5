#include <charconv>
#include <memory>

#include "base/error.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/signals.h"
#include "cli/cmd_tree.h"
#include "cli/field_options.h"
#include "cli/policy_options.h"
#include "steps/problem_file.h"
#include "training/launch.h"
#include "tree/grow.h"

namespace hrm::cli {
namespace {

struct Arguments {
  std::filesystem::path problems, store, prompt_file;
  tree::GrowSettings settings;
  PolicyChoice policy;
  bool faithful = false, skip_bad = false, json = false;
  uint64_t limit = 0;
  int64_t in_flight = 8;
};

// What the flags say over the authors' settings where --faithful is given.
tree::GrowSettings chosen_settings(const Arguments& args, const CLI::App& command) {
  tree::GrowSettings settings = args.faithful ? tree::faithful_settings() : args.settings;
  if (args.faithful)
    tree::GrowSettings::fields(args.settings, [&](std::string_view key, const auto& value, std::string_view) {
      if (command.count(flag_of(key)) > 0) set_field(settings, key, detail::field_to_json(value), "argument");
    });
  if (!args.prompt_file.empty()) settings.prompt = read_file(args.prompt_file);
  return settings;
}

Json report_json(const tree::GrowReport& report, const policy::Usage& usage, const std::filesystem::path& store) {
  return {{"store", store.string()},           {"problems", report.problems},     {"finished", report.finished},
          {"new_nodes", report.nodes},         {"new_rollouts", report.rollouts}, {"requests", report.requests},
          {"failed", report.failed},           {"last_fault", report.last_fault}, {"interrupted", report.interrupted},
          {"usage", policy::usage_json(usage)}};
}

void print_report(const tree::GrowReport& report, const policy::Usage& usage) {
  fmt::print("{} of {} trees are finished; {} new nodes and {} new rollouts\n{}\n", report.finished, report.problems,
             report.nodes, report.rollouts, policy::usage_line(usage));
}

// The number behind -of- in g.tree.0-of-4; 0 for other names.
size_t processes_of(std::string_view name, std::string_view store) {
  if (!name.starts_with(store) || !name.substr(store.size()).starts_with('.')) return 0;
  name.remove_prefix(store.size() + 1);
  size_t rank = 0, size = 0;
  const char* end = name.data() + name.size();
  const auto first = std::from_chars(name.data(), end, rank);
  const std::string_view rest(first.ptr, static_cast<size_t>(end - first.ptr));
  if (first.ec != std::errc() || !rest.starts_with("-of-")) return 0;
  const auto second = std::from_chars(first.ptr + 4, end, size);
  return second.ec == std::errc() && second.ptr == end ? size : 0;
}

// Several processes write a store each: g.tree.0-of-4. The next start with as many continues them all; with another
// number, problems would be grown twice.
std::filesystem::path store_of(const std::filesystem::path& store, const training::Shard& shard) {
  const std::string name = store.filename().string();
  const std::filesystem::path folder = store.has_parent_path() ? store.parent_path() : ".";
  std::filesystem::path other;  // the first by name of another number of processes
  std::error_code none;         // the folder need not be there
  for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
    const size_t size = processes_of(entry.path().filename().string(), name);
    if (size > 0 && size != shard.size && (other.empty() || entry.path() < other)) other = entry.path();
  }
  if (!other.empty())
    throw bad_input("cli.tree.grow",
                    "{}: is the store of one of {} processes, and now there are {}: start as many as before, or merge "
                    "their stores with hrm tree merge and continue with another --store",
                    other.string(), processes_of(other.filename().string(), name), shard.size);
  if (shard.size == 1) return store;
  if (std::filesystem::exists(store))
    throw bad_input(
        "cli.tree.grow",
        "{}: is the store of one process, and now there are {}: choose another --store, or unset WORLD_SIZE",
        store.string(), shard.size);
  return folder / fmt::format("{}.{}-of-{}", name, shard.rank, shard.size);
}

// Every size-th problem: difficulty often follows the order of a file.
void keep_share(std::vector<steps::ProblemRecord>& problems, const training::Shard& shard) {
  if (shard.size == 1) return;
  if (problems.size() < shard.size)
    throw bad_input("cli.tree.grow", "{} problems are too few for {} processes", problems.size(), shard.size);
  std::vector<steps::ProblemRecord> share;
  for (size_t i = shard.rank; i < problems.size(); i += shard.size) share.push_back(std::move(problems[i]));
  problems = std::move(share);
  log_info("process {} of {}: {} problems", shard.rank, shard.size, problems.size());
}

void grow(const Arguments& args, const tree::GrowSettings& settings, Exit& exit) {
  settings.validate();
  check_continuation(args.policy, settings);
  BadLines bad;
  auto problems = steps::read_problems(args.problems, args.limit, args.skip_bad, bad);
  warn_of(bad);
  if (problems.empty()) throw bad_input("cli.tree.grow", "{} contains no problem", args.problems.string());
  const training::Shard shard = training::read_shard();
  const std::filesystem::path path = store_of(args.store, shard);
  keep_share(problems, shard);
  const policy::PolicyStack stack = open_policy(args.policy, settings.seed);
  tree::StoreWriter store(path);
  const InterruptScope scope;
  tree::GrowReport report;
  {
    Progress progress("trees", problems.size(), {.unit = "trees"});
    const auto show = [&](const tree::GrowReport& now) {
      progress.update(
          static_cast<uint64_t>(now.finished),
          fmt::format("{} nodes, {} rollouts, {}", now.nodes, now.rollouts, policy::usage_line(stack.meter->usage())));
    };
    report =
        tree::grow_trees({problems, settings, *stack.policy, store}, {.in_flight = args.in_flight, .progress = show});
  }
  if (args.json)
    print_json(report_json(report, stack.meter->usage(), path));
  else
    print_report(report, stack.meter->usage());
  if (report.interrupted) {
    log_warning("interrupted; all replies are stored; run the same command again to continue");
    exit.code = kInterruptedExitCode;
  } else if (report.failed > 0) {
    log_warning(
        "{} requests failed; the last error: {}; their nodes are unfinished{}; run the same command again to retry",
        report.failed, report.last_fault, report.gave_up ? " and growth gave up" : "");
    exit.code = 1;
  }
}

}  // namespace

void register_tree_grow(CLI::App& tree, Exit& exit) {
  const auto args = std::make_shared<Arguments>();
  CLI::App& command = *tree.add_subcommand("grow", "Grow a tree of steps for each problem into a store.");
  command.add_option("problems", args->problems, "JSON lines with question and answer (GSM8K, MATH, .zst); - is stdin")
      ->type_name("FILE")
      ->required();
  command.add_option("--store", args->store, "tree store to write or to continue")->type_name("FILE")->required();
  command.add_flag("--faithful", args->faithful,
                   "the authors' settings unless a flag says otherwise: temperature 0.1, no merging");
  command.add_option("--limit", args->limit, "only the first N problems")->type_name("N");
  command.add_option("--in-flight", args->in_flight, "maximum number of simultaneous requests")
      ->type_name("N")
      ->capture_default_str();
  command.add_option("--prompt-file", args->prompt_file, "file with the prompt template (see --prompt)")
      ->type_name("FILE");
  command.add_flag("--skip-bad", args->skip_bad, "leave out and list problems that cannot be read");
  add_field_options(command, args->settings);
  add_policy_options(command, args->policy);
  add_json_flag(command, args->json);
  command.callback([args, &exit, &command] { grow(*args, chosen_settings(*args, command), exit); });
  set_examples(
      command,
      {{"hrm tree grow gsm8k_train.jsonl --store a.tree --endpoint http://127.0.0.1:8080/v1 --in-flight 32",
        "whole trees; stop at any time; the same command continues"},
       {"hrm tree grow math.jsonl --store b.tree --faithful --endpoint http://127.0.0.1:8080/v1 --model qwen",
        "as the authors grew them"},
       {"hrm tree grow math.jsonl --store c.tree --method first-error --simulations 20 --steps blank --answer boxed "
        "--endpoint http://127.0.0.1:8080/v1",
        "find the first errors"},
       {"RANK=0 WORLD_SIZE=4 hrm tree grow math.jsonl --store d.tree --endpoint http://127.0.0.1:8080/v1",
        "the first of four processes; it writes d.tree.0-of-4, and hrm tree merge puts the four together"},
       {"hrm tree grow world.jsonl --store w.tree --policy arithmetic --steps line --answer gsm8k --depth 8",
        "the arithmetic world, without a server"}});
}

}  // namespace hrm::cli
