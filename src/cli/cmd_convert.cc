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
  log_info("{}: {}", args.output, model::size_text(model.config));
}

}  // namespace

void register_convert(CLI::App& app, Exit&) {
  CLI::App* command = app.add_subcommand("convert", "read a model of any kind, write it as another");
  auto args = std::make_shared<Arguments>();
  command
      ->add_option(
          "input", args->input,
          "model file, training checkpoint, run folder, or the authors' checkpoint (torch.save or safetensors)")
      ->required()
      ->type_name("IN");
  command->add_option("output", args->output, "file or, for the authors' form, folder to write")
      ->required()
      ->type_name("OUT");
  const std::map<std::string, Target> targets = {
      {"model", Target::kModel}, {"authors", Target::kAuthors}, {"safetensors", Target::kSafetensors}};
  command
      ->add_option("--to", args->target,
                   "model: our file, configuration included; authors: folder with step_<n> and all_config.yaml that "
                   "their programs load; safetensors: the bare state dict")
      ->transform(CLI::CheckedTransformer(targets).description(""))
      ->type_name("model|authors|safetensors")
      ->default_str("model");
  command->add_option("--step", args->step, "number in the name of the authors' checkpoint")
      ->type_name("N")
      ->capture_default_str();
  add_switch(*command, "--averaged", args->averaged, "take the averaged weights where there are both");
  add_settings(*command, args->settings);
  set_examples(*command,
               {{"hrm convert checkpoints/step_50000 sudoku.safetensors", "import, configured by all_config.yaml"},
                {"hrm convert step.pt m.safetensors arch.H_cycles=2 arch.L_cycles=2 arch.num_heads=8 data.seq_len=81",
                 "import where all_config.yaml is missing"},
                {"hrm convert runs/first exported --to authors --step 1000", "export for the authors' programs"}});
  command->callback([args] { convert(*args); });
}

}  // namespace hrm::cli
