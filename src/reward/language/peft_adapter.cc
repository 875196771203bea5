#include "language/peft_adapter.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "base/log.h"
#include "formats/safetensors_model.h"
#include "formats/torch_pickle.h"
#include "language/peft_config.h"
#include "torch/host.h"

namespace hrm::language {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kInPeftAdapter = "language.peft_adapter";

// What the file has for one module.
struct Update {
  at::Tensor a, b, b_bias, magnitude;  // [r,in], [out,r], [out], [out]
  bool of_embedding = false;           // a: [r,V], b: [D,r]
};

class Merger {
 public:
  Merger(LanguageModel& model, const fs::path& folder)
      : model_(model), folder_(folder.string()), config_(folder / "adapter_config.json") {
    // An adapted embedding, whose update peft shares with the output layer.
    const bool embedding = config_.targets("model.embed_tokens") || config_.saves("model.embed_tokens");
    if (config_.ties_weights() && model.config.tie_word_embeddings && embedding)
      throw bad_input(kInPeftAdapter,
                      "{}: ensure_weight_tying of an adapted embedding is not supported: merge with peft", folder_);
    read(folder);
    check_copies();
    check_targets();
  }

  void run() {
    const at::NoGradGuard no_grad;
    for (const auto& [module, update] : updates_) take_out_beginning(module, update);
    for (const auto& [name, tensor] : base_) replace(name, tensor);
    untie();
    for (const auto& [name, tensor] : saved_) replace(name, tensor);
    for (const auto& [module, update] : updates_) merge(module, update);
    settle_head();
  }

 private:
  Error fault(std::string_view tensor, const std::string& what) const {
    return bad_input(kInPeftAdapter, "{}: tensor '{}' {}", folder_, tensor, what);
  }

  at::Tensor& weight_of(const std::string& module) { return model_.parameters.at(weight_name(module)); }
  // A tied output layer is the embedding until the adapter parts them.
  std::string weight_name(const std::string& module) const {
    const std::string name = module + ".weight";
    return model_.config.tie_word_embeddings && name == kOutput ? kEmbedding : name;
  }

  void read(const fs::path& folder) {
    const fs::path safe = folder / "adapter_model.safetensors", torch = folder / "adapter_model.bin";
    const at::Device device = model_.parameters.begin()->second.device();
    if (fs::exists(safe)) {
      const SafetensorsModel file(safe);
      for (const auto& [name, info] : file.tensors()) add(name, torch::to_aten(file.load(name, DType::kF32), device));
    } else if (fs::exists(torch)) {
      for (const auto& [name, tensor] : load_torch(torch)) add(name, torch::to_aten(tensor.to(DType::kF32), device));
    } else {
      throw bad_input(kInPeftAdapter, "{}: contains neither adapter_model.safetensors nor adapter_model.bin", folder_);
    }
  }

  void add(const std::string& stored, const at::Tensor& tensor) {
    constexpr std::string_view kPrefix = "base_model.model.";
    const std::string name = stored.starts_with(kPrefix) ? stored.substr(kPrefix.size()) : stored;
    const auto module_of = [&](std::string_view end) { return name.substr(0, name.size() - end.size()); };
    for (const auto& [end, part] : {std::pair(".lora_A.weight", &Update::a),
                                    {".lora_B.weight", &Update::b},
                                    {".lora_B.bias", &Update::b_bias},
                                    {".lora_magnitude_vector", &Update::magnitude},
                                    {".lora_magnitude_vector.weight", &Update::magnitude},
                                    {".lora_embedding_A", &Update::a},
                                    {".lora_embedding_B", &Update::b}})
      if (name.ends_with(end)) return add_part(stored, module_of(end), part, tensor);
    for (const auto& [wrapper, copies] :
         {std::pair(".modules_to_save.", &saved_copies_), {".original_module.", &originals_}})
      if (const size_t at = name.find(wrapper);
          at != std::string::npos && name.ends_with(std::string(wrapper) + "weight")) {
        copies->emplace(name.substr(0, at) + ".weight", tensor);
        return;
      }
    if (name.find(".lora_") != std::string::npos || name.find("modules_to_save") != std::string::npos)
      throw fault(stored, "is not one that peft saves");
    add_whole(stored, name, tensor);
  }

