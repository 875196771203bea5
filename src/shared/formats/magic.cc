#include "formats/magic.h"

#include <algorithm>

namespace hrm {
namespace {

using namespace std::string_view_literals;

constexpr Magic kMagic[] = {
    {0, "GGUF"sv, "a GGUF file", ", a language model of llama.cpp"},
    {0, "\x93NUMPY"sv, "an npy file", ", one NumPy array"},
    {0, "HRMTREE1"sv, "a tree store", "", "hrm tree export writes it as JSON lines"},
    {0, "\x1f\x8b"sv, "compressed with gzip", "", "unpack it with gunzip or tar"},
    {0, "\x28\xb5\x2f\xfd"sv, "compressed with Zstandard", "", "unpack it with unzstd"},
    // "BZh", the size of a block in one digit, then the first block's mark.
    {4, "1AY&SY"sv, "compressed with bzip2", "", "unpack it with bunzip2", true},
    {0, "\xfd\x37zXZ\0"sv, "compressed with xz", "", "unpack it with unxz", true},
    {0, "7z\xbc\xaf\x27\x1c"sv, "a 7z archive", "", "unpack it", true},
    {0, "Rar!\x1a\x07"sv, "a RAR archive", "", "unpack it", true},
    {257, "ustar"sv, "a tar archive", "", "unpack it with tar -xf"},
    {0, "PAR1"sv, "a Parquet file", ", a table"},
    {0, "ARROW1"sv, "an Arrow file", ", a table"},
    {0, "\x89HDF\r\n\x1a\n"sv, "an HDF5 file", ", as Keras writes them"},
    {4, "TFL3"sv, "a TensorFlow Lite model", "", "save the weights of the model it was made from"},
    {0, "lmgg"sv, "an old ggml file", ", of llama.cpp before GGUF", "convert the model again with a newer llama.cpp"},
    {0, "fmgg"sv, "an old ggml file", ", of llama.cpp before GGUF", "convert the model again with a newer llama.cpp"},
    {0, "tjgg"sv, "an old ggml file", ", of llama.cpp before GGUF", "convert the model again with a newer llama.cpp"},
    {0, "SQLite format 3\0"sv, "an SQLite database"},
    {0, "\x89PNG"sv, "a PNG picture"},
    {0, "%PDF"sv, "a PDF document"},
    {0, "\x7f\x45LF"sv, "a program"},
    {0, "\xff\xfe"sv, "text in UTF-16", "", "write it in UTF-8"},
    {0, "\xfe\xff"sv, "text in UTF-16", "", "write it in UTF-8"},
    {0, "version https://git-lfs"sv, "a Git LFS pointer", ", not the file itself", "fetch it with git lfs pull"},
    {0, "version https://hawser"sv, "a Git LFS pointer", ", not the file itself", "fetch it with git lfs pull"},
};

}  // namespace

std::span<const Magic> known_magic() { return kMagic; }

const Magic* find_magic(std::string_view first_bytes) {
  const auto found = std::ranges::find_if(kMagic, [&](const Magic& magic) {
    return first_bytes.size() >= magic.at && first_bytes.substr(magic.at).starts_with(magic.bytes);
  });
  return found == std::end(kMagic) ? nullptr : &*found;
}

}  // namespace hrm
