#include "formats/safetensors_model.h"

#include <cctype>

#include "base/error.h"
#include "formats/bytes.h"
#include "formats/safetensors.h"
#include "formats/shard_index.h"

namespace hrm {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kInSafetensorsModel = "safetensors.model";

std::string type_name(DType type) {
  std::string name(name_of(type));
  for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

}  // namespace

SafetensorsModel::SafetensorsModel(const fs::path& path) : source_(path.string()) {
  const fs::path index = path / "model.safetensors.index.json", single = path / "model.safetensors";
  if (!fs::is_directory(path))
    add_file(path);
  else if (fs::exists(index))
    add_shards(index);
  else if (fs::exists(single))
    add_file(single);
  else
    throw bad_input(kInSafetensorsModel, "{}: contains neither model.safetensors nor model.safetensors.index.json",
                    source_);
}

void SafetensorsModel::add_file(const fs::path& path) {
  const auto bytes = files_.emplace_back(path).bytes();
  for (auto& e : parse_safetensors_header(bytes, path.string()).entries) {
    const View view{e.dtype, bytes.subspan(e.begin, e.end - e.begin)};
    if (!views_.emplace(e.name, view).second)
      throw bad_input(kInSafetensorsModel, "{}: tensor '{}' occurs twice in the model", path.string(), shown(e.name));
    tensors_.emplace(std::move(e.name), TensorInfo{type_name(e.dtype), std::move(e.shape), view.bytes.size()});
  }
}

void SafetensorsModel::add_shards(const fs::path& path) {
  const ShardIndex index = read_shard_index(path);
  for (const std::string& shard : index.files) add_file(path.parent_path() / shard);
  index.check(tensors_, path.string());
}

SafetensorsModel::View SafetensorsModel::view(std::string_view name) const {
  const auto found = views_.find(name);
  if (found == views_.end())
    throw bad_input(kInSafetensorsModel, "{}: no tensor '{}' among {}", source_, shown(name), views_.size());
  return found->second;
}

HostTensor SafetensorsModel::load(std::string_view name, DType as) const {
  const View stored = view(name);
  HostTensor tensor(stored.dtype, tensors_.find(name)->second.shape, {stored.bytes.begin(), stored.bytes.end()});
  if (stored.dtype == as) return tensor;
  try {
    return tensor.to(as);
  } catch (const Error& e) {
    throw bad_input(kInSafetensorsModel, "{}: tensor '{}': {}", source_, shown(name), e.what());
  }
}

}  // namespace hrm
