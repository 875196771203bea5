#include "solving/train_config.h"

#include <algorithm>
#include <cmath>

#include "base/log.h"
#include "base/nearest.h"
#include "formats/bytes.h"
#include "formats/yaml.h"
#include "puzzles/sampler.h"
#include "solving/authors_config.h"
#include "training/schedule.h"

namespace hrm::solving {
namespace {

constexpr std::string_view kInTrainConfig = "solving.train_config";
constexpr uint64_t kEvaluationsPerRun = 10;

void require(bool ok, std::string_view key, const auto& value, std::string_view wanted) {
  if (!ok) throw bad_input(kInTrainConfig, "{} = {}: must be {}", key, value, wanted);
}

// Takes `key` out of the settings; empty if it is absent.
std::string take_text(Json& settings, const std::string& key, const std::string& source) {
  if (!settings.contains(key)) return "";
  const auto text = json_field<std::string>(settings, key, source);
  settings.erase(key);
  return text;
}

}  // namespace

void ReasoningTrainConfig::validate() const {
  require(!data_path.empty(), "data_path", "''", "the folder of a data set (--data DIR)");
  require(global_batch_size >= 1 && global_batch_size <= 1 << 20, "global_batch_size", global_batch_size,
          "between 1 and 1048576");
  require(epochs >= 1 || max_steps >= 1, "epochs", epochs, "at least 1 (or give max_steps)");
  require(eval_interval >= 1, "eval_interval", eval_interval, "at least 1");
  require(minutes >= 0, "minutes", minutes, "at least 0 (0: no limit)");
  require(lr_min_ratio >= 0 && lr_min_ratio <= 1, "lr_min_ratio", lr_min_ratio, "between 0 and 1");
  require(ema_rate > 0 && ema_rate < 1, "ema_rate", ema_rate, "above 0 and below 1 (or ema=false)");
  require(ema_ramp == 0 || ema_ramp >= 1, "ema_ramp", ema_ramp, "0 or at least 1");
  require(curriculum.reveal >= 0 && curriculum.reveal <= 1, "curriculum.reveal", curriculum.reveal, "between 0 and 1");
  require(curriculum.reveal_until >= 0 && curriculum.reveal_until <= 1, "curriculum.reveal_until",
          curriculum.reveal_until, "between 0 and 1");
  require(curriculum.segments >= 0 && curriculum.segments <= arch.halt_max_steps, "curriculum.segments",
          curriculum.segments, "between 0 and arch.halt_max_steps");
  require(curriculum.segments_until >= 0 && curriculum.segments_until <= 1, "curriculum.segments_until",
          curriculum.segments_until, "between 0 and 1");
  require(eval_minutes >= 0, "eval_minutes", eval_minutes, "at least 0");
  require(eval_examples >= 0, "eval_examples", eval_examples, "at least 0 (0: all)");
  require(eval_segments >= 0 && eval_segments <= 65536, "eval_segments", eval_segments,
          "between 0 and 65536 (0: arch.halt_max_steps)");
  require(eval_batch >= 1, "eval_batch", eval_batch, "at least 1");
  require(checkpoint_minutes >= 0, "checkpoint_minutes", checkpoint_minutes, "at least 0");
  require(log_steps >= 1, "log_steps", log_steps, "at least 1");
  optimizer.validate();
  arch.validate();
}

int64_t ReasoningTrainConfig::max_segments(uint64_t step, uint64_t total_steps) const {
  if (curriculum.segments == 0) return arch.halt_max_steps;
  const auto missing = static_cast<double>(arch.halt_max_steps - curriculum.segments);
  return arch.halt_max_steps -
         static_cast<int64_t>(std::ceil(training::linear_decay(missing, curriculum.segments_until, total_steps, step)));
}

uint64_t ReasoningTrainConfig::total_steps(const puzzles::DatasetMetadata& metadata) const {
  return max_steps > 0 ? max_steps : puzzles::Sampler::total_steps(metadata, epochs, global_batch_size);
}

uint64_t ReasoningTrainConfig::steps_between_evaluations(const puzzles::DatasetMetadata& metadata) const {
  if (eval_steps > 0) return eval_steps;
  if (max_steps > 0) return std::max<uint64_t>(1, max_steps / kEvaluationsPerRun);
  return std::max<uint64_t>(1, puzzles::Sampler::total_steps(metadata, eval_interval, global_batch_size));
}

namespace {

// Keys of the authors' files that name things outside the training itself.
bool has_no_effect(std::string_view key) {
  static constexpr std::string_view kKeys[] = {"checkpoint_path",   "entity",       "eval_save_outputs", "evaluators",
                                               "min_eval_interval", "project_name", "run_name"};
  return std::ranges::find(kKeys, key) != std::end(kKeys);
}

bool is_empty(const Json& value) {
  return value.is_null() || (value.is_structured() && value.empty()) || value == Json(false) || value == Json(0);
}

// TRM's list of folders; this program trains on one.
void set_data_paths(ReasoningTrainConfig& config, const Json& paths, const std::string& source) {
  if (!paths.is_array() || paths.empty() || !paths[0].is_string())
    throw bad_input(kInTrainConfig, "{}: data_paths = {} is not a list of folders", source,
                    printable(paths).substr(0, 80));
  config.data_path = paths.size() == 1 ? paths[0].get<std::string>() : "";
  if (paths.size() > 1)
    log_warning("{}: data_paths names {} data sets; a run trains on one: choose it with --data", source, paths.size());
}

// One key of the top level; false if it is unknown.
bool apply_authors_setting(ReasoningTrainConfig& config, const std::string& key, const Json& value,
                           const std::string& source) {
  if (key == "arch" || key == "seq_len" || has_no_effect(key)) return true;  // the data set tells seq_len
  if (key == "data_paths") {
    set_data_paths(config, value, source);
  } else if (key == "freeze_weights" || key == "data_paths_test") {
    if (!is_empty(value))
      throw bad_input(kInTrainConfig, "{}: {} = {}: {}; remove it from the file", source, key,
                      printable(value).substr(0, 80),
                      key == "freeze_weights" ? "all weights are trained here"
                                              : "held-out puzzles are those of the data set's test split");
  } else if (key == "eval_interval" && value.is_null()) {
    config.eval_interval = config.epochs;
  } else if (!value.is_null()) {
    return set_field(config, key, key == "data_path" ? value : number_of_python(value), source);
  }
  return true;
}

void apply_authors_config(ReasoningTrainConfig& config, const Json& file, const std::string& source) {
  config.arch = arch_from_authors(file, source);
  config.ema = config.augment = config.eval_halting = false;
  config.ema_ramp = 0;
  std::string unknown, idle;
  if (const Json epochs = file.value("epochs", Json()); !epochs.is_null())
    set_field(config, "epochs", number_of_python(epochs), source);
  for (const auto& [key, value] : file.items()) {
    if (!apply_authors_setting(config, key, value, source))
      unknown += (unknown.empty() ? "" : ", ") + key;
    else if (has_no_effect(key) && !is_empty(value))
      idle += (idle.empty() ? "" : ", ") + key;
  }
  if (!unknown.empty())
    log_warning("{}: unknown settings, ignored although they may affect the training: {}", source, shown(unknown));
  if (!idle.empty()) log_info("{}: settings without effect here: {}", source, idle);
}

}  // namespace

bool is_authors_config(const Json& settings) {
  const Json arch = settings.is_object() ? settings.value("arch", Json()) : Json();
  return arch.is_object() && arch.contains("name");
}

Recipe apply_recipe(ReasoningTrainConfig& config, const std::filesystem::path& path) {
  const std::string source = path.string();
  Json settings = read_yaml(path, YamlTyping::kPython);
  if (!settings.is_object()) throw bad_input(kInTrainConfig, "{}: expected settings of the form 'key: value'", source);
  if (is_authors_config(settings)) {
    apply_authors_config(config, settings, source);
    return {.title = "the authors' configuration", .source = source};
  }
  settings = read_yaml(path);  // ours: by YAML 1.2
  Recipe recipe{.title = take_text(settings, "title", source), .source = take_text(settings, "source", source)};
  if (const std::string preset = take_text(settings, "preset", source); !preset.empty())
    config.arch = model::arch_preset(preset);
  const std::vector<std::string> unknown = fields_from_json(config, settings, source);
  if (unknown.empty()) return recipe;
  std::vector<std::string> known;
  for (const FieldHelp& field : describe_fields(config)) known.push_back(field.key);
  const auto nearest = nearest_name(unknown.front(), known);
  throw bad_input(kInTrainConfig, "{}: unknown setting '{}'{}", source, unknown.front(),
                  nearest ? fmt::format("; did you mean '{}'?", *nearest) : "; hrm train --help lists all");
}

std::span<const std::string_view> harmless_settings() {
  static constexpr std::string_view kHarmless[] = {
      "data_path",  "epochs",    "max_steps",          "minutes",          "eval_steps",           "eval_minutes",
      "eval_batch", "log_steps", "checkpoint_minutes", "checkpoint_steps", "checkpoint_every_eval"};
  return kHarmless;
}

}  // namespace hrm::solving
