#include "training/checkpoint.h"

#include <cmath>
#include <cstring>

#include "base/files.h"
#include "base/log.h"
#include "formats/checksum.h"
#include "formats/safetensors.h"

namespace hrm::training {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFormat = "hrm-checkpoint", kVersion = "1";

// CRC-32C of one line per tensor (name, type, shape, CRC of its bytes) and of the state's text.
std::string checksum(const NamedTensors& tensors, std::string_view state) {
  std::string text;
  for (const auto& [name, tensor] : tensors)
    text += fmt::format("{} {} {} {:08x}\n", name, name_of(tensor.dtype()), to_string(tensor.shape()),
                        crc32c(tensor.bytes()));
  text += state;
  return fmt::format("{:08x}", crc32c(std::as_bytes(std::span(text))));
}

template <typename T, typename ToFloat>
bool all_finite(std::span<const std::byte> bytes, ToFloat to_float) {
  T value;
  for (; !bytes.empty(); bytes = bytes.subspan(sizeof value)) {
    std::memcpy(&value, bytes.data(), sizeof value);
    if (!std::isfinite(to_float(value))) return false;
  }
  return true;
}

bool all_finite(const HostTensor& tensor) {
  switch (tensor.dtype()) {
    case DType::kF32:
      return all_finite<float>(tensor.bytes(), [](float x) { return x; });
    case DType::kF64:
      return all_finite<double>(tensor.bytes(), [](double x) { return x; });
    case DType::kBF16:
      return all_finite<uint16_t>(tensor.bytes(), from_bfloat16);
    case DType::kF16:
      return all_finite<uint16_t>(tensor.bytes(), from_float16);
    default:
      return true;
  }
}

}  // namespace

void save_checkpoint(const fs::path& path, const Checkpoint& checkpoint) {
  const std::string state = printable(checkpoint.state);  // a path in it may not be UTF-8
  save_safetensors(path, {.tensors = checkpoint.tensors,
                          .metadata = {{"format", std::string(kFormat)},
                                       {"version", std::string(kVersion)},
                                       {"state", state},
                                       {"checksum", checksum(checkpoint.tensors, state)}}});
}

Checkpoint load_checkpoint(const fs::path& path) {
  constexpr std::string_view kWhere = "training.load_checkpoint";
  Safetensors file = load_safetensors(path);
  auto& metadata = file.metadata;
  if (metadata["format"] != kFormat)
    throw bad_input(kWhere, "{}: is not a training checkpoint (format '{}')", path.string(), metadata["format"]);
  if (metadata["version"] != kVersion)
    throw bad_input(kWhere, "{}: checkpoint version '{}', this program reads {}", path.string(), metadata["version"],
                    kVersion);
  const std::string wanted = checksum(file.tensors, metadata["state"]);
  if (metadata["checksum"] != wanted)
    throw bad_input(kWhere, "{}: checksum {} does not fit the contents ({}): the file is damaged", path.string(),
                    metadata["checksum"], wanted);
  return {.tensors = std::move(file.tensors), .state = parse_json(metadata["state"], path.string())};
}

void rotate_checkpoint(const fs::path& folder, const Checkpoint& checkpoint) {
  const fs::path next = folder / CheckpointNames::kNext, last = folder / CheckpointNames::kLast;
  save_checkpoint(next, checkpoint);
  if (fs::exists(last)) rename_durable(last, folder / CheckpointNames::kPrevious);
  rename_durable(next, last);
}

std::optional<FoundCheckpoint> find_checkpoint(const fs::path& folder, DamageWarning warning) {
  std::string faults;
  for (const char* name : {CheckpointNames::kLast, CheckpointNames::kPrevious}) {
    const fs::path path = folder / name;
    if (!fs::exists(path)) continue;
    try {
      FoundCheckpoint found{.checkpoint = load_checkpoint(path), .path = path};
      if (!faults.empty() && warning == DamageWarning::kGive)
        log_warning("{}; continuing from {}", faults, path.string());
      return found;
    } catch (const Error& error) {
      faults += (faults.empty() ? "" : "; ") + std::string(error.what());
    }
  }
  if (faults.empty()) return std::nullopt;
  throw bad_input("training.find_checkpoint", "{}: no complete checkpoint is left: {}", folder.string(), faults);
}

std::optional<std::string> first_not_finite(const NamedTensors& tensors) {
  for (const auto& [name, tensor] : tensors)
    if (!all_finite(tensor)) return name;
  return std::nullopt;
}

}  // namespace hrm::training