  void add_part(const std::string& stored, const std::string& module, at::Tensor Update::*part,
                const at::Tensor& tensor) {
    const auto base = model_.parameters.find(weight_name(module));
    if (base == model_.parameters.end() || base->second.dim() != 2)
      throw fault(stored, "does not belong to a weight of the model");
    if (!config_.targets(module))
      throw fault(stored,
                  "belongs to a module that adapter_config.json does not name (target_modules, exclude_modules, "
                  "layers_to_transform): peft would not read it");
    Update& update = updates_[module];
    update.of_embedding = update.of_embedding || stored.find(".lora_embedding_") != std::string::npos;
    const int64_t r = config_.rank(module), out = base->second.size(0), in = base->second.size(1);
    const bool turned = update.of_embedding || module + ".weight" == kEmbedding;
    const std::vector<int64_t> wanted = part == &Update::a   ? std::vector{r, turned ? out : in}
                                        : part == &Update::b ? std::vector{turned ? in : out, r}
                                                             : std::vector{turned ? in : out};
    if (tensor.sizes() != at::IntArrayRef(wanted))
      throw fault(stored, fmt::format("has shape {}, expected {}", to_string(tensor.sizes().vec()), to_string(wanted)));
    update.*part = tensor;
  }

  // Weights that are stored whole.
  void add_whole(const std::string& stored, std::string name, const at::Tensor& tensor) {
    constexpr std::string_view kBase = ".base_layer.";
    const size_t at = name.find(kBase);
    if (at != std::string::npos) name.replace(at, kBase.size(), ".");
    const bool saved = at == std::string::npos && config_.saves(name.substr(0, name.rfind('.')));
    const bool new_head = is_scoring_head(name) && (config_.classifies() || saved);
    if (!new_head && !model_.parameters.contains(name) && name != kOutput)
      throw fault(stored, "does not belong to a weight of the model");
    if (name.ends_with(".bias") && !saved && config_.bias() == "none")
      throw fault(stored, "is a bias, and adapter_config.json has bias = none");
    const auto base = model_.parameters.find(name == kOutput ? weight_name("lm_head") : name);
    if (base == model_.parameters.end() && !new_head) throw fault(stored, "does not belong to a weight of the model");
    if (base != model_.parameters.end() && base->second.sizes() != tensor.sizes())
      throw fault(stored, fmt::format("has shape {}, that of the model {}: was the vocabulary changed for the adapter?",
                                      to_string(tensor.sizes().vec()), to_string(base->second.sizes().vec())));
    (saved ? saved_ : base_).emplace(name, tensor);
  }

  // With save_embedding_layers, peft also writes the parts of the wrapper around a saved layer. It reads the copy under
  // the layer's own name, and the layer of the base has no effect.
  void check_copies() const {
    for (const auto& [name, tensor] : saved_copies_)
      if (const auto at = saved_.find(name); at == saved_.end() || !at->second.equal(tensor))
        throw fault(name, "is not the same as its copy under modules_to_save");
    for (const auto& [name, tensor] : originals_) {
      const auto at = model_.parameters.find(name == kOutput ? weight_name("lm_head") : name);
      if (at == model_.parameters.end() || !saved_.contains(name) || !at->second.to(at::kFloat).equal(tensor))
        throw fault(name, "under original_module is not that of the model: was the adapter trained on another base?");
    }
  }

  void check_targets() const {
    for (const auto& [module, update] : updates_) {
      const bool dora = config_.dora();
      if (!update.a.defined() || !update.b.defined())
        throw bad_input(kInPeftAdapter, "{}: '{}' has no {}", folder_, module,
                        update.a.defined() ? "lora_B" : "lora_A");
      if (update.magnitude.defined() != dora || update.b_bias.defined() != config_.lora_bias())
        throw bad_input(kInPeftAdapter, "{}: '{}' does not fit adapter_config.json: use_dora = {}, lora_bias = {}",
                        folder_, module, dora, config_.lora_bias());
      if (update.of_embedding && config_.base_change() != BaseChange::kNone)
        throw bad_input(kInPeftAdapter, "{}: '{}': PiSSA and OLoRA of an embedding are not supported", folder_, module);
      if (update.b_bias.defined() && !model_.parameters.contains(module + ".bias"))
        throw bad_input(kInPeftAdapter, "{}: '{}': lora_bias needs a bias, and the module has none", folder_, module);
    }
    if (updates_.empty() && saved_.empty()) throw bad_input(kInPeftAdapter, "{}: the adapter is empty", folder_);
    for (const auto& [name, tensor] : model_.parameters) {
      const std::string module = name.substr(0, name.rfind('.'));
      const bool adaptable = name.ends_with("_proj.weight") || name == kEmbedding ||
                             (name == kOutput && model_.head == HeadKind::kLanguage && !config_.classifies());
      if (adaptable && config_.targets(module) && !updates_.contains(module))
        throw bad_input(kInPeftAdapter,
                        "{}: adapter_config.json names '{}', but the file has no tensors for it: is it complete?",
                        folder_, module);
    }
  }

