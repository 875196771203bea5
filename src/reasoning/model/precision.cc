#include "model/precision.h"

#include "base/error.h"

namespace hrm::model {

model::ModelConfig with_precision(model::ModelConfig config, std::string_view precision) {
  if (precision.empty() || precision == kInt8) return config;
  for (const auto& [value, name] : enum_names(model::Precision{}))
    if (name == precision) {
      config.arch.forward_dtype = value;
      return config;
    }
  throw bad_input("model.precision", "precision '{}': expected float32, bfloat16 or int8", precision);
}

}  // namespace hrm::model
