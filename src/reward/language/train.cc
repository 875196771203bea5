#include "language/train.h"

#include "base/log.h"
#include "base/progress.h"
#include "torch/machine.h"

namespace hrm::language {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kInTrain = "language.train";

ModelBundle bundle_of(const std::string& from, const PolicyTrainConfig& config, at::Device device) {
  ModelBundle bundle = from == kTiny ? tiny_bundle(config.tiny, HeadKind::kLanguage, 1, config.tuning.seed)
                                     : load_bundle(model_of_run(from), {.type = at::kFloat, .device = device});
  if (bundle.model.head != HeadKind::kLanguage)
    throw bad_input(kInTrain, "{}: is a reward model, not a language model", from);
  bundle.model.parameters = to(bundle.model.parameters, at::kFloat, device);
  return bundle;
}

ExampleSet read_all(const std::vector<std::string>& files, const ModelBundle& bundle, const PolicyTrainConfig& config) {
  ExampleSet set;
  TextConfig text = config.text;
  text.max_length = config.tuning.max_length;
  for (const std::string& file : files) read_text_examples(file, bundle, text, set);
  for (const auto& [reason, count] : set.counts.dropped) log_info("left out: {} {}", count, reason);
  return set;
}

std::string table_of(const Json& report, const fs::path& out) {
  std::string text = fmt::format("{} after {} steps and {}: {} parameters, {} texts of {} tokens\n",
                                 report["end"].get<std::string>(), report["step"].get<uint64_t>(),
                                 format_duration(report["seconds"].get<double>()), report["parameters"].get<int64_t>(),
                                 report["train"]["examples"].get<size_t>(), report["train"]["tokens"].get<int64_t>());
  for (const auto& [name, value] : report["last_evaluation"].items())
    text += fmt::format("held-out {} {:.4f} per token\n", name, value.get<double>());
  return text + fmt::format("in {}: model/, loss.svg, log.jsonl, tensorboard/, report.json\n", out.string());
}

}  // namespace

PolicyTrainConfig policy_train_defaults(bool tiny) {
  PolicyTrainConfig config;
  config.tuning.loss = LossKind::kCrossEntropy;
  config.from = tiny ? kTiny : "";
  if (!tiny) return config;
  config.tuning.optimizer.lr = 3e-3;
  config.tuning.optimizer.beta2 = 0.95;
  config.tuning.batch_size = 64;
  return config;
}

void PolicyTrainConfig::validate() const {
  if (data.empty()) throw bad_input(kInTrain, "no training data: give a file of texts or of questions with solutions");
  if (from.empty()) throw bad_input(kInTrain, "no model to train: give --from FOLDER, or --init tiny");
  if (tuning.loss != LossKind::kCrossEntropy)
    throw bad_input(kInTrain, "loss = {}: a language model is trained with cross_entropy", name_of_enum(tuning.loss));
  if (!teacher.empty() && tuning.kl_weight == 0)
    throw bad_input(kInTrain, "a teacher without kl_weight has no effect: set kl_weight, for instance 0.1");
  text.validate();
  tuning.validate();
}

training::RunReport train_policy(const PolicyTrainConfig& defaults, const FineTuneRequest& request) {
  training::Collective& all = training::or_alone(request.processes);
  const PolicyTrainConfig config = resolved_settings(defaults, request, kTiny);
  for (const auto* files : {&config.data, &config.held_out})
    for (const std::string& file : *files)
      if (!fs::exists(file)) throw bad_input(kInTrain, "{}: no such file", file);
  ModelBundle bundle = bundle_of(config.from, config, request.device);
  std::optional<ModelBundle> teacher;
  if (config.tuning.kl_weight > 0)
    teacher = bundle_of(config.teacher.empty() ? config.from : config.teacher, config, request.device);
  torch::use_machine(request.threads, parameter_count(bundle.model.parameters));
  const ExampleSet train = read_all(config.data, bundle, config), held_out = read_all(config.held_out, bundle, config);
  const uint64_t total = config.tuning.total_steps(train.examples.size());
  const int64_t parameters = parameter_count(bundle.model.parameters);
  log_info("{}: {} parameters, {} texts of {} tokens, {} steps, lr {}", request.run.out.string(), parameters,
           train.examples.size(), train.tokens, total, config.tuning.optimizer.lr);
  const auto write_model = [&](const fs::path& to, const LanguageModel& model) {
    ModelBundle whole{.model = model,
                      .tokenizer_spec = bundle.tokenizer_spec,
                      .tokenizer = text::Tokenizer(bundle.tokenizer_spec, bundle.tokenizer.source()),
                      .tokenizer_config = bundle.tokenizer_config,
                      .end_tokens = bundle.end_tokens};
    save_bundle(to, whole, scalar_type(config.tuning.dtype));
  };
  FineTuner trainee(bundle.model, train.examples, held_out.examples,
                    {.config = config.tuning,
                     .total_steps = total,
                     .teacher = teacher ? &teacher->model : nullptr,
                     .processes = request.processes,
                     .write_model = write_model});
  const training::SharedRunFolder folder(request.run,
                                         all);  // --overwrite: all processes have read what is to be learned
  training::RunReport report;
  report.run = run_fine_tuning(trainee, config, *folder, request);
  report.json = run_json(report.run, total);
  report.json["parameters"] = parameters;
  report.json["train"] = train.to_json();
  report.json["held_out"] = held_out.to_json();
  report.table = table_of(report.json, request.run.out);
  training::on_root(all, [&] { write_json(folder->report(), report.json); });
  return report;
}

}  // namespace hrm::language
