#include "formats/gguf.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "base/error.h"
#include "formats/bytes.h"

namespace hrm {
namespace {

constexpr std::string_view kInGguf = "gguf.load";
constexpr uint64_t kMaxName = 255, kMaxKey = 65535;        // bytes; the format allows names of 64
constexpr uint64_t kMaxDims = 4;                           // as ggml
constexpr int kMaxNesting = 4;                             // of arrays
constexpr uint64_t kMaxArrayElements = uint64_t{1} << 24;  // in all arrays together
constexpr uint64_t kMaxAlignment = 1 << 20;

// What stands before the tensors' bytes, read front to back.
class Cursor {
 public:
  Cursor(std::span<const std::byte> bytes, std::string_view source) : bytes_(bytes), source_(source) {}

  uint64_t at() const { return at_; }
  uint64_t left() const { return bytes_.size() - at_; }
  Error fault(std::string_view what) const { return bad_input(kInGguf, "{}: at byte {}: {}", source_, at_, what); }

  template <typename T>
  T number(std::string_view what) {
    need(sizeof(T), what);
    const T value = load_le<T>(bytes_, at_);
    at_ += sizeof(T);
    return value;
  }

  std::string_view text(std::string_view what, uint64_t limit = std::numeric_limits<uint64_t>::max()) {
    const auto size = number<uint64_t>(what);
    if (size > limit) throw fault(fmt::format("{} of {} bytes, at most {} are possible", what, size, limit));
    need(size, what);
    const std::string_view view = as_text(bytes_.subspan(at_, size));
    at_ += size;
    return view;
  }

  GgufValue value(uint32_t type, std::string_view key, int nesting = 0) {
    switch (type) {
      case 0:
        return uint64_t{number<uint8_t>(key)};
      case 1:
        return int64_t{number<int8_t>(key)};
      case 2:
        return uint64_t{number<uint16_t>(key)};
      case 3:
        return int64_t{number<int16_t>(key)};
      case 4:
        return uint64_t{number<uint32_t>(key)};
      case 5:
        return int64_t{number<int32_t>(key)};
      case 6:
        return double{number<float>(key)};
      case 7:
        return number<uint8_t>(key) != 0;
      case 8:
        return text(key);
      case 9:
        return array(key, nesting + 1);
      case 10:
        return number<uint64_t>(key);
      case 11:
        return number<int64_t>(key);
      case 12:
        return number<double>(key);
      default:
        throw fault(fmt::format("key '{}' has a value of unknown type {}", shown(key), type));
    }
  }

 private:
  void need(uint64_t size, std::string_view what) const {
    if (size > left())
      throw fault(fmt::format("'{}' needs {} bytes, the file has {} more: truncated?", shown(what), size, left()));
  }

  GgufArray array(std::string_view key, int nesting) {
    if (nesting > kMaxNesting)
      throw fault(fmt::format("key '{}' holds arrays more than {} deep", shown(key), kMaxNesting));
    const auto type = number<uint32_t>(key);
    const auto count = number<uint64_t>(key);
    array_elements_ += std::min(count, kMaxArrayElements + 1);
    if (count > left() || array_elements_ > kMaxArrayElements)
      throw fault(
          fmt::format("key '{}' has an array of {} elements: more than the file can hold, or than the {} that are "
                      "read",
                      shown(key), count, kMaxArrayElements));
    GgufArray all;
    all.values.reserve(count);
    for (uint64_t i = 0; i < count; ++i) all.values.push_back(value(type, key, nesting));
    return all;
  }

