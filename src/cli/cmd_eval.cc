#include <fmt/format.h>

#include <map>
#include <memory>
#include <optional>

#include "backends/backend_factory.h"
#include "base/files.h"
#include "base/log.h"
#include "base/signals.h"
#include "cli/cmd_eval_arc.h"
#include "cli/command.h"
#include "cli/distributed.h"
#include "formats/npy.h"
#include "formats/picture.h"
#include "model/weights.h"
#include "puzzles/dataset.h"
#include "solving/completion_study.h"
#include "solving/depth_curve.h"
#include "solving/evaluation_plot.h"
#include "solving/evaluator.h"
#include "solving/fit.h"
#include "solving/identifiers.h"
#include "solving/model_file.h"

namespace hrm::cli {
namespace {

struct EvalArguments {
  std::string model, data, split = "test", predictions, q_predictions, submission, depths, plot;
  SavedAnswers saved;
  std::vector<std::string> settings;
  bool json = false, averaged = true, complete = false;
  int64_t model_runs = solving::CompletionOptions().model_runs;
  solving::EvaluationOptions evaluation;
  model::BackendOptions backend;
};

void save_predictions(const std::string& path, const solving::Evaluation& evaluation, int64_t cells) {
  const int64_t rows = std::ssize(evaluation.answers) / cells;
  save_npy(path, HostTensor::of<int32_t>({rows, cells}, evaluation.answers));
  log_info("{}: answers to {} puzzles", path, rows);
}

Json heading(const EvalArguments& args) {
  return {{"model", args.model}, {"data", args.data}, {"split", args.split}, {"averaged", args.averaged}};
}

template <typename Result>
void print_result(const Result& result, const EvalArguments& args) {
  if (!args.json) return fmt::print("{} on {}, {}\n{}", args.model, args.data, args.split, solving::to_table(result));
  Json json = heading(args);
  json.update(solving::to_json(result));
  print_json(json);
}

bool study(model::Backend& backend, const puzzles::Dataset& dataset, const EvalArguments& args) {
  const solving::EvaluationOptions& options = args.evaluation;
  const solving::CompletionStudy study =
      solving::study_completion(backend, dataset,
                                {.completion = {.solver = {.segments = options.segments,
                                                           .halting = options.halting,
                                                           .halt_margin = options.halt_margin,
                                                           .batch = options.batch,
                                                           .seed = options.seed,
                                                           .views = options.views},
                                                .model_runs = args.model_runs},
                                 .limit = options.limit});
  print_result(study, args);
  return study.complete;
}

bool curve(model::Backend& backend, const puzzles::Dataset& dataset, const EvalArguments& args) {
  const std::vector<int64_t> depths = solving::parse_depths(args.depths);
  const solving::DepthCurve curve = solving::depth_curve(backend, dataset, depths, args.evaluation);
  print_result(curve, args);
  if (curve.complete && !args.plot.empty()) solving::save_depth_plot(args.plot, curve);
  return curve.complete;
}

// Logits of the first view, in the order of evaluation.
struct Logits {
  std::map<int64_t, float> by_example;

