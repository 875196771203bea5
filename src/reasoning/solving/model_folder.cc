#include "solving/model_folder.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "formats/bytes.h"
#include "formats/safetensors.h"
#include "formats/torch_pickle.h"
#include "training/checkpoint.h"

namespace hrm::solving {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kInModelFolder = "model.load", kStepPrefix = "step_";
constexpr std::string_view kEndings[] = {".pt", ".pth", ".ckpt", ".bin", ".safetensors"};
// Of what training programs save beside the weights.
constexpr std::string_view kOthers[] = {"optim",         "rng",       "random_state", "scheduler",
                                        "training_args", "all_preds", "scaler"};

bool ends_as_weights(const fs::path& path) {
  return std::ranges::find(kEndings, path.extension().string()) != std::end(kEndings);
}

// n of "step_<n>", with or without an ending.
std::optional<uint64_t> step_of(const fs::path& path) {
  const std::string name = (ends_as_weights(path) ? path.stem() : path.filename()).string();
  if (!name.starts_with(kStepPrefix)) return std::nullopt;
  uint64_t step = 0;
  const char* begin = name.data() + kStepPrefix.size();
  const auto [end, error] = std::from_chars(begin, name.data() + name.size(), step);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return step;
}

// By its name, so that a pointer or a damaged file is opened and explained; else by its content.
bool may_be_weights(const fs::path& path) {
  const std::string name = path.filename().string();
  if (name.starts_with('.') ||
      std::ranges::any_of(kOthers, [&](std::string_view other) { return name.find(other) != std::string::npos; }))
    return false;
  if (ends_as_weights(path) || step_of(path) || name == "checkpoint" || name == "model") return true;
  if (path.has_extension() || fs::file_size(path) == 0) return false;
  return looks_like_torch(MappedFile(path).bytes());
}

std::string names_of(const std::vector<fs::path>& paths) {
  constexpr size_t kShown = 8;
  std::string text;
  for (size_t i = 0; i < std::min(paths.size(), kShown); ++i)
    text += fmt::format("{}{}", i == 0 ? "" : ", ", shown(paths[i].filename().string()));
  return paths.size() > kShown ? text + fmt::format(" and {} more", paths.size() - kShown) : text;
}

bool is_own_model(const fs::path& path) {
  try {
    return read_safetensors_metadata(path).contains("config");
  } catch (const Error&) {
    return false;
  }
}

// The checkpoint of the largest step; nullopt if some candidate has no step.
std::optional<fs::path> last_step(const std::vector<fs::path>& candidates, const std::string& folder) {
  std::optional<uint64_t> best;
  std::vector<fs::path> files;
  for (const fs::path& path : candidates) {
    const auto step = step_of(path);
    if (!step) return std::nullopt;
    if (best && *step < *best) continue;
    if (!best || *step > *best) files.clear();
    best = step;
    files.push_back(path);
  }
  if (files.size() > 1)
    throw bad_input(kInModelFolder, "{}: contains several files of step {}: give the file itself ({})", folder, *best,
                    names_of(files));
  return files.front();
}

}  // namespace

fs::path model_in_folder(const fs::path& folder) {
  const std::string source = folder.string();
  const fs::path own = folder / "model.safetensors", last = folder / training::CheckpointNames::kLast;
  if (fs::exists(own) && is_own_model(own)) return own;
  if (fs::exists(last)) return last;
  std::vector<fs::path> files, candidates;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::ranges::sort(files);
  if (std::ranges::any_of(files, [](const fs::path& path) { return path.extension() == ".distcp"; }))
    throw bad_input(kInModelFolder,
                    "{}: is a distributed checkpoint: join its shards with python -m "
                    "torch.distributed.checkpoint.format_utils dcp_to_torch {} OUT.pt",
                    source, source);
  std::ranges::copy_if(files, std::back_inserter(candidates), may_be_weights);
  if (candidates.empty())
    throw bad_input(kInModelFolder,
                    "{}: contains neither model.safetensors (a run), step_<n> (the authors' checkpoints) nor another "
                    "file of weights{}",
                    source, files.empty() ? "" : fmt::format(", only {}", names_of(files)));
  if (candidates.size() == 1) return candidates.front();
  if (const auto step = last_step(candidates, source)) return *step;
  const auto lightning = std::ranges::find(candidates, "last.ckpt", [](const fs::path& p) { return p.filename(); });
  if (lightning != candidates.end() &&
      std::ranges::all_of(candidates, [](const fs::path& path) { return path.extension() == ".ckpt"; }))
    return *lightning;
  throw bad_input(kInModelFolder, "{}: contains several files of weights: give the file itself ({})", source,
                  names_of(candidates));
}

}  // namespace hrm::solving
