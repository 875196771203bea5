#include "solving/identifiers.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "formats/checksum.h"
#include "puzzles/dataset_files.h"

namespace hrm::solving {

std::string digest_of_identifiers(const puzzles::Dataset& set) {
  if (set.metadata().num_puzzle_identifiers <= 1) return "";
  const std::filesystem::path file = set.folder() / puzzles::kIdentifiersFile;
  if (!std::filesystem::exists(file)) return "";
  return fmt::format("{:08x}", crc32(MappedFile(file).bytes()));
}

void check_identifiers(const ModelFile& model, const puzzles::Dataset& set) {
  if (model.config.arch.puzzle_emb_ndim == 0 || !model.provenance.is_object()) return;
  const std::string trained = model.provenance.value("identifiers", ""), here = digest_of_identifiers(set);
  if (!trained.empty() && !here.empty() && trained != here)
    throw bad_input(
        "solving.evaluate",
        "{}: its {} is not that of the training data, so each puzzle would get another's embedding: use the "
        "folder that the model was trained on, or --blank-identifiers; hrm solve fits embeddings to new tasks",
        set.folder().string(), puzzles::kIdentifiersFile);
}

}  // namespace hrm::solving
