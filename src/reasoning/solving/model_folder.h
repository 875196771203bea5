// Finds the model file in a folder.
#pragma once

#include <filesystem>

namespace hrm::solving {

// A run folder's best model (model.safetensors), else its last checkpoint. In a folder of checkpoints that other
// programs wrote: step_<n> of the largest n, with .pt, .pth, .ckpt, .bin or .safetensors after it or without; else
// last.ckpt, where the others are Lightning's too; else the one file of weights that is there ("checkpoint",
// pytorch_model.bin, ...). Files of optimizers, random states and predictions are not weights. Throws bad_input if none
// or several fit, naming the files.
std::filesystem::path model_in_folder(const std::filesystem::path& folder);

}  // namespace hrm::solving
