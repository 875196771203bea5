// A model's probabilities for each cell, under the loss that it was trained with.
//
//   softmax     p_v = exp(x_v) / sum exp(x)
//   stablemax   p_v = s(x_v) / sum s(x),   s(x) = x + 1 for x >= 0, 1 / (1 - x) below
#pragma once

#include <span>
#include <vector>

#include "model/config.h"
#include "puzzles/family.h"

namespace hrm::solving {

// logits: [B,S,V of the model]. Returns log p of slot `slot` for the tokens that the family has, [S, V of the family].
std::vector<float> log_probabilities_of(const model::ModelConfig& config, std::span<const float> logits, size_t slot,
                                        const puzzles::Family& family);

}  // namespace hrm::solving
