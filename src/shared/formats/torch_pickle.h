// torch.save files that hold a state dict: the zip container (torch >= 1.6) and the legacy one. Pickle code is never
// executed: a small interpreter accepts the opcodes that rebuild tensors, ordered dicts and plain values, and refuses
// everything else by name. docs/formats/torch-pickle.md
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/tensor.h"

namespace hrm {

// Tensors by their keys as stored, devices ignored ("cuda:0" too), strides resolved. Entries that are not tensors are
// skipped.
struct TorchDict {
  std::string path;  // keys of the dicts around it, joined with '.': "model_state_dict"; "" for the file's own dict
  NamedTensors tensors;
  std::vector<std::string> order = {};  // the keys of `tensors` as they follow each other in the file; may be empty
  // Lists or tuples of nothing but tensors, by their keys: "shadow_params" of torch_ema and diffusers.
  std::map<std::string, std::vector<HostTensor>> lists = {};
};

// Every dict of the file that holds tensors by name or such lists, the outer ones first; there is one with tensors by
// name, or one with a list. The dicts of a list have its key and a number ("ema.0"); a list of names with their tensors
// (pairs, or dicts of a name and a tensor) is one dict, and so are dicts that have a part of the tensors each. Dicts
// within objects, below keys that are not texts (an optimizer's state) or below four others are left alone. Throws
// bad_input naming file and fault.
std::vector<TorchDict> parse_torch_dicts(std::span<const std::byte> bytes, std::string_view source);

// The same as one: the tensors of an inner dict as "path/key", without those in lists.
NamedTensors load_torch(const std::filesystem::path& path);
NamedTensors parse_torch(std::span<const std::byte> bytes, std::string_view source);
bool looks_like_torch(std::span<const std::byte> first_bytes);

// A zip container that torch.load(weights_only=True) reads as an OrderedDict in the order of `order` (all keys when
// empty, by name). Atomic.
void save_torch(const std::filesystem::path& path, const NamedTensors& tensors,
                std::span<const std::string> order = {});

}  // namespace hrm
