#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <memory>

#include "backends/backend_factory.h"
#include "base/error.h"
#include "base/log.h"
#include "base/signals.h"
#include "cli/cmd_solve_arc.h"
#include "cli/command.h"
#include "cli/operands.h"
#include "puzzles/questions.h"
#include "solving/completion.h"
#include "solving/model_file.h"
#include "solving/solve_json.h"
#include "solving/solver.h"
#include "solving/trace.h"

namespace hrm::cli {
namespace {

using puzzles::Family;
using puzzles::Question;
using puzzles::Questions;
using puzzles::SkippedQuestion;
using solving::SolvedPuzzle;

struct PuzzleSolveArguments {
  std::string model, family, symbols, color = "auto", trace;
  std::vector<std::string> puzzles, settings, files;
  bool steps = false, json = false, keep_going = false, averaged = true, complete = false;
  int64_t model_runs = solving::CompletionOptions().model_runs;
  solving::SolverOptions solver;
  ArcSolveArguments arc;
  std::vector<CLI::Option*> arc_options;
  model::BackendOptions backend;
};

// Settings stand among the puzzles; no puzzle begins like one.
bool is_setting(const std::string& argument) { return argument.starts_with("arch.") || argument.starts_with("data."); }

void split_settings(PuzzleSolveArguments& args) {
  const auto settings = std::ranges::stable_partition(args.puzzles, std::not_fn(is_setting));
  args.settings.assign(settings.begin(), settings.end());
  args.puzzles.erase(settings.begin(), settings.end());
}

std::string rules_text(const SolvedPuzzle& solution, const Family& family) {
  if (!family.has_rules()) return "no rules to check it";
  return solution.rules.accepted ? "the rules accept it" : fmt::format("WRONG: {}", solution.rules.reason);
}

void print_steps(const SolvedPuzzle& solution, const Family& family, bool color) {
  std::span<const int32_t> previous;
  for (size_t i = 0; i < solution.segments.size(); ++i) {
    const solving::SolvedSegment& segment = solution.segments[i];
    fmt::print("segment {}: q_halt {:+.2f}, q_continue {:+.2f}, residuals H {:.2g}, L {:.2g}\n{}", i + 1,
               segment.q_halt, segment.q_continue, segment.residual_H, segment.residual_L,
               family.render(segment.answer, {.question = solution.question, .previous = previous, .color = color}));
    previous = segment.answer;
  }
}

struct Answer {
  const Question& question;
  const SolvedPuzzle& solution;
  const solving::Completion* completion;  // null without --complete
};

void print_answer(const Answer& answer, const Family& family, const PuzzleSolveArguments& args) {
  const auto& [question, solution, completion] = answer;
  const bool color = wants_color(args.color);
  const auto print_grid = [&](std::span<const int32_t> cells) {
    fmt::print("{}", family.render(cells, {.question = answer.solution.question, .color = color}));
  };
  if (!solution.finished) {
    fmt::print("{}: interrupted after {} segments\n", question.source, solution.segments.size());
    return;
  }
  fmt::print("{}: {}{} segment{}{}, Q {:.3f}, {}\n", question.source,
             solution.view == 0 ? "" : fmt::format("view {}, ", solution.view + 1), solution.segments.size(),
             solution.segments.size() == 1 ? "" : "s", solution.halted ? "" : " (the limit)", solution.confidence(),
             rules_text(solution, family));
  if (args.steps)
    print_steps(solution, family, color);
  else if (!completion || completion->search.answer.empty())
    print_grid(solution.answer());
  if (!completion) return;
  fmt::print("{}\n", in_words(*completion));
  if (!completion->search.answer.empty() && !(args.steps && completion->by_model))
    print_grid(completion->search.answer);
}

struct Results {
  solving::SolverResult solved;
  std::vector<solving::Completion> completions;  // with --complete
  bool complete = true;
};

Results run(model::Backend& backend, const Family& family, std::span<const puzzles::Tokens> questions,
            const PuzzleSolveArguments& args) {
  Results results{.solved = solving::solve(backend, family, questions, args.solver), .completions = {}};
  results.complete = results.solved.complete;
  if (!args.complete) return results;
  solving::CompletionResult completed = solving::complete(backend, family, results.solved.solutions,
                                                          {.solver = args.solver, .model_runs = args.model_runs});
  results.completions = std::move(completed.completions);
  results.complete = results.complete && completed.complete;
  return results;
}

// For ARC, arguments and files are tasks.
void solve_arc(const solving::ModelFile& model, PuzzleSolveArguments& args, Exit& exit) {
  if (args.solver.views > 1 || args.complete || !args.trace.empty() || !args.symbols.empty())
    throw bad_input("cli.solve",
                    "--views, --complete, --trace and --symbols are not for ARC tasks: see --variants and --steps");
  ArcSolveArguments& arc = args.arc;
  arc.model = args.model;
  arc.paths = args.puzzles;
  arc.paths.insert(arc.paths.end(), args.files.begin(), args.files.end());
  if (arc.paths.empty()) throw bad_input("cli.solve", "no task: give a file task.json, a combined file, or a folder");
  arc.color = args.color;
  arc.steps = args.steps;
  arc.json = args.json;
  arc.keep_going = args.keep_going;
  arc.options.segments = args.solver.segments;
  arc.options.halting = args.solver.halting;
  arc.options.halt_margin = args.solver.halt_margin;
  arc.options.batch = args.solver.batch;
  arc.options.seed = args.solver.seed;
  arc.backend = args.backend;
  solve_arc_tasks(model, arc, exit);
}

void solve(PuzzleSolveArguments& args, Exit& exit) {
  solving::ModelFile model = solving::load_model(args.model, {.overrides = args.settings, .averaged = args.averaged});
  const auto family = solving::family_of(model, args.family, args.model);
  if (family->arc_side()) return solve_arc(model, args, exit);
  for (const CLI::Option* option : args.arc_options)
    if (option->count() > 0)
      throw bad_input("cli.solve", "{} is for ARC tasks, and {} solves other puzzles", option->get_name(), args.model);
  if (args.complete) solving::check_completable(*family);
  if (args.puzzles.empty() && args.files.empty())
    throw bad_input("cli.solve", "no puzzle: give a puzzle as an argument, --file FILE, or - for standard input");
  const Questions questions = puzzles::read_questions(
      *family, {.texts = args.puzzles, .files = args.files, .symbols = args.symbols, .keep_going = args.keep_going});
  if (questions.good.empty() && questions.skipped.empty()) throw bad_input("cli.solve", "the input contains no puzzle");
  const auto backend = backends::make_backend(model.config, args.backend);
  backend->set_weights(model.weights);

  std::vector<puzzles::Tokens> tokens;
  for (const Question& question : questions.good) tokens.push_back(question.tokens);
  const InterruptScope interrupt;
  const Results results = run(*backend, *family, tokens, args);

  if (args.json) {
    print_json(
        solving::solve_json(results.solved.solutions, questions, *family,
                            {.model = args.model, .complete = results.complete, .completions = results.completions}));
  } else {
    for (size_t i = 0; i < questions.good.size(); ++i)
      print_answer({.question = questions.good[i],
                    .solution = results.solved.solutions[i],
                    .completion = args.complete ? &results.completions[i] : nullptr},
                   *family, args);
    if (args.complete && questions.good.size() > 1)
      fmt::print("{} puzzles: {}\n", results.completions.size(), in_words(solving::totals_of(results.completions)));
  }
  for (const SkippedQuestion& question : questions.skipped)
    log_warning("skipped {}: {}", question.source, question.reason);
  if (!args.trace.empty()) solving::save_trace(args.trace, results.solved, *family);
  if (!questions.skipped.empty()) exit.code = 2;
  if (!results.complete) exit.code = kInterruptedExitCode;
}

void add_puzzle_options(CLI::App& command, PuzzleSolveArguments& args) {
  command
      .add_option("puzzles", args.puzzles,
                  "puzzles as text, or - for standard input; for ARC, task files or folders; also settings, "
                  "arch.X=Y or data.X=Y")
      ->type_name("PUZZLE");
  command.add_option("--model", args.model, "model file, run folder, or the authors' checkpoint")
      ->required()
      ->type_name("PATH");
  command
      .add_option("--file", args.files,
                  "file with puzzles (one per line, grids, CSV or JSON lines; may be compressed); may be repeated")
      ->type_name("FILE")
      ->allow_extra_args(false);
  command.add_option("--family", args.family, "read the text as this puzzle family instead of the model's")
      ->type_name("NAME|JSON");
  command
      .add_option("--symbols", args.symbols,
                  "characters of the cells: wall, open, start, goal and path of mazes ('# SGo'); the digits of Sudoku")
      ->type_name("TEXT");
}

void add_solver_options(CLI::App& command, PuzzleSolveArguments& args) {
  command.add_option("--segments", args.solver.segments, "maximum segments; 0: the model's own limit")
      ->check(CLI::Range(0, 65536))
      ->type_name("N")
      ->capture_default_str();
  add_switch(command, "--halting", args.solver.halting,
             "stop when the model asks to halt; off: always run all segments");
  add_halt_margin_option(command, args.solver.halt_margin);
  command
      .add_option("--views,--rollouts", args.solver.views,
                  "while the rules reject the answer, try random symmetries of the puzzle; at most N views")
      ->type_name("K")
      ->capture_default_str();
  auto* complete =
      command.add_flag("--complete", args.complete,
                       "complete puzzles that the model does not solve by exact search, and prove whether there "
                       "is one solution, several, or none; the model's probabilities guide the search");
  add_model_runs_option(command, complete, args.model_runs);
  command.add_option("--batch", args.solver.batch, "puzzles per batch")->type_name("N")->capture_default_str();
}

}  // namespace

void register_solve(CLI::App& app, Exit& exit) {
  CLI::App* command = app.add_subcommand("solve", "Solve puzzles and show how.");
  auto args = std::make_shared<PuzzleSolveArguments>();
  add_puzzle_options(*command, *args);
  add_solver_options(*command, *args);
  add_switch(*command, "--averaged", args->averaged, "use the averaged weights if the file has both");
  command->add_flag("--steps", args->steps, "show the answer after every segment and mark changed cells");
  command->add_option("--trace", args->trace, "folder for answers, residuals and participation ratios of every segment")
      ->type_name("FOLDER");
  args->arc_options = add_arc_solve_options(*command, args->arc);
  command->add_flag("--keep-going", args->keep_going, "skip and list puzzles that cannot be read");
  add_color_option(*command, args->color);
  add_json_flag(*command, args->json);
  add_seed_option(*command, args->solver.seed);
  add_threads_option(*command, args->backend.threads);
  add_device_option(*command, args->backend.device);
  add_precision_option(*command, args->backend.precision);
  set_examples(
      *command,
      {{"hrm solve --model runs/first 1.3...12..43.3.1", "a 4x4 Sudoku given as an argument"},
       {"hrm solve --model runs/first --file puzzles.txt --steps", "show the answer after every segment"},
       {"hrm solve --model runs/first - < puzzles.txt --json", "a list from standard input, for scripts"},
       {"hrm solve --model runs/first --file puzzles.txt --keep-going", "skip puzzles with errors"},
       {"hrm solve --model runs/first --file puzzles.txt --complete", "solve every puzzle or prove it unsolvable"},
       {"hrm solve --model step_100 data.seq_len=81 - < puzzles.txt", "a checkpoint without its number of cells"},
       {"hrm solve --model runs/arc task.json --seconds 120 --plot answer.svg", "an ARC task of your own"},
       {"hrm solve --model runs/first --file maze.txt --halting off --trace trace", "files for analysis"}});
  command->callback([args, &exit] {
    for (std::string& puzzle : args->puzzles) unmark_operand(puzzle);
    split_settings(*args);
    args->solver.participation = !args->trace.empty();
    args->solver.probabilities = args->complete;
    solve(*args, exit);
  });
}

}  // namespace hrm::cli
