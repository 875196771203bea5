// The heads that read a decoder's hidden states: the output layer, or one of the heads of published reward models.
// Parameters have the names of the published checkpoints.
//
//   kLanguage  lm_head.weight, or the tied embedding                            tokens
//   kSequence  score.weight [n,D]: Hugging Face's sequence classification       one score per text
//   kToken     score.weight [n,D], score.bias: token classification             a score where a step ends
//   kProcess   score.0, ReLU, score.2 [n,D]: Qwen2.5-Math-PRM (n = 2)           P(class 1) at <extra_0>
//              Qwen2.5-Math-RM (n = 1)                                          one score per conversation
//   kValue     v_head.summary [1,D] and bias: Skywork-o1-PRM                    sigmoid at each newline
//
// n = 1: the score is the raw output of kSequence, kToken and kProcess, and the sigmoid of kValue's. n = 2: P(class 1).
// n >= 3: whoever uses the head says what each output is worth (reward/reward_model.h). A language model may serve as
// one, too: the softmax over two of its tokens, "+" and "-", at a step's end (Math-Shepherd, RLHFlow).
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "language/decoder.h"
#include "language/parameters.h"

namespace hrm::language {

enum class HeadKind { kLanguage, kSequence, kToken, kProcess, kValue };
EnumNames<HeadKind> enum_names(HeadKind);

// A parameter of a head other than the output layer.
inline bool is_scoring_head(std::string_view name) { return name.starts_with("score.") || name.starts_with("v_head."); }

// Told by the names that are there; kSequence and kToken differ in the bias.
HeadKind head_kind(const NamedParameters& parameters);

// The head's own parameters, for initial_parameters. outputs: 1 or more; kValue has 1.
std::vector<ParameterShape> head_parameters(HeadKind kind, const DecoderConfig& config, int64_t outputs);

// The class that the checkpoint names in config.json, for instance "Qwen2ForSequenceClassification".
// outputs: tells the two classes of kProcess.
std::string architecture_of(HeadKind kind, Family family, int64_t outputs = 2);

class Head {
 public:
  // Takes the number of outputs from the shapes. Throws bad_input naming a tensor that is misshapen.
  Head(HeadKind kind, const DecoderConfig& config, const NamedParameters& parameters);

  HeadKind kind() const { return kind_; }
  int64_t outputs() const;  // of kLanguage: V

  // [.., D] -> [.., outputs], float32. decoder: whose hidden states they are, and whose output layer kLanguage takes.
  at::Tensor operator()(const Decoder& decoder, const at::Tensor& hidden) const;

  // [.., outputs] -> [..]. Throws bad_input for kLanguage and for three or more outputs, which have no score.
  at::Tensor scores(const at::Tensor& outputs) const;

 private:
  HeadKind kind_;
  int64_t vocab_;
  at::Tensor weight_, bias_, inner_weight_, inner_bias_;
};

// P(good) of the softmax over two tokens alone. logits: [..,V]. Returns [..].
at::Tensor two_token_score(const at::Tensor& logits, int64_t good, int64_t bad);

// Where Hugging Face's sequence classification reads a text: the last position whose id differs from pad, 0 if none
// does, the last one where pad is negative. REQUIRES: ids are not empty.
int64_t pooled_position(std::span<const int64_t> ids, int64_t pad);

}  // namespace hrm::language
