#include <algorithm>
#include <cmath>

#include "language/fine_tuning.h"

namespace hrm::language {

EnumNames<TrainType> enum_names(TrainType) {
  static constexpr std::pair<TrainType, std::string_view> names[] = {{TrainType::kFloat32, "float32"},
                                                                     {TrainType::kBFloat16, "bfloat16"}};
  return names;
}

void FineTuneConfig::validate() const {
  const auto need = [](bool holds, std::string_view what, auto value) {
    if (!holds) throw bad_input("language.fine_tuning", "{} (it is {})", what, value);
  };
  optimizer.validate();
  need(lora.rank >= 0, "lora.rank must be at least 0", lora.rank);
  need(max_steps > 0 || (epochs > 0 && epochs < 1e9), "epochs must be above 0", epochs);
  need(batch_size > 0, "batch_size must be at least 1", batch_size);
  need(warmup_ratio >= 0 && warmup_ratio <= 1, "warmup_ratio must be between 0 and 1", warmup_ratio);
  need(min_lr_ratio >= 0 && min_lr_ratio <= 1, "min_lr_ratio must be between 0 and 1", min_lr_ratio);
  need(kl_weight >= 0 && std::isfinite(kl_weight), "kl_weight must be at least 0", kl_weight);
  need(checkpoint_minutes >= 0, "checkpoint_minutes must be at least 0", checkpoint_minutes);
}

uint64_t FineTuneConfig::total_steps(uint64_t examples) const {
  if (max_steps > 0) return max_steps;
  const uint64_t per_epoch = (examples + batch_size - 1) / batch_size;
  return std::max<uint64_t>(1, static_cast<uint64_t>(std::llround(epochs * static_cast<double>(per_epoch))));
}

uint64_t FineTuneConfig::evaluation_steps(uint64_t total_steps) const {
  return eval_steps > 0 ? eval_steps : std::max<uint64_t>(1, total_steps / 10);
}

std::span<const std::string_view> harmless_fine_tune_settings() {
  static constexpr std::string_view keys[] = {"log_steps", "eval_steps", "checkpoint_minutes"};
  return keys;
}

std::filesystem::path model_folder(const std::filesystem::path& run) { return run / "model"; }

std::filesystem::path model_of_run(const std::filesystem::path& path) {
  const std::filesystem::path model = model_folder(path);
  return std::filesystem::exists(model / "config.json") ? model : path;
}

training::LoopOptions fine_tune_loop_options(const FineTuneConfig& config, uint64_t total_steps,
                                             const training::RunFolder& folder) {
  return {.total_steps = total_steps,
          .log = {.steps = config.log_steps},
          .evaluate = {.steps = config.evaluation_steps(total_steps)},
          .save = {.minutes = config.checkpoint_minutes},
          .config = fields_to_json(config),
          .notes = {"loss", "tokens_per_second"},
          .headline = "loss",
          .charts = {{.path = folder.losses(),
                      .title = "Losses",
                      .y_label = "mean per target",
                      .curves = {{"training", "train", "loss"}, {"held out", "evaluation", "loss"}}}},
          .remedy = fmt::format("start again with a lower rate, for instance lr={:.3g}", config.optimizer.lr / 3)};
}

}  // namespace hrm::language
