#include "formats/decoder.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstdint>

#include "base/error.h"
#include "formats/magic.h"
#include "formats/zst.h"

namespace hrm {
namespace {

constexpr std::string_view kInDecoder = "input.read";

class ZstDecoder : public Decoder {
 public:
  explicit ZstDecoder(std::string source) : source_(std::move(source)), stream_(ZSTD_createDStream()) {
    if (!stream_) throw failure("input.open", "{}: out of memory", source_);
  }
  Step step(std::span<const char> input, std::span<char> room) override {
    ZSTD_inBuffer in{input.data(), input.size(), 0};
    ZSTD_outBuffer out{room.data(), room.size(), 0};
    pending_ = ZSTD_decompressStream(stream_.get(), &out, &in);
    if (ZSTD_isError(pending_))
      throw bad_input(kInDecoder, "{}: damaged zst data: {}", source_, ZSTD_getErrorName(pending_));
    return {in.pos, out.pos};
  }
  bool at_boundary() const override { return pending_ == 0; }
  std::string_view name() const override { return "zst"; }

 private:
  struct Free {
    void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
  };
  const std::string source_;
  const std::unique_ptr<ZSTD_DStream, Free> stream_;
  size_t pending_ = 0;
};

// zlib's inflate. gzip files are members after each other, possibly padded with zeros; a zip entry is one raw stream.
class DeflateDecoder : public Decoder {
 public:
  enum class Wrapper { kGzip, kRaw };
  DeflateDecoder(Wrapper wrapper, std::string source) : wrapper_(wrapper), source_(std::move(source)) {
    constexpr int kWindow = 15, kGzipHeader = 16;
    if (inflateInit2(&stream_, wrapper == Wrapper::kGzip ? kWindow + kGzipHeader : -kWindow) != Z_OK)
      throw failure("input.open", "{}: out of memory", source_);
  }
  ~DeflateDecoder() override { inflateEnd(&stream_); }
  DeflateDecoder(const DeflateDecoder&) = delete;
  DeflateDecoder& operator=(const DeflateDecoder&) = delete;

  Step step(std::span<const char> input, std::span<char> room) override {
    Step done;
    if (ended_) {
      done.taken = static_cast<size_t>(std::ranges::find_if(input, [](char c) { return c != 0; }) - input.begin());
      padded_ = padded_ || done.taken > 0;
      input = input.subspan(done.taken);
      if (input.empty()) return done;
      if (padded_ || wrapper_ == Wrapper::kRaw || input[0] != '\x1f')
        throw bad_input(kInDecoder, "{}: bytes after the {} data: damaged?", source_, name());
      inflateReset(&stream_);
      ended_ = false;
    }
    constexpr size_t kMost = size_t{1} << 30;  // zlib counts in 32 bits
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    stream_.avail_in = static_cast<uInt>(std::min(input.size(), kMost));
    stream_.next_out = reinterpret_cast<Bytef*>(room.data());
    stream_.avail_out = static_cast<uInt>(std::min(room.size(), kMost));
    begun_ = begun_ || !input.empty();
    const int code = inflate(&stream_, Z_NO_FLUSH);
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
      throw bad_input(kInDecoder, "{}: damaged {} data: {}", source_, name(),
                      stream_.msg ? stream_.msg : "not readable");
    ended_ = code == Z_STREAM_END;
    done.taken += static_cast<size_t>(reinterpret_cast<const char*>(stream_.next_in) - input.data());
    done.written = static_cast<size_t>(reinterpret_cast<const char*>(stream_.next_out) - room.data());
    return done;
  }
  bool at_boundary() const override { return ended_ || !begun_; }
  std::string_view name() const override { return wrapper_ == Wrapper::kGzip ? "gzip" : "zip"; }

 private:
  const Wrapper wrapper_;
  const std::string source_;
  z_stream stream_{};
  bool begun_ = false, ended_ = false, padded_ = false;
};

constexpr std::string_view kUnpack = "unpack it, or compress it with zstd or gzip";
constexpr std::string_view kParquet = "a Parquet file";
constexpr std::string_view kToRows =
    "save it as CSV or JSON lines, with pandas for instance: "
    "read_parquet(FILE).to_json(OUT, orient='records', lines=True)";

}  // namespace

std::unique_ptr<Decoder> decoder_for(std::string_view first_bytes, const std::string& source) {
  if (looks_like_zst(first_bytes)) return std::make_unique<ZstDecoder>(source);
  if (first_bytes.starts_with("\x1f\x8b"))
    return std::make_unique<DeflateDecoder>(DeflateDecoder::Wrapper::kGzip, source);
  const Magic* magic = find_magic(first_bytes);
  if (magic && (magic->packed || magic->what == kParquet))
    throw bad_input("input.open", "{}: is {}, which is not supported: {}", source, magic->what,
                    magic->packed ? kUnpack : kToRows);
  return nullptr;
}

std::unique_ptr<Decoder> deflate_decoder(const std::string& source) {
  return std::make_unique<DeflateDecoder>(DeflateDecoder::Wrapper::kRaw, source);
}

void check_expansion(uint64_t compressed, uint64_t text, std::string_view source) {
  if (text > kFreeBytes && text / kMostExpansion > compressed)
    throw bad_input(kInDecoder,
                    "{}: expands more than {}-fold, to over {} MiB: such files are not read compressed; if you trust "
                    "it, unpack it first",
                    source, kMostExpansion, kFreeBytes >> 20);
}

}  // namespace hrm