  void save(const std::string& path) const {
    std::vector<float> values;
    for (const auto& [example, q] : by_example) values.push_back(q);
    save_npy(path, HostTensor::of<float>({std::ssize(values)}, values));
    log_info("{}: halting logits of {} puzzles", path, values.size());
  }
};

// ARC: saved answers of any program.
void score_saved(const EvalArguments& args) {
  if (!args.settings.empty())
    throw bad_input("cli.eval", "{}: settings are for a model, and --answers needs none", args.settings.front());
  const auto dataset = puzzles::Dataset::open(args.data, args.split);
  puzzles::ArcDatasetVotes votes(dataset);
  add_saved(votes, dataset, args.saved);
  Json json = {{"data", args.data}, {"split", args.split}};
  report_votes(votes.votes(), {.submission = args.submission, .json = args.json ? &json : nullptr});
  if (args.json) print_json(json);
}

void evaluate(EvalArguments& args, training::Collective& all, Exit& exit) {
  if (all.is_root())
    for (const std::string& file : {args.submission, args.predictions, args.q_predictions, args.plot})
      if (!file.empty()) check_writable(file);
  if (!args.saved.answers.empty() || !args.saved.q_halt.empty()) {
    if (all.is_root()) score_saved(args);
    return;
  }
  if (args.model.empty())
    throw bad_input("cli.eval", "--model is required (or --answers, for ARC answers of another program)");
  solving::ModelFile model = solving::load_model(args.model, {.overrides = args.settings, .averaged = args.averaged});
  const auto dataset = puzzles::Dataset::open(args.data, args.split);
  if (!args.evaluation.blank_identifiers) solving::check_identifiers(model, dataset);
  solving::adapt(model.config, dataset.family());
  args.backend.threads = threads_of_process(args.backend.threads);
  const auto backend = backends::make_backend(model.config, args.backend);
  backend->set_weights(model.weights);
  log_detail("{}: {}, {} examples; {}; {}", args.data, args.split, dataset.examples(), model::size_text(model.config),
             backend->description());
  std::optional<puzzles::ArcDatasetVotes> votes;
  if (dataset.family().arc_side() && args.split == "test") votes.emplace(dataset);
  if (!args.submission.empty() && !votes)
    throw bad_input("cli.eval", "--submission: {}/{} holds no test inputs of ARC tasks", args.data, args.split);
  Logits logits;
  if (votes || !args.q_predictions.empty())
    args.evaluation.on_answer = [&](int64_t example, std::span<const int32_t> answer, float q_halt) {
      if (votes) votes->add(example, answer, q_halt);
      if (!args.q_predictions.empty()) logits.by_example[example] = q_halt;
    };

  const InterruptScope interrupt;
  if (args.complete || !args.depths.empty()) {
    if (all.size() > 1)
      throw bad_input("cli.eval", "--complete and --depths run in one process: start hrm eval without a launcher");
    const bool whole = args.complete ? study(*backend, dataset, args) : curve(*backend, dataset, args);
    if (!whole) exit.code = kInterruptedExitCode;
    return;
  }
  args.evaluation.processes = &all;
  const solving::Evaluation evaluation = solving::evaluate(*backend, dataset, args.evaluation);
  if (!evaluation.complete) exit.code = kInterruptedExitCode;
  if (!all.is_root()) return;
  ArcReport report{.submission = args.submission, .complete = evaluation.complete};
  if (args.json) {
    Json json = heading(args);
    json["parameters"] = model::parameter_count(model.config);
    json["table_parameters"] = model::table_count(model.config);
    json["blank_identifiers"] = args.evaluation.blank_identifiers;
    json.update(solving::to_json(evaluation));
    report.json = &json;
    if (votes) report_votes(votes->votes(), report);
    print_json(json);
  } else {
    fmt::print("{} ({}) on {}, {}{}\n{}", args.model, model::size_text(model.config), args.data, args.split,
               args.evaluation.blank_identifiers ? ", without identifiers" : "", solving::to_table(evaluation));
    if (votes) report_votes(votes->votes(), report);
  }
  if (!args.q_predictions.empty()) logits.save(args.q_predictions);
  if (!args.plot.empty() && evaluation.complete) solving::save_evaluation_plot(args.plot, evaluation);
  if (!args.predictions.empty()) save_predictions(args.predictions, evaluation, model.config.data.seq_len);
}

void add_evaluation_options(CLI::App& command, solving::EvaluationOptions& options) {
  command.add_option("--segments", options.segments, "maximum segments per puzzle; 0: the model's own limit")
      ->check(CLI::Range(0, 65536))
      ->type_name("N")
      ->capture_default_str();
  add_switch(command, "--halting", options.halting, "stop when the model asks to halt; off: always run all segments");
  add_halt_margin_option(command, options.halt_margin);
  command.add_option("--batch", options.batch, "puzzles per batch")->type_name("N")->capture_default_str();
  command.add_option("--limit", options.limit, "number of puzzles, spread evenly over the split; 0: all")
      ->type_name("N")
      ->capture_default_str();
  command
      .add_option("--views,--rollouts", options.views,
                  "runs per puzzle, of which one is selected; they differ in random numbers or in symmetries")
      ->type_name("K")
      ->capture_default_str();
  add_switch(command, "--symmetries", options.symmetries,
             "show each view a random symmetry of the puzzle; default: if the model draws no random numbers");
  command.add_flag("--until-solved", options.until_accepted,
                   "more views only for puzzles whose answers the rules have rejected so far");
}

void add_arc_options(CLI::App& command, EvalArguments& args) {
  command.add_flag("--blank-identifiers", args.evaluation.blank_identifiers,
                   "give every puzzle the blank embedding, to measure what the model knows without identifiers");
  command.add_option("--submission", args.submission, "ARC: file for two attempts per test input")
      ->type_name("FILE.json");
  command
      .add_option("--answers", args.saved.answers,
                  "ARC: count the votes of saved answers instead of a model's; if repeated, all vote together")
      ->type_name("FILE.npy")
      ->allow_extra_args(false);
  command.add_option("--q-halt", args.saved.q_halt, "halting logits of these answers; give it as often as --answers")
      ->type_name("FILE.npy")
      ->allow_extra_args(false);
}

// What makes no sense together.
void exclude_contradictions(CLI::App& command) {
  for (const char* other : {"--complete", "--segments", "--halting", "--views", "--predictions", "--symmetries",
                            "--until-solved", "--save-q-halt", "--submission", "--answers"})
    command.get_option("--depths")->excludes(command.get_option(other));
  for (const char* other : {"--predictions", "--symmetries", "--until-solved", "--save-q-halt", "--submission",
                            "--answers", "--blank-identifiers"})
    command.get_option("--complete")->excludes(command.get_option(other));
  for (const char* other : {"--model", "--predictions", "--save-q-halt", "--limit", "--views", "--blank-identifiers",
                            "--plot", "--segments", "--halting", "--halt-margin", "--batch", "--precision", "--device"})
    command.get_option("--answers")->excludes(command.get_option(other));
}

}  // namespace

void register_eval(CLI::App& app, Exit& exit) {
  CLI::App* command = app.add_subcommand("eval", "Measure a model on unseen puzzles.");
  auto args = std::make_shared<EvalArguments>();
  command->add_option("--model", args->model, "model file, run folder, or the authors' checkpoint")->type_name("PATH");
  command->add_option("--data", args->data, "data set folder")->required()->type_name("FOLDER");
  command->add_option("--split", args->split, "train or test")->type_name("NAME")->capture_default_str();
  add_evaluation_options(*command, args->evaluation);
  add_switch(*command, "--averaged", args->averaged, "use the averaged weights if the file has both");
  command->add_option("--predictions", args->predictions, "file for the answers: token ids, [puzzles, cells]")
      ->type_name("FILE.npy");
  auto* complete = command->add_flag(
      "--complete", args->complete,
      "complete every puzzle by exact search (hrm solve --complete) and report guesses and time with and without the "
      "model");
  add_model_runs_option(*command, complete, args->model_runs);
  command
      ->add_option("--depths", args->depths,
                   "accuracy after each of these numbers of segments, in one run, with and without halting")
      ->type_name("LIST");
  command
      ->add_option("--plot", args->plot,
                   "draw exact answers against --depths or --views, and whether the model knew which are right, by "
                   "rating; .svg or .png")
      ->type_name("FILE")
      ->excludes(complete);
  command->add_option("--save-q-halt", args->q_predictions, "file for the halting logits, [puzzles]")
      ->type_name("FILE.npy");
  add_arc_options(*command, *args);
  add_json_flag(*command, args->json);
  add_seed_option(*command, args->evaluation.seed);
  add_threads_option(*command, args->backend.threads);
  add_device_option(*command, args->backend.device);
  add_precision_option(*command, args->backend.precision);
  add_settings(*command, args->settings);
  exclude_contradictions(*command);
  set_examples(
      *command,
      {{"hrm eval --model runs/first --data data/sudoku", "as trained: segments until the model halts"},
       {"hrm eval --model step_100 --data data/sudoku --segments 16 --halting off", "as the authors evaluate"},
       {"hrm eval --model runs/first --data data/sudoku --limit 500 --json", "a sample, for scripts"},
       {"hrm eval --model runs/first --data data/sudoku --views 8 arch.inference_noise=0.1",
        "eight noisy runs per puzzle, one selected"},
       {"hrm eval --model runs/first --data data/sudoku --depths 4,16,64,256 --plot depth.svg",
        "what more segments gain"},
       {"hrm eval --model models/sudoku9 --data data/sudoku --views 8 --plot views.png",
        "what several views are worth, and how well the model knows its mistakes"},
       {"hrm eval --model models/sudoku9 --data data/sudoku --complete --segments 16",
        "all puzzles solved: guesses and time of the search with and without the model"},
       {"hrm eval --model models/sudoku9 --data data/sudoku --views 32 --until-solved",
        "up to 32 symmetric views per puzzle, until the rules accept an answer"},
       {"hrm eval --model runs/arc --data data/arc --submission submission.json", "ARC: votes over all variants"},
       {"hrm eval --data data/arc --answers predictions.npy --q-halt q_halt_logits.npy",
        "ARC: votes of another program's answers"}});
  command->callback([args, command, &exit] {
    if (command->count("--depths") > 0) solving::parse_depths(args->depths);  // report mistakes at once
    if (!args->plot.empty()) check_picture_path(args->plot, "--plot");
    args->evaluation.keep_answers = !args->predictions.empty();
    run_distributed([&](training::Collective& all) { evaluate(*args, all, exit); });
  });
}

}  // namespace hrm::cli
