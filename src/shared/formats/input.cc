#include "formats/input.h"

#include <algorithm>
#include <streambuf>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "base/signals.h"
#include "base/waiting.h"
#include "formats/bytes.h"
#include "formats/decoder.h"
#include "formats/zip.h"

namespace hrm {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kOpen = "input.open", kRead = "input.read";
constexpr size_t kChunk = size_t{1} << 16;
constexpr std::string_view kZipMagic = "PK\x03\x04";

// Bytes as they are stored.
class RawSource {
 public:
  virtual ~RawSource() = default;
  virtual size_t read(std::span<char> room) = 0;  // 0 at the end
};

class FileSource : public RawSource {
 public:
  explicit FileSource(InputFile file) : file_(std::move(file)) {}
  size_t read(std::span<char> room) override { return file_.read(room); }

 private:
  InputFile file_;
};

// One entry of an archive.
class EntrySource : public RawSource {
 public:
  EntrySource(std::shared_ptr<const MappedFile> archive, std::span<const std::byte> bytes)
      : archive_(std::move(archive)), left_(bytes) {}
  size_t read(std::span<char> room) override {
    const auto part = left_.first(std::min(room.size(), left_.size()));
    std::ranges::copy(as_text(part), room.begin());
    left_ = left_.subspan(part.size());
    return part.size();
  }

 private:
  const std::shared_ptr<const MappedFile> archive_;
  std::span<const std::byte> left_;
};

class InputBuffer : public std::streambuf {
 public:
  // decoder: where it is known already; else the first bytes tell.
  InputBuffer(std::unique_ptr<RawSource> raw, std::unique_ptr<Decoder> decoder, std::string source)
      : source_(std::move(source)), raw_(std::move(raw)), decoder_(std::move(decoder)), bytes_(kChunk) {
    while (end_ < kMagicBytes && refill(kMagicBytes - end_)) continue;
    if (!decoder_) decoder_ = decoder_for(head(), source_);
    if (decoder_) text_.resize(2 * kChunk);
  }
  std::string_view head() const { return {bytes_.data(), end_}; }

 protected:
  int_type underflow() override {
    return (decoder_ ? decode() : take()) ? traits_type::to_int_type(*gptr()) : traits_type::eof();
  }

 private:
  // Adds up to `most` bytes after those that are there; false at the end of the data.
  bool refill(size_t most) {
    const size_t n = raw_->read(std::span(bytes_).subspan(end_, most));
    end_ += n;
    stored_ += n;
    return n > 0;
  }
  bool replace() {
    begin_ = end_ = 0;
    return refill(kChunk);
  }

  bool take() {  // plain: the bytes as they are
    if (begin_ == end_ && !replace()) return false;
    setg(bytes_.data(), bytes_.data(), bytes_.data() + end_);
    begin_ = end_;
    return true;
  }

  bool decode() {
    while (true) {
      const bool ended = begin_ == end_ && !full_ && !replace();
      if (ended && !decoder_->at_boundary())
        throw bad_input(kRead, "{}: ends within its {} data: truncated?", source_, decoder_->name());
      if (ended) return false;
      const Decoder::Step step = decoder_->step(std::span(bytes_).subspan(begin_, end_ - begin_), text_);
      begin_ += step.taken;
      full_ = step.written == text_.size();
      unpacked_ += step.written;
      check_expansion(stored_, unpacked_, source_);
      if (step.written == 0) continue;
      setg(text_.data(), text_.data(), text_.data() + step.written);
      return true;
    }
  }

  const std::string source_;
  const std::unique_ptr<RawSource> raw_;
  std::unique_ptr<Decoder> decoder_;  // null: plain
  std::vector<char> bytes_, text_;    // as stored, and decoded
  size_t begin_ = 0, end_ = 0;        // what is left of bytes_
  uint64_t stored_ = 0, unpacked_ = 0;
  bool full_ = false;  // the last step filled its room: there may be more without more input
};

class InputStream : public std::istream {
 public:
  explicit InputStream(std::unique_ptr<InputBuffer> buffer) : std::istream(nullptr), buffer_(std::move(buffer)) {
    rdbuf(buffer_.get());
    exceptions(std::ios::badbit);  // what the buffer throws is thrown on
  }