  std::span<const std::byte> bytes_;
  std::string_view source_;
  uint64_t at_ = 0, array_elements_ = 0;
};

uint32_t read_version(Cursor& in) {
  if (in.left() < 24 || in.number<uint32_t>("magic") != 0x46554747)  // "GGUF"
    throw in.fault("not a GGUF file: it does not begin with 'GGUF' and a header");
  const auto version = in.number<uint32_t>("version");
  if (version == 2 || version == 3) return version;
  if (version == 0x02000000 || version == 0x03000000) throw in.fault("big-endian GGUF is not supported");
  throw in.fault(fmt::format("GGUF version {} is not supported, only 2 and 3: convert the model again", version));
}

struct Entry {
  std::string name;
  const GgufType* type;
  Shape shape;
  uint64_t offset, bytes;  // in the data section
};

Entry read_entry(Cursor& in) {
  Entry entry{.name = std::string(in.text("tensor name", kMaxName))};
  const auto fault = [&](std::string_view what) {
    return in.fault(fmt::format("tensor '{}': {}", shown(entry.name), what));
  };
  const auto dims = in.number<uint32_t>(entry.name);
  if (dims > kMaxDims) throw fault(fmt::format("{} dimensions, at most {} are possible", dims, kMaxDims));
  for (uint32_t i = 0; i < dims; ++i) {
    const auto n = in.number<uint64_t>(entry.name);
    if (n > uint64_t{1} << 48) throw fault(fmt::format("dimension {} of {} elements", i, n));
    entry.shape.insert(entry.shape.begin(), static_cast<int64_t>(n));
  }
  const auto type = in.number<uint32_t>(entry.name);
  entry.type = find_gguf_type(type);
  if (!entry.type) throw fault(fmt::format("unknown element type {}", type));
  entry.offset = in.number<uint64_t>(entry.name);
  const int64_t row = entry.shape.empty() ? 1 : entry.shape.back();
  if (row % entry.type->block != 0)
    throw fault(
        fmt::format("rows of {} elements do not fill {} blocks of {}", row, entry.type->name, entry.type->block));
  const auto elements = array_bytes(entry.shape, 1);
  if (!elements) throw fault(fmt::format("impossible shape {}", to_string(entry.shape)));
  entry.bytes = *elements / entry.type->block * entry.type->bytes;
  return entry;
}

// data: bytes of the data section.
void check_ranges(const std::vector<Entry>& entries, uint64_t data, uint64_t alignment, std::string_view source) {
  std::vector<const Entry*> order;
  for (const Entry& entry : entries) order.push_back(&entry);
  std::ranges::sort(order, {}, [](const Entry* e) { return std::pair(e->offset, e->bytes); });
  uint64_t end = 0;
  for (const Entry* entry : order) {
    const auto fault = [&](std::string_view what) {
      return bad_input(kInGguf, "{}: tensor '{}' at offset {} with {} bytes {}", source, shown(entry->name),
                       entry->offset, entry->bytes, what);
    };
    if (entry->offset % alignment != 0) throw fault(fmt::format("is not aligned to {}", alignment));
    if (entry->offset < end) throw fault(fmt::format("overlaps the one that ends at {}", end));
    if (entry->offset > data || entry->bytes > data - entry->offset)
      throw fault(fmt::format("ends beyond the data section of {} bytes: truncated?", data));
    end = entry->offset + entry->bytes;
  }
}

bool convert(const GgufValue& value, bool& to) {
  const auto* given = std::get_if<bool>(&value);
  if (given) to = *given;
  return given;
}

bool convert(const GgufValue& value, int64_t& to) {
  if (const auto* n = std::get_if<int64_t>(&value)) return to = *n, true;
  const auto* n = std::get_if<uint64_t>(&value);
  if (!n || *n > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return false;
  to = static_cast<int64_t>(*n);
  return true;
}

bool convert(const GgufValue& value, double& to) {
  if (const auto* x = std::get_if<double>(&value)) return to = *x, true;
  int64_t n;
  if (!convert(value, n)) return false;
  to = static_cast<double>(n);
  return true;
}

bool convert(const GgufValue& value, std::string& to) {
  const auto* text = std::get_if<std::string_view>(&value);
  if (text) to = *text;
  return text;
}

template <typename T>
bool convert(const GgufValue& value, std::vector<T>& to) {
  const auto* array = std::get_if<GgufArray>(&value);
  if (!array) return false;
  to.resize(array->values.size());
  return std::ranges::equal(array->values, to,
                            [](const GgufValue& from, T& element) { return convert(from, element); });
}

template <typename T>
constexpr std::string_view kTypeName = "a boolean";
template <>
constexpr std::string_view kTypeName<int64_t> = "an integer";
template <>
constexpr std::string_view kTypeName<double> = "a number";
template <>
constexpr std::string_view kTypeName<std::string> = "a text";
template <>
constexpr std::string_view kTypeName<std::vector<int64_t>> = "an array of integers";
template <>
constexpr std::string_view kTypeName<std::vector<double>> = "an array of numbers";
template <>
constexpr std::string_view kTypeName<std::vector<std::string>> = "an array of texts";

}  // namespace

bool is_gguf(const std::filesystem::path& path) { return as_text(MappedFile(path).bytes()).starts_with("GGUF"); }

Gguf::Gguf(const std::filesystem::path& path)
    : source_(path.string()), file_(std::make_unique<MappedFile>(path)), bytes_(file_->bytes()) {
  parse();
}

Gguf::Gguf(std::span<const std::byte> bytes, std::string source) : source_(std::move(source)), bytes_(bytes) {
  parse();
}

void Gguf::parse() {
  Cursor in(bytes_, source_);
  version_ = read_version(in);
  const auto tensor_count = in.number<uint64_t>("tensor count"), key_count = in.number<uint64_t>("key count");
  // The least bytes that an entry takes bound the counts.
  if (key_count > in.left() / 13 || tensor_count > in.left() / 24)
    throw in.fault(fmt::format("{} keys and {} tensors are more than {} bytes can hold: truncated?", key_count,
                               tensor_count, in.left()));
  for (uint64_t i = 0; i < key_count; ++i) {
    const std::string_view key = in.text("key", kMaxKey);
    const auto type = in.number<uint32_t>(key);
    if (!metadata_.emplace(key, in.value(type, key)).second)
      throw in.fault(fmt::format("key '{}' occurs twice", shown(key)));
  }
  const int64_t alignment = get_or<int64_t>("general.alignment", 32);
  if (alignment <= 0 || alignment > static_cast<int64_t>(kMaxAlignment) ||
      !std::has_single_bit(static_cast<uint64_t>(alignment)))
    throw bad_input(kInGguf, "{}: general.alignment is {}, expected a power of two", source_, alignment);

  std::vector<Entry> entries;
  for (uint64_t i = 0; i < tensor_count; ++i) entries.push_back(read_entry(in));
  const auto step = static_cast<uint64_t>(alignment);
  const uint64_t data = (in.at() + step - 1) / step * step;
  check_ranges(entries, bytes_.size() - std::min<uint64_t>(data, bytes_.size()), step, source_);
  for (Entry& e : entries) {
    if (!stored_.emplace(e.name, Stored{e.type, data + e.offset}).second)
      throw bad_input(kInGguf, "{}: tensor '{}' occurs twice", source_, shown(e.name));
    tensors_.emplace(std::move(e.name), TensorInfo{std::string(e.type->name), std::move(e.shape), e.bytes});
  }
}

const GgufValue* Gguf::find(std::string_view key) const {
  const auto found = metadata_.find(key);
  return found == metadata_.end() ? nullptr : &found->second;
}

template <typename T>
T Gguf::get(std::string_view key) const {
  const GgufValue* value = find(key);
  if (!value) throw bad_input("gguf.get", "{}: key '{}' is missing", source_, shown(key));
  T to{};
  if (!convert(*value, to)) throw bad_input("gguf.get", "{}: key '{}' is not {}", source_, shown(key), kTypeName<T>);
  return to;
}
template bool Gguf::get(std::string_view) const;
template int64_t Gguf::get(std::string_view) const;
template double Gguf::get(std::string_view) const;
template std::string Gguf::get(std::string_view) const;
template std::vector<int64_t> Gguf::get(std::string_view) const;
template std::vector<double> Gguf::get(std::string_view) const;
template std::vector<std::string> Gguf::get(std::string_view) const;

HostTensor Gguf::load(std::string_view name, DType as) const {
  const auto found = stored_.find(name);
  if (found == stored_.end())
    throw bad_input(kInGguf, "{}: no tensor '{}' among {}", source_, shown(name), stored_.size());
  const auto& [type, offset] = found->second;
  if (!type->expand)
    throw bad_input(kInGguf,
                    "{}: tensor '{}' at byte {}: elements of type {} cannot be expanded; quantize the model to one "
                    "of F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K, Q6_K",
                    source_, shown(name), offset, type->name);
  const TensorInfo& info = tensors_.find(name)->second;
  HostTensor tensor(DType::kF32, info.shape);
  type->expand(bytes_.subspan(offset, info.bytes), tensor.as<float>());
  return as == DType::kF32 ? std::move(tensor) : tensor.to(as);
}

}  // namespace hrm
