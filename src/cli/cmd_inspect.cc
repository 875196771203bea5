#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "backends/machine.h"
#include "base/error.h"
#include "cli/command.h"
#include "formats/gguf.h"
#include "formats/picture.h"
#include "formats/yaml.h"
#include "solving/describe.h"
#include "text/describe.h"
#include "training/run_curves.h"

namespace hrm::cli {
namespace {

namespace fs = std::filesystem;

struct InspectArguments {
  std::string path, plot;
  std::vector<std::string> settings;
  bool json = false, tensors = false, machine = false;
};

Json describe(const InspectArguments& args) {
  const solving::DescribeOptions options{.overrides = args.settings, .tensors = args.tensors};
  if (fs::is_directory(args.path)) return solving::describe_folder(args.path, options);
  if (is_gguf(args.path)) return text::describe_gguf(args.path, args.tensors);
  if (fs::path(args.path).extension() == ".json") return text::describe_tokenizer(args.path);
  return solving::describe_file(args.path, options);
}

void print_tensors(const Json& tensors) {
  size_t width = 0;
  for (const auto& [name, tensor] : tensors.items()) width = std::max(width, name.size());
  for (const auto& [name, tensor] : tensors.items()) {
    fmt::print("{:{}}  {:4} {:16}", name, width, tensor["dtype"].get<std::string>(), tensor["shape"].dump());
    if (tensor.contains("mean"))
      fmt::print("  min {:<11.5g} max {:<11.5g} mean {:<11.5g}", tensor["min"].get<double>(),
                 tensor["max"].get<double>(), tensor["mean"].get<double>());
    if (tensor.contains("not_finite")) fmt::print("  {} not finite", tensor["not_finite"].get<int64_t>());
    fmt::print("\n");
  }
}

void inspect_machine(bool as_json) {
  const Json machine = backends::describe_machine();
  if (as_json)
    print_json(machine);
  else
    fmt::print("{}", backends::machine_table(machine));
}

void inspect(const InspectArguments& args) {
  if (args.machine) return inspect_machine(args.json);
  if (args.path.empty()) throw bad_input("cli.inspect", "give a file or folder, or --machine");
  if (!fs::exists(args.path)) throw bad_input("cli.inspect", "{}: does not exist", args.path);
  if (!args.plot.empty()) {
    check_picture_path(args.plot, "--plot");
    save_picture(args.plot, training::draw_run(args.path));
  }
  Json json = {{"path", args.path}};
  json.update(describe(args));
  if (args.json) {
    print_json(json);
    return;
  }
  const Json tensors = json.value("tensors", Json());
  json.erase("tensors");
  fmt::print("{}", to_yaml(json));
  if (tensors.is_object()) print_tensors(tensors);
}

}  // namespace

void register_inspect(CLI::App& app, Exit&) {
  CLI::App* command = app.add_subcommand("inspect", "Describe a file or folder, or this machine.");
  auto args = std::make_shared<InspectArguments>();
  CLI::Option* path = command
                          ->add_option("path", args->path,
                                       "npy array, safetensors, torch.save or GGUF file, tokenizer.json, model, "
                                       "checkpoint, run folder or data set folder")
                          ->type_name("PATH");
  command->add_flag("--machine", args->machine, "devices, instruction set, matrix library and threads of this machine")
      ->excludes(path);
  command->add_flag("--tensors", args->tensors,
                    "also list every tensor: type, shape, smallest, largest and mean value");
  command->add_option("--plot", args->plot, "draw the curves of a training run here; .svg or .png")
      ->type_name("FILE")
      ->excludes("--machine");
  add_json_flag(*command, args->json);
  add_settings(*command, args->settings);
  set_examples(*command, {{"hrm inspect runs/first", "configuration and origin of a trained model"},
                          {"hrm inspect runs/first --plot curves.png", "its curves: losses and held-out accuracy"},
                          {"hrm inspect checkpoints/step_50000 --tensors", "every tensor of the authors' checkpoint"},
                          {"hrm inspect data/sudoku --json", "sizes of a data set, for scripts"},
                          {"hrm inspect model.gguf --tensors", "a language model: metadata, types and shapes"},
                          {"hrm inspect --machine", "possible values of --device, and how fast they multiply"}});
  command->callback([args] { inspect(*args); });
}

}  // namespace hrm::cli
