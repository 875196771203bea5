#include "formats/input.h"

#include <zstd.h>

#include <streambuf>
#include <vector>

#include "base/error.h"
#include "base/waiting.h"
#include "formats/zst.h"

namespace hrm {
namespace {

namespace fs = std::filesystem;

constexpr size_t kChunk = size_t{1} << 16;
constexpr size_t kMagic = 4;  // bytes that tell compressed from plain

class InputBuffer : public std::streambuf {
 public:
  InputBuffer(InputFile file, std::string source) : file_(std::move(file)), source_(std::move(source)), raw_(kChunk) {
    while (in_.size < kMagic && refill(kMagic - in_.size)) continue;
    if (!looks_like_zst({raw_.data(), in_.size})) return;
    stream_.reset(ZSTD_createDStream());
    if (!stream_) throw failure("input.open", "{}: out of memory", source_);
    text_.resize(ZSTD_DStreamOutSize());
  }

 protected:
  int_type underflow() override {
    return (stream_ ? decompress() : take()) ? traits_type::to_int_type(*gptr()) : eof();
  }

 private:
  static int_type eof() { return traits_type::eof(); }

  // Adds up to `most` bytes behind those of in_; false at the end of the file.
  bool refill(size_t most) {
    const size_t n = file_.read({raw_.data() + in_.size, most});
    in_ = {raw_.data(), in_.size + n, in_.pos};
    return n > 0;
  }
  bool replace() {
    in_ = {raw_.data(), 0, 0};
    return refill(kChunk);
  }

  bool take() {  // plain: the bytes as they are
    if (in_.pos == in_.size && !replace()) return false;
    setg(raw_.data(), raw_.data(), raw_.data() + in_.size);
    in_.pos = in_.size;
    return true;
  }

  bool decompress() {
    while (true) {
      const bool ended = in_.pos == in_.size && !full_ && !replace();
      if (ended && pending_ != 0) throw bad_input("input.read", "{}: ends within a zst frame: truncated?", source_);
      if (ended) return false;
      ZSTD_outBuffer out{text_.data(), text_.size(), 0};
      pending_ = ZSTD_decompressStream(stream_.get(), &out, &in_);
      if (ZSTD_isError(pending_))
        throw bad_input("input.read", "{}: damaged zst data: {}", source_, ZSTD_getErrorName(pending_));
      full_ = out.pos == out.size;
      if (out.pos == 0) continue;
      setg(text_.data(), text_.data(), text_.data() + out.pos);
      return true;
    }
  }

  struct FreeStream {
    void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
  };
  InputFile file_;
  std::string source_;
  std::vector<char> raw_, text_;
  ZSTD_inBuffer in_{nullptr, 0, 0};
  std::unique_ptr<ZSTD_DStream, FreeStream> stream_;
  size_t pending_ = 0;  // of the frame: 0 at its end
  bool full_ = false;   // the last call filled its output: there may be more without more input
};

class InputStream : public std::istream {
 public:
  InputStream(InputFile file, std::string source) : std::istream(nullptr), buffer_(std::move(file), std::move(source)) {
    rdbuf(&buffer_);
    exceptions(std::ios::badbit);  // what the buffer throws is thrown on
  }

 private:
  InputBuffer buffer_;
};

}  // namespace

std::string input_name(const fs::path& path) { return path == "-" ? "standard input" : path.string(); }

std::unique_ptr<std::istream> open_input(const fs::path& path) {
  return std::make_unique<InputStream>(path == "-" ? InputFile::standard_input() : InputFile(path), input_name(path));
}

}  // namespace hrm
