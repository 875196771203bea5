#include "language/lora.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

#include "formats/safetensors.h"
#include "torch/host.h"

namespace hrm::language {
namespace {

constexpr std::string_view kInLora = "language.lora";
constexpr std::string_view kA = ".lora_A.weight", kB = ".lora_B.weight", kWeight = ".weight";

// "q_proj" of "model.layers.0.self_attn.q_proj.weight"; empty for what is not a projection of a layer.
std::string module_of(std::string_view name) {
  if (!name.starts_with("model.layers.") || !name.ends_with("_proj.weight")) return {};
  name.remove_suffix(kWeight.size());
  return std::string(name.substr(name.rfind('.') + 1));
}

// peft's task_type.
Json task_of(HeadKind head) {
  switch (head) {
    case HeadKind::kLanguage:
      return "CAUSAL_LM";
    case HeadKind::kSequence:
      return "SEQ_CLS";
    case HeadKind::kToken:
      return "TOKEN_CLS";
    case HeadKind::kProcess:
    case HeadKind::kValue:
      break;  // of no class of transformers
  }
  return nullptr;
}

std::string base_of(std::string_view lora_name) { return std::string(lora_name.substr(0, lora_name.rfind(".lora_"))); }

}  // namespace

bool is_lora(std::string_view name) { return name.ends_with(kA) || name.ends_with(kB); }

void add_lora(NamedParameters& parameters, const LoraConfig& config, uint64_t seed) {
  if (config.rank < 1) throw bad_input(kInLora, "rank = {}, expected at least 1", config.rank);
  std::vector<ParameterShape> a;
  NamedParameters added;
  std::vector<std::string> used;
  for (const auto& [name, weight] : parameters) {
    const std::string module = module_of(name);
    if (module.empty() || std::ranges::find(config.target_modules, module) == config.target_modules.end()) continue;
    if (config.rank >= std::min(weight.size(0), weight.size(1)))
      throw bad_input(kInLora, "rank = {} is not below the shape {} of '{}': train all parameters instead", config.rank,
                      to_string(weight.sizes().vec()), name);
    const std::string base = name.substr(0, name.size() - kWeight.size());
    a.push_back({base + std::string(kA), {config.rank, weight.size(1)}});
    added.emplace(base + std::string(kB), at::zeros({weight.size(0), config.rank}, weight.options().dtype(at::kFloat)));
    used.push_back(module);
  }
  for (const std::string& module : config.target_modules)
    if (std::ranges::find(used, module) == used.end())
      throw bad_input(kInLora,
                      "target_modules: the decoder has no projection '{}'; it has q_proj, k_proj, v_proj, "
                      "o_proj, gate_proj, up_proj and down_proj",
                      module);
  // As uniform in +-1 / sqrt(in), which is what peft draws, has this deviation.
  for (auto& [name, tensor] : initial_parameters(a, seed, 1))
    added.emplace(
        name, (tensor / std::sqrt(3.0 * static_cast<double>(tensor.size(1)))).to(parameters.begin()->second.device()));
  parameters.merge(added);
}

void merge_lora(NamedParameters& parameters, double scale) {
  const at::NoGradGuard no_grad;
  for (auto at = parameters.begin(); at != parameters.end();) {
    if (!at->first.ends_with(kA)) {
      ++at;
      continue;
    }
    const std::string base = base_of(at->first);
    const at::Tensor b = parameters.at(base + std::string(kB));
    at::Tensor& weight = parameters.at(base + std::string(kWeight));
    weight =
        (weight.to(at::kFloat) + at::mm(b.to(at::kFloat), at->second.to(at::kFloat)) * scale).to(weight.scalar_type());
    parameters.erase(base + std::string(kB));
    at = parameters.erase(at);
  }
}

void save_adapter(const std::filesystem::path& folder, const LanguageModel& model, const LoraConfig& config) {
  Safetensors file{.metadata = {{"format", "pt"}}};
  const bool scores = model.head != HeadKind::kLanguage;
  for (const auto& [name, tensor] : model.parameters)
    if (is_lora(name) || is_scoring_head(name))
      file.tensors.emplace("base_model.model." + name, torch::to_host(tensor.detach()));
  if (std::ranges::none_of(file.tensors, [](const auto& item) { return is_lora(item.first); }))
    throw bad_input(kInLora, "{}: the model has no adapters to save", folder.string());
  save_safetensors(folder / "adapter_model.safetensors", file);
  Json json = {{"peft_type", "LORA"},
               {"task_type", task_of(model.head)},
               {"base_model_name_or_path", model.source.string()},
               {"r", config.rank},
               {"lora_alpha", config.alpha},
               {"lora_dropout", 0.0},
               {"bias", "none"},
               {"fan_in_fan_out", false},
               {"inference_mode", true},
               {"target_modules", config.target_modules}};
  if (scores) json["modules_to_save"] = {model.head == HeadKind::kValue ? "v_head" : "score"};
  write_json(folder / "adapter_config.json", json);
}

}  // namespace hrm::language
