#include <fmt/format.h>

#include <memory>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "cli/choices.h"
#include "cli/command.h"
#include "formats/safetensors.h"
#include "model/weights.h"
#include "solving/model_file.h"

namespace hrm::cli {
namespace {

enum class Target { kModel, kAuthors, kSafetensors };
EnumNames<Target> enum_names(Target) {
  static constexpr std::pair<Target, std::string_view> kNames[] = {
      {Target::kModel, "model"}, {Target::kAuthors, "authors"}, {Target::kSafetensors, "safetensors"}};
  return kNames;
}

struct ConvertArguments {
  std::string input, output;
  Target target = Target::kModel;
  bool averaged = true;
  uint64_t step = 0;
  std::vector<std::string> settings;
};

void convert(const ConvertArguments& args) {
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
  CLI::App* command = app.add_subcommand("convert", "Convert a model from one form to another.");
  auto args = std::make_shared<ConvertArguments>();
  command
      ->add_option(
          "input", args->input,
          "model file, training checkpoint, run folder, or the authors' checkpoint (torch.save or safetensors)")
      ->required()
      ->type_name("IN");
  command->add_option("output", args->output, "file to write, or, for the authors' form, folder")
      ->required()
      ->type_name("OUT");
  add_choice(*command, "--to", args->target,
             "model: our file with its configuration; authors: a folder with step_<n> and all_config.yaml for their "
             "programs; safetensors: the bare state dict");
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
