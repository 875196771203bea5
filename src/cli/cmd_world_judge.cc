#include <memory>
#include <optional>

#include "base/error.h"
#include "base/terminal.h"
#include "cli/cmd_world.h"
#include "formats/jsonl.h"
#include "worlds/judge_counts.h"

namespace hrm::cli {
namespace {

using worlds::JudgedSolution;
using worlds::StepTruth;

struct WorldJudgeArguments {
  std::filesystem::path file, out, stepwise;
  int64_t show = 0;
  std::string color = "auto";
  bool json = false;
};

void show(const worlds::ArithmeticProblem& problem, const JudgedSolution& solution, bool color) {
  const auto mark = [&](bool good) {
    if (!color) return good ? std::string("yes") : std::string("no ");
    return good ? std::string("\x1b[32myes\x1b[0m") : std::string("\x1b[31mno \x1b[0m");
  };
  fmt::print("{}  {}\n  valid  on track\n", visible_text(problem.id), visible_text(problem.question));
  for (size_t i = 0; i < solution.steps.size(); ++i) {
    const StepTruth& truth = solution.truth.steps[i];
    const std::string note = truth.repairs ? "repairs" : truth.reason;
    fmt::print("  {}    {}       {}{}\n", mark(truth.valid), mark(truth.on_track), visible_text(solution.steps[i]),
               note.empty() ? "" : "   (" + note + ")");
  }
  fmt::print("  {}\n\n", solution.truth.correct    ? "the answer is right"
                         : solution.truth.answered ? "the answer is wrong"
                                                   : "no answer");
}

void print_counts(const worlds::JudgeCounts& counts) {
  fmt::print("{} solutions, {} steps\n", counts.solutions(), counts.steps());
  for (const worlds::JudgeCounts::Line& line : counts.lines()) {
    const Estimate share = line.share();
    fmt::print("  {:34} {:>8} of {:>8}  {:5.1f} % ({:.1f}-{:.1f})\n", line.name, line.part, line.whole,
               100 * share.value, 100 * share.interval.low, 100 * share.interval.high);
  }
}

void judge(const WorldJudgeArguments& args) {
  const bool color = wants_color(args.color);
  worlds::JudgeCounts counts;
  std::optional<JsonlOutput> rows, stepwise;
  if (!args.out.empty()) rows.emplace(args.out);
  if (!args.stepwise.empty()) stepwise.emplace(args.stepwise);
  int64_t shown = 0;
  const auto take = [&](const worlds::ArithmeticProblem& problem, const JudgedSolution& solution) {
    counts.add(solution);
    if (!args.json && shown++ < args.show) show(problem, solution, color);
    if (stepwise) stepwise->write(worlds::stepwise_row(problem, solution));
    if (rows) rows->write(worlds::judged_json(problem, solution));
  };
  JsonlReader lines(args.file, {.forgive_cut_end = false});
  while (lines.next()) worlds::judge_record(lines.value(), lines.place(), take);
  if (counts.solutions() == 0) throw bad_input("cli.world.judge", "{} contains no solution", lines.source());
  if (rows) rows->finish();
  if (stepwise) stepwise->finish();
  if (args.json) return print_json(counts.to_json());
  print_counts(counts);
}

}  // namespace

void register_world_judge(CLI::App& world, Exit& exit) {
  const auto args = std::make_shared<WorldJudgeArguments>();
  CLI::App& command = *world.add_subcommand("judge", "Judge every step of any solution.");
  command
      .add_option("file", args->file,
                  "JSON lines: {question, steps | solution}, or as hrm world solve writes them; - is standard input")
      ->type_name("FILE")
      ->required();
  command.add_option("--show", args->show, "print the first N solutions")
      ->check(CLI::NonNegativeNumber)
      ->type_name("N")
      ->capture_default_str();
  command.add_option("-o,--out", args->out, "file for each solution with its judged steps, as JSON lines")
      ->type_name("FILE");
  command
      .add_option("--stepwise", args->stepwise,
                  "write {prompt, completions, labels} for hrm rows; a label says whether the step ends on track")
      ->type_name("FILE");
  add_color_option(command, args->color);
  add_json_flag(command, args->json);
  command.callback([args, &exit] { run_interruptible(exit, [&] { judge(*args); }); });
  set_examples(command,
               {{"hrm world judge solved.jsonl --show 2", "two solutions step by step, then the counts of all"},
                {"hrm world judge written.jsonl --out judged.jsonl", "judge the output of a model"}});
}

}  // namespace hrm::cli
