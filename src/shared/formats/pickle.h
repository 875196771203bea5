// The part of Python's pickle that torch.save uses for a state dict (protocol 2), read without executing anything.
//
// A pickle is a program for a stack machine. This machine knows the opcodes that push plain values, build tuples, lists
// and dicts, and remember values; and of the calls only those that rebuild tensors: OrderedDict(), _rebuild_tensor_v2,
// _rebuild_parameter, _rebuild_from_type_v2, and persistent ids of storages. What training programs save beside a state
// dict (random states of numpy, settings, schedulers) names other classes: such an object is noted by the name of its
// class, its content is dropped, and nothing of it is built or called. Names that run code or commands (os.system,
// builtins.eval, subprocess, ...) and all other opcodes are refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/tensor.h"

namespace hrm {

struct PickleValue {
  enum class Kind {
    kNone,
    kBool,     // integer
    kInt,      // integer
    kFloat,    // its value is of no use here
    kText,     // text
    kGlobal,   // text: "module name", one of those that rebuild tensors
    kForeign,  // text: "module\nname" of any other class or function
    kObject,   // text: the same, of what made it; its content is not kept
    kTuple,    // node
    kList,     // node
    kDict,     // node: key, value, key, value ...
    kStorage,  // node: the persistent id, a tuple
    kTensor,   // node: arguments of _rebuild_tensor_v2
  };
  Kind kind = Kind::kNone;
  int64_t integer = 0;
  std::string_view text;  // into the pickle's bytes
  size_t node = 0;
};

// A pickle after it ran. Containers refer to each other by number, so cycles and depth do no harm. The bytes must
// outlive it.
class Pickle {
 public:
  // Throws bad_input naming source, position and the opcode or global that is not accepted.
  Pickle(std::span<const std::byte> bytes, std::string_view source);

  const PickleValue& root() const { return root_; }
  std::span<const PickleValue> items(const PickleValue& container) const { return nodes_[container.node]; }
  std::span<const PickleValue> storages() const { return storages_; }  // every persistent id, repeated as it occurs
  size_t size() const { return size_; }                                // bytes up to and with STOP

 private:
  friend class PickleMachine;
  PickleValue root_;
  std::vector<PickleValue> storages_;
  std::vector<std::vector<PickleValue>> nodes_;
  size_t size_ = 0;
};

// What a pickle says of its storages and tensors; types and signs are checked, not whether the data fit.
struct PickledStorage {
  std::string_view key;
  DType dtype = DType::kF32;
  int64_t elements = 0;
};
struct PickledTensor {
  PickledStorage storage;
  int64_t offset = 0;
  Shape shape, strides;
};
// REQUIRES: the value is of that kind. Throws bad_input.
PickledStorage describe_storage(const Pickle& pickle, const PickleValue& storage, std::string_view source);
PickledTensor describe_tensor(const Pickle& pickle, const PickleValue& tensor, std::string_view source);

// "torch FloatStorage" and its like. The name is empty for types that have none.
std::string_view storage_global(DType dtype);
// "module.name", for messages. REQUIRES: a global or an object.
std::string class_name(const PickleValue& value);

}  // namespace hrm
