#include "text/describe.h"

#include <map>
#include <variant>

#include "base/files.h"
#include "formats/gguf.h"
#include "text/tokenizer.h"

namespace hrm::text {
namespace {

Json describe_value(const GgufValue& value) {
  return std::visit(
      [](const auto& v) -> Json {
        if constexpr (std::is_same_v<std::decay_t<decltype(v)>, GgufArray>)
          return fmt::format("array of {}", v.values.size());
        else
          return v;
      },
      value);
}

}  // namespace

Json describe_gguf(const std::filesystem::path& path, bool tensors) {
  const MappedFile bytes(path);
  const Gguf file(bytes.bytes(), path.string());
  Json json = {{"kind", "GGUF"}, {"bytes", bytes.bytes().size()}, {"version", file.version()}};
  for (const auto& [key, value] : file.metadata()) json["metadata"][key] = describe_value(value);
  std::map<std::string, size_t> types;
  int64_t elements = 0;
  for (const auto& [name, info] : file.tensors()) {
    ++types[info.type];
    elements += element_count(info.shape);
  }
  json.update({{"tensor_count", file.tensors().size()}, {"elements", elements}, {"types", types}});
  if (!tensors) return json;
  json["tensors"] = Json::object();
  for (const auto& [name, info] : file.tensors()) json["tensors"][name] = {{"dtype", info.type}, {"shape", info.shape}};
  return json;
}

Json describe_tokenizer(const std::filesystem::path& path) {
  const TokenizerSpec spec = parse_tokenizer_json(read_file(path), path.string());
  const Tokenizer tokenizer(spec, path.string());
  Json special = Json::object();
  for (const AddedToken& token : spec.added)
    if (token.special) special[token.content] = token.id;
  return {{"kind", "tokenizer"},
          {"size", tokenizer.size()},
          {"merges", spec.merges.size()},
          {"special_tokens", special},
          {"alphabet", spec.characters ? "characters" : "bytes"},
          {"normalizer", spec.nfc ? "NFC" : "none"},
          {"splits", spec.splits}};
}

}  // namespace hrm::text
