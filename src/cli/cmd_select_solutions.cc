#include <memory>

#include "base/signals.h"
#include "cli/choices.h"
#include "cli/cmd_select.h"
#include "selection/best_of_n.h"
#include "selection/compare.h"

namespace hrm::cli {
namespace {

using namespace selection;

struct SelectSolutionsArguments {
  std::filesystem::path file, with, with_scores;
  ReadSolutions read;
  BestOfNOptions options;
  std::string against = "majority";
  CompareOptions compare;
  Output output;
};

void add_common_options(CLI::App& command, SelectSolutionsArguments& args) {
  BestOfNOptions& options = args.options;
  command.add_option("file", args.file, "problems with candidates: JSON lines, also .zst and .gz; - is standard input")
      ->type_name("FILE")
      ->required();
  command.add_option("--scores", args.read.scores, "scores of the candidates' steps, if they are in a second file")
      ->type_name("FILE");
  command.add_option("--scorer", args.read.scorers, "scorers to use; default: all in the file")
      ->delimiter(',')
      ->type_name("NAME,...");
  command.add_option("--n", options.n, "numbers of solutions to select from; default: powers of two")
      ->delimiter(',')
      ->type_name("N,...");
  add_choices(command, "--aggregate", options.aggregations, "how the scores of steps become one; default: all");
  add_choices(command, "--pick", options.picks, "the best, or a vote weighted by scores; default: both");
  add_choice(command, "--subset", options.subset,
             "first: the first N samples, as published; random: expected over random subsets of N");
  command.add_option("--draws", options.draws, "number of random subsets per problem, for votes")
      ->check(CLI::Range(1, 10'000'000))
      ->type_name("K")
      ->capture_default_str();
  add_choice(command, "--answers", options.match, "which answers vote together");
  add_choice(command, "--profile", args.read.grade.profile, "grader of candidates without a field 'correct'");
  command.add_flag("--skip-bad", args.read.skip_bad,
                   "leave out and list bad records and problems with too few samples");
  add_seed_option(command, options.seed);
  add_threads_option(command, options.threads);
  add_output_options(command, args.output);
}

SelectionReport run(const SelectSolutionsArguments& args, const std::filesystem::path& file,
                    const std::filesystem::path& scores) {
  ReadSolutions read = args.read;
  read.scores = scores;
  BestOfNOptions options = args.options;
  options.leave_out_short = read.skip_bad;
  selection::SampledSolutions solutions = read_solutions(file, read);
  SelectionReport report = best_of_n(solutions, options);
  Json settings = {{"file", file.string()}};
  if (!scores.empty()) settings["scores"] = scores.string();
  settings.update(report.settings);
  settings["grader_profile"] = name_of_enum(read.grade.profile);
  report.settings = std::move(settings);
  warn_of(solutions.bad);
  return report;
}

void best_of_n_command(const SelectSolutionsArguments& args) {
  check_output(args.output);
  print_report(args.output, run(args, args.file, args.read.scores));
}

void compare_command(SelectSolutionsArguments& args) {
  check_output(args.output);
  args.compare.seed = args.options.seed;
  const SelectionReport report = run(args, args.file, args.read.scores);
  const uint64_t n = report.rows.back().n;  // the largest
  const std::vector<Difference> differences =
      args.with.empty() ? compare_all(report, args.against, n, args.compare)
                        : compare_reports(report, run(args, args.with, args.with_scores), n, args.compare);
  Json json = {{"settings", report.settings},
               {"with", args.with.empty() ? Json(nullptr) : Json(args.with.string())},
               {"bootstrap_draws", args.compare.draws},
               {"differences", Json::array()}};
  for (const Difference& difference : differences) json["differences"].push_back(to_json(difference));
  const std::string markdown =
      "# Paired differences\n\n" + to_markdown(differences, args.compare) + settings_as_markdown(report.settings);
  if (!args.output.folder.empty()) write_texts(args.output.folder, markdown, json);
  if (!args.output.plot.empty()) save_differences_plot(args.output.plot, differences);
  if (args.output.json) return print_json(json);
  fmt::print("{}", markdown);
}

}  // namespace

void register_select_solutions(CLI::App& select, Exit& exit) {
  {
    const auto args = std::make_shared<SelectSolutionsArguments>();
    CLI::App& command = *select.add_subcommand("bon", "Measure best-of-N and votes on files of scored solutions.");
    add_common_options(command, *args);
    command.callback([args, &exit] { run_interruptible(exit, [&] { best_of_n_command(*args); }); });
    set_examples(command, {{"hrm select bon samples.jsonl --scores scores.jsonl --n 1,4,16 --aggregate min",
                            "accuracy for three budgets"},
                           {"hrm select bon scored.jsonl --subset random --out report",
                            "expectation over random subsets; tables and plots in a folder"},
                           {"hrm select bon samples.jsonl --scores scores.jsonl --answers exact",
                            "votes compare exact strings, as in published results"}});
  }
  const auto args = std::make_shared<SelectSolutionsArguments>();
  CLI::App& command = *select.add_subcommand("compare", "Compare methods, scorers or two files by paired differences.");
  add_common_options(command, *args);
  command.add_option("--against", args->against, "method to compare all others with")
      ->type_name("METHOD")
      ->capture_default_str();
  command.add_option("--with", args->with, "compare the same methods on a second file instead: second - first")
      ->type_name("FILE");
  command.add_option("--with-scores", args->with_scores, "scores of the second file's candidates")->type_name("FILE");
  command.add_option("--bootstrap", args->compare.draws, "bootstrap draws")
      ->check(CLI::Range(10, 1'000'000))
      ->type_name("K")
      ->capture_default_str();
  command.callback([args, &exit] { run_interruptible(exit, [&] { compare_command(*args); }); });
  set_examples(command, {{"hrm select compare samples.jsonl --scores scores.jsonl --aggregate min --pick best",
                          "every scorer against the majority, at the largest N"},
                         {"hrm select compare scored.jsonl --against 'best old/min' --n 16", "against another scorer"},
                         {"hrm select compare before.jsonl --with after.jsonl",
                          "the same methods on two files, problem by problem"}});
}

}  // namespace hrm::cli
