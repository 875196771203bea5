// Our own model files as bytes: safetensors whose metadata hold the configuration, the puzzle family and the provenance
// (docs/formats/model.md). For whoever has no files, like the WebAssembly module; load_model() opens everything else too.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "formats/safetensors.h"
#include "solving/model_file.h"

namespace hrm::solving {

// A model file of hrm. Throws bad_input naming source, tensor and what was expected, in the words of load_model(); of a
// checkpoint, which only load_model() opens, it says how to convert it.
ModelFile parse_model(std::span<const std::byte> bytes, std::string_view source);

// ---- what load_model() shares ----

// Throws bad_input where the bytes are recognized as something else.
void refuse_foreign(std::span<const std::byte> bytes, std::string_view source);
// REQUIRES: metadata "config" is there.
ModelFile own_model(Safetensors file, std::string_view source, const ModelFileOptions& options);
model::ModelConfig read_config(const Json& json, std::string_view source, const ModelFileOptions& options);
void widen(NamedTensors& weights);                            // to float32
void check(const ModelFile& model, std::string_view source);  // configuration and shapes
// JSON has no infinities and no NaN, provenance may: {"yaml": ".inf"} stands for such a number in our files.
Json encode_numbers(const Json& value);

}  // namespace hrm::solving
