#include <memory>

#include "base/error.h"
#include "base/files.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/signals.h"
#include "cli/choices.h"
#include "cli/cmd_select.h"
#include "cli/field_options.h"
#include "cli/policy_options.h"
#include "cli/scorer_options.h"
#include "search/search_run.h"
#include "selection/best_of_n.h"
#include "steps/problem_file.h"

namespace hrm::cli {
namespace {

struct SearchArguments {
  AskedProblems problems;
  std::filesystem::path out, report;
  search::SearchSettings settings;
  PolicyChoice policy;
  ScorerChoice scorer;
  bool json = false;
};

// From the file, so that a run that was resumed reports all of it, as `hrm select bon` would. Throws failure when
// interrupted.
selection::SelectionReport report_of(const SearchArguments& args) {
  selection::SampledSolutions solutions = selection::read_solutions(args.out);
  selection::BestOfNOptions options{.n = {args.settings.n.begin(), args.settings.n.end()},
                                    .aggregations = {args.settings.aggregate},
                                    .threads = args.scorer.threads};
  selection::SelectionReport report = selection::best_of_n(solutions, options);
  report.title = "Search";
  Json settings = {{"file", args.out.string()}};
  settings.update(read_json(args.out.string() + ".meta.json"));
  settings.update(report.settings);
  report.settings = std::move(settings);
  return report;
}

Json run_json(const search::SearchRunReport& run, const policy::Usage& usage, const SearchArguments& args) {
  return {{"out", args.out.string()},       {"problems", run.problems},
          {"finished", run.finished},       {"kept", run.kept},
          {"failed", run.failed},           {"last_fault", run.last_fault},
          {"interrupted", run.interrupted}, {"usage", policy::usage_json(usage)}};
}

// run: becomes an interrupted one where its report was.
void print(search::SearchRunReport& run, const policy::Usage& usage, const SearchArguments& args) {
  std::optional<selection::SelectionReport> report;
  try {
    if (run.finished > 0 && !run.interrupted) report = report_of(args);
  } catch (const Error&) {
    if (!interrupted()) throw;
    run.interrupted = true;
  }
  if (report && !args.report.empty()) selection::write_report(args.report, *report);
  if (args.json) {
    Json json = run_json(run, usage, args);
    json["report"] = report ? selection::to_json(*report) : Json(nullptr);
    return print_json(json);
  }
  if (report) fmt::print("{}\n", selection::to_markdown(*report));
  fmt::print("{} of {} problems are finished, {} of them by an earlier run; {}\n", run.finished, run.problems, run.kept,
             policy::usage_line(usage));
}

void search(const SearchArguments& args, Exit& exit) {
  search::SearchSettings settings = args.settings;
  if (!args.problems.prompt_file.empty()) settings.prompt = read_file(args.problems.prompt_file);
  settings.validate();
  check_continuation(args.policy, settings);
  BadLines bad;
  const auto problems = steps::read_problems(args.problems.file, args.problems.limit, args.problems.skip_bad, bad);
  warn_of(bad);
  if (problems.empty()) throw bad_input("cli.search", "{} contains no problem", args.problems.file.string());
  const policy::PolicyStack stack = open_policy(args.policy, settings.seed);
  const std::unique_ptr<steps::StepScorer> scorer = open_scorer(args.scorer);
  const InterruptScope scope;
  search::SearchRunReport run;
  {
    Progress progress("searching", problems.size(), {.unit = "problems"});
    const auto show = [&](const search::SearchRunReport& now) {
      progress.update(static_cast<uint64_t>(now.finished), policy::usage_line(stack.meter->usage()));
    };
    run = search::search_problems({problems, settings, *stack.policy, *scorer},
                                  {.out = args.out, .in_flight = args.problems.in_flight, .progress = show});
  }
  if (run.torn) log_warning("{} ended within a line: that problem was dropped and searched again", args.out.string());
  print(run, stack.meter->usage(), args);
  if (run.interrupted) {
    log_warning("interrupted; finished problems are in {}; run the same command again to continue", args.out.string());
    exit.code = kInterruptedExitCode;
  } else if (run.failed > 0) {
    log_warning(
        "{} problems failed and count neither as right nor as wrong; the last error: {}{}; run the same command again "
        "to retry",
        run.failed, run.last_fault, run.gave_up ? "; the search gave up" : "");
    exit.code = 1;
  }
}

void add_lists(CLI::App& command, search::SearchSettings& settings) {
  add_choices(
      command, "--method", settings.method,
      "bon: the best of N whole solutions; step-greedy: repeatedly the best of N next steps (as the authors do); beam: "
      "M beams share N next steps and the best M stay; dvts: N / M independent searches with M next steps each; "
      "particles: N partial solutions, drawn anew by their scores "
      "after each step");
  command
      .add_option("--n", settings.n,
                  "budgets N, each searched separately (bon: the first N of the largest budget's samples)")
      ->delimiter(',')
      ->type_name("N,...")
      ->capture_default_str();
}

}  // namespace

void register_search(CLI::App& app, Exit& exit) {
  const auto args = std::make_shared<SearchArguments>();
  CLI::App& command =
      *app.add_subcommand("search",
                          "Solve problems with a policy and a step scorer: best-of-N, step-greedy, beam search, DVTS, "
                          "particle filtering.");
  add_problem_options(command, args->problems);
  command
      .add_option("-o,--out", args->out, "file of scored solutions to write or to continue; also writes FILE.meta.json")
      ->type_name("FILE")
      ->required();
  command.add_option("--report", args->report, "folder for report.md, report.json and plots (SVG)")->type_name("DIR");
  add_lists(command, args->settings);
  add_scorer_options(command, args->scorer);
  add_field_options(command, args->settings);
  add_policy_options(command, args->policy);
  add_json_flag(command, args->json);
  command.callback([args, &exit] { search(*args, exit); });
  set_examples(
      command,
      {{"hrm search gsm8k_test.jsonl --scorer runs/prm --endpoint http://127.0.0.1:8080/v1 --method bon,beam "
        "--n 4,16 --out s.jsonl --report report",
        "stop at any time; the same command continues"},
       {"hrm search math.jsonl --scorer runs/prm --method step-greedy --steps authors --depth 12 --n 5 "
        "--endpoint http://127.0.0.1:8080/v1 --out s.jsonl",
        "the authors' best-of-N for step models"},
       {"hrm search world.jsonl --policy arithmetic:slip=0.3 --scorer truth:noise=1 --steps line --answer gsm8k "
        "--method step-greedy,beam,dvts,particles --n 4,16 --out w.jsonl",
        "the arithmetic world, without a server or a model"},
       {"hrm select compare s.jsonl --against 'best prm/last'", "paired differences between the methods in a file"}});
}

}  // namespace hrm::cli
