// A LoRA adapter as peft saves it, merged into a model: what PeftModel computes with both, in one set of weights.
//
//   W += s B A, s = lora_alpha / r or lora_alpha / sqrt(r), each by module (language/peft_config.h)
//   DoRA (arXiv 2402.09353): W = m / |W + s B A| (W + s B A), |.| of each row, of an embedding each column
//   PiSSA, OLoRA: before, W -= the part that the adapter began with, which peft finds anew from the base weights
//   an embedding: E += s (B A)^T;   lora_bias: the bias += s times that of B
// Weights that the adapter holds whole (modules_to_save, biases, a resized embedding's) take the place of the base's; a
// scoring head makes a language model a reward model, as task_type says. Where embedding and output layer are tied and
// the adapter changes one of them, they are two from then on, as in peft.
#pragma once

#include <filesystem>

#include "language/model_io.h"

namespace hrm::language {

// folder: adapter_config.json with adapter_model.safetensors or adapter_model.bin. Throws bad_input naming folder and
// fault: a configuration that cannot be applied exactly; a tensor that belongs to no weight of the model, that the
// configuration does not mean or that has another shape; a module that the configuration means and the file lacks.
void merge_adapter(LanguageModel& model, const std::filesystem::path& folder);

}  // namespace hrm::language
