#include "reward/train.h"

#include "base/log.h"
#include "base/progress.h"
#include "text/tokenizer_config.h"
#include "text/tokenizer_writer.h"
#include "torch/machine.h"
#include "training/collective.h"

namespace hrm::reward {
namespace {

namespace fs = std::filesystem;
using language::HeadKind;
using language::LossKind;

constexpr std::string_view kInTrain = "reward.train";

LayoutName layout_of(const RewardTrainConfig& config) {
  if (!config.layout.empty()) return parse_enum<LayoutName>(config.layout, "layout");
  switch (config.head) {
    case HeadKind::kSequence:
      return LayoutName::kPrompt;
    case HeadKind::kToken:
      return LayoutName::kTrl;
    case HeadKind::kProcess:
      return LayoutName::kQwenPrm;
    case HeadKind::kValue:
      return LayoutName::kSkywork;
    case HeadKind::kLanguage:
      break;
  }
  return LayoutName::kShepherd;
}

int64_t outputs_of(HeadKind head, LossKind loss) {
  if (head == HeadKind::kProcess) return 2;
  if (head == HeadKind::kValue) return 1;
  return loss == LossKind::kCrossEntropy || loss == LossKind::kBetaBinomial ? 2 : 1;
}

// The model at its start.
struct Start {
  RewardModel model;
  int64_t outputs = 0;
};

Layout layout_for(const RewardTrainConfig& config, const text::TokenizerConfig& texts) {
  Layout layout = named_layout(layout_of(config), texts, text::chat_settings(config.chat_date, "", "chat_date"));
  std::optional<rows::Kind> kind;
  std::optional<rows::Mode> mode;
  if (!config.kind.empty()) kind = parse_enum<rows::Kind>(config.kind, "kind");
  if (!config.mode.empty()) mode = parse_enum<rows::Mode>(config.mode, "mode");
  for (const std::string& file : config.rows) take_row_settings(file, kind, mode);
  layout.kind = kind.value_or(layout.kind);
  layout.mode = mode.value_or(layout.mode);
  layout.separator = config.separator;
  if (config.head == HeadKind::kLanguage && !config.good.empty()) layout.good = config.good;
  if (config.head == HeadKind::kLanguage && !config.bad.empty()) layout.bad = config.bad;
  if (config.head != HeadKind::kLanguage) layout.good.clear();  // a head of its own gives the score
  if (config.head != HeadKind::kLanguage) layout.bad.clear();
  layout.validate("settings");
  return layout;
}

language::ModelBundle bundle_of(const RewardTrainConfig& config, int64_t outputs) {
  const uint64_t seed = config.tuning.seed;
  if (config.from == language::kTiny) return language::tiny_bundle(config.tiny, config.head, outputs, seed);
  language::ModelBundle bundle = language::load_bundle(language::model_of_run(config.from));
  language::LanguageModel& model = bundle.model;
  const language::Head head(model.head, model.config, model.parameters);
  if (model.head != config.head || (config.head != HeadKind::kLanguage && head.outputs() != outputs)) {
    log_info("{}: a new {} head", config.from, name_of_enum(config.head));
    language::replace_head(model, config.head, outputs, seed);
  }
  return bundle;
}

Start start_of(const RewardTrainConfig& config, at::Device device) {
  int64_t outputs = outputs_of(config.head, config.tuning.loss);
  language::ModelBundle bundle = bundle_of(config, outputs);
  language::LanguageModel& model = bundle.model;
  if (config.head == HeadKind::kLanguage) outputs = model.config.vocab_size;
  model.parameters = language::to(model.parameters, at::kFloat, device);
  // transformers pools a text at its last token that is not padding.
  if (model.config.pad_token_id < 0 && !model.config.eos_token_id.empty())
    model.config.pad_token_id = model.config.eos_token_id.front();
  RewardConfig reward;
  reward.score = score_of(config.head, outputs, config.tuning.loss);
  reward.layout = layout_for(config, bundle.tokenizer_config);
  return {.model = {.bundle = std::move(bundle), .config = std::move(reward)}, .outputs = outputs};
}

// A model that came without files of its tokenizer: the run keeps them, and every save copies them from there.
void keep_tokenizer(language::ModelBundle& bundle, const training::RunFolder& folder) {
  if (fs::is_directory(bundle.model.source)) return;
  bundle.model.source = folder.path() / "tokenizer";
  text::save_tokenizer(bundle.model.source, bundle.tokenizer_spec, bundle.tokenizer_config);
}

language::ExampleSet read_all(const std::vector<std::string>& files, const RewardTrainConfig& config,
                              const Start& start, LayoutReader& reader) {
  language::ExampleSet set;
  const ExampleOptions options{.rules = {.config = start.model.bundle.model.config,
                                         .loss = config.tuning.loss,
                                         .outputs = start.outputs,
                                         .max_length = static_cast<int64_t>(config.tuning.max_length)},
                               .hard_from = config.hard_from,
                               .drop_long = config.drop_long};
  for (const std::string& file : files) read_examples(file, reader, options, set);
  for (const auto& [reason, count] : set.counts.dropped) log_info("left out: {} {}", count, reason);
  return set;
}

// The steps that read the budget, the last of them what is left of it and perhaps more.
uint64_t steps_of_budget(const RewardTrainConfig& config, const language::ExampleSet& set) {
  language::ExampleBatches batches(set.examples, config.tuning.batch_size, config.tuning.seed);
  uint64_t steps = 0;
  for (uint64_t tokens = 0; tokens < config.token_budget; ++steps)
    for (const size_t index : batches.batch(steps + 1)) tokens += set.examples[index].ids.size();
  return steps;
}

class RewardTrainee : public language::FineTuner {
 public:
  RewardTrainee(Start& start, const language::ExampleSet& train, const language::ExampleSet& test,
                language::FineTuneOptions options)
      : FineTuner(start.model.bundle.model, train.examples, test.examples, std::move(options)),
        config_(start.model.config) {}

