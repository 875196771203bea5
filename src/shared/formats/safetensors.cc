#include "formats/safetensors.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "formats/bytes.h"
#include "formats/foreign.h"

namespace hrm {
namespace {

constexpr std::string_view kInSafetensors = "safetensors.load";
constexpr size_t kMaxHeader = 100'000'000;  // as the format's own reader has it

struct TypeName {
  std::string_view name;
  DType type;
};
constexpr TypeName kTypes[] = {
    {"BOOL", DType::kBool}, {"U8", DType::kU8},   {"I8", DType::kI8},   {"U16", DType::kU16}, {"I16", DType::kI16},
    {"U32", DType::kU32},   {"I32", DType::kI32}, {"U64", DType::kU64}, {"I64", DType::kI64}, {"F16", DType::kF16},
    {"BF16", DType::kBF16}, {"F32", DType::kF32}, {"F64", DType::kF64}};

using Entry = SafetensorsHeader::Entry;

// With offsets that still count from the data section.
Entry parse_entry(const std::string& name, const SortedJson& json, std::string_view source) {
  const auto fault = [&](std::string_view what) {
    return bad_input(kInSafetensors, "{}: tensor '{}': {}", source, shown(name), what);
  };
  if (!json.is_object() || !json.contains("dtype") || !json.contains("shape") || !json.contains("data_offsets"))
    throw fault("dtype, shape or data_offsets is missing");
  const std::string dtype = json["dtype"].is_string() ? json["dtype"].get<std::string>() : json["dtype"].dump();
  const auto known = std::ranges::find(kTypes, dtype, &TypeName::name);
  if (known == std::end(kTypes)) throw fault(fmt::format("element type {} is not supported", shown(dtype)));
  const auto numbers = [&](const char* field) {
    std::vector<uint64_t> values;
    if (!json[field].is_array()) throw fault(fmt::format("{} is not a list", field));
    for (const SortedJson& n : json[field]) {
      if (!n.is_number_unsigned() || n.get<uint64_t>() > uint64_t{1} << 62)
        throw fault(fmt::format("{} holds {}, expected numbers of at least 0", field, shown(n.dump())));
      values.push_back(n.get<uint64_t>());
    }
    return values;
  };
  const auto shape = numbers("shape"), offsets = numbers("data_offsets");
  if (offsets.size() != 2 || offsets[0] > offsets[1]) throw fault("data_offsets are not [begin, end]");
  Entry entry{name, known->type, {shape.begin(), shape.end()}, offsets[0], offsets[1]};
  const uint64_t bytes = entry.end - entry.begin;
  if (array_bytes(entry.shape, size_of(entry.dtype)) != bytes)
    throw fault(fmt::format("shape {} of {} does not fill its {} bytes", to_string(entry.shape), dtype, bytes));
  return entry;
}

// The tensors must tile the data section, of `have` bytes, without gap or overlap.
void check_ranges(std::vector<Entry>& entries, uint64_t have, std::string_view source) {
  std::ranges::sort(entries, {}, [](const Entry& e) { return std::pair(e.begin, e.end); });
  uint64_t at = 0;
  for (const Entry& e : entries) {
    if (e.begin != at)
      throw bad_input(kInSafetensors, "{}: tensor '{}' begins at {}, expected {}: {}", source, shown(e.name), e.begin,
                      at, e.begin < at ? "ranges overlap" : "bytes are left over");
    at = e.end;
  }
  if (at > have)
    throw bad_input(kInSafetensors, "{}: tensor '{}' ends at {}, the data section has {} bytes: truncated?", source,
                    shown(entries.back().name), at, have);
  if (at < have) throw bad_input(kInSafetensors, "{}: {} bytes after the last tensor", source, have - at);
}

// Largest elements first, so that every tensor is aligned to its element size.
std::vector<std::pair<std::string_view, const HostTensor*>> layout(const NamedTensors& tensors) {
  std::vector<std::pair<std::string_view, const HostTensor*>> order;
  for (const auto& [name, tensor] : tensors) order.emplace_back(name, &tensor);
  std::ranges::stable_sort(order, std::greater(), [](const auto& item) { return size_of(item.second->dtype()); });
  return order;
}

}  // namespace

SafetensorsHeader parse_safetensors_header(std::span<const std::byte> bytes, std::string_view source) {
  if (bytes.size() < 8)
    throw bad_input(kInSafetensors, "{}: too short for a safetensors file: {} bytes", source, bytes.size());
  if (const std::string what = describe_foreign(bytes, source); !what.empty())
    throw bad_input(kInSafetensors, "{}: {}; expected a safetensors file", source, what);
  const auto length = load_le<uint64_t>(bytes);
  if (bytes.size() > 8 && bytes[8] != std::byte{'{'} && length > bytes.size() - 8)
    throw bad_input(kInSafetensors, "{}: {}; expected a safetensors file or a checkpoint of torch.save", source,
                    describe_unknown(bytes));
  if (length > kMaxHeader || length > bytes.size() - 8)
    throw bad_input(kInSafetensors, "{}: header of {} bytes, file has {}: truncated, or not a safetensors file?",
                    source, length, bytes.size());
  const uint64_t data = 8 + length;
  SafetensorsHeader header;
  const SortedJson json = parse_sorted_json(as_text(bytes.subspan(8, length)), source);
  if (!json.is_object()) throw bad_input(kInSafetensors, "{}: header is not a JSON object", source);
  for (const auto& [name, value] : json.items()) {
    if (name != "__metadata__") {
      header.entries.push_back(parse_entry(name, value, source));
      continue;
    }
    if (!value.is_object()) throw bad_input(kInSafetensors, "{}: __metadata__ is not an object", source);
    for (const auto& [key, text] : value.items()) {
      if (!text.is_string()) throw bad_input(kInSafetensors, "{}: __metadata__ '{}' is not a text", source, shown(key));
      header.metadata[key] = text.get<std::string>();
    }
  }
  check_ranges(header.entries, bytes.size() - data, source);
  for (Entry& e : header.entries) e.begin += data, e.end += data;
  return header;
}

Safetensors parse_safetensors(std::span<const std::byte> bytes, std::string_view source) {
  SafetensorsHeader header = parse_safetensors_header(bytes, source);
  Safetensors file{.metadata = std::move(header.metadata)};
  for (Entry& e : header.entries) {
    const auto data = bytes.subspan(e.begin, e.end - e.begin);
    HostTensor tensor(e.dtype, std::move(e.shape), {data.begin(), data.end()});
    if (!file.tensors.emplace(e.name, std::move(tensor)).second)
      throw bad_input(kInSafetensors, "{}: tensor '{}' occurs twice", source, shown(e.name));
  }
  return file;
}

Safetensors load_safetensors(const std::filesystem::path& path) {
  const MappedFile file(path);
  return parse_safetensors(file.bytes(), path.string());
}

std::map<std::string, std::string> read_safetensors_metadata(const std::filesystem::path& path) {
  const MappedFile file(path);
  return parse_safetensors_header(file.bytes(), path.string()).metadata;
}

void save_safetensors(const std::filesystem::path& path, const Safetensors& file) {
  Json json = Json::object();
  if (!file.metadata.empty()) json["__metadata__"] = file.metadata;
  uint64_t at = 0;
  for (const auto& [name, tensor] : layout(file.tensors)) {
    if (name == "__metadata__")
      throw bad_input("safetensors.save", "{}: a tensor must not be called '{}'", path.string(), name);
    const auto type = std::ranges::find(kTypes, tensor->dtype(), &TypeName::type);
    const uint64_t end = at + tensor->bytes().size();
    json[std::string(name)] = {{"dtype", type->name}, {"shape", tensor->shape()}, {"data_offsets", {at, end}}};
    at = end;
  }
  std::string text = printable(json);
  text.append((8 - text.size() % 8) % 8, ' ');
  std::string prefix;
  append_le(prefix, static_cast<uint64_t>(text.size()));
  prefix += text;
  write_file_atomic(path, [&](const ByteSink& sink) {
    sink(bytes_of(prefix));
    for (const auto& [name, tensor] : layout(file.tensors)) sink(tensor->bytes());
  });
}

}  // namespace hrm
