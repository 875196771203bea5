// The parameters of a decoder, known by the keys of Hugging Face's state dicts, so that import and export are loops.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/tensor.h"
#include "language/config.h"

namespace hrm::language {

using NamedParameters = std::map<std::string, at::Tensor, std::less<>>;

struct ParameterShape {
  std::string name;
  std::vector<int64_t> shape;
};

// Everything of the decoder in the order of its layers; the output layer only if it is not tied. Heads have their
// own (language/heads.h).
std::vector<ParameterShape> decoder_parameters(const DecoderConfig& config);

inline std::string layer_prefix(int64_t layer) { return fmt::format("model.layers.{}.", layer); }

// Gains of norms and biases, which the rule of Hugging Face's trainer does not decay.
bool is_norm_or_bias(std::string_view name);

// Matrices normal with deviation `stddev`, gains 1, biases 0: Hugging Face's initialization. A tensor depends on seed
// and name alone.
NamedParameters initial_parameters(const std::vector<ParameterShape>& shapes, uint64_t seed, double stddev = 0.02);

// Throws bad_input naming source and tensor: one is missing, or has another shape.
void check_parameters(const NamedParameters& parameters, const std::vector<ParameterShape>& shapes,
                      std::string_view source);

int64_t parameter_count(const NamedParameters& parameters);

// Of that type and on that device; the same tensors where they are so already.
NamedParameters to(const NamedParameters& parameters, at::ScalarType type, at::Device device);

}  // namespace hrm::language
