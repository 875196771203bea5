#include "language/heads.h"

#include <ATen/ATen.h>

#include "language/affine.h"

namespace hrm::language {
namespace {

constexpr std::string_view kInHeads = "language.heads";

at::Tensor take(const NamedParameters& parameters, const char* name, at::IntArrayRef shape) {
  const auto at = parameters.find(name);
  if (at == parameters.end()) throw bad_input(kInHeads, "tensor '{}' is missing", name);
  if (at->second.sizes() != shape)
    throw bad_input(kInHeads, "tensor '{}' has shape {}, expected {}", name, to_string(at->second.sizes().vec()),
                    to_string(shape.vec()));
  return at->second;
}

// Rows of a matrix that the checkpoint decides; 0 where it is not a matrix, so that take() refuses it.
int64_t rows_of(const NamedParameters& parameters, const char* name) {
  const auto at = parameters.find(name);
  return at != parameters.end() && at->second.dim() == 2 ? at->second.size(0) : 0;
}

}  // namespace

EnumNames<HeadKind> enum_names(HeadKind) {
  static constexpr std::pair<HeadKind, std::string_view> names[] = {{HeadKind::kLanguage, "language"},
                                                                    {HeadKind::kSequence, "sequence"},
                                                                    {HeadKind::kToken, "token"},
                                                                    {HeadKind::kProcess, "process"},
                                                                    {HeadKind::kValue, "value"}};
  return names;
}

HeadKind head_kind(const NamedParameters& parameters) {
  if (parameters.contains("v_head.summary.weight")) return HeadKind::kValue;
  if (parameters.contains("score.0.weight")) return HeadKind::kProcess;
  if (!parameters.contains("score.weight")) return HeadKind::kLanguage;
  return parameters.contains("score.bias") ? HeadKind::kToken : HeadKind::kSequence;
}

std::vector<ParameterShape> head_parameters(HeadKind kind, const DecoderConfig& config, int64_t outputs) {
  const int64_t d = config.hidden_size;
  switch (kind) {
    case HeadKind::kLanguage:
      if (config.tie_word_embeddings) return {};
      return {{"lm_head.weight", {config.vocab_size, d}}};
    case HeadKind::kSequence:
      return {{"score.weight", {outputs, d}}};
    case HeadKind::kToken:
      return {{"score.weight", {outputs, d}}, {"score.bias", {outputs}}};
    case HeadKind::kProcess:
      return {{"score.0.weight", {d, d}},
              {"score.0.bias", {d}},
              {"score.2.weight", {outputs, d}},
              {"score.2.bias", {outputs}}};
    case HeadKind::kValue:
      return {{"v_head.summary.weight", {1, d}}, {"v_head.summary.bias", {1}}};
  }
  return {};
}

std::string architecture_of(HeadKind kind, Family family, int64_t outputs) {
  const std::string base = family == Family::kLlama     ? "LlamaFor"
                           : family == Family::kMistral ? "MistralFor"
                           : family == Family::kQwen2   ? "Qwen2For"
                                                        : "Qwen3For";
  switch (kind) {
    case HeadKind::kLanguage:
    case HeadKind::kValue:  // published as a language model with one tensor more
      return base + "CausalLM";
    case HeadKind::kSequence:
      return base + "SequenceClassification";
    case HeadKind::kToken:
      return base + "TokenClassification";
    case HeadKind::kProcess:
      return base + (outputs == 1 ? "RewardModel" : "ProcessRewardModel");
  }
  return base;
}

Head::Head(HeadKind kind, const DecoderConfig& config, const NamedParameters& parameters)
    : kind_(kind), vocab_(config.vocab_size) {
  const int64_t d = config.hidden_size;
  if (kind == HeadKind::kSequence || kind == HeadKind::kToken) {
    const int64_t n = rows_of(parameters, "score.weight");
    weight_ = take(parameters, "score.weight", {n, d});
    if (kind == HeadKind::kToken) bias_ = take(parameters, "score.bias", {n});
  } else if (kind == HeadKind::kProcess) {
    inner_weight_ = take(parameters, "score.0.weight", {d, d});
    inner_bias_ = take(parameters, "score.0.bias", {d});
    const int64_t n = rows_of(parameters, "score.2.weight");
    weight_ = take(parameters, "score.2.weight", {n, d});
    bias_ = take(parameters, "score.2.bias", {n});
  } else if (kind == HeadKind::kValue) {
    weight_ = take(parameters, "v_head.summary.weight", {1, d});
    bias_ = take(parameters, "v_head.summary.bias", {1});
  }
}

int64_t Head::outputs() const { return weight_.defined() ? weight_.size(0) : vocab_; }

at::Tensor Head::operator()(const Decoder& decoder, const at::Tensor& hidden) const {
  if (kind_ == HeadKind::kLanguage) return decoder.logits(hidden);
  const at::Tensor x = inner_weight_.defined() ? at::relu(affine(hidden, inner_weight_, inner_bias_)) : hidden;
  return affine(x, weight_, bias_).to(at::kFloat);
}

at::Tensor Head::scores(const at::Tensor& outputs) const {
  if (kind_ == HeadKind::kLanguage)
    throw bad_input(kInHeads, "a language model has no score by itself: name the two tokens for good and bad");
  if (outputs.size(-1) > 2) throw bad_input(kInHeads, "a head of {} classes has no score", outputs.size(-1));
  if (outputs.size(-1) == 2) return at::softmax(outputs, -1).select(-1, 1);
  return kind_ == HeadKind::kValue ? outputs.squeeze(-1).sigmoid() : outputs.squeeze(-1);
}

at::Tensor two_token_score(const at::Tensor& logits, int64_t good, int64_t bad) {
  return (logits.select(-1, good) - logits.select(-1, bad)).sigmoid();
}

int64_t pooled_position(std::span<const int64_t> ids, int64_t pad) {
  auto last = static_cast<int64_t>(ids.size()) - 1;
  while (last > 0 && ids[static_cast<size_t>(last)] == pad) --last;
  return last;
}

}  // namespace hrm::language
