#include "reasoning/precision.h"

#include "base/error.h"

namespace hrm::reasoning {

engine::ModelConfig with_precision(engine::ModelConfig config, std::string_view precision) {
  if (precision.empty() || precision == kInt8) return config;
  for (const auto& [value, name] : engine::enum_names(engine::Precision{}))
    if (name == precision) {
      config.arch.forward_dtype = value;
      return config;
    }
  throw bad_input("reasoning.precision", "precision '{}': expected float32, bfloat16 or int8", precision);
}

}  // namespace hrm::reasoning
