#include "solving/initial_model.h"

#include <algorithm>

#include "base/error.h"
#include "base/log.h"
#include "model/weights.h"
#include "training/config_changes.h"

namespace hrm::solving {
namespace {

constexpr std::string_view kInInitialModel = "train.init";

// All rows the mean of the old ones, summed in float64.
HostTensor mean_rows(const HostTensor& table, const Shape& shape) {
  const auto width = static_cast<size_t>(shape[1]), rows = static_cast<size_t>(table.shape()[0]);
  const auto values = table.as<float>();
  std::vector<double> sums(width);
  for (size_t i = 0; i < rows * width; ++i) sums[i % width] += values[i];
  std::vector<float> result(static_cast<size_t>(shape[0]) * width);
  for (size_t i = 0; i < result.size(); ++i)
    result[i] = static_cast<float>(sums[i % width] / static_cast<double>(rows));
  return HostTensor::of<float>(shape, result);
}

bool is_puzzle_table(const model::Parameter& p) { return p.kind == model::ParameterKind::kPuzzle; }

// What the sizes mean, where people meet them first.
void check_data(const model::DataShape& theirs, const model::DataShape& mine, std::string_view source) {
  if (theirs.vocab_size != mine.vocab_size)
    throw bad_input(kInInitialModel, "{}: is a model for {} token ids, but the data set has {}: different puzzles",
                    source, theirs.vocab_size, mine.vocab_size);
}

}  // namespace

ModelFile load_initial_model(const InitialModelRequest& request) {
  const model::ArchConfig& arch = request.config.arch;
  ModelFileOptions options{.otherwise = {fmt::format("data.seq_len={}", request.seq_len)}};
  if (request.arch_given)
    for (const auto& [key, value] :
         {std::pair("H_cycles", arch.H_cycles), std::pair("L_cycles", arch.L_cycles),
          std::pair("num_heads", arch.num_heads), std::pair("puzzle_emb_len", arch.puzzle_emb_len)})
      options.otherwise.push_back(fmt::format("arch.{}={}", key, value));
  for (const std::string& setting : request.settings)
    if (setting.starts_with("arch.")) options.otherwise.push_back(setting);
  return load_model(request.config.load_checkpoint, options);
}

NamedTensors initial_weights_from(const ModelFile& model, const model::ModelConfig& config, const Json& family,
                                  std::string_view source) {
  check_data(model.config.data, config.data, source);
  NamedTensors weights;
  std::string said;
  for (const model::Parameter& p : model::parameters(config)) {
    const auto found = model.weights.find(p.name);
    if (found == model.weights.end())
      throw bad_input(kInInitialModel, "{}: has no tensor '{}', which the architecture of this run requires", source,
                      p.name);
    const HostTensor& tensor = found->second;
    const bool resized =
        is_puzzle_table(p) && tensor.shape().size() == 2 && tensor.shape()[1] == p.shape[1] && tensor.shape()[0] > 0;
    if (tensor.shape() == p.shape) {
      weights.emplace(p.name, tensor);
      if (is_puzzle_table(p)) said = fmt::format("puzzle table of {} rows kept", p.shape[0]);
    } else if (resized) {
      weights.emplace(p.name, mean_rows(tensor, p.shape));
      said = fmt::format("puzzle table of {} rows reset to their mean, {} rows", tensor.shape()[0], p.shape[0]);
    } else {
      throw bad_input(
          kInInitialModel, "{}: tensor '{}' has shape {}, this run needs {}: {}", source, p.name,
          to_string(tensor.shape()), to_string(p.shape),
          model.config.tokens() != config.tokens() && model.config.arch.hidden_size == config.arch.hidden_size
              ? fmt::format("the model is for puzzles of {} tokens, the data set has {}", model.config.data.seq_len,
                            config.data.seq_len)
              : "use the model's own architecture (leave out --preset and arch.* settings)");
    }
  }
  for (const auto& [name, tensor] : model.weights)
    if (!weights.contains(name))
      throw bad_input(kInInitialModel, "{}: tensor '{}' does not belong to this run's model", source, name);
  const Json from = model.provenance.is_object() ? model.provenance.value("weights", Json()) : Json();
  log_info("{}: all weights loaded{}{}{}; the optimizer starts anew", source,
           from.is_string() ? fmt::format(" ({})", from.get<std::string>()) : "", said.empty() ? "" : ", ", said);
  if (const auto changes = training::config_changes(fields_to_json(model.config), fields_to_json(config));
      !changes.empty())
    log_info("settings that differ from those of the model: {}", training::to_text(changes));
  if (!model.family.is_null() && !family.is_null() && model.family != family)
    log_warning("{}: was trained on {}, the data set is {}", source, printable(model.family), printable(family));
  return weights;
}

}  // namespace hrm::solving
