#include "solving/fit.h"

#include "base/error.h"

namespace hrm::solving {

void adapt(model::ModelConfig& config, const puzzles::Family& family) {
  model::ArchConfig& arch = config.arch;
  model::DataShape& data = config.data;
  if (arch.symbol_planes && !family.answers_are_symbols())
    throw bad_input(
        "solving.fit",
        "{}: arch.symbol_planes cannot give these answers: it is for puzzles whose symbols may be exchanged, "
        "such as Sudoku; use another preset, such as trm-attention",
        family.describe().dump());
  if (!arch.any_size()) return;
  const bool same = data.seq_len == family.seq_len() && (!arch.symbol_planes || data.vocab_size == family.vocab_size());
  if (!same) arch.grid_width = arch.box_width = 0;
  data.seq_len = family.seq_len();
  if (arch.symbol_planes) data.vocab_size = family.vocab_size();
  const Json json = family.describe();
  // 0 stays where it means the same, so that a model's file does not depend on how it was told.
  if (arch.grid_width == 0 && json.contains("width")) {
    const auto width = json["width"].get<int64_t>();
    if (width * width != data.seq_len) arch.grid_width = width;
  }
  if (arch.symbol_planes && arch.box_width == 0 && json.contains("box_columns")) {
    const auto columns = json["box_columns"].get<int64_t>();
    if (columns != config.box_width()) arch.box_width = columns;
  }
}

void check_fit(const model::ModelConfig& config, const puzzles::Family& family) {
  if (family.seq_len() != config.data.seq_len)
    throw bad_input("solving.solve", "{} has {} cells, but the model was trained on {}", family.describe().dump(),
                    family.seq_len(), config.data.seq_len);
  if (family.vocab_size() > config.data.vocab_size)
    throw bad_input("solving.solve", "{} has {} token ids, but the model knows {}", family.describe().dump(),
                    family.vocab_size(), config.data.vocab_size);
}

void check_fit(const model::ModelConfig& config, const puzzles::Dataset& dataset, bool blank_identifiers) {
  const puzzles::DatasetMetadata& data = dataset.metadata();
  const std::string where = dataset.folder().string();
  if (data.seq_len != config.data.seq_len)
    throw bad_input("solving.evaluate", "{}: puzzles of {} tokens, but the model was trained on {}", where,
                    data.seq_len, config.data.seq_len);
  if (data.vocab_size > config.data.vocab_size)
    throw bad_input("solving.evaluate", "{}: vocabulary of {} token ids, but the model knows {}", where,
                    data.vocab_size, config.data.vocab_size);
  const bool own = data.num_puzzle_identifiers > 1;  // else every puzzle has the blank one
  if (own && config.arch.puzzle_emb_ndim > 0 && !blank_identifiers &&
      data.num_puzzle_identifiers != config.data.num_puzzle_identifiers)
    throw bad_input("solving.evaluate",
                    "{}: {} puzzle identifiers, but the model has embeddings for {}: it was trained on other puzzles",
                    where, data.num_puzzle_identifiers, config.data.num_puzzle_identifiers);
}

}  // namespace hrm::solving