  void take_out_beginning(const std::string& module, const Update& update) {
    if (config_.base_change() == BaseChange::kNone) return;
    at::Tensor& weight = weight_of(module);
    const at::Tensor w = weight.to(at::kFloat);
    const int64_t r = update.a.size(0);
    if (r > std::min(w.size(0), w.size(1)))
      throw bad_input(kInPeftAdapter, "{}: '{}': rank {} exceeds the shape {}", folder_, module, r,
                      to_string(w.sizes().vec()));
    at::Tensor part;
    if (config_.base_change() == BaseChange::kPissa) {
      const auto [u, s, v] = at::linalg_svd(w, /*full_matrices=*/false);
      part = at::mm(u.narrow(1, 0, r) * s.narrow(0, 0, r), v.narrow(0, 0, r));
    } else {
      const auto [q, triangle] = at::linalg_qr(w);
      part = at::mm(q.narrow(1, 0, r), triangle.narrow(0, 0, r)) * config_.scale(module);
    }
    weight = (w - part).to(weight.scalar_type());
  }

  void replace(const std::string& name, const at::Tensor& tensor) {
    const std::string target = name == kOutput ? weight_name("lm_head") : name;
    if (target != name && base_.contains(kEmbedding) && !base_.at(kEmbedding).equal(tensor))
      throw bad_input(kInPeftAdapter, "{}: has an embedding and a different output layer, but the model ties them",
                      folder_);
    const at::TensorOptions like = model_.parameters.at(kEmbedding).options();
    model_.parameters.insert_or_assign(target, tensor.to(like));
  }

  void untie() {
    const auto touches = [&](const char* name) {
      const std::string module = std::string(name).substr(0, std::string_view(name).rfind('.'));
      return updates_.contains(module) || saved_.contains(name);
    };
    if (!model_.config.tie_word_embeddings || (!touches(kEmbedding) && !touches(kOutput))) return;
    if (model_.head == HeadKind::kLanguage)
      model_.parameters.emplace(kOutput, model_.parameters.at(kEmbedding).clone());
    model_.config.tie_word_embeddings = false;
    log_info("{}: the output layer is no longer the embedding: the adapter changes one of them", folder_);
  }

  void merge(const std::string& module, const Update& update) {
    at::Tensor& weight = weight_of(module);
    const double scale = config_.scale(module);
    const at::Tensor product = at::mm(update.b, update.a) * scale;
    at::Tensor merged = weight.to(at::kFloat) + (update.of_embedding ? product.t() : product);
    // An embedding is scaled by channel, over all its rows: peft takes it for the transpose of a matrix.
    const int64_t along = update.of_embedding ? 0 : 1;
    if (update.magnitude.defined())
      merged = merged * (update.magnitude / merged.square().sum(along).sqrt()).unsqueeze(along);
    weight = merged.to(weight.scalar_type());
    if (!update.b_bias.defined()) return;
    at::Tensor& bias = model_.parameters.at(module + ".bias");
    bias = (bias.to(at::kFloat) + update.b_bias * scale).to(bias.scalar_type());
  }

  void settle_head() {
    const HeadKind before = model_.head;
    model_.head = head_kind(model_.parameters);
    if (config_.classifies() && model_.head == HeadKind::kLanguage)
      throw bad_input(kInPeftAdapter, "{}: task_type is {}, but neither adapter nor model has a head (score.weight)",
                      folder_, config_.task());
    if (before == HeadKind::kLanguage && model_.head != HeadKind::kLanguage) {
      const bool fits = config_.task() == "TOKEN_CLS" ? model_.head == HeadKind::kToken
                        : config_.task() == "SEQ_CLS"
                            ? model_.head == HeadKind::kSequence || model_.head == HeadKind::kProcess
                            : true;  // a class of the user's own
      if (!fits)
        throw bad_input(kInPeftAdapter, "{}: task_type is {}, but its head is that of a {} model", folder_,
                        config_.task(), name_of_enum(model_.head));
      // The class of a value head keeps the output layer; the others have none.
      if (model_.head != HeadKind::kValue) model_.parameters.erase(kOutput);
    }
    static_cast<void>(Head(model_.head, model_.config, model_.parameters));  // its shapes
  }

  LanguageModel& model_;
  std::string folder_;
  PeftConfig config_;
  std::map<std::string, Update> updates_;     // by module
  NamedParameters base_, saved_;              // of the base, and of modules_to_save
  NamedParameters saved_copies_, originals_;  // what the file repeats of these
};

}  // namespace

void merge_adapter(LanguageModel& model, const fs::path& folder) { Merger(model, folder).run(); }

}  // namespace hrm::language
