#include "formats/npy.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>

#include "base/error.h"
#include "formats/bytes.h"

namespace hrm {
namespace {

constexpr std::string_view kInNpy = "npy.load";
constexpr std::string_view kNpyMagic = "\x93NUMPY";
constexpr size_t kMaxNpyHeader = 1 << 16, kMaxDimensions = 64;

struct Descr {
  std::string_view code;
  DType type;
};
constexpr Descr kDescrs[] = {{"|b1", DType::kBool}, {"|u1", DType::kU8},  {"|i1", DType::kI8},  {"<u2", DType::kU16},
                             {"<i2", DType::kI16},  {"<u4", DType::kU32}, {"<i4", DType::kI32}, {"<u8", DType::kU64},
                             {"<i8", DType::kI64},  {"<f2", DType::kF16}, {"<f4", DType::kF32}, {"<f8", DType::kF64}};

struct NpyHeader {
  DType dtype = DType::kU8;
  Shape shape;
  size_t offset = 0;  // of the first element
};

// The header is a Python dict literal with the keys descr, fortran_order and shape, in any order:
//   {'descr': '<i4', 'fortran_order': False, 'shape': (7, 81), }
class Literal {
 public:
  Literal(std::string_view text, std::string_view source) : text_(text), source_(source) {}

  NpyHeader parse() {
    NpyHeader header;
    std::optional<std::string_view> descr;
    std::optional<bool> fortran;
    bool has_shape = false;
    expect('{');
    while (!accept('}')) {
      const std::string_view key = quoted();
      expect(':');
      if (key == "descr" && !descr) {
        descr = quoted();
      } else if (key == "fortran_order" && !fortran) {
        fortran = boolean();
      } else if (key == "shape" && !has_shape) {
        header.shape = tuple();
        has_shape = true;
      } else {
        throw fault(fmt::format("key '{}' is unknown or occurs twice", shown(key)));
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_blanks();
    if (at_ != text_.size()) throw fault("text after the closing brace");
    if (!descr || !fortran || !has_shape) throw fault("one of descr, fortran_order, shape is missing");
    header.dtype = type_of(*descr);
    if (*fortran && std::ranges::count_if(header.shape, [](int64_t n) { return n != 1; }) > 1)
      throw bad_input(kInNpy, "{}: Fortran order with shape {}: save it with numpy.ascontiguousarray", source_,
                      to_string(header.shape));
    return header;
  }

 private:
  Error fault(std::string_view what) const {
    return bad_input(kInNpy, "{}: header cannot be read: {} (at its byte {})", source_, what, at_);
  }
  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t')) ++at_;
  }
  bool accept(char c) {
    skip_blanks();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) throw fault(fmt::format("expected '{}'", c));
  }
  std::string_view quoted() {
    const char quote = accept('"') ? '"' : '\'';
    if (quote == '\'') expect('\'');
    const size_t end = text_.find(quote, at_);
    if (end == std::string_view::npos) throw fault("a quote is not closed");
    const std::string_view inner = text_.substr(at_, end - at_);
    at_ = end + 1;
    return inner;
  }
  bool boolean() {
    skip_blanks();
    for (const auto& [word, value] : {std::pair{std::string_view("True"), true}, {std::string_view("False"), false}}) {
      if (!text_.substr(at_).starts_with(word)) continue;
      at_ += word.size();
      return value;
    }
    throw fault("expected True or False");
  }
  Shape tuple() {
    Shape shape;
    expect('(');
    while (!accept(')')) {
      skip_blanks();
      int64_t n = 0;
      const char* begin = text_.data() + at_;
      const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), n);
      if (error != std::errc() || n < 0) throw fault("expected a dimension of at least 0");
      if (shape.size() == kMaxDimensions) throw fault("more than 64 dimensions");
      at_ += static_cast<size_t>(end - begin);
      shape.push_back(n);
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return shape;
  }
  DType type_of(std::string_view descr) const {
    for (const Descr& d : kDescrs)
      if (d.code == descr || (d.code[0] == '|' && descr == fmt::format("<{}", d.code.substr(1)))) return d.type;
    throw bad_input(kInNpy, "{}: element type '{}' is not supported, only little-endian bool, integers and floats",
                    source_, shown(descr));
  }

