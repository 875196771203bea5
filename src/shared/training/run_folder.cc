#include "training/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/log.h"
#include "training/checkpoint.h"
#include "training/config_changes.h"

namespace hrm::training {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kInRunFolder = "training.RunFolder";

constexpr const char* kRunFiles[] = {"config.json",
                                     CheckpointNames::kLast,
                                     CheckpointNames::kPrevious,
                                     CheckpointNames::kNext,
                                     "model.safetensors",
                                     "log.jsonl",
                                     "curves.svg",
                                     "loss.svg",
                                     "report.json"};

// The last three are replaced as a whole (base/files.h), by way of folders with these endings.
constexpr const char* kRunFolders[] = {"tensorboard", "model", "adapter", "tokenizer"};
constexpr const char* kReplacing[] = {".new", ".old"};

bool holds_run(const fs::path& folder) {
  std::error_code ignored;
  for (const char* name : kRunFiles)
    if (fs::exists(folder / name, ignored)) return true;
  return false;
}

// config.json is text that anybody may edit; the checkpoint is protected by its checksum.
void warn_of_differences(const fs::path& path, const Json& saved, const fs::path& checkpoint) {
  const auto warn = [&](std::string_view what) {
    log_warning("{}: {}; the settings of {} are used", path.string(), what, checkpoint.string());
  };
  if (!fs::exists(path)) return warn("is missing");
  try {
    const Json written = read_json(path);
    if (!written.is_object()) return warn("contains no settings");
    const auto changes = config_changes(written, saved);
    if (!changes.empty()) warn(fmt::format("differs from the checkpoint ({})", to_text(changes)));
  } catch (const Error& error) {
    warn(error.what());
  }
}

}  // namespace

std::optional<Json> stored_config(const fs::path& folder) {
  const fs::path path = folder / "config.json";
  const auto found = find_checkpoint(folder, DamageWarning::kLeaveOut);  // the run loop will warn
  const Json saved = found ? found->checkpoint.state.value("config", Json()) : Json();
  if (saved.is_object()) {
    warn_of_differences(path, saved, found->path);
    return saved;
  }
  if (!fs::exists(path)) return std::nullopt;
  return read_json(path);
}

std::optional<Json> config_to_resume(const fs::path& folder, bool names_model) {
  std::optional<Json> stored = stored_config(folder);
  if (!stored && !names_model)
    throw bad_input(
        kInRunFolder,
        "{}: contains no run to resume: give the folder of a run in --out, or leave out --resume to start one",
        folder.string());
  return stored;
}

void refuse_existing_run(const fs::path& folder) {
  if (holds_run(folder))
    throw bad_input(
        kInRunFolder,
        "{}: already contains a run: add --resume to continue it, --overwrite to replace it, or choose another --out",
        folder.string());
}

void refuse_overwritten_input(const fs::path& folder, const fs::path& input) {
  const fs::path from = fs::weakly_canonical(input), run = fs::weakly_canonical(folder);
  bool inside = from == run;
  for (const char* name : kRunFolders) inside |= from == run / name || from.parent_path() == run / name;
  if (inside)
    throw bad_input(kInRunFolder, "{}: is part of the run that --overwrite would remove: choose another --out",
                    input.string());
}

RunFolder::RunFolder(const fs::path& path, RunMode mode) : path_(path) {
  if (mode == RunMode::kNew) refuse_existing_run(path);
  std::error_code error;
  fs::create_directories(path, error);
  if (error) throw failure(kInRunFolder, "{}: cannot create the folder: {}", path.string(), error.message());
  lock_ = ::open((path / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock_ < 0)
    throw failure(kInRunFolder, "{}: cannot write into the folder: {}", path.string(), std::strerror(errno));
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock_);
    throw bad_input(kInRunFolder, "{}: another process trains here: stop it first, or choose another --out",
                    path.string());
  }
  if (mode == RunMode::kOverwrite) remove_run();
  remove_leftovers();
}

RunFolder::~RunFolder() {
  if (lock_ >= 0) ::close(lock_);
}

void RunFolder::remove_run() {
  if (!holds_run(path_)) return;
  for (const char* name : kRunFolders) fs::remove_all(path_ / name);
  for (const char* name : kRunFiles) fs::remove(path_ / name);
}

// Temporary files and folders of writes that a crash cut short ("last.safetensors.tmp.4711", "model.new"), and a
// checkpoint that never became the last one.
void RunFolder::remove_leftovers() {
  fs::remove(path_ / CheckpointNames::kNext);
  std::vector<fs::path> leftovers;
  for (const fs::directory_entry& entry : fs::directory_iterator(path_)) {
    const std::string name = entry.path().filename().string();
    for (const char* file : kRunFiles)
      if (name.starts_with(std::string(file) + ".tmp.")) leftovers.push_back(entry.path());
  }
  for (const char* name : kRunFolders)
    for (const char* ending : kReplacing) leftovers.push_back(path_ / (std::string(name) + ending));
  for (const fs::path& leftover : leftovers) fs::remove_all(leftover);
}

}  // namespace hrm::training
