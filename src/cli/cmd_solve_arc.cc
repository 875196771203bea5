#include "cli/cmd_solve_arc.h"

#include <fmt/format.h>

#include "backends/backend_factory.h"
#include "base/files.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/signals.h"
#include "cli/choices.h"
#include "formats/picture.h"
#include "model/weights.h"
#include "puzzles/arc.h"
#include "puzzles/arc_svg.h"

namespace hrm::cli {
namespace {

using puzzles::ArcGrid;
using puzzles::ArcTask;

struct Tasks {
  std::vector<ArcTask> tasks;
  std::vector<std::string> skipped;
};

Tasks read_tasks(const ArcSolveArguments& args) {
  std::vector<puzzles::ArcSourceSpec> specs;
  for (const std::string& path : args.paths) specs.push_back({path, std::nullopt});
  puzzles::ArcReading reading = puzzles::read_arc_sources(specs, {.skip_bad = args.keep_going, .need_outputs = false});
  Tasks found{.tasks = {}, .skipped = std::move(reading.skipped)};
  for (puzzles::ArcSource& source : reading.sources)
    for (ArcTask& task : source.tasks) found.tasks.push_back(std::move(task));
  return found;
}

class Printer {
 public:
  Printer(int side, bool color) : family_(puzzles::make_arc(side, "")), side_(side), color_(color) {}

  void grid(std::string_view caption, const ArcGrid& grid) const {
    puzzles::Tokens tokens(static_cast<size_t>(side_ * side_));
    puzzles::encode_arc(grid, {}, side_, tokens);
    fmt::print("{}\n{}", caption, family_->render(tokens, {.color = color_}));
  }

