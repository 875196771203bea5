#include <fmt/format.h>

#include <memory>

#include "backends/backend_factory.h"
#include "base/log.h"
#include "base/signals.h"
#include "cli/command.h"
#include "formats/npy.h"
#include "puzzles/dataset.h"
#include "solving/evaluator.h"
#include "solving/model_file.h"

namespace hrm::cli {
namespace {

struct Arguments {
  std::string model, data, split = "test", predictions;
  std::vector<std::string> settings;
  bool json = false, averaged = true;
  solving::EvaluationOptions evaluation;
  model::BackendOptions backend;
};

void save_predictions(const std::string& path, const solving::Evaluation& evaluation, int64_t cells) {
  const int64_t rows = std::ssize(evaluation.answers) / cells;
  save_npy(path, HostTensor::of<int32_t>({rows, cells}, evaluation.answers));
  log_info("{}: answers to {} puzzles", path, rows);
}

void evaluate(const Arguments& args, Exit& exit) {
  const solving::ModelFile model =
      solving::load_model(args.model, {.overrides = args.settings, .averaged = args.averaged});
  const auto dataset = puzzles::Dataset::open(args.data, args.split);
  const auto backend = backends::make_backend(model.config, args.backend);
  backend->set_weights(model.weights);
  log_detail("{}: {}, {} examples; {}", args.data, args.split, dataset.examples(), backend->description());

  const InterruptScope interrupt;
  const solving::Evaluation evaluation = solving::evaluate(*backend, dataset, args.evaluation);
  if (args.json) {
    Json json = {{"model", args.model}, {"data", args.data}, {"split", args.split}, {"averaged", args.averaged}};
    json.update(solving::to_json(evaluation));
    print_json(json);
  } else {
    fmt::print("{} on {}, {}\n{}", args.model, args.data, args.split, solving::to_table(evaluation));
  }
  if (!args.predictions.empty()) save_predictions(args.predictions, evaluation, model.config.data.seq_len);
  if (!evaluation.complete) exit.code = kInterruptedExitCode;
}

void add_evaluation_options(CLI::App& command, solving::EvaluationOptions& options) {
  command.add_option("--segments", options.segments, "maximum segments per puzzle; 0: the model's own limit")
      ->check(CLI::Range(0, 65536))
      ->type_name("N")
      ->capture_default_str();
  add_switch(command, "--halting", options.halting, "stop when the model asks to halt; off: always run all segments");
  command.add_option("--halt-margin", options.halt_margin, "run longer (above 0) or shorter (below 0)")
      ->type_name("X")
      ->capture_default_str();
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

}  // namespace

void register_eval(CLI::App& app, Exit& exit) {
  CLI::App* command = app.add_subcommand("eval", "Measure a model on unseen puzzles.");
  auto args = std::make_shared<Arguments>();
  command->add_option("--model", args->model, "model file, run folder, or the authors' checkpoint")
      ->required()
      ->type_name("PATH");
  command->add_option("--data", args->data, "data set folder")->required()->type_name("FOLDER");
  command->add_option("--split", args->split, "train or test")->type_name("NAME")->capture_default_str();
  add_evaluation_options(*command, args->evaluation);
  add_switch(*command, "--averaged", args->averaged, "use the averaged weights if the file has both");
  command->add_option("--predictions", args->predictions, "file for the answers: token ids, [puzzles, cells]")
      ->type_name("FILE.npy");
  add_json_flag(*command, args->json);
  add_seed_option(*command, args->evaluation.seed);
  add_threads_option(*command, args->backend.threads);
  add_device_option(*command, args->backend.device);
  add_precision_option(*command, args->backend.precision);
  add_settings(*command, args->settings);
  set_examples(*command,
               {{"hrm eval --model runs/first --data data/sudoku", "as trained: segments until the model halts"},
                {"hrm eval --model step_100 --data data/sudoku --segments 16 --halting off", "as the authors evaluate"},
                {"hrm eval --model runs/first --data data/sudoku --limit 500 --json", "a sample, for scripts"},
                {"hrm eval --model runs/first --data data/sudoku --views 8 arch.inference_noise=0.1",
                 "eight noisy runs per puzzle, one selected"},
                {"hrm eval --model models/sudoku9 --data data/sudoku --views 32 --until-solved",
                 "up to 32 symmetric views per puzzle, until the rules accept an answer"}});
  command->callback([args, &exit] {
    args->evaluation.keep_answers = !args->predictions.empty();
    evaluate(*args, exit);
  });
}

}  // namespace hrm::cli
