#include "solving/train_setup.h"

#include <filesystem>

#include "base/error.h"
#include "base/log.h"
#include "base/utf8.h"
#include "solving/fit.h"

namespace hrm::solving {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kInTrainSetup = "solving.train";

// Before hours of training, not at the first evaluation.
void check_same_puzzles(const puzzles::Dataset& train, const puzzles::Dataset& test, const model::ArchConfig& arch) {
  const puzzles::DatasetMetadata &a = train.metadata(), &b = test.metadata();
  if (arch.puzzle_emb_ndim > 0 && b.num_puzzle_identifiers > a.num_puzzle_identifiers)
    throw bad_input(kInTrainSetup, "{}: test has {} puzzle identifiers, train {}: the others have no embedding",
                    train.folder().string(), b.num_puzzle_identifiers, a.num_puzzle_identifiers);
  if (a.seq_len == b.seq_len && a.vocab_size == b.vocab_size) return;
  throw bad_input(
      kInTrainSetup,
      "{}: train has {} tokens of a vocabulary of {}, test {} of {}: they must hold the same kind of puzzles",
      train.folder().string(), a.seq_len, a.vocab_size, b.seq_len, b.vocab_size);
}

}  // namespace

TrainData open_train_data(const ReasoningTrainConfig& config) {
  const fs::path folder = config.data_path;
  if (!fs::is_directory(folder))
    throw bad_input(kInTrainSetup, "data_path = {}: no such folder; make one with hrm data", folder.string());
  if (!is_valid_utf8(config.data_path))
    log_warning(
        "data_path = {}: is not UTF-8, which the run's files cannot store: to resume, give it again with --data",
        config.data_path);
  TrainData data{.train = puzzles::Dataset::open(folder, "train")};
  if (!fs::exists(folder / "test")) {
    log_warning("{}: no test split: nothing is evaluated, and the newest model counts as the best", folder.string());
    return data;
  }
  data.test = puzzles::Dataset::open(folder, "test");
  check_same_puzzles(data.train, *data.test, config.arch);
  return data;
}

model::ModelConfig model_config(const ReasoningTrainConfig& config, const puzzles::Dataset& data) {
  const puzzles::DatasetMetadata& metadata = data.metadata();
  model::ModelConfig model{.arch = config.arch,
                           .data = {.seq_len = metadata.seq_len,
                                    .vocab_size = metadata.vocab_size,
                                    .num_puzzle_identifiers = metadata.num_puzzle_identifiers}};
  adapt(model, data.family());
  model.validate();
  return model;
}

uint64_t checked_total_steps(const ReasoningTrainConfig& config, const puzzles::DatasetMetadata& metadata) {
  const uint64_t steps = config.total_steps(metadata);
  if (steps > 0) return steps;
  throw bad_input(kInTrainSetup,
                  "epochs = {}: less than one batch of {} examples: use more epochs or a smaller global_batch_size",
                  config.epochs, config.global_batch_size);
}

}  // namespace hrm::solving
