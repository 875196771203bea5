// Finds the model's tensors in a foreign file: state dicts may be one level down ("model_state_dict", Lightning's
// "state_dict"), beside an average of the weights ("ema"), and under the prefixes of wrappers ("module.", "_orig_mod.",
// "ema_model.") in any order.
//
// The token embedding is the anchor: whatever stands before its name is a wrapper's prefix, and all keys with that
// prefix are one set of weights. A set is an average where its path or prefix says so ("ema", "average", "swa").
//
// An average may also be a list without names in the order of the parameters ("shadow_params" of torch_ema and
// diffusers). It is taken if its number of tensors and every shape fit the live weights in the order of the file.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/tensor.h"
#include "formats/torch_pickle.h"

namespace hrm::solving {

struct ChosenWeights {
  NamedTensors weights;  // by plain keys: "model.inner.L_level.layers.0. ..."
  std::string kind;      // "live" or "averaged" if the file tells, else ""
};

// averaged: the average if there are both; parameters that it does not cover (buffers) are the live ones then. A
// message says what was taken. Without any anchor the outermost dict is given with its wrappers removed, for the caller
// to complain about. Throws bad_input if several sets fit, naming them. REQUIRES: at least one dict.
ChosenWeights choose_weights(std::vector<TorchDict> dicts, bool averaged, std::string_view source);

}  // namespace hrm::solving
