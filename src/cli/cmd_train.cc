#include <fmt/format.h>

#include <memory>

#include "backends/backend_factory.h"
#include "base/log.h"
#include "base/signals.h"
#include "cli/command.h"
#include "solving/train_run.h"

namespace hrm::cli {
namespace {

struct Arguments {
  std::string preset, recipe, data, out, init;
  std::vector<std::string> settings;
  bool resume = false, overwrite = false, accept_changes = false, json = false;
  uint64_t seed = 0;
  double minutes = 0;
  model::BackendOptions backend;
};

// Flags are short forms of settings and, like them, win over preset and recipe.
std::vector<std::string> settings_of(const CLI::App& command, const Arguments& args) {
  std::vector<std::string> settings = args.settings;
  if (command.count("--data") > 0) settings.push_back(fmt::format("data_path={}", args.data));
  if (command.count("--seed") > 0) settings.push_back(fmt::format("seed={}", args.seed));
  if (command.count("--minutes") > 0) settings.push_back(fmt::format("minutes={}", args.minutes));
  return settings;
}

void train(const CLI::App& command, const Arguments& args, Exit& exit) {
  const auto mode = args.resume      ? training::RunMode::kResume
                    : args.overwrite ? training::RunMode::kOverwrite
                                     : training::RunMode::kNew;
  const solving::TrainRequest request{.out = args.out,
                                      .mode = mode,
                                      .preset = args.preset,
                                      .recipe = args.recipe,
                                      .settings = settings_of(command, args),
                                      .init = args.init,
                                      .accept_changes = args.accept_changes,
                                      .backend = args.backend};
  const solving::TrainReport report = solving::train(request, backends::make_backend);
  if (args.json)
    print_json(report.json);
  else
    fmt::print("{}", report.table);
  if (report.run.end != training::RunEnd::kInterrupted) return;
  log_info("interrupted after step {}; continue with: hrm train --resume --out {}", report.run.step, args.out);
  exit.code = kInterruptedExitCode;
}

std::string settings_help() {
  std::string text = "Settings (key=value, also in --config files) and their defaults:";
  for (const auto& [key, value, help] : describe_fields(solving::TrainConfig()))
    text += fmt::format("\n  {:<34} {}", fmt::format("{}={}", key, value), help);
  return text + "\n\n";
}

void add_run_options(CLI::App& command, Arguments& args) {
  command
      .add_option("--preset", args.preset,
                  "architecture: " + fmt::format("{}", fmt::join(model::arch_preset_names(), ", ")))
      ->type_name("NAME");
  command
      .add_option("--config", args.recipe,
                  "recipe with settings, for instance configs/trm_mlp_sudoku_1k.yaml, or the authors' all_config.yaml")
      ->type_name("FILE.yaml");
  command.add_option("--data", args.data, "data set folder, as made by hrm data")->type_name("FOLDER");
  command.add_option("--out", args.out, "run folder: checkpoints, model, log, curves")->required()->type_name("FOLDER");
  auto* init = command
                   .add_option("--init", args.init,
                               "start from the weights of this model (ours, or the authors' checkpoint), and from its "
                               "architecture unless a preset or recipe has one")
                   ->type_name("MODEL");
  auto* resume = command.add_flag("--resume", args.resume, "resume the run in --out with its own settings");
  resume->excludes(init);
  command.add_flag("--overwrite", args.overwrite, "replace the run in --out")->excludes(resume);
  command
      .add_flag("--accept-changes", args.accept_changes, "resume even if settings that affect the run's numbers differ")
      ->needs(resume);
  command.add_option("--minutes", args.minutes, "stop after this training time, over all resumes; 0: no limit")
      ->type_name("X");
}

}  // namespace

void register_train(CLI::App& app, Exit& exit) {
  CLI::App* command = app.add_subcommand("train", "Train a model on a data set.");
  auto args = std::make_shared<Arguments>();
  add_run_options(*command, *args);
  add_json_flag(*command, args->json);
  add_seed_option(*command, args->seed);
  add_threads_option(*command, args->backend.threads);
  add_device_option(*command, args->backend.device);
  add_settings(*command, args->settings);
  set_examples(*command,
               {{"hrm train --preset trm-mlp --data data/sudoku --out runs/first arch.hidden_size=128 max_steps=2000",
                 "a small model; Ctrl-C saves and stops"},
                {"hrm train --resume --out runs/first", "resume; the result is bit-identical to an uninterrupted run"},
                {"hrm train --resume --out runs/first max_steps=4000", "train longer than first planned"},
                {"hrm train --init runs/first --data data/other --out runs/second", "start from a trained model"},
                {"hrm train --config configs/hrm_sudoku_1k.yaml --data data/sudoku-1k --out runs/hrm --device cuda",
                 "a published experiment"}});
  command->footer(settings_help() + command->get_footer());
  command->callback([command, args, &exit] { train(*command, *args, exit); });
}

}  // namespace hrm::cli
