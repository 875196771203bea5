#include "formats/foreign.h"

#include <algorithm>
#include <cctype>

#include "base/error.h"
#include "base/utf8.h"
#include "formats/bytes.h"
#include "formats/magic.h"

namespace hrm {
namespace {

constexpr size_t kLookedAt = 512, kShown = 40;

using namespace std::string_view_literals;

// The container of torch before 1.6 begins with a pickle of this number.
constexpr std::string_view kLegacyTorch = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."sv;

bool starts(std::string_view text, std::string_view lower_case) {
  if (text.size() < lower_case.size()) return false;
  return std::ranges::equal(text.substr(0, lower_case.size()), lower_case,
                            [](unsigned char a, char b) { return std::tolower(a) == b; });
}

bool is_text(std::string_view text, bool whole) {
  for (int cut = 0; cut < 4 && !whole && !is_valid_utf8(text); ++cut) text.remove_suffix(1);  // a character cut in two
  return is_valid_utf8(text) && std::ranges::none_of(text, [](unsigned char c) {
           return c < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != '\f';
         });
}

std::string describe_text(std::string_view text) {
  if (text.starts_with("# xet version")) return "is a pointer of git-xet, not the file itself: download the file";
  if (text.starts_with("/annex/objects/") || text.find(".git/annex/objects/") != std::string_view::npos)
    return "is a git-annex pointer, not the file itself: fetch it with git annex get";
  if (text.starts_with("outs:")) return "is a DVC pointer, not the file itself: fetch it with dvc pull";
  const std::string_view body = strip_left(text.starts_with("\xef\xbb\xbf") ? text.substr(3) : text);
  if (starts(body, "<!doctype html") || starts(body, "<html") || starts(body, "<head") || starts(body, "<!--"))
    return "is an HTML page, saved instead of the file: download the file itself";
  if (starts(body, "<?xml")) return "is an XML text, perhaps a server's error saved instead of the file";
  const std::string first(body.substr(0, std::min(body.find_first_of("\r\n"), kShown)));
  if (body.starts_with('{') || body.starts_with('['))
    return fmt::format("is a JSON text that begins with '{}', perhaps a server's reply saved instead of the file",
                       shown(to_valid_utf8(first)));
  return fmt::format("is a text that begins with '{}'", shown(to_valid_utf8(first)));
}

// Formats whose first bytes are no mark.
struct NamedKind {
  std::string_view ending, clause;
};
constexpr NamedKind kByName[] = {
    {".onnx", "is an ONNX model by its name: save the state dict of the PyTorch model it was exported from"},
    {".msgpack", "is a file of Flax weights by its name: load it with transformers (from_flax=True) and save it again"},
    {".pb", "is a TensorFlow graph by its name: save the weights as safetensors"},
    {".index", "is the index of a TensorFlow checkpoint by its name: save the weights as safetensors"},
    {".mlmodel", "is a Core ML model by its name: save the weights of the model it was made from"},
    {".engine", "is a TensorRT engine by its name: save the weights of the model it was made from"},
    {".nemo", "is an archive of NeMo by its name: unpack it with tar"}};

bool is_safetensors(std::span<const std::byte> bytes) {
  return bytes.size() > 8 && bytes[8] == std::byte{'{'} && load_le<uint64_t>(bytes) <= 100'000'000;
}

}  // namespace

std::string describe_unknown(std::span<const std::byte> bytes) {
  std::string first;
  for (size_t i = 0; i < std::min<size_t>(bytes.size(), 8); ++i)
    first += fmt::format("{}{:02x}", i == 0 ? "" : " ", static_cast<unsigned>(bytes[i]));
  return fmt::format("is of no kind that is known here: it begins with the bytes {}", first);
}

std::string describe_foreign(std::span<const std::byte> bytes, std::string_view name) {
  if (bytes.empty()) return "is empty";
  if (name.ends_with(".distcp"))
    return "is one shard of a distributed checkpoint: join the folder's shards with python -m "
           "torch.distributed.checkpoint.format_utils dcp_to_torch FOLDER OUT.pt";
  const std::string_view text = as_text(bytes.first(std::min(bytes.size(), kLookedAt)));
  if (text.starts_with("PK") || is_safetensors(bytes)) return "";
  if (const Magic* magic = find_magic(text))
    return fmt::format("is {}{}{}{}", magic->what, magic->more, magic->way_out.empty() ? "" : ": ", magic->way_out);
  if (text[0] == '\x80' && text.size() > 1 && text[1] <= 5 && !text.starts_with(kLegacyTorch))
    return "is a bare pickle, not a file of torch.save: save the state dict with torch.save";
  for (const NamedKind& kind : kByName)
    if (name.ends_with(kind.ending) && !is_text(text, bytes.size() <= kLookedAt)) return std::string(kind.clause);
  if (std::ranges::all_of(text, [](char c) { return c == 0; }))
    return "begins with only zeros: an unfinished download?";
  return is_text(text, bytes.size() <= kLookedAt) ? describe_text(text) : "";
}

}  // namespace hrm
