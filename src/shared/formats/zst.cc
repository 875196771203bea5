#include "formats/zst.h"

#include <zstd.h>

#include <memory>

#include "base/error.h"
#include "base/files.h"

namespace hrm {

bool looks_like_zst(std::string_view bytes) { return bytes.starts_with("\x28\xB5\x2F\xFD"); }

std::string decompress_zst(std::string_view bytes, std::string_view source, size_t limit) {
  const std::unique_ptr<ZSTD_DStream, size_t (*)(ZSTD_DStream*)> stream(ZSTD_createDStream(), ZSTD_freeDStream);
  if (!stream) throw failure("zst.decompress", "{}: out of memory", source);
  std::string text, chunk(ZSTD_DStreamOutSize(), '\0');
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  size_t pending = 1;  // 0 at the end of a frame
  for (bool full = false; in.pos < in.size || full;) {
    ZSTD_outBuffer out{chunk.data(), chunk.size(), 0};
    pending = ZSTD_decompressStream(stream.get(), &out, &in);
    if (ZSTD_isError(pending))
      throw bad_input("zst.decompress", "{}: damaged at byte {}: {}", source, in.pos, ZSTD_getErrorName(pending));
    if (text.size() + out.pos > limit)
      throw bad_input("zst.decompress", "{}: more than {} bytes after decompression", source, limit);
    text.append(chunk, 0, out.pos);
    full = out.pos == out.size;  // there may be more to flush
  }
  if (pending != 0)
    throw bad_input("zst.decompress", "{}: ends within a frame after {} bytes: truncated?", source, bytes.size());
  return text;
}

std::string read_maybe_zst(const std::filesystem::path& path) {
  std::string bytes = read_file(path);
  return looks_like_zst(bytes) ? decompress_zst(bytes, path.string()) : bytes;
}

}  // namespace hrm