 private:
  std::unique_ptr<puzzles::Family> family_;
  int side_;
  bool color_;
};

std::string comparison(const puzzles::ArcPair& pair, const ArcGrid& attempt) {
  return pair.output.empty() ? "" : attempt == pair.output ? ": right" : ": wrong";
}

void print_test(const Printer& printer, const solving::ArcTestAnswer& answer, const puzzles::ArcPair& pair,
                bool steps) {
  printer.grid("input", pair.input);
  if (steps)
    for (size_t i = 0; i < answer.segments.size(); ++i)
      printer.grid(fmt::format("segment {}, q_halt {:+.2f}", i + 1, answer.segments[i].q_halt),
                   answer.segments[i].answer);
  for (size_t k = 0; k < std::min<size_t>(2, answer.candidates.size()); ++k) {
    const puzzles::ArcCandidate& candidate = answer.candidates[k];
    printer.grid(fmt::format("attempt {}, {} votes, Q {:.3f}{}", k + 1, candidate.votes, candidate.weight,
                             comparison(pair, candidate.grid)),
                 candidate.grid);
  }
  if (answer.candidates.empty()) fmt::print("no answer: interrupted before the first one\n");
}

uint64_t votes_of(const solving::ArcTestAnswer& answer) {
  uint64_t votes = 0;
  for (const puzzles::ArcCandidate& candidate : answer.candidates) votes += candidate.votes;
  return votes;
}

void print_text(const solving::ArcSolveResult& result, const std::vector<ArcTask>& tasks,
                const solving::ModelFile& model, const ArcSolveArguments& args) {
  const Printer printer(solving::arc_side_of(model, args.model), wants_color(args.color));
  for (size_t t = 0; t < tasks.size(); ++t)
    for (size_t i = 0; i < tasks[t].test.size(); ++i) {
      const solving::ArcTestAnswer& answer = result.solutions[t].tests[i];
      fmt::print("task {}, test input {} of {}, {} of {} variants answered\n", tasks[t].name, i + 1,
                 tasks[t].test.size(), votes_of(answer), result.solutions[t].variants);
      print_test(printer, answer, tasks[t].test[i], args.steps);
    }
  if (result.scores.tasks > 0) fmt::print("{}", puzzles::to_table(result.scores));
}

void save_svg(const std::string& path, const solving::ArcSolveResult& result, const std::vector<ArcTask>& tasks) {
  std::vector<puzzles::ArcPictureRow> rows;
  for (size_t t = 0; t < tasks.size(); ++t)
    for (size_t i = 0; i < tasks[t].test.size(); ++i) {
      const puzzles::ArcPair& pair = tasks[t].test[i];
      const solving::ArcTestAnswer& answer = result.solutions[t].tests[i];
      puzzles::ArcPictureRow row{.title = fmt::format("{}, test input {}", tasks[t].name, i + 1), .pictures = {}};
      row.pictures.push_back({"input", pair.input});
      for (size_t k = 0; k < std::min<size_t>(2, answer.candidates.size()); ++k)
        row.pictures.push_back(
            {fmt::format("attempt {} ({} votes)", k + 1, answer.candidates[k].votes), answer.candidates[k].grid});
      if (!pair.output.empty()) row.pictures.push_back({"truth", pair.output});
      rows.push_back(std::move(row));
      row = {.title = "segments of the unchanged task", .pictures = {}};
      for (size_t s = 0; s < answer.segments.size(); ++s)
        row.pictures.push_back({fmt::format("segment {}", s + 1), answer.segments[s].answer});
      rows.push_back(std::move(row));
    }
  save_picture(path, puzzles::render_arc_svg(rows));
}

}  // namespace

std::vector<CLI::Option*> add_arc_solve_options(CLI::App& command, ArcSolveArguments& args) {
  const auto before = std::ssize(command.get_options());
  solving::ArcSolveOptions& options = args.options;
  command.add_option("--variants", options.variants.count, "ARC: variants per task in addition to the task")
      ->check(CLI::Range(0, 100000))
      ->type_name("N")
      ->capture_default_str();
  add_choice(command, "--identifiers", options.variants.identifiers,
             "ARC: variants also with new colors (variant), or only symmetries of the grid (task)");
  command
      .add_option("--seconds", options.seconds,
                  "ARC: time for all tasks; fitting takes at most two thirds of it; 0: no limit")
      ->type_name("X")
      ->capture_default_str();
  command.add_option("--fit-steps", options.fit_steps, "ARC: maximum steps of fitting the embeddings; 0: none")
      ->type_name("N")
      ->capture_default_str();
  command.add_option("--fit-batch", options.fit_batch, "ARC: demonstrations per step of the fit")
      ->type_name("N")
      ->capture_default_str();
  command.add_option("--fit-lr", options.lr, "ARC: learning rate of the embeddings")
      ->type_name("X")
      ->capture_default_str();
  command.add_option("--submission", args.submission, "ARC: file for two attempts per test input")
      ->type_name("FILE.json");
  command.add_option("--plot,--svg", args.svg, "ARC: draw inputs, attempts and segments here; .svg or .png")
      ->type_name("FILE");
  const std::vector<CLI::Option*> all = command.get_options();
  return {all.begin() + before, all.end()};
}

void solve_arc_tasks(const solving::ModelFile& model, ArcSolveArguments& args, Exit& exit) {
  if (!args.svg.empty()) check_picture_path(args.svg, "--plot");
  for (const std::string& file : {args.submission, args.svg})
    if (!file.empty()) check_writable(file);
  args.options.variants.seed = args.options.seed;
  const Tasks found = read_tasks(args);
  warn_of(found.skipped, found.skipped.size());
  if (!found.skipped.empty()) exit.code = 2;
  if (found.tasks.empty()) return;
  const InterruptScope interrupt;
  const solving::ArcSolveResult result =
      solving::solve_arc(model, found.tasks, args.options, {backends::make_backend, args.backend});
  log_info(
      "{} parameters in the trunk (frozen), {} embeddings fitted in {} steps and {}, {} of {} variants answered in {}",
      model::parameter_count(model.config), result.table_rows, result.fit_steps, format_duration(result.fit_seconds),
      result.answered, result.wanted, format_duration(result.answer_seconds));
  if (args.json) {
    Json json = {{"model", args.model},
                 {"parameters", model::parameter_count(model.config)},
                 {"table_parameters", result.table_rows * model.config.arch.puzzle_emb_ndim}};
    json.update(solving::to_json(result, found.tasks));
    json["skipped"] = found.skipped;
    print_json(json);
  } else {
    print_text(result, found.tasks, model, args);
  }
  if (!args.submission.empty() && result.complete) write_json(args.submission, result.submission);
  if (!args.submission.empty() && !result.complete)
    log_warning("{}: not written, since the run was interrupted", args.submission);
  if (!args.svg.empty()) save_svg(args.svg, result, found.tasks);
  if (!result.complete) exit.code = kInterruptedExitCode;
}

}  // namespace hrm::cli
