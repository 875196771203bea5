#include "formats/torch_pickle.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "formats/bytes.h"
#include "formats/pickle.h"
#include "formats/zip.h"

namespace hrm {
namespace {

constexpr std::string_view kInTorchPickle = "torch.load";
// PROTO 2, LONG1 of ten bytes, the magic number of the legacy container, STOP.
constexpr std::string_view kLegacyMagic("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 15);
constexpr int64_t kLegacyProtocol = 1001;
// Tensors may share storages (tied weights), but not without bound.
constexpr uint64_t kMaxSharing = 4;
constexpr int kMaxDepth = 4;
constexpr std::string_view kProgram = "data.pkl";

using Bytes = std::span<const std::byte>;
using Storages = std::map<std::string, Bytes, std::less<>>;  // by key

bool is_row_major(const PickledTensor& t) {
  int64_t expected = 1;
  for (size_t i = t.shape.size(); i-- > 0;) {
    if (t.shape[i] != 1 && t.strides[i] != expected) return false;
    expected *= t.shape[i];
  }
  return true;
}

// Does every element lie within the storage? REQUIRES: at least one element.
bool lies_within(const PickledTensor& t, uint64_t storage_elements) {
  uint64_t last = static_cast<uint64_t>(t.offset);
  for (size_t i = 0; i < t.shape.size(); ++i) {
    uint64_t extent = 0;
    if (__builtin_mul_overflow(static_cast<uint64_t>(t.shape[i] - 1), static_cast<uint64_t>(t.strides[i]), &extent) ||
        __builtin_add_overflow(last, extent, &last))
      return false;
  }
  return last < storage_elements;
}

// Copies the elements in row-major order; an odometer walks all dimensions.
std::vector<std::byte> gather(const PickledTensor& t, Bytes storage, uint64_t bytes) {
  const size_t size = size_of(t.storage.dtype);
  const auto begin = static_cast<size_t>(t.offset) * size;
  if (is_row_major(t)) {
    const Bytes data = storage.subspan(begin, bytes);
    return {data.begin(), data.end()};
  }
  std::vector<std::byte> result(bytes);
  Shape index(t.shape.size(), 0);
  size_t from = begin;
  for (size_t to = 0; to < bytes; to += size) {
    std::memcpy(result.data() + to, storage.data() + from, size);
    for (size_t i = t.shape.size(); i-- > 0;) {
      from += static_cast<size_t>(t.strides[i]) * size;
      if (++index[i] < t.shape[i]) break;
      from -= static_cast<size_t>(t.strides[i] * t.shape[i]) * size;
      index[i] = 0;
    }
  }
  return result;
}

class StateDict {
 public:
  StateDict(const Pickle& pickle, const Storages& storages, size_t file_size, std::string_view source)
      : pickle_(pickle), storages_(storages), budget_(kMaxSharing * file_size), source_(source) {}

  std::vector<TorchDict> read() {
    const PickleValue& root = pickle_.root();
    if (root.kind == Kind::kObject)
      throw bad_input(kInTorchPickle,
                      "{}: contains a whole object of class '{}', which only its own program can open; save its {}",
                      source_, shown(class_name(root)), "state_dict()");
    if (root.kind != Kind::kDict)
      throw bad_input(kInTorchPickle, "{}: contains no dict; expected a state dict of tensors by name", source_);
    read_dict(root, "", 0);
    if (found_.empty())
      throw bad_input(kInTorchPickle, "{}: contains no tensor by name{}{}; save the state dict itself", source_,
                      others_.empty() ? "" : ", only ", others_);
    return std::move(found_);
  }

 private:
  using Kind = PickleValue::Kind;

  // Each dict once, whatever refers to it: a file of four megabytes may name one a million times.
  void read_dict(const PickleValue& dict, const std::string& path, int depth) {
    if (!seen_.insert(dict.node).second) return;
    TorchDict read{.path = path};
    std::vector<TorchDict> named;
    std::vector<std::pair<std::string, PickleValue>> inner;
    const auto items = pickle_.items(dict);
    for (size_t i = 0; i + 1 < items.size(); i += 2) {
      if (items[i].kind != Kind::kText) continue;
      const std::string name(items[i].text);
      if (items[i + 1].kind == Kind::kTensor) {
        if (read.tensors.insert_or_assign(name, read_tensor(name, describe_tensor(pickle_, items[i + 1], source_)))
                .second)
          read.order.push_back(name);
      } else if (items[i + 1].kind == Kind::kDict && depth < kMaxDepth) {
        inner.emplace_back(path.empty() ? name : path + "." + name, items[i + 1]);
      } else if (is_list_of_tensors(items[i + 1])) {
        read.lists.insert_or_assign(name, read_list(name, items[i + 1]));
      } else if (is_list(items[i + 1]) && depth < kMaxDepth && seen_.insert(items[i + 1].node).second) {
        const std::string below = path.empty() ? name : path + "." + name;
        if (auto pairs = read_pairs(below, items[i + 1]))
          named.push_back(*std::move(pairs));
        else if (auto parts = read_parts(below, items[i + 1]))
          named.push_back(*std::move(parts));
        else
          add_dicts_of_list(below, items[i + 1], inner);
      }
      if (depth == 0 && items[i + 1].kind != Kind::kTensor && others_.size() < 200)
        others_ += (others_.empty() ? "" : ", ") + shown(name);
    }
    if (!read.tensors.empty() || !read.lists.empty()) found_.push_back(std::move(read));
    std::ranges::move(named, std::back_inserter(found_));
    for (const auto& [name, value] : inner) read_dict(value, name, depth + 1);
  }

  static bool is_list(const PickleValue& value) { return value.kind == Kind::kList || value.kind == Kind::kTuple; }

  // The name and the tensor of ("weight", tensor) or {"name": "weight", "data": tensor}; kNone: it is neither.
  std::pair<PickleValue, PickleValue> name_and_tensor(const PickleValue& value) const {
    std::pair<PickleValue, PickleValue> found;
    const bool dict = value.kind == Kind::kDict;
    if (!dict && value.kind != Kind::kTuple) return found;
    const auto items = pickle_.items(value);
    if (!dict && items.size() != 2) return found;
    for (size_t i = dict ? 1 : 0; i < items.size(); i += dict ? 2 : 1) {
      PickleValue& place = items[i].kind == Kind::kTensor ? found.second : found.first;
      if (items[i].kind != Kind::kTensor && items[i].kind != Kind::kText) continue;
      if (place.kind != Kind::kNone) return {};
      place = items[i];
    }
    return found;
  }

  // A list of names with their tensors, as list(model.named_parameters()) is; nullopt: it is none.
  std::optional<TorchDict> read_pairs(const std::string& path, const PickleValue& list) {
    TorchDict read{.path = path};
    const auto items = pickle_.items(list);
    const auto is_pair = [&](const PickleValue& item) {
      const auto [name, tensor] = name_and_tensor(item);
      return name.kind == Kind::kText && tensor.kind == Kind::kTensor;
    };
    if (items.empty() || !std::ranges::all_of(items, is_pair)) return std::nullopt;
    for (const PickleValue& item : items) {
      const auto [key, tensor] = name_and_tensor(item);
      const std::string name(key.text);
      if (read.tensors.emplace(name, read_tensor(name, describe_tensor(pickle_, tensor, source_))).second)
        read.order.push_back(name);
    }
    return read;
  }

  // Dicts that have a part of the tensors each, as one; nullopt: two have the same name.
  std::optional<TorchDict> read_parts(const std::string& path, const PickleValue& list) {
    std::set<std::string_view> names;
    const auto dicts = pickle_.items(list);
    for (const PickleValue& dict : dicts) {
      if (dict.kind != Kind::kDict) return std::nullopt;
      const auto items = pickle_.items(dict);
      for (size_t i = 0; i + 1 < items.size(); i += 2)
        if (items[i].kind != Kind::kText || items[i + 1].kind != Kind::kTensor || !names.insert(items[i].text).second)
          return std::nullopt;
    }
    if (dicts.size() < 2 || names.empty()) return std::nullopt;
    TorchDict read{.path = path};
    for (const PickleValue& dict : dicts) {
      const auto items = pickle_.items(dict);
      for (size_t i = 0; i + 1 < items.size(); i += 2) {
        const std::string name(items[i].text);
        read.tensors.emplace(name, read_tensor(name, describe_tensor(pickle_, items[i + 1], source_)));
        read.order.push_back(name);
      }
    }
    return read;
  }

  // The dicts of a list that hold tensors by name, as "ema.0", "ema.1". Groups of parameters hold none.
  void add_dicts_of_list(const std::string& path, const PickleValue& list,
                         std::vector<std::pair<std::string, PickleValue>>& dicts) const {
    const auto items = pickle_.items(list);
    for (size_t i = 0; i < items.size(); ++i)
      if (items[i].kind == Kind::kDict) dicts.emplace_back(fmt::format("{}.{}", path, i), items[i]);
  }

  bool is_list_of_tensors(const PickleValue& value) const {
    if (!is_list(value)) return false;
    const auto items = pickle_.items(value);
    return !items.empty() &&
           std::ranges::all_of(items, [](const PickleValue& item) { return item.kind == Kind::kTensor; });
  }
  std::vector<HostTensor> read_list(const std::string& name, const PickleValue& list) {
    std::vector<HostTensor> tensors;
    for (const PickleValue& item : pickle_.items(list))
      tensors.push_back(
          read_tensor(fmt::format("{}.{}", name, tensors.size()), describe_tensor(pickle_, item, source_)));
    return tensors;
  }

  HostTensor read_tensor(const std::string& name, const PickledTensor& t) {
    const auto fault = [&](std::string_view what) {
      return bad_input(kInTorchPickle, "{}: tensor '{}' {}", source_, shown(name), what);
    };
    const size_t size = size_of(t.storage.dtype);
    const auto bytes = array_bytes(t.shape, size);
    if (bytes == uint64_t{0}) return HostTensor(t.storage.dtype, t.shape);
    const auto storage = storages_.find(t.storage.key);
    if (storage == storages_.end()) throw fault(fmt::format("has no storage '{}' in the file", shown(t.storage.key)));
    if (static_cast<uint64_t>(t.storage.elements) != storage->second.size() / size ||
        storage->second.size() % size != 0)
      throw fault(fmt::format("has a storage of {} bytes, but {} elements of {} are declared", storage->second.size(),
                              t.storage.elements, name_of(t.storage.dtype)));
    if (!bytes || !lies_within(t, storage->second.size() / size))
      throw fault(fmt::format("of shape {} goes beyond its storage", to_string(t.shape)));
    if (*bytes > storage->second.size() || *bytes > budget_)
      throw fault(fmt::format("of shape {} repeats its storage: save it with .contiguous()", to_string(t.shape)));
    budget_ -= *bytes;
    return HostTensor(t.storage.dtype, t.shape, gather(t, storage->second, *bytes));
  }

  const Pickle& pickle_;
  const Storages& storages_;
  uint64_t budget_;  // bytes of tensors that the file's size still justifies
  std::string_view source_;
  std::string others_;  // keys of the outer dict that are no tensors, for the message
  std::set<size_t> seen_;
  std::vector<TorchDict> found_;
};

// What a zip archive without a pickle is.
std::string name_archive(Bytes bytes, std::string_view source) {
  const auto names = zip_names(bytes, source);
  const auto some = [&](std::string_view ending) {
    return std::ranges::any_of(names, [&](const std::string& name) { return name.ends_with(ending); });
  };
  if (some(".npy")) return "is an npz archive of NumPy arrays, not a checkpoint of torch.save";
  for (const std::string& name : names)
    for (const std::string_view ending : {".pt", ".pth", ".ckpt", ".bin", ".safetensors"})
      if (name.ends_with(ending)) return fmt::format("is a zip archive around '{}': unpack it first", shown(name));
  return fmt::format("is a zip archive without '{}': not written by torch.save?", kProgram);
}

std::vector<TorchDict> parse_container(Bytes bytes, std::string_view source) {
  if (const auto names = zip_names(bytes, source);
      std::ranges::none_of(names, [](const std::string& name) { return name.ends_with(kProgram); }))
    throw bad_input(kInTorchPickle, "{}: {}", source, name_archive(bytes, source));
  Storages storages;
  std::optional<Bytes> program;
  std::string folder;
  const auto entries = parse_zip(bytes, source);
  for (const ZipEntry& entry : entries) {
    if (!entry.name.ends_with(kProgram)) continue;
    if (program) throw bad_input(kInTorchPickle, "{}: contains two pickles '{}'", source, kProgram);
    folder = entry.name.substr(0, entry.name.size() - kProgram.size());
    program = entry.data;
  }
  for (const ZipEntry& entry : entries) {
    if (!entry.name.starts_with(folder)) continue;
    const std::string inner = entry.name.substr(folder.size());
    if (inner.starts_with("data/")) storages.emplace(inner.substr(5), entry.data);
    if (inner == "byteorder" && as_text(entry.data) != "little")
      throw bad_input(kInTorchPickle, "{}: byte order '{}': only little-endian files are read", source,
                      shown(as_text(entry.data)));
  }
  return StateDict(Pickle(*program, source), storages, bytes.size(), source).read();
}

// Five pickles (magic number, protocol, system, state dict, storage keys), then each storage: count and elements.
std::vector<TorchDict> parse_legacy(Bytes bytes, std::string_view source) {
  Bytes rest = bytes.subspan(kLegacyMagic.size());
  const auto next = [&] {
    Pickle pickle(rest, source);
    rest = rest.subspan(pickle.size());
    return pickle;
  };
  if (const auto version = next().root(); version.integer != kLegacyProtocol)
    throw bad_input(kInTorchPickle, "{}: legacy container of protocol {}; only {} is supported", source,
                    version.integer, kLegacyProtocol);
  next();  // byte order and type sizes of the writer: little-endian wherever torch runs
  const Pickle program = next(), keys = next();

  std::map<std::string, DType, std::less<>> types;
  for (const PickleValue& value : program.storages()) {
    const PickledStorage storage = describe_storage(program, value, source);
    types.emplace(storage.key, storage.dtype);
  }
  if (keys.root().kind != PickleValue::Kind::kList)
    throw bad_input(kInTorchPickle, "{}: its list of storages is damaged", source);
  Storages storages;
  for (const PickleValue& key : keys.items(keys.root())) {
    const auto type = types.find(key.text);
    if (type == types.end())
      throw bad_input(kInTorchPickle, "{}: storage '{}' does not belong to a tensor", source, shown(key.text));
    const size_t size = size_of(type->second);
    const uint64_t count = rest.size() < 8 ? 0 : load_le<uint64_t>(rest);
    if (rest.size() < 8 || count > (rest.size() - 8) / size)
      throw bad_input(kInTorchPickle, "{}: storage '{}' ends beyond the file: truncated?", source, shown(key.text));
    storages.emplace(key.text, rest.subspan(8, count * size));
    rest = rest.subspan(8 + count * size);
  }
  return StateDict(program, storages, bytes.size(), source).read();
}

// The program that rebuilds an OrderedDict of contiguous tensors, in protocol 2.
class ProgramWriter {
 public:
  ProgramWriter() {
    text_ = "\x80\x02";
    ordered_dict();
    text_ += '(';
  }
  void tensor(std::string_view name, const HostTensor& tensor, size_t storage) {
    put_text(name);
    global("torch._utils", "_rebuild_tensor_v2");
    text_ += "((";
    put_text("storage");
    const std::string_view type = storage_global(tensor.dtype());
    global(type.substr(0, type.find(' ')), type.substr(type.find(' ') + 1));
    put_text(std::to_string(storage));
    put_text("cpu");
    number(tensor.count());
    text_ += "tQ";
    number(0);
    Shape strides(tensor.shape().size(), 1);
    for (size_t i = strides.size(); i-- > 1;) strides[i - 1] = strides[i] * tensor.shape()[i];
    numbers(tensor.shape());
    numbers(strides);
    text_ += '\x89';  // requires no gradient
    ordered_dict();   // no hooks
    text_ += "tR";
  }
  std::string finish() && { return std::move(text_ += "u."); }

 private:
  void global(std::string_view module, std::string_view name) { text_ += fmt::format("c{}\n{}\n", module, name); }
  void ordered_dict() {
    global("collections", "OrderedDict");
    text_ += ")R";
  }
  void put_text(std::string_view text) {
    text_ += 'X';
    append_le(text_, static_cast<uint32_t>(text.size()));
    text_ += text;
  }
  void number(int64_t value) {
    if (std::in_range<int32_t>(value)) {
      text_ += 'J';
      append_le(text_, static_cast<int32_t>(value));
    } else {
      text_ += "\x8a\x08";
      append_le(text_, value);
    }
  }
  void numbers(std::span<const int64_t> values) {
    text_ += '(';
    for (int64_t value : values) number(value);
    text_ += 't';
  }

  std::string text_;
};

}  // namespace

bool looks_like_torch(std::span<const std::byte> first_bytes) {
  const std::string_view text = as_text(first_bytes);
  return text.starts_with("PK\x03\x04") || text.starts_with(kLegacyMagic);
}

std::vector<TorchDict> parse_torch_dicts(std::span<const std::byte> bytes, std::string_view source) {
  if (as_text(bytes).starts_with(kLegacyMagic)) return parse_legacy(bytes, source);
  if (looks_like_torch(bytes)) return parse_container(bytes, source);
  throw bad_input(kInTorchPickle, "{}: does not start as a file of torch.save does", source);
}

NamedTensors parse_torch(std::span<const std::byte> bytes, std::string_view source) {
  NamedTensors all;
  for (TorchDict& dict : parse_torch_dicts(bytes, source))
    for (auto& [name, tensor] : dict.tensors)
      all.emplace(dict.path.empty() ? name : dict.path + "/" + name, std::move(tensor));
  return all;
}

NamedTensors load_torch(const std::filesystem::path& path) {
  const MappedFile file(path);
  return parse_torch(file.bytes(), path.string());
}

void save_torch(const std::filesystem::path& path, const NamedTensors& tensors, std::span<const std::string> order) {
  std::vector<std::string> names(order.begin(), order.end());
  if (names.empty())
    for (const auto& [name, tensor] : tensors) names.push_back(name);
  ProgramWriter writer;
  std::vector<ZipEntry> storages;
  for (const std::string& name : names) {
    const auto found = tensors.find(name);
    if (found == tensors.end()) throw bad_input("torch.save", "{}: there is no tensor '{}'", path.string(), name);
    if (storage_global(found->second.dtype()).empty())
      throw bad_input("torch.save", "{}: tensor '{}': torch has no storage of {}", path.string(), name,
                      name_of(found->second.dtype()));
    writer.tensor(name, found->second, storages.size());
    storages.push_back({fmt::format("archive/data/{}", storages.size()), found->second.bytes()});
  }
  const std::string program = std::move(writer).finish();
  std::vector<ZipEntry> entries = {{"archive/data.pkl", bytes_of(program)},
                                   {"archive/.format_version", bytes_of("1")},
                                   {"archive/.storage_alignment", bytes_of("64")},
                                   {"archive/byteorder", bytes_of("little")}};
  entries.insert(entries.end(), storages.begin(), storages.end());
  entries.push_back({"archive/version", bytes_of("3\n")});
  save_zip(path, entries);
}

}  // namespace hrm
