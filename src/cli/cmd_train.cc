#include <fmt/format.h>

#include <memory>

#include "backends/backend_factory.h"
#include "base/error.h"
#include "base/signals.h"
#include "cli/distributed.h"
#include "cli/run_options.h"
#include "solving/train_estimate.h"
#include "solving/train_run.h"

namespace hrm::cli {
namespace {

struct TrainArguments {
  std::string preset, recipe, data, init;
  std::vector<std::string> settings;
  RunArguments run;
  bool estimate = false;
  model::BackendOptions backend;
};

// Flags are short forms of settings and, like them, win over preset and recipe.
std::vector<std::string> settings_of(const CLI::App& command, const TrainArguments& args) {
  std::vector<std::string> settings = args.settings;
  if (command.count("--data") > 0) settings.push_back(fmt::format("data_path={}", args.data));
  if (command.count("--seed") > 0) settings.push_back(fmt::format("seed={}", args.run.seed));
  return settings;
}

void estimate(const solving::TrainRequest& request, bool json, Exit& exit) {
  const InterruptScope interrupt;
  const solving::TrainEstimate estimate = solving::estimate_training(request, backends::make_backend);
  if (!estimate.complete)
    exit.code = kInterruptedExitCode;
  else if (json)
    print_json(estimate.json);
  else
    fmt::print("{}", estimate.table);
}

void train(const CLI::App& command, const TrainArguments& args, Exit& exit) {
  solving::TrainRequest request{.run = args.run.request(settings_of(command, args)),
                                .preset = args.preset,
                                .recipe = args.recipe,
                                .init = args.init,
                                .backend = args.backend};
  if (args.estimate) return estimate(request, args.run.json, exit);
  if (args.run.out.empty()) throw bad_input("cli.train", "--out is required: the folder of the run");
  run_distributed([&](training::Collective& all) {
    request.processes = &all;
    request.backend.threads = threads_of_process(args.backend.threads);
    const training::RunReport report = solving::train(request, backends::make_backend);
    if (all.is_root())
      finish_run(report, args.run, "hrm train", exit);
    else if (report.run.end == training::RunEnd::kInterrupted)
      exit.code = kInterruptedExitCode;
  });
}

void add_model_options(CLI::App& command, TrainArguments& args) {
  command
      .add_option("--preset", args.preset,
                  "architecture: " + fmt::format("{}", fmt::join(model::arch_preset_names(), ", ")))
      ->type_name("NAME");
  command
      .add_option("--config", args.recipe,
                  "recipe with settings, for instance configs/trm_mlp_sudoku_1k.yaml, or the authors' all_config.yaml")
      ->type_name("FILE.yaml");
  command.add_option("--data", args.data, "data set folder, as made by hrm data")->type_name("FOLDER");
  command
      .add_option("--init", args.init,
                  "start from the weights of this model (ours, or the authors' checkpoint) and use its architecture "
                  "unless a preset or recipe sets one")
      ->type_name("MODEL")
      ->excludes("--resume");
  command.get_option("--out")->required(false)->description(
      "run folder: checkpoints, model, log, curves; required, except with --estimate");
  command
      .add_flag("--estimate", args.estimate,
                "estimate operations, memory and hours of the run on this machine from a few steps; nothing is written")
      ->excludes("--resume");
}

}  // namespace

void register_train(CLI::App& app, Exit& exit) {
  CLI::App* command = app.add_subcommand("train", "Train a model on a data set.");
  auto args = std::make_shared<TrainArguments>();
  add_run_options(*command, args->run);
  add_model_options(*command, *args);
  add_threads_option(*command, args->backend.threads);
  add_device_option(*command, args->backend.device);
  add_settings(*command, args->settings);
  set_examples(
      *command,
      {{"hrm train --preset trm-mlp --data data/sudoku --out runs/first arch.hidden_size=128 max_steps=2000",
        "a small model; Ctrl-C saves and stops"},
       {"hrm train --resume --out runs/first", "resume; the result is bit-identical to an uninterrupted run"},
       {"hrm train --resume --out runs/first max_steps=4000", "train longer than first planned"},
       {"hrm train --config configs/sudoku9_flagship.yaml --data data/sudoku --estimate",
        "estimate the cost on this machine"},
       {"hrm train --init runs/first --data data/other --out runs/second", "start from a trained model"},
       {"hrm train --config configs/hrm_sudoku_1k.yaml --data data/sudoku-1k --out runs/hrm --device cuda",
        "a published experiment"},
       {"torchrun --nproc-per-node 2 --no-python hrm train --preset trm-mlp --data data/sudoku --out runs/first",
        "two processes share each batch (docs/distributed.md)"}});
  command->footer(settings_help(solving::ReasoningTrainConfig(), "key=value, also in --config files") +
                  command->get_footer());
  command->callback([command, args, &exit] { train(*command, *args, exit); });
}

}  // namespace hrm::cli
