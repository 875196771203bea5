#include "formats/torch_model.h"

#include <cctype>

#include "base/error.h"
#include "formats/bytes.h"
#include "formats/shard_index.h"
#include "formats/torch_pickle.h"

namespace hrm {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kInTorchModel = "torch.model";
constexpr const char *kSingle = "pytorch_model.bin", *kIndex = "pytorch_model.bin.index.json";

}  // namespace

bool TorchModel::is_in(const fs::path& folder) { return fs::exists(folder / kSingle) || fs::exists(folder / kIndex); }

TorchModel::TorchModel(const fs::path& folder) : source_(folder.string()) {
  if (!fs::exists(folder / kIndex)) {
    add_file(folder / kSingle);
    return;
  }
  const ShardIndex index = read_shard_index(folder / kIndex);
  for (const std::string& shard : index.files) add_file(folder / shard);
  index.check(infos_, (folder / kIndex).string());
}

void TorchModel::add_file(const fs::path& path) {
  for (auto& [name, tensor] : load_torch(path)) {
    std::string type(name_of(tensor.dtype()));
    for (char& c : type) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    if (!infos_.emplace(name, TensorInfo{std::move(type), tensor.shape(), tensor.bytes().size()}).second)
      throw bad_input(kInTorchModel, "{}: tensor '{}' occurs twice in the model", path.string(), shown(name));
    tensors_.emplace(name, std::move(tensor));
  }
}

HostTensor TorchModel::load(std::string_view name, DType as) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) throw bad_input(kInTorchModel, "{}: no tensor '{}'", source_, shown(name));
  try {
    return found->second.dtype() == as ? found->second : found->second.to(as);
  } catch (const Error& e) {
    throw bad_input(kInTorchModel, "{}: tensor '{}': {}", source_, shown(name), e.what());
  }
}

}  // namespace hrm
