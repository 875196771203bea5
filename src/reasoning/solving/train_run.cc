#include "solving/train_run.h"

#include <algorithm>

#include "base/log.h"
#include "base/progress.h"
#include "formats/yaml.h"
#include "model/weights.h"
#include "solving/authors_config.h"
#include "solving/initial_model.h"
#include "solving/train_setup.h"
#include "solving/trainer.h"

namespace hrm::solving {
namespace {

namespace fs = std::filesystem;

std::vector<training::Chart> charts(const training::RunFolder& folder, bool ema) {
  using training::Curve;
  std::vector<Curve> exact = {{"unseen puzzles, exact", "evaluation", "exact_accuracy"}};
  if (ema) exact.push_back({"unseen, exact, averaged weights", "evaluation", "ema_exact_accuracy"});
  exact.push_back({"unseen puzzles, cells", "evaluation", "accuracy"});
  exact.push_back({"training puzzles, exact", "train", "exact_accuracy"});
  return {{.path = folder.curves(), .title = "Answers that are right", .y_label = "share", .curves = std::move(exact)},
          {.path = folder.losses(),
           .title = "Losses",
           .y_label = "mean per example",
           .curves = {{"tokens", "train", "lm_loss"}, {"q_halt", "train", "q_halt_loss"}},
           .log_y = true}};
}

// What to change after a NaN, as settings that can be given.
std::string remedy(const ReasoningTrainConfig& config) {
  const model::OptimizerConfig& optimizer = config.optimizer;
  std::string settings = optimizer.optimizer == model::OptimizerKind::kMuon
                             ? fmt::format("muon_lr={:.3g}", optimizer.muon_lr / 3)
                             : fmt::format("lr={:.3g}", optimizer.lr / 3);
  if (config.arch.forward_dtype != model::Precision::kFloat32) settings += ", arch.forward_dtype=float32";
  settings += fmt::format(", grad_clip={:.3g}", optimizer.grad_clip > 0 ? optimizer.grad_clip / 3 : 1.0);
  return fmt::format("continue with --resume --accept-changes and one of: {}", settings);
}

training::LoopOptions loop_options(const TrainRequest& request, const ReasoningTrainConfig& config,
                                   const training::RunFolder& folder, const puzzles::DatasetMetadata& metadata) {
  return {.total_steps = config.total_steps(metadata),
          .minutes = config.minutes,
          .log = {.steps = config.log_steps},
          .evaluate = {.steps = config.steps_between_evaluations(metadata), .minutes = config.eval_minutes},
          .save = {.steps = config.checkpoint_steps, .minutes = config.checkpoint_minutes},
          .save_after_evaluation = config.checkpoint_every_eval,
          .config = fields_to_json(config),
          .resume = request.run.mode == training::RunMode::kResume,
          .progress = request.run.progress,
          .notes = {"loss", "exact_accuracy"},
          .headline = config.ema ? "ema_exact_accuracy" : "exact_accuracy",
          .charts = charts(folder, config.ema),
          .remedy = remedy(config),
          .processes = request.processes};
}

Json report_json(const training::RunResult& run, const Trainer& trainer, const Json& provenance) {
  Json scalars = Json::object();
  for (const auto& [name, value] : run.last_evaluation) scalars[name] = value;
  Json evaluations = Json::object();
  for (const auto& [weights, evaluation] : trainer.last_evaluation())
    evaluations[weights == model::WeightSet::kLive ? "live" : "averaged"] = to_json(evaluation);
  return {{"end", name_of_enum(run.end)},
          {"step", run.step},
          {"seconds", run.seconds},
          {"operations", trainer.operations()},
          {"resumed_from", run.resumed_from},
          {"best_step", run.best_step},
          {"best_exact_accuracy", run.best_score.empty() ? Json() : Json(run.best_score.front())},
          {"evaluated_step", run.evaluated_step},
          {"last_evaluation", std::move(scalars)},
          {"evaluations", std::move(evaluations)},
          {"provenance", provenance}};
}

std::string report_table(const training::RunResult& run, const Trainer& trainer, const fs::path& out) {
  std::string text = fmt::format("{} after {} steps, {} and {:.3g} training operations\n", name_of_enum(run.end),
                                 run.step, format_duration(run.seconds), trainer.operations());
  for (const auto& [weights, evaluation] : trainer.last_evaluation())
    text += fmt::format("{} weights, step {}:\n{}", weights == model::WeightSet::kLive ? "live" : "averaged",
                        run.evaluated_step, to_table(evaluation));
  if (!run.best_score.empty())
    text += fmt::format("best model: step {}, exact {:.4f}\n", run.best_step, run.best_score.front());
  return text + fmt::format("in {}: model.safetensors, curves.svg, loss.svg, log.jsonl, tensorboard/, report.json\n",
                            out.string());
}

void apply_layers(ReasoningTrainConfig& config, const TrainRequest& request) {
  if (!request.preset.empty()) config.arch = model::arch_preset(request.preset);
  if (!request.recipe.empty()) {
    const Recipe recipe = apply_recipe(config, request.recipe);
    if (!recipe.title.empty()) log_info("{} ({})", recipe.title, recipe.source);
  }
  if (!request.init.empty()) config.load_checkpoint = request.init.string();
  for (const std::string& setting : request.run.settings) assign_field(config, setting);
  if (request.run.minutes) config.minutes = *request.run.minutes;
}

// The data set tells the sizes of puzzles, whatever the authors' file says.
void compare_sizes(const TrainRequest& request, const puzzles::DatasetMetadata& data) {
  if (request.recipe.empty()) return;
  const Json file = read_yaml(request.recipe, YamlTyping::kPython);
  if (!is_authors_config(file)) return;
  for (const auto& [key, size] : {std::pair("seq_len", data.seq_len), {"vocab_size", data.vocab_size}})
    if (const auto told = stated_size(file, key, request.recipe.string()); told && *told != size)
      log_warning("{}: {} = {}, but the data set has {}, which counts", request.recipe.string(), key, *told, size);
}

// Does a preset or a recipe say what the model is?
bool has_arch(const TrainRequest& request) {
  if (!request.preset.empty()) return true;
  if (request.recipe.empty()) return false;
  const Json recipe = read_yaml(request.recipe, YamlTyping::kPython);  // only its keys
  for (const auto& [key, value] : recipe.items())
    if (key == "preset" || key == "arch" || key.starts_with("arch.")) return true;
  return false;
}

// Does the request say what a new run would be of? Settings of the architecture do, too.
bool names_model(const TrainRequest& request) {
  return !request.preset.empty() || !request.recipe.empty() || !request.init.empty() ||
         std::ranges::any_of(request.run.settings,
                             [](const std::string& setting) { return setting.starts_with("arch."); });
}

ModelFile load_start(const ReasoningTrainConfig& config, const TrainRequest& request) {
  if (request.run.mode == training::RunMode::kOverwrite)
    for (const fs::path& part : {fs::path(config.load_checkpoint), fs::path(config.load_checkpoint).parent_path()})
      training::refuse_overwritten_input(request.run.out, part);
  const auto metadata = open_train_data(config).train.metadata();
  return load_initial_model({.config = config,
                             .arch_given = has_arch(request) || request.run.mode == training::RunMode::kResume,
                             .settings = request.run.settings,
                             .seq_len = metadata.seq_len});
}

// The weights to begin with; nullopt for random ones, and where a checkpoint is there to continue from.
std::optional<NamedTensors> weights_to_begin_with(const ReasoningTrainConfig& config, const TrainRequest& request,
                                                  const model::ModelConfig& model, const Json& family) {
  using Names = training::CheckpointNames;
  if (config.load_checkpoint.empty()) return std::nullopt;
  if (request.run.mode == training::RunMode::kResume &&
      (fs::exists(request.run.out / Names::kLast) || fs::exists(request.run.out / Names::kPrevious)))
    return std::nullopt;
  return initial_weights_from(load_start(config, request), model, family, config.load_checkpoint);
}

}  // namespace

ReasoningTrainConfig resolve_config(const TrainRequest& request) {
  const auto apply = [&](ReasoningTrainConfig& config, bool resumed) {
    apply_layers(config, request);
    if (resumed || config.load_checkpoint.empty() || has_arch(request)) return;
    config.arch = load_start(config, request).config.arch;
    for (const std::string& setting : request.run.settings)
      if (setting.starts_with("arch.")) assign_field(config, setting);
  };
  return training::resolve_settings(ReasoningTrainConfig(), request.run,
                                    {.names_model = names_model(request), .harmless = harmless_settings()}, apply);
}

namespace {

// As process 0 resolves it.
ReasoningTrainConfig shared_config(const TrainRequest& request, training::Collective& all) {
  const auto resolve = [&] {
    if (request.run.mode == training::RunMode::kNew) training::refuse_existing_run(request.run.out);
    return resolve_config(request);
  };
  return training::settings_of_root(all, ReasoningTrainConfig(), resolve);
}

}  // namespace

training::RunReport train(const TrainRequest& request, const BackendFactory& make_backend) {
  training::Collective& all = training::or_alone(request.processes);
  const ReasoningTrainConfig config = shared_config(request, all);
  const TrainData data = open_train_data(config);
  if (all.is_root()) compare_sizes(request, data.train.metadata());
  const model::ModelConfig model = model_config(config, data.train);
  std::optional<NamedTensors> begin;
  training::on_root(all,
                    [&] { begin = weights_to_begin_with(config, request, model, data.train.family().describe()); });
  const std::unique_ptr<model::Backend> backend = make_backend(model, request.backend);
  const uint64_t total_steps = checked_total_steps(config, data.train.metadata());
  Json provenance = {{"data_path", config.data_path},
                     {"seed", config.seed},
                     {"backend", backend->description()},
                     {"parameters", model::parameter_count(model)},
                     {"table_parameters", model::table_count(model)}};
  if (!config.load_checkpoint.empty()) provenance["load_checkpoint"] = config.load_checkpoint;
  Trainer trainer(*backend, data.train, data.test ? &*data.test : nullptr,
                  {.config = config,
                   .total_steps = total_steps,
                   .provenance = provenance,
                   .weights = std::move(begin),
                   .processes = request.processes});

  const training::SharedRunFolder folder(request.run, all);
  if (all.is_root())
    log_info("{}: {}, {} steps of {} examples, {}{}", request.run.out.string(), model::size_text(model), total_steps,
             config.global_batch_size, backend->description(),
             all.size() > 1 ? fmt::format(", {} processes", all.size()) : "");
  training::RunReport report;
  training::LoopOptions options = loop_options(request, config, *folder, data.train.metadata());
  options.restored = [&] {
    write_json(folder->config(), fields_to_json(config));
  };  // a resume that is refused changes nothing
  report.run = training::run_loop(trainer, *folder, options);
  report.json = report_json(report.run, trainer, provenance);
  report.table = report_table(report.run, trainer, request.run.out);
  training::on_root(all, [&] { write_json(folder->report(), report.json); });
  return report;
}

}  // namespace hrm::solving
