#include <array>
#include <memory>

#include "base/error.h"
#include "base/log.h"
#include "base/statistics.h"
#include "base/terminal.h"
#include "cli/cmd_world.h"
#include "formats/jsonl.h"
#include "worlds/solutions.h"

namespace hrm::cli {
namespace {

using worlds::JudgedSolution;
using worlds::StepFault;
using worlds::StepTruth;

struct Arguments {
  std::filesystem::path file, out, stepwise;
  int64_t show = 0;
  std::string color = "auto";
  bool json = false;
};

constexpr std::array kFaults = {StepFault::kUnreadable, StepFault::kClaim, StepFault::kRest, StepFault::kAnswer};

struct Counts {
  uint64_t solutions = 0, answered = 0, correct = 0, steps = 0, valid = 0, on_track = 0, repairs = 0, breaks = 0;
  uint64_t off_track_before = 0, valid_off_track = 0, invalid_on_track = 0;
  std::array<uint64_t, kFaults.size()> faults{};

  void add(const JudgedSolution& solution) {
    ++solutions;
    answered += solution.truth.answered;
    correct += solution.truth.correct;
    bool before = true;
    for (const StepTruth& step : solution.truth.steps) {
      ++steps;
      valid += step.valid;
      on_track += step.on_track;
      repairs += step.repairs;
      breaks += step.breaks;
      off_track_before += !before;
      valid_off_track += step.valid && !step.on_track;
      invalid_on_track += !step.valid && step.on_track;
      for (size_t i = 0; i < kFaults.size(); ++i) faults[i] += step.fault == kFaults[i];
      before = step.on_track;
    }
  }
};

std::vector<std::string> steps_of(const Json& record, const std::string& place) {
  if (record.contains("steps")) return json_field<std::vector<std::string>>(record, "steps", place);
  if (record.contains("solution")) return worlds::lines_of(json_field<std::string>(record, "solution", place));
  throw bad_input("cli.world.judge", "{}: expected 'steps', 'solution' or a list of 'candidates'", place);
}

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

struct Line {
  std::string_view name;
  uint64_t part, whole;
};

std::vector<Line> lines_of(const Counts& counts) {
  std::vector<Line> lines = {
      {"answered", counts.answered, counts.solutions},
      {"correct", counts.correct, counts.solutions},
      {"valid steps", counts.valid, counts.steps},
      {"steps that end on track", counts.on_track, counts.steps},
      {"valid but off track", counts.valid_off_track, counts.steps},
      {"invalid but on track", counts.invalid_on_track, counts.steps},
      {"repairs, among steps taken off track", counts.repairs, counts.off_track_before},
      {"breaks, among steps taken on track", counts.breaks, counts.steps - counts.off_track_before}};
  for (size_t i = 0; i < kFaults.size(); ++i)
    lines.push_back({worlds::name_of(kFaults[i]), counts.faults[i], counts.steps});
  return lines;
}

// A stepwise row of TRL, as hrm rows reads them.
Json stepwise_row(const worlds::ArithmeticProblem& problem, const JudgedSolution& solution) {
  Json row = {{"prompt", problem.question}, {"completions", solution.steps}, {"labels", Json::array()}};
  for (const StepTruth& step : solution.truth.steps) row["labels"].push_back(step.on_track);
  return row;
}

void judge(const Arguments& args) {
  const bool color = wants_color(args.color);
  Counts counts;
  std::vector<Json> rows, stepwise;
  int64_t shown = 0;
  const auto take = [&](const worlds::ArithmeticProblem& problem, const Json& record, const std::string& place) {
    const JudgedSolution solution = worlds::judged(problem, steps_of(record, place));
    counts.add(solution);
    if (!args.json && shown++ < args.show) show(problem, solution, color);
    if (!args.stepwise.empty()) stepwise.push_back(stepwise_row(problem, solution));
    if (args.out.empty()) return;
    Json row = worlds::to_json(problem);
    row["solution"] = worlds::to_json(solution);
    for (const StepTruth& step : solution.truth.steps) row["solution"]["reasons"].push_back(step.reason);
    rows.push_back(std::move(row));
  };
  JsonlReader lines(args.file, {.forgive_cut_end = false});
  while (lines.next()) {
    Json record = lines.value();
    if (!record.contains("candidates")) {
      // A solution's own "answer" is what it gave, not the gold one.
      worlds::ArithmeticProblem problem = worlds::problem_from_json(
          {{"id", record.value("id", Json("solution"))}, {"question", record.value("question", Json())}},
          lines.place());
      take(problem, record, lines.place());
      continue;
    }
    const auto problem = worlds::problem_from_json(record, lines.place());
    const auto candidates = json_field<std::vector<Json>>(record, "candidates", lines.place());
    for (size_t i = 0; i < candidates.size(); ++i)
      take(problem, candidates[i], fmt::format("{}, candidate {}", lines.place(), i));
  }
  if (counts.solutions == 0) throw bad_input("cli.world.judge", "{} contains no solution", lines.source());
  if (!args.out.empty()) write_lines(args.out, rows);
  if (!args.stepwise.empty()) write_lines(args.stepwise, stepwise);

  Json json = {{"solutions", counts.solutions}, {"steps", counts.steps}};
  if (!args.json) fmt::print("{} solutions, {} steps\n", counts.solutions, counts.steps);
  for (const Line& line : lines_of(counts)) {
    const Estimate share = share_of(line.part, line.whole);
    json[std::string(line.name)] = {{"count", line.part},
                                    {"of", line.whole},
                                    {"share", share.value},
                                    {"low", share.interval.low},
                                    {"high", share.interval.high}};
    if (!args.json)
      fmt::print("  {:34} {:>8} of {:>8}  {:5.1f} % ({:.1f}-{:.1f})\n", line.name, line.part, line.whole,
                 100 * share.value, 100 * share.interval.low, 100 * share.interval.high);
  }
  if (args.json) print_json(json);
}

}  // namespace

void register_world_judge(CLI::App& world, Exit&) {
  const auto args = std::make_shared<Arguments>();
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
  command.callback([args] { judge(*args); });
  set_examples(command,
               {{"hrm world judge solved.jsonl --show 2", "two solutions step by step, then the counts of all"},
                {"hrm world judge written.jsonl --out judged.jsonl", "judge the output of a model"}});
}

}  // namespace hrm::cli
