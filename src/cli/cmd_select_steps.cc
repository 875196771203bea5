#include <memory>

#include "cli/choices.h"
#include "cli/cmd_rows.h"
#include "cli/cmd_select.h"
#include "rows/step_labels.h"
#include "selection/prmbench.h"
#include "selection/processbench.h"
#include "selection/repair_probe.h"
#include "selection/step_measures.h"

namespace hrm::cli {
namespace {

using namespace selection;

// What all four commands take.
struct Common {
  std::vector<std::filesystem::path> files;
  ScoredSource source;  // but the solutions
  double threshold = 0.5;
  uint64_t draws = 1000, seed = 0;
  Output output;

  ScoredSource source_of(const std::filesystem::path& file) const {
    ScoredSource one = source;
    one.solutions = file;
    return one;
  }
};

CLI::Option* add_common_options(CLI::App& command, Common& args, const std::string& files, bool several = false) {
  command.add_option("file", args.files, files)->type_name("FILE")->required()->expected(1, several ? 1000 : 1);
  command
      .add_option("--scores", args.source.scores,
                  "scores of the steps by id, if they are not in the records themselves")
      ->type_name("FILE");
  command.add_option("--scorer", args.source.scorers, "scorers to use; default: all")
      ->delimiter(',')
      ->type_name("NAME,...");
  CLI::Option* threshold =
      command.add_option("--threshold", args.threshold, "steps with at least this score are called right")
          ->type_name("T")
          ->capture_default_str();
  command.add_flag("--skip-bad", args.source.skip_bad, "leave out and list bad records");
  command.add_option("--bootstrap", args.draws, "bootstrap draws")
      ->check(CLI::Range(10, 1'000'000))
      ->type_name("K")
      ->capture_default_str();
  add_seed_option(command, args.seed);
  add_output_options(command, args.output);
  return threshold;
}

void finish(const Common& args, MeasureReport report) {
  Json files = Json::array();
  for (const auto& file : args.files) files.push_back(file.string());
  Json settings = {{"files", files}};
  if (!args.source.scores.empty()) settings["scores"] = args.source.scores.string();
  settings.update(report.settings);
  report.settings = std::move(settings);
  print_report(args.output, report);
}

struct ProcessBenchArguments : Common {
  std::filesystem::path calibrate, calibrate_scores;
  bool oracle = false;
};

void processbench_command(const ProcessBenchArguments& args) {
  check_output(args.output);
  std::vector<FirstErrorData> subsets;
  for (const auto& file : args.files) {
    subsets.push_back(read_processbench(args.source_of(file)));
    warn_of(subsets.back().bad);
  }
  ProcessBenchOptions options{
      .threshold = args.threshold, .oracle = args.oracle, .draws = args.draws, .seed = args.seed};
  FirstErrorData calibration;
  if (!args.calibrate.empty()) {
    ScoredSource source = args.source_of(args.calibrate);
    if (!args.calibrate_scores.empty()) source.scores = args.calibrate_scores;
    calibration = read_processbench(source);
    warn_of(calibration.bad);
    options.calibrate = &calibration;
  }
  MeasureReport report = processbench(subsets, options);
  if (!args.calibrate.empty()) report.settings["calibrated_on"] = args.calibrate.string();
  finish(args, std::move(report));
}

void register_processbench(CLI::App& select, Exit& exit) {
  const auto args = std::make_shared<ProcessBenchArguments>();
  CLI::App& command =
      *select.add_subcommand("processbench", "ProcessBench: measure whether the first wrong step is found.");
  CLI::Option* threshold = add_common_options(
      command, *args, "ProcessBench subsets: {id, steps, label}, one list or JSON lines, also .zst and .gz", true);
  command
      .add_option("--calibrate", args->calibrate,
                  "choose each scorer's threshold (0.00 to 1.00) by its best F1 on this file")
      ->type_name("FILE")
      ->excludes(threshold);
  command.add_option("--calibrate-scores", args->calibrate_scores, "scores of that file; default: --scores")
      ->type_name("FILE");
  command.add_flag("--oracle-threshold", args->oracle,
                   "also report the best threshold of each measured file: an upper bound, not a result");
  command.callback([args, &exit] { run_interruptible(exit, [&] { processbench_command(*args); }); });
  set_examples(command, {{"hrm select processbench gsm8k.json math.json --scores scores.jsonl", "at threshold 0.5"},
                         {"hrm select processbench math.json --scores s.jsonl --calibrate gsm8k.json --out report",
                          "with the best threshold of another subset"}});
}

void register_prmbench(CLI::App& select, Exit& exit) {
  const auto args = std::make_shared<Common>();
  CLI::App& command = *select.add_subcommand("prmbench", "PRMBench: measure which planted errors a scorer finds.");
  add_common_options(command, *args, "records of PRMBench; the id of their scores is <classification>_<idx>");
  command.callback([args, &exit] {
    run_interruptible(exit, [&] {
      check_output(args->output);
      const PrmBenchData data = read_prmbench(args->source_of(args->files.front()));
      warn_of(data.bad);
      finish(*args, prmbench(data, {.threshold = args->threshold, .draws = args->draws, .seed = args->seed}));
    });
  });
  set_examples(command, {{"hrm select prmbench prmbench.jsonl --scores scores.jsonl --out report",
                          "PRM-score per category, group and overall"}});
}

struct TruthArguments : Common {
  TruthField truth = TruthField::kFirst;
  std::string by = "domain";
  std::optional<rows::Format> format;
};

CLI::Option* add_truth_option(CLI::App& command, TruthField& truth) {
  return add_choice(command, "--truth", truth, "field that holds it; first: the first of the others in a record");
}

void register_steps(CLI::App& select, Exit& exit) {
  const auto args = std::make_shared<TruthArguments>();
  CLI::App& command =
      *select.add_subcommand("steps",
                             "Compare scores of steps with labels: AUC, accuracy, Brier score, calibration; by "
                             "domain.");
  add_common_options(
      command, *args,
      "solutions with judged steps, as hrm world solve writes them, or step benchmarks: a label per step "
      "or the first wrong step, in any labeled format that hrm rows reads");
  CLI::Option* truth = add_truth_option(command, args->truth);
  add_format_option(command, args->format);
  command.get_option("--from")->excludes(truth);
  CLI::Option* by = command.add_option("--by", args->by, "field whose values split the measures, a row for each")
                        ->type_name("FIELD")
                        ->capture_default_str();
  command.callback([args, by, &exit] {
    run_interruptible(exit, [&] {
      check_output(args->output);
      const JudgedData data =
          read_judged(args->source_of(args->files.front()),
                      {.truth = args->truth,
                       .by = args->by,
                       .need_by = by->count() > 0,
                       .other =
                           [format = args->format](const Json& record, const std::string& place) mutable {
                             return rows::step_labels(record, place, format);
                           },
                       .only_other = args->format.has_value()});
      warn_of(data.bad);
      MeasureReport report =
          step_measures(data, {.threshold = args->threshold, .draws = args->draws, .seed = args->seed});
      report.settings["truth"] = std::string(name_of_enum(args->truth));
      finish(*args, std::move(report));
    });
  });
  set_examples(command,
               {{"hrm select steps solved.jsonl --scores scores.jsonl --out report", "with a reliability diagram"},
                {"hrm select steps benchmark.jsonl --from first-error-1 --by category",
                 "a benchmark that counts the first wrong step from 1; a row for each category"},
                {"hrm select steps solved.jsonl --truth valid",
                 "judge whether the step is valid, not whether it ends on track"}});
}

void register_repair(CLI::App& select, Exit& exit) {
  const auto args = std::make_shared<TruthArguments>();
  CLI::App& command =
      *select.add_subcommand("repair", "Repair probe: scores of steps that repair a wrong state or break a right one.");
  add_common_options(command, *args, "solutions with judged steps, from hrm world solve or hrm world probe");
  add_truth_option(command, args->truth);
  command.callback([args, &exit] {
    run_interruptible(exit, [&] {
      check_output(args->output);
      const JudgedData data = read_judged(args->source_of(args->files.front()), {.truth = args->truth});
      warn_of(data.bad);
      MeasureReport report =
          repair_probe(data, {.threshold = args->threshold, .draws = args->draws, .seed = args->seed});
      report.settings["truth"] = std::string(name_of_enum(args->truth));
      finish(*args, std::move(report));
    });
  });
  set_examples(command, {{"hrm select repair probe.jsonl --scores scores.jsonl", "on matched cases of hrm world probe"},
                         {"hrm select repair solved.jsonl --scorer value --out report", "on sampled solutions"}});
}

}  // namespace

void register_select_steps(CLI::App& select, Exit& exit) {
  register_processbench(select, exit);
  register_prmbench(select, exit);
  register_steps(select, exit);
  register_repair(select, exit);
}

}  // namespace hrm::cli
