// A trained model as a file, in every form that `hrm solve`, `hrm eval` and `hrm convert` open.
//
// Read: our model files (safetensors with the configuration as metadata), training checkpoints, a run folder (its best
// model, else its last checkpoint), the authors' checkpoints (a state dict from torch.save or in a safetensors file,
// alone or one level down, beside it all_config.yaml) and a folder of these (its last step, or the one weight file
// there). Written: our model files, and the authors' folder.
// docs/formats/model.md and docs/formats/authors-checkpoint.md have the bytes.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/tensor.h"
#include "model/config.h"

namespace hrm::solving {

struct ModelFile {
  model::ModelConfig config;
  NamedTensors weights;  // float32, the authors' keys without _orig_mod.: "model.inner.L_level.layers.0. ..."
  Json family;           // puzzles::Family::describe(), null if unknown
  Json provenance;       // free form: command, data, seed, commit, steps
};

struct ModelFileOptions {
  std::vector<std::string> overrides;  // "arch.H_cycles=2": settings that the file or all_config.yaml does not hold
  bool averaged = true;                // prefer the averaged weights if a checkpoint has both
  // "arch.num_heads=8", "data.seq_len=81": what holds where neither the file, all_config.yaml nor overrides tell.
  std::vector<std::string> otherwise = {};
};

// Throws bad_input naming file, tensor and what was expected.
ModelFile load_model(const std::filesystem::path& path, const ModelFileOptions& options = {});
void save_model(const std::filesystem::path& path, const ModelFile& model);

// The authors' folder: `step_<n>` (torch.save container, keys with _orig_mod., bfloat16 initial states) and
// all_config.yaml with the keys that their programs read.
void export_authors_folder(const std::filesystem::path& folder, const ModelFile& model, uint64_t step);

}  // namespace hrm::solving
