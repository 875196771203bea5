#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "backends/machine.h"
#include "base/error.h"
#include "base/files.h"
#include "cli/cmd_inspect.h"
#include "cli/command.h"
#include "formats/foreign.h"
#include "formats/npy.h"
#include "formats/safetensors.h"
#include "formats/torch_pickle.h"
#include "formats/yaml.h"
#include "model/weights.h"
#include "puzzles/dataset.h"
#include "solving/model_file.h"

namespace hrm::cli {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::string path;
  std::vector<std::string> settings;
  bool json = false, tensors = false, machine = false;
};

// Type, shape and, on demand, range and mean of the elements that are numbers.
Json describe_tensor(const HostTensor& tensor, bool statistics) {
  Json json = {{"dtype", name_of(tensor.dtype())}, {"shape", tensor.shape()}};
  if (!statistics || tensor.count() == 0) return json;
  const HostTensor wide = tensor.to(DType::kF64);
  double low = INFINITY, high = -INFINITY, sum = 0;
  int64_t not_finite = 0;
  for (const double value : wide.as<double>()) {
    if (!std::isfinite(value)) {
      ++not_finite;
      continue;
    }
    low = std::min(low, value);
    high = std::max(high, value);
    sum += value;
  }
  if (not_finite < tensor.count())
    json.update({{"min", low}, {"max", high}, {"mean", sum / static_cast<double>(tensor.count() - not_finite)}});
  if (not_finite > 0) json["not_finite"] = not_finite;
  return json;
}

Json describe_tensors(const NamedTensors& tensors, bool all) {
  int64_t elements = 0;
  for (const auto& [name, tensor] : tensors) elements += tensor.count();
  Json json = {{"tensor_count", tensors.size()}, {"elements", elements}};
  if (!all) return json;
  json["tensors"] = Json::object();
  for (const auto& [name, tensor] : tensors) json["tensors"][name] = describe_tensor(tensor, true);
  return json;
}

// The model that a file or folder holds, or why it cannot be told which one.
Json describe_model(const Arguments& args) {
  try {
    const solving::ModelFile model = solving::load_model(args.path, {.overrides = args.settings});
    Json json = {{"parameters", model::parameter_count(model.config)}, {"config", fields_to_json(model.config)}};
    if (!model.family.is_null()) json["family"] = model.family;
    if (!model.provenance.is_null()) json["provenance"] = model.provenance;
    return {{"model", json}};
  } catch (const Error& e) {
    return {{"model", nullptr}, {"reason", e.what()}};
  }
}

Json describe_splits(const fs::path& folder) {
  Json json = {{"kind", "data set folder"}};
  for (const char* split : {"train", "test"}) {
    if (!fs::exists(folder / split / "dataset.json")) continue;
    const auto data = puzzles::Dataset::open(folder, split);
    const puzzles::DatasetMetadata& metadata = data.metadata();
    json["family"] = data.family().describe();
    json[split] = {{"groups", data.groups()},           {"puzzles", data.puzzles()},
                   {"examples", data.examples()},       {"seq_len", metadata.seq_len},
                   {"vocab_size", metadata.vocab_size}, {"num_puzzle_identifiers", metadata.num_puzzle_identifiers}};
  }
  return json;
}

Json describe_folder(const Arguments& args) {
  const fs::path folder = args.path;
  if (fs::exists(folder / "train/dataset.json") || fs::exists(folder / "test/dataset.json"))
    return describe_splits(folder);
  Json json = {{"kind", fs::exists(folder / "all_config.yaml") ? "folder of the authors' checkpoints" : "run folder"}};
  json.update(describe_model(args));
  return json;
}

std::string kind_of_safetensors(const std::map<std::string, std::string>& metadata) {
  if (metadata.contains("config")) return "model file";
  if (metadata.contains("state")) return "training checkpoint";
  return "safetensors";
}

// All tensors of the file, and where they lie if not at the top.
Json describe_torch(std::span<const std::byte> bytes, const Arguments& args) {
  NamedTensors all;
  Json dicts = Json::object();
  for (TorchDict& dict : parse_torch_dicts(bytes, args.path)) {
    dicts[dict.path] = dict.tensors.size();
    for (auto& [name, tensor] : dict.tensors)
      all.emplace(dict.path.empty() ? name : dict.path + "/" + name, std::move(tensor));
  }
  Json json = describe_tensors(all, args.tensors);
  if (dicts.size() > 1 || !dicts.contains("")) json["state_dicts"] = std::move(dicts);
  return json;
}

Json describe_file(const Arguments& args) {
  const MappedFile file(args.path);
  const auto bytes = file.bytes();
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (bytes.empty()) throw bad_input("cli.inspect", "{}: is empty", args.path);
  if (text.starts_with("GGUF")) return describe_gguf(bytes, args.path, args.tensors);
  if (fs::path(args.path).extension() == ".json") return describe_tokenizer(args.path);
  Json json;
  if (text.starts_with("\x93NUMPY")) {
    json = {{"kind", "npy"}, {"bytes", bytes.size()}};
    json.update(describe_tensor(parse_npy(bytes, args.path), args.tensors));
    return json;
  }
  if (const std::string what = describe_foreign(bytes, args.path); !what.empty())
    throw bad_input("cli.inspect", "{}: {}", args.path, what);
  if (looks_like_torch(bytes)) {
    json = {{"kind", "torch.save"}, {"bytes", bytes.size()}};
    json.update(describe_torch(bytes, args));
  } else {
    const Safetensors content = parse_safetensors(bytes, args.path);
    json = {{"kind", kind_of_safetensors(content.metadata)}, {"bytes", bytes.size()}};
    json.update(describe_tensors(content.tensors, args.tensors));
    if (json["kind"] == "safetensors" && !content.metadata.empty()) json["metadata"] = content.metadata;
  }
  json.update(describe_model(args));
  return json;
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

void inspect(const Arguments& args) {
  if (args.machine) return inspect_machine(args.json);
  if (args.path.empty()) throw bad_input("cli.inspect", "give a file or folder, or --machine");
  if (!fs::exists(args.path)) throw bad_input("cli.inspect", "{}: does not exist", args.path);
  Json json = {{"path", args.path}};
  json.update(fs::is_directory(args.path) ? describe_folder(args) : describe_file(args));
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
  auto args = std::make_shared<Arguments>();
  CLI::Option* path = command
                          ->add_option("path", args->path,
                                       "npy array, safetensors, torch.save or GGUF file, tokenizer.json, model, "
                                       "checkpoint, run folder or data set folder")
                          ->type_name("PATH");
  command->add_flag("--machine", args->machine, "devices, instruction set, matrix library and threads of this machine")
      ->excludes(path);
  command->add_flag("--tensors", args->tensors,
                    "also list every tensor: type, shape, smallest, largest and mean value");
  add_json_flag(*command, args->json);
  add_settings(*command, args->settings);
  set_examples(*command, {{"hrm inspect runs/first", "configuration and origin of a trained model"},
                          {"hrm inspect checkpoints/step_50000 --tensors", "every tensor of the authors' checkpoint"},
                          {"hrm inspect data/sudoku --json", "sizes of a data set, for scripts"},
                          {"hrm inspect model.gguf --tensors", "a language model: metadata, types and shapes"},
                          {"hrm inspect --machine", "possible values of --device, and how fast they multiply"}});
  command->callback([args] { inspect(*args); });
}

}  // namespace hrm::cli
