#include <memory>

#include "base/error.h"
#include "cli/cmd_select.h"
#include "selection/process_bench.h"
#include "selection/report.h"

namespace hrm::cli {
namespace {

struct ProcessBenchArguments {
  selection::ReadFirstErrors read, calibration;
  std::optional<double> threshold;
  bool oracle = false;
  uint64_t seed = 0;
  Output output;
};

// How the threshold of a scorer was fixed.
struct Threshold {
  double value;
  std::string origin;
};

Threshold threshold_for(const ProcessBenchArguments& args, const std::string& scorer,
                        const selection::FirstErrorCases& cases, const selection::FirstErrorCases& calibration) {
  if (args.threshold) return {*args.threshold, "given"};
  if (args.oracle)
    return {selection::best_threshold(cases.by_scorer.at(scorer)), "best for these data: an upper bound"};
  const auto found = calibration.by_scorer.find(scorer);
  if (found == calibration.by_scorer.end())
    throw bad_input("select.processbench", "{}: no scores by '{}' to fix its threshold with",
                    args.calibration.benchmark.string(), scorer);
  return {selection::best_threshold(found->second), "best for " + args.calibration.benchmark.string()};
}

void process_bench(ProcessBenchArguments& args) {
  if ((args.threshold ? 1 : 0) + (args.oracle ? 1 : 0) + (args.calibration.benchmark.empty() ? 0 : 1) != 1)
    throw bad_input("select.processbench",
                    "how is the threshold fixed? give one of --calibrate FILE (other data), --threshold X and "
                    "--oracle-threshold (an upper bound)");
  args.calibration.skip_bad = args.read.skip_bad;
  args.calibration.scorers = args.read.scorers;
  const selection::FirstErrorCases cases = read_first_errors(args.read);
  selection::FirstErrorCases calibration;
  if (!args.calibration.benchmark.empty()) calibration = read_first_errors(args.calibration);
  warn_of(cases.bad);
  warn_of(calibration.bad);
  Json rows = Json::array();
  std::string table =
      "| scorer | F1 | solutions with an error | right solutions | threshold |\n|---|---:|---:|---:|---|\n";
  for (const auto& [scorer, list] : cases.by_scorer) {
    const Threshold threshold = threshold_for(args, scorer, cases, calibration);
    const selection::FirstErrorResult result = first_errors(list, threshold.value);
    const Interval interval = f1_interval(list, threshold.value, args.seed);
    table += fmt::format("| {} | {:.3f} ({:.3f} to {:.3f}) | {} | {} | {:.2f}, {} |\n", scorer, result.f1, interval.low,
                         interval.high, selection::shown(result.error), selection::shown(result.correct),
                         threshold.value, threshold.origin);
    rows.push_back({{"scorer", scorer},
                    {"f1", selection::to_json(Estimate{result.f1, interval, list.size()})},
                    {"error", selection::to_json(result.error)},
                    {"correct", selection::to_json(result.correct)},
                    {"threshold", threshold.value},
                    {"threshold_origin", threshold.origin}});
  }
  const Json settings = {
      {"benchmark", args.read.benchmark.string()}, {"scores", args.read.scores.string()}, {"seed", args.seed}};
  const std::string markdown = "# First wrong steps\n\n" + table + "\n" + selection::settings_as_markdown(settings);
  const Json json = {{"settings", settings}, {"rows", rows}};
  if (!args.output.folder.empty()) selection::write_texts(args.output.folder, markdown, json);
  if (args.output.json) return print_json(json);
  fmt::print("{}", markdown);
}

}  // namespace

void register_select_steps(CLI::App& select, Exit& exit) {
  const auto args = std::make_shared<ProcessBenchArguments>();
  CLI::App& command =
      *select.add_subcommand("processbench", "Does a scorer find the first wrong step? ProcessBench's F1.");
  command.add_option("file", args->read.benchmark, "records with id, steps and label (the first wrong step, or -1)")
      ->type_name("FILE")
      ->required();
  command.add_option("--scores", args->read.scores, "scores of the steps, where they stand in a second file")
      ->type_name("FILE");
  command.add_option("--scorer", args->read.scorers, "of those that the file has; all without it")
      ->delimiter(',')
      ->type_name("NAME,...");
  command
      .add_option("--calibrate", args->calibration.benchmark,
                  "the threshold with the best F1 on this file, which must hold other problems")
      ->type_name("FILE");
  command.add_option("--calibrate-scores", args->calibration.scores, "its scores, where they stand in a second file")
      ->type_name("FILE");
  command.add_option("--threshold", args->threshold, "a step with a lower score is wrong")->type_name("X");
  command.add_flag("--oracle-threshold", args->oracle, "the best threshold for the file itself: an upper bound");
  command.add_flag("--skip-bad", args->read.skip_bad, "leave out faulty records, and list them");
  add_seed_option(command, args->seed);
  add_output_options(command, args->output);
  command.callback([args, &exit] { run_interruptible(exit, [&] { process_bench(*args); }); });
  set_examples(
      command,
      {{"hrm select processbench processbench_gsm8k.json --scores gsm8k.jsonl --calibrate processbench_math.json "
        "--calibrate-scores math.jsonl",
        "the threshold fixed on another subset"},
       {"hrm select processbench scored.jsonl --threshold 0.5 --json", "for machines"}});
}

}  // namespace hrm::cli
