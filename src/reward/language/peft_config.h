// adapter_config.json of a LoRA adapter as peft writes it: what of it decides the arithmetic, and which modules it
// means. Written against peft 0.21.2.
//
// Every key is on a list: those that peft uses only in training are ignored, those read here are applied as peft
// does, and all others must have a value that turns them off (null, false, "", [] or {}). So a key of a later version
// that changes the weights is refused, not missed.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/regex.h"

namespace hrm::language {

// An expression as Python's re has it, matched at the beginning of a text (re.match). Thread-safe once made.
class PythonExpression {
 public:
  // Throws bad_input naming source, expression and fault.
  PythonExpression(const std::string& expression, std::string_view source);
  // whole: up to the end of the text (re.fullmatch).
  bool matches(std::string_view text, bool whole = false) const;

 private:
  Regex regex_;
};

// What peft does to a base weight before it loads an adapter: the part that the adapter began with is taken out.
//   kPissa  the r largest singular triples, U S V^T          (arXiv 2404.02948)
//   kOlora  scale * Q[:, :r] R[:r], W = Q R                   (arXiv 2406.01775)
enum class BaseChange { kNone, kPissa, kOlora };

class PeftConfig {
 public:
  // Throws bad_input naming file, key and value: another method than LoRA, what cannot be applied exactly, a key that
  // is not known and set.
  explicit PeftConfig(const std::filesystem::path& adapter_config_json);

  // module: "model.layers.0.self_attn.q_proj". Whether target_modules, exclude_modules, modules_to_save,
  // layers_to_transform and layers_pattern make it one that is adapted.
  bool targets(std::string_view module) const;
  // Whether modules_to_save names it or a module around it (score for score.0): it is trained and stored whole.
  bool saves(std::string_view module) const;
  // r and lora_alpha, or what rank_pattern and alpha_pattern say of the module.
  int64_t rank(std::string_view module) const;
  // lora_alpha / r, or lora_alpha / sqrt(r) with use_rslora.
  double scale(std::string_view module) const;

  const std::string& source() const { return source_; }
  const std::string& task() const { return task_; }  // task_type; empty if there is none
  bool classifies() const { return task_ == "SEQ_CLS" || task_ == "TOKEN_CLS"; }
  bool dora() const { return dora_; }
  bool lora_bias() const { return lora_bias_; }
  bool ties_weights() const { return ties_weights_; }
  const std::string& bias() const { return bias_; }  // none, all or lora_only
  BaseChange base_change() const { return base_change_; }

 private:
  struct Pattern {
    PythonExpression expression;
    double value;
  };
  void read_init(const Json& json);
  void read_targets(const Json& json);
  std::vector<Pattern> patterns(const Json& json, const char* key) const;
  std::vector<std::string> texts(const Json& json, const char* key) const;
  bool layer_chosen(std::string_view module) const;
  static std::optional<double> find(const std::vector<Pattern>& patterns, std::string_view module);

  std::string source_, task_, bias_ = "none";
  int64_t rank_ = 0;
  double alpha_ = 0;
  bool rslora_ = false, dora_ = false, lora_bias_ = false, ties_weights_ = false, all_linear_ = false;
  BaseChange base_change_ = BaseChange::kNone;
  std::vector<Pattern> rank_pattern_, alpha_pattern_;
  std::vector<std::string> target_names_, excluded_names_, saved_;
  std::optional<PythonExpression> target_expression_, excluded_expression_;
  std::vector<PythonExpression> saved_expressions_, layer_expressions_;
  std::vector<int64_t> layers_;  // layers_to_transform; empty: all
};

}  // namespace hrm::language
