// The folder of one training run: its lock and its files (docs/formats/run-folder.md).
//
//   config.json                      all settings of the run, to read; checkpoints hold them too, and decide
//   last.safetensors, previous...    checkpoints (training/checkpoint.h)
//   model.safetensors                the best model so far
//   model/, adapter/, tokenizer/     the same of a language or reward model (language/fine_tuning.h)
//   log.jsonl, tensorboard/          what was measured
//   curves.svg, loss.svg             the same as pictures
//   report.json                      result of a run that ended
//   lock                             held while a process trains here
#pragma once

#include <filesystem>
#include <optional>

#include "base/json.h"

namespace hrm::training {

enum class RunMode {
  kNew,        // refuse a folder that holds a run
  kResume,     // resume; start from the beginning if nothing was saved yet
  kOverwrite,  // remove the run that is there (the files above, nothing else)
};

// The settings with which the run in the folder continues: those in its newest complete checkpoint; those of
// config.json if nothing was saved yet; nullopt if there are neither. A warning says if config.json is missing, cannot
// be read or differs from the checkpoint.
std::optional<Json> stored_config(const std::filesystem::path& folder);

// The same for --resume. Without a stored run one may only begin where the request says of what model: else the folder
// was mistyped, and a run of defaults would be a surprise. Throws bad_input then.
std::optional<Json> config_to_resume(const std::filesystem::path& folder, bool names_model);

// Throws bad_input if the folder holds a run.
void refuse_existing_run(const std::filesystem::path& folder);

// Throws bad_input if `input`, which a run begins with, is part of the run in `folder`, so that overwriting would
// remove it first.
void refuse_overwritten_input(const std::filesystem::path& folder, const std::filesystem::path& input);

// Owns the folder for its lifetime: another process that opens it is refused. The lock ends with the process in every
// case.
class RunFolder {
 public:
  // Creates the folder. Throws bad_input if a run is there and the mode is kNew, or where another process trains there;
  // failure if the folder cannot be created.
  RunFolder(const std::filesystem::path& path, RunMode mode);
  // Of a process that leaves the folder to process 0 of its job: names only.
  explicit RunFolder(const std::filesystem::path& path) : path_(path) {}
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path config() const { return path_ / "config.json"; }
  std::filesystem::path model() const { return path_ / "model.safetensors"; }
  std::filesystem::path log() const { return path_ / "log.jsonl"; }
  std::filesystem::path tensorboard() const { return path_ / "tensorboard"; }
  std::filesystem::path curves() const { return path_ / "curves.svg"; }
  std::filesystem::path losses() const { return path_ / "loss.svg"; }
  std::filesystem::path report() const { return path_ / "report.json"; }

 private:
  void remove_run();
  void remove_leftovers();

  std::filesystem::path path_;
  int lock_ = -1;
};

}  // namespace hrm::training
