#include "solving/describe.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <span>

#include "base/error.h"
#include "base/files.h"
#include "formats/foreign.h"
#include "formats/npy.h"
#include "formats/safetensors.h"
#include "formats/torch_pickle.h"
#include "model/weights.h"
#include "puzzles/dataset.h"
#include "solving/model_file.h"

namespace hrm::solving {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kInDescribe = "solving.describe";

Json describe_tensors(const NamedTensors& tensors, bool all) {
  int64_t elements = 0;
  for (const auto& [name, tensor] : tensors) elements += tensor.count();
  Json json = {{"tensor_count", tensors.size()}, {"elements", elements}};
  if (!all) return json;
  json["tensors"] = Json::object();
  for (const auto& [name, tensor] : tensors) json["tensors"][name] = describe_tensor(tensor, true);
  return json;
}

// The model in a file or folder, or why it cannot be determined.
Json describe_model(const fs::path& path, const DescribeOptions& options) {
  try {
    const ModelFile model = load_model(path, {.overrides = options.overrides});
    Json json = {{"parameters", model::parameter_count(model.config)},
                 {"table_parameters", model::table_count(model.config)},
                 {"config", fields_to_json(model.config)}};
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

std::string kind_of_safetensors(const std::map<std::string, std::string>& metadata) {
  if (metadata.contains("config")) return "model file";
  if (metadata.contains("state")) return "training checkpoint";
  return "safetensors";
}

// All tensors of the file, and where they lie if not at the top.
Json describe_torch(std::span<const std::byte> bytes, const fs::path& path, bool each) {
  NamedTensors all;
  Json dicts = Json::object();
  for (TorchDict& dict : parse_torch_dicts(bytes, path.string())) {
    for (auto& [name, list] : dict.lists)
      for (size_t i = 0; i < list.size(); ++i) dict.tensors.emplace(fmt::format("{}/{}", name, i), std::move(list[i]));
    dicts[dict.path] = dict.tensors.size();
    for (auto& [name, tensor] : dict.tensors)
      all.emplace(dict.path.empty() ? name : dict.path + "/" + name, std::move(tensor));
  }
  Json json = describe_tensors(all, each);
  if (dicts.size() > 1 || !dicts.contains("")) json["state_dicts"] = std::move(dicts);
  return json;
}

}  // namespace

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

Json describe_folder(const fs::path& folder, const DescribeOptions& options) {
  if (fs::exists(folder / "train/dataset.json") || fs::exists(folder / "test/dataset.json"))
    return describe_splits(folder);
  Json json = {{"kind", fs::exists(folder / "all_config.yaml") ? "folder of the authors' checkpoints" : "run folder"}};
  json.update(describe_model(folder, options));
  if (json["model"].is_null() && json["kind"] == "run folder" && !fs::exists(folder / "config.json"))
    throw bad_input(kInDescribe, "{}: is neither a run folder nor a data set, and contains no checkpoint",
                    folder.string());
  return json;
}

Json describe_file(const fs::path& path, const DescribeOptions& options) {
  const MappedFile file(path);
  const auto bytes = file.bytes();
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (bytes.empty()) throw bad_input(kInDescribe, "{}: is empty", path.string());
  Json json;
  if (text.starts_with("\x93NUMPY")) {
    json = {{"kind", "npy"}, {"bytes", bytes.size()}};
    json.update(describe_tensor(parse_npy(bytes, path.string()), options.tensors));
    return json;
  }
  if (const std::string what = describe_foreign(bytes, path.string()); !what.empty())
    throw bad_input(kInDescribe, "{}: {}", path.string(), what);
  if (looks_like_torch(bytes)) {
    json = {{"kind", "torch.save"}, {"bytes", bytes.size()}};
    json.update(describe_torch(bytes, path, options.tensors));
  } else {
    const Safetensors content = parse_safetensors(bytes, path.string());
    json = {{"kind", kind_of_safetensors(content.metadata)}, {"bytes", bytes.size()}};
    json.update(describe_tensors(content.tensors, options.tensors));
    if (json["kind"] == "safetensors" && !content.metadata.empty()) json["metadata"] = content.metadata;
  }
  json.update(describe_model(path, options));
  return json;
}

}  // namespace hrm::solving
