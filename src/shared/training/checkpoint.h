// The whole state of a run in one file, so that a run killed at any moment resumes bit-identically.
//
// A checkpoint is a safetensors file: tensors by name, and in the metadata the rest of the state as JSON, the format's
// name and version, and a CRC-32C over names, types, shapes, bytes and state, so that damage anywhere is found
// (docs/formats/checkpoint.md).
//
// In a folder two of them rotate. The new one is written whole and synced as next.safetensors, then last becomes
// previous, then next becomes last. Whatever the moment of a crash, last or previous is whole.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "base/json.h"
#include "base/tensor.h"

namespace hrm::training {

struct Checkpoint {
  NamedTensors tensors;
  Json state;
};

// Throws failure on a full disk; the target is then as it was.
void save_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint);
// Throws bad_input naming file and fault: unreadable, not a checkpoint, another version, checksum differs.
Checkpoint load_checkpoint(const std::filesystem::path& path);

struct CheckpointNames {
  static constexpr const char* kLast = "last.safetensors";
  static constexpr const char* kPrevious = "previous.safetensors";
  static constexpr const char* kNext = "next.safetensors";
};

// Writes the checkpoint as last, keeping the one before as previous.
void rotate_checkpoint(const std::filesystem::path& folder, const Checkpoint& checkpoint);

struct FoundCheckpoint {
  Checkpoint checkpoint;
  std::filesystem::path path;
};

// The newest whole checkpoint of the folder: last, or previous where last is damaged or missing (a warning says so).
// nullopt if there is neither. Throws bad_input if there are some but all are damaged.
enum class DamageWarning { kGive, kLeaveOut };
std::optional<FoundCheckpoint> find_checkpoint(const std::filesystem::path& folder,
                                               DamageWarning warning = DamageWarning::kGive);

// The name of the first floating-point tensor that holds a NaN or an infinity.
std::optional<std::string> first_not_finite(const NamedTensors& tensors);

}  // namespace hrm::training