  void save_model(const fs::path& path, uint64_t step) override {
    FineTuner::save_model(path, step);
    save_reward_config(language::model_folder(path.parent_path()), config_);
  }

 private:
  RewardConfig config_;
};

// run: language::run_json().
Json report_json(Json run, const language::ExampleSet& train, const language::ExampleSet& test, const Start& start) {
  Json json = std::move(run);
  json["parameters"] = language::parameter_count(start.model.bundle.model.parameters);
  json["kind"] = name_of_enum(start.model.config.layout.kind);
  json["layout"] = name_of_enum(start.model.config.layout.name);
  json["score"] = name_of_enum(start.model.config.score);
  json["train"] = train.to_json();
  json["test"] = test.to_json();
  return json;
}

std::string report_table(const Json& report, const fs::path& out) {
  std::string text = fmt::format("{} after {} steps and {}: {} {} of {} parameters, {} examples of {} tokens\n",
                                 report["end"].get<std::string>(), report["step"].get<uint64_t>(),
                                 format_duration(report["seconds"].get<double>()), report["kind"].get<std::string>(),
                                 report["layout"].get<std::string>(), report["parameters"].get<int64_t>(),
                                 report["train"]["examples"].get<size_t>(), report["train"]["tokens"].get<int64_t>());
  for (const auto& [name, value] : report["last_evaluation"].items())
    text += fmt::format("held-out {} {:.4f}\n", name, value.get<double>());
  return text + fmt::format("in {}: model/, loss.svg, log.jsonl, tensorboard/, report.json\n", out.string());
}

}  // namespace

RewardTrainConfig reward_train_defaults(bool tiny) {
  RewardTrainConfig config;
  config.tuning.loss = LossKind::kSquaredError;
  if (!tiny) return config;
  config.from = language::kTiny;
  config.tuning.optimizer.lr = 2e-3;
  config.tuning.optimizer.beta2 = 0.98;
  return config;
}

void RewardTrainConfig::validate() const {
  if (rows.empty()) throw bad_input(kInTrain, "no training data: give a file of rows or labeled solutions");
  if (head == HeadKind::kLanguage && tuning.loss != LossKind::kCrossEntropy)
    throw bad_input(kInTrain, "head language predicts tokens: it needs --loss cross_entropy, not {}",
                    name_of_enum(tuning.loss));
  if (head == HeadKind::kLanguage && good.empty() && named_layout(layout_of(*this)).good.empty())
    throw bad_input(kInTrain,
                    "head language predicts two tokens, but layout {} names none: choose layout shepherd or rlhflow, "
                    "or set good=TOKEN bad=TOKEN",
                    layout);
  if (layout == name_of_enum(LayoutName::kChat))
    throw bad_input(kInTrain,
                    "layout chat is read, not trained: give --kind orm with layout prompt for an outcome model");
  if (head == HeadKind::kValue && tuning.loss != LossKind::kSoftLabels)
    throw bad_input(kInTrain, "head value gives the sigmoid of one output: it needs --loss soft_labels, not {}",
                    name_of_enum(tuning.loss));
  if (head == HeadKind::kProcess && tuning.loss == LossKind::kSquaredError)
    throw bad_input(kInTrain, "head process has two classes: it needs --loss cross_entropy or soft_labels");
  if (!(hard_from >= 0 && hard_from <= 1)) throw bad_input(kInTrain, "hard_from = {} is not in [0, 1]", hard_from);
  if (token_budget > 0 && tuning.max_steps > 0)
    throw bad_input(kInTrain, "token_budget and max_steps both set the length: give only one");
  tuning.validate();
}

training::RunReport train_reward_model(const RewardTrainConfig& defaults, const language::FineTuneRequest& request) {
  training::Collective& all = training::or_alone(request.processes);
  const RewardTrainConfig config = language::resolved_settings(defaults, request, language::kTiny);
  for (const auto* files : {&config.rows, &config.test})
    for (const std::string& file : *files)
      if (!fs::exists(file)) throw bad_input(kInTrain, "{}: no such file; make rows with hrm rows build", file);
  Start start = start_of(config, request.device);
  torch::use_machine(request.threads, language::parameter_count(start.model.bundle.model.parameters));
  LayoutReader reader(start.model.config.layout, start.model.bundle.tokenizer);
  const language::ExampleSet train = read_all(config.rows, config, start, reader);
  const language::ExampleSet test = read_all(config.test, config, start, reader);
  const uint64_t total =
      config.token_budget > 0 ? steps_of_budget(config, train) : config.tuning.total_steps(train.examples.size());
  RewardTrainee trainee(start, train, test,
                        {.config = config.tuning, .total_steps = total, .processes = request.processes});
  // --overwrite: all processes have read what is to be learned.
  const training::SharedRunFolder folder(request.run, all);
  training::on_root(all, [&] { keep_tokenizer(start.model.bundle, *folder); });
  log_info("{}: {} parameters, {} examples of {} tokens, {} steps, lr {}", request.run.out.string(),
           language::parameter_count(start.model.bundle.model.parameters), train.examples.size(), train.tokens, total,
           config.tuning.optimizer.lr);
  training::RunReport report;
  report.run = language::run_fine_tuning(trainee, config, *folder, request);
  report.json = report_json(language::run_json(report.run, total), train, test, start);
  report.table = report_table(report.json, request.run.out);
  training::on_root(all, [&] { write_json(folder->report(), report.json); });
  return report;
}

}  // namespace hrm::reward