  std::string_view text_, source_;
  size_t at_ = 0;
};

// Everything before the elements, checked against the size of the file.
NpyHeader parse_header(std::span<const std::byte> bytes, std::string_view source) {
  if (!as_text(bytes).starts_with(kNpyMagic) || bytes.size() < 10)
    throw bad_input(kInNpy, "{}: does not start as an .npy file does", source);
  const auto major = static_cast<int>(bytes[6]), minor = static_cast<int>(bytes[7]);
  if (major < 1 || major > 3 || minor != 0)
    throw bad_input(kInNpy, "{}: format version {}.{}: only 1.0, 2.0 and 3.0 are supported", source, major, minor);
  const size_t prefix = major == 1 ? 10 : 12;
  if (bytes.size() < prefix) throw bad_input(kInNpy, "{}: ends within its header: truncated?", source);
  const size_t length = major == 1 ? load_le<uint16_t>(bytes, 8) : load_le<uint32_t>(bytes, 8);
  if (length > kMaxNpyHeader)
    throw bad_input(kInNpy, "{}: header of {} bytes, at most {} are read", source, length, kMaxNpyHeader);
  if (bytes.size() - prefix < length)
    throw bad_input(kInNpy, "{}: header of {} bytes, file has {}: truncated?", source, length, bytes.size());
  NpyHeader header = Literal(as_text(bytes.subspan(prefix, length)), source).parse();
  header.offset = prefix + length;

  const auto needed = array_bytes(header.shape, size_of(header.dtype));
  const uint64_t have = bytes.size() - header.offset;
  if (needed != have)
    throw bad_input(kInNpy, "{}: shape {} of {} needs {} bytes, {} follow the header: {}", source,
                    to_string(header.shape), name_of(header.dtype), needed ? std::to_string(*needed) : "too many", have,
                    needed < have && needed ? "surplus bytes" : "truncated?");
  return header;
}

std::string header_text(DType dtype, const Shape& shape, const std::string& source) {
  const auto descr = std::ranges::find(kDescrs, dtype, &Descr::type);
  if (descr == std::end(kDescrs))
    throw bad_input("npy.save", "{}: {} has no .npy type: convert to f32 first", source, name_of(dtype));
  std::string dict = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': (", descr->code);
  for (int64_t n : shape) dict += fmt::format("{},{}", n, shape.size() > 1 ? " " : "");
  if (shape.size() > 1) dict.resize(dict.size() - 2);
  dict += "), }";
  constexpr size_t kPrefix = 10, kAlign = 64;
  dict.append((kAlign - (kPrefix + dict.size() + 1) % kAlign) % kAlign, ' ');
  dict += '\n';
  std::string text(kNpyMagic);
  text += '\x01';
  text += '\x00';
  append_le(text, static_cast<uint16_t>(dict.size()));
  return text + dict;
}

}  // namespace

HostTensor parse_npy(std::span<const std::byte> bytes, std::string_view source) {
  const NpyHeader header = parse_header(bytes, source);
  const auto data = bytes.subspan(header.offset);
  return HostTensor(header.dtype, header.shape, {data.begin(), data.end()});
}

HostTensor load_npy(const std::filesystem::path& path) {
  const MappedFile file(path);
  return parse_npy(file.bytes(), path.string());
}

void save_npy(const std::filesystem::path& path, const HostTensor& array) {
  write_npy(path, array.dtype(), array.shape(), [&](const ByteSink& sink) { sink(array.bytes()); });
}

void write_npy(const std::filesystem::path& path, DType dtype, const Shape& shape,
               const std::function<void(const ByteSink&)>& rows) {
  const std::string header = header_text(dtype, shape, path.string());
  const auto wanted = static_cast<uint64_t>(element_count(shape, "npy.write")) * size_of(dtype);
  write_file_atomic(path, [&](const ByteSink& sink) {
    sink(bytes_of(header));
    uint64_t written = 0;
    rows([&](std::span<const std::byte> bytes) {
      sink(bytes);
      written += bytes.size();
    });
    if (written != wanted)
      throw failure("npy.write", "{}: {} bytes of data, shape {} needs {}", path.string(), written, to_string(shape),
                    wanted);
  });
}

NpyMap::NpyMap(const std::filesystem::path& path) : file_(path) {
  NpyHeader header = parse_header(file_.bytes(), path.string());
  dtype_ = header.dtype;
  shape_ = std::move(header.shape);
  offset_ = header.offset;
}

}  // namespace hrm
