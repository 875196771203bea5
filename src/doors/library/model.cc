#include "backends/backend_factory.h"
#include "base/cancel.h"
#include "base/json.h"
#include "library/boundary.h"
#include "library/handles.h"
#include "model/weights.h"
#include "puzzles/dataset.h"
#include "solving/evaluator.h"
#include "solving/model_file.h"
#include "solving/solver.h"

using namespace hrm;
using namespace hrm::library;

namespace {

std::vector<std::string> settings_of(const hrm_model_options& options) {
  std::vector<std::string> settings;
  if (options.setting_count > 0) required(options.settings, "settings");
  for (size_t i = 0; i < options.setting_count; ++i) settings.emplace_back(&required(options.settings[i], "a setting"));
  return settings;
}

std::shared_ptr<Model> load(const std::string& path, const hrm_model_options& options) {
  solving::ModelFile file =
      solving::load_model(path, {.overrides = settings_of(options), .averaged = options.averaged != 0});
  auto loaded = std::make_shared<Model>(path, solving::family_of(file, text_or(options.family), path));
  loaded->averaged = options.averaged != 0;
  loaded->backend = backends::make_backend(file.config, {.device = std::string(text_or(options.device, "cpu")),
                                                         .threads = options.threads,
                                                         .precision = std::string(text_or(options.precision))});
  loaded->backend->set_weights(file.weights);
  loaded->json = printable(Json{{"path", path},
                                {"family", loaded->family.family->describe()},
                                {"parameters", model::parameter_count(file.config)},
                                {"table_parameters", model::table_count(file.config)},
                                {"cells", file.config.data.seq_len},
                                {"vocabulary", file.config.data.vocab_size},
                                {"segments", file.config.arch.halt_max_steps},
                                {"device", loaded->backend->description()}});
  return loaded;
}

Json evaluate(Model& model, const std::string& folder, const hrm_evaluate_options& options) {
  const std::string split(text_or(options.split, "test"));
  if (options.batch == 0) throw bad_input("library.evaluate", "batch 0 is below 1");
  const auto dataset = puzzles::Dataset::open(folder, split);
  static const std::atomic<bool> never{false};
  const CancelScope cancel(options.stop ? options.stop->set : never);
  const std::lock_guard turn(model.turn);
  const solving::Evaluation evaluation = solving::evaluate(*model.backend, dataset,
                                                           {.segments = options.segments,
                                                            .halting = options.halting != 0,
                                                            .halt_margin = options.halt_margin,
                                                            .batch = options.batch,
                                                            .limit = options.limit,
                                                            .views = options.views,
                                                            .until_accepted = options.until_solved != 0,
                                                            .seed = options.seed,
                                                            .progress = false});
  if (!evaluation.complete) throw Stopped();
  Json json = {{"model", model.path},
               {"data", folder},
               {"split", split},
               {"averaged", model.averaged},
               {"parameters", model::parameter_count(model.backend->config())},
               {"table_parameters", model::table_count(model.backend->config())},
               {"blank_identifiers", false}};
  json.update(solving::to_json(evaluation));
  return json;
}

}  // namespace

hrm_status hrm_model_open(const char* path, const hrm_model_options* options, hrm_model** model, char** error) {
  return guarded(error, [&] {
    required(model, "model");
    required(path, "path");
    *model = new hrm_model{load(path, options_or(options, HRM_MODEL_OPTIONS, "hrm_model_options"))};
  });
}

void hrm_model_close(hrm_model* model) { delete model; }
const char* hrm_model_json(const hrm_model* model) { return model ? model->model->json.c_str() : nullptr; }
const hrm_family* hrm_model_family(const hrm_model* model) { return model ? &model->model->family : nullptr; }

hrm_status hrm_evaluate(hrm_model* model, const char* folder, const hrm_evaluate_options* options, char** json,
                        char** error) {
  return guarded(error, [&] {
    required(json, "json");
    required(folder, "folder");
    *json = copied(printable(evaluate(*required(model, "model").model, folder,
                                      options_or(options, HRM_EVALUATE_OPTIONS, "hrm_evaluate_options"))));
  });
}
