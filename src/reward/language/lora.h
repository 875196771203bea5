// Low-rank adaptation (Hu et al., arXiv 2106.09685): a projection W gets scale * B A beside it, A [r,in] random, B
// [out,r] zero, and only A and B are trained.
//
// In NamedParameters they are "<module>.lora_A.weight" and "<module>.lora_B.weight"; peft writes the same with
// "base_model.model." before each name.
#pragma once

#include <filesystem>
#include <vector>

#include "language/model_io.h"
#include "language/parameters.h"

namespace hrm::language {

struct LoraConfig {
  int64_t rank = 0;  // 0: none, all parameters are trained
  double alpha = 16;
  std::vector<std::string> target_modules = {"q_proj",    "k_proj",  "v_proj",   "o_proj",
                                             "gate_proj", "up_proj", "down_proj"};

  double scale() const { return rank > 0 ? alpha / static_cast<double>(rank) : 0; }

  static void fields(auto& self, auto&& field) {
    field("rank", self.rank, "rank of the low-rank update; 0: train all parameters");
    field("alpha", self.alpha, "the update is scaled by alpha / rank");
    field("target_modules", self.target_modules, "projections that get an update");
  }
};

bool is_lora(std::string_view name);

// Adds A and B beside every projection of the decoder that is named. Throws bad_input naming an unknown module or a
// rank that is not smaller than the matrix.
void add_lora(NamedParameters& parameters, const LoraConfig& config, uint64_t seed);

// W += scale * B A, and the adapters are gone.
void merge_lora(NamedParameters& parameters, double scale);

// adapter_config.json and adapter_model.safetensors, as peft loads them, with the trained head of a reward model.
// language/peft_adapter.h reads them.
void save_adapter(const std::filesystem::path& folder, const LanguageModel& model, const LoraConfig& config);

}  // namespace hrm::language
