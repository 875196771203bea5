#include "formats/shard_index.h"

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "formats/bytes.h"

namespace hrm {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kInShardIndex = "formats.shard_index";

}  // namespace

ShardIndex read_shard_index(const fs::path& path) {
  const std::string source = path.string();
  const SortedJson json = parse_sorted_json(read_file(path), source);
  if (!json.is_object() || !json.contains("weight_map") || !json["weight_map"].is_object())
    throw bad_input(kInShardIndex, "{}: has no object 'weight_map'", source);
  ShardIndex index;
  for (const auto& [name, file] : json["weight_map"].items()) {
    if (!file.is_string() || fs::path(file.get<std::string>()).filename() != file.get<std::string>())
      throw bad_input(kInShardIndex, "{}: tensor '{}' is in {}, expected the name of a file beside the index", source,
                      shown(name), shown(file.dump()));
    index.files.insert(index.file_of.emplace(name, file.get<std::string>()).first->second);
  }
  for (const std::string& shard : index.files)
    if (!fs::exists(path.parent_path() / shard))
      throw bad_input(kInShardIndex, "{}: shard {} is missing: is the download complete?", source, shown(shard));
  return index;
}

void ShardIndex::check(const std::map<std::string, TensorInfo, std::less<>>& tensors, std::string_view source) const {
  for (const auto& [name, file] : file_of)
    if (!tensors.contains(name))
      throw bad_input(kInShardIndex, "{}: tensor '{}' is not in its shard {}", source, shown(name), shown(file));
}

}  // namespace hrm