 private:
  const std::unique_ptr<InputBuffer> buffer_;
};

class JoinedBuffer : public std::streambuf {
 public:
  JoinedBuffer(std::string head, std::unique_ptr<std::istream> rest)
      : head_(std::move(head)), rest_(std::move(rest)), chunk_(kChunk) {
    setg(head_.data(), head_.data(), head_.data() + head_.size());
  }

 protected:
  int_type underflow() override {
    const auto n = rest_->rdbuf()->sgetn(chunk_.data(), static_cast<std::streamsize>(chunk_.size()));
    if (n <= 0) return traits_type::eof();
    setg(chunk_.data(), chunk_.data(), chunk_.data() + n);
    return traits_type::to_int_type(*gptr());
  }

 private:
  std::string head_;
  const std::unique_ptr<std::istream> rest_;
  std::vector<char> chunk_;
};

class JoinedStream : public std::istream {
 public:
  JoinedStream(std::string head, std::unique_ptr<std::istream> rest)
      : std::istream(nullptr), buffer_(std::move(head), std::move(rest)) {
    rdbuf(&buffer_);
    exceptions(std::ios::badbit);
  }

 private:
  JoinedBuffer buffer_;
};

// Folders, what is hidden, and what macOS adds.
bool is_beside_the_point(std::string_view name) {
  const std::string_view file = name.substr(name.rfind('/') + 1);
  return file.empty() || file.starts_with('.') || name.starts_with("__MACOSX/");
}

std::unique_ptr<InputBuffer> open_zip(const fs::path& path) {
  const auto archive = std::make_shared<const MappedFile>(path);
  std::vector<PackedZipEntry> entries = list_zip(archive->bytes(), path.string());
  std::erase_if(entries, [](const PackedZipEntry& entry) { return is_beside_the_point(entry.name); });
  if (entries.size() != 1) {
    std::string names;
    constexpr size_t kMostNames = 5;
    for (size_t i = 0; i < std::min(entries.size(), kMostNames); ++i)
      names += (i ? ", " : ": ") + std::string(shown(entries[i].name));
    throw bad_input(kOpen, "{}: a zip archive of {} files{}{}; expected one file: unpack it and give the one you mean",
                    path.string(), entries.size(), names, entries.size() > kMostNames ? ", ..." : "");
  }
  const PackedZipEntry& entry = entries[0];
  const std::string source = path.string() + ": " + std::string(shown(entry.name));
  return std::make_unique<InputBuffer>(std::make_unique<EntrySource>(archive, entry.packed),
                                       entry.deflated ? deflate_decoder(source) : nullptr, source);
}

}  // namespace

std::string input_name(const fs::path& path) { return path == "-" ? "standard input" : path.string(); }

std::unique_ptr<std::istream> open_input(const fs::path& path) {
  const std::string source = input_name(path);
  InputFile file = path == "-" ? InputFile::standard_input() : InputFile(path);
  auto buffer = std::make_unique<InputBuffer>(std::make_unique<FileSource>(std::move(file)), nullptr, source);
  if (buffer->head().starts_with(kZipMagic)) {
    std::error_code ignored;
    if (!fs::is_regular_file(path, ignored))
      throw bad_input(kOpen, "{}: a zip archive, which can only be read as a separate file", source);
    buffer = open_zip(path);
  }
  return std::make_unique<InputStream>(std::move(buffer));
}

std::unique_ptr<std::istream> joined_input(std::string head, std::unique_ptr<std::istream> rest) {
  return std::make_unique<JoinedStream>(std::move(head), std::move(rest));
}

std::string read_rest(std::istream& input, std::string_view source, size_t limit) {
  std::string text;
  std::vector<char> chunk(kChunk);
  while (const auto n = input.rdbuf()->sgetn(chunk.data(), static_cast<std::streamsize>(chunk.size()))) {
    if (interrupted()) throw Interrupted(Fault::kFailure, kRead, std::string(source) + ": interrupted");
    text.append(chunk.data(), static_cast<size_t>(n));
    if (text.size() > limit)
      throw bad_input(kRead, "{}: contains more than {} MiB, the limit here: split it", source, limit >> 20);
  }
  return text;
}

}  // namespace hrm
