#include <fmt/format.h>

#include <map>
#include <memory>

#include "base/error.h"
#include "base/log.h"
#include "cli/command.h"
#include "formats/safetensors.h"
#include "model/weights.h"
#include "solving/model_file.h"

namespace hrm::cli {
namespace {

enum class Target { kModel, kAuthors, kSafetensors };

struct Arguments {
  std::string input, output;
  Target target = Target::kModel;
  bool averaged = true;
  uint64_t step = 0;
  std::vector<std::string> settings;
};

void convert(const Arguments& args) {
  const solving::ModelFile model =
      solving::load_model(args.input, {.overrides = args.settings, .averaged = args.averaged});
  switch (args.target) {
    case Target::kModel:
      solving::save_model(args.output, model);
      break;
    case Target::kAuthors:
      solving::export_authors_folder(args.output, model, args.step);
      break;
    case Target::kSafetensors:
      save_safetensors(args.output, {.tensors = model.weights, .metadata = {{"format", "pt"}}});
      break;
  }
  log_info("{}: {} parameters", args.output, model::parameter_count(model.config));
}

}  // namespace

void register_convert(CLI::App& app, Exit&) {
  CLI::App* command = app.add_subcommand("convert", "Convert a model from one form to another.");
  auto args = std::make_shared<Arguments>();
  command
      ->add_option(
          "input", args->input,
          "model file, training checkpoint, run folder, or the authors' checkpoint (torch.save or safetensors)")
      ->required()
      ->type_name("IN");
  command->add_option("output", args->output, "file to write, or, for the authors' form, folder")
      ->required()
      ->type_name("OUT");
  const std::map<std::string, Target> targets = {
      {"model", Target::kModel}, {"authors", Target::kAuthors}, {"safetensors", Target::kSafetensors}};
  command
      ->add_option("--to", args->target,
                   "model: our file with its configuration; authors: a folder with step_<n> and all_config.yaml for "
                   "their programs; safetensors: the bare state dict")
      ->transform(CLI::CheckedTransformer(targets).description(""))
      ->type_name("model|authors|safetensors")
      ->default_str("model");
  command->add_option("--step", args->step, "step number in the name of the authors' checkpoint")
      ->type_name("N")
      ->capture_default_str();
  add_switch(*command, "--averaged", args->averaged, "use the averaged weights if the file has both");
  add_settings(*command, args->settings);
  set_examples(*command,
               {{"hrm convert checkpoints/step_50000 sudoku.safetensors", "import, configured by all_config.yaml"},
                {"hrm convert step.pt m.safetensors arch.H_cycles=2 arch.L_cycles=2 arch.num_heads=8 data.seq_len=81",
                 "import without all_config.yaml"},
                {"hrm convert runs/first exported --to authors --step 1000", "export for the authors' programs"}});
  command->callback([args] { convert(*args); });
}

}  // namespace hrm::cli
