#include "reward/reward_model.h"

#include <fmt/ranges.h>

#include <charconv>
#include <cmath>

#include "base/files.h"
#include "base/utf8.h"
#include "language/fine_tuning.h"
#include "language/peft_adapter.h"

namespace hrm::reward {
namespace {

namespace fs = std::filesystem;
using language::HeadKind;

constexpr std::string_view kInRewardModel = "reward.model";
constexpr const char* kConfigFile = "reward.json";

LayoutName layout_of(HeadKind head, int64_t outputs, const fs::path& folder) {
  switch (head) {
    case HeadKind::kSequence:
      return LayoutName::kPrompt;
    case HeadKind::kToken:
      return LayoutName::kTrl;
    case HeadKind::kProcess:
      return outputs == 1 ? LayoutName::kChat : LayoutName::kQwenPrm;
    case HeadKind::kValue:
      return LayoutName::kSkywork;
    case HeadKind::kLanguage:
      break;
  }
  throw bad_input(kInRewardModel,
                  "{}: a language model does not say how it reads steps: name the layout, shepherd or rlhflow",
                  folder.string());
}

// What config.json says of the outputs of a classifier.
struct Outputs {
  std::string problem_type;
  std::vector<std::string> labels;  // by output; empty where it does not name them
};

Outputs outputs_in(const fs::path& folder) {
  Outputs outputs;
  const Json json = read_json(folder / "config.json");
  if (!json.is_object()) return outputs;
  if (const auto type = json.find("problem_type"); type != json.end() && type->is_string())
    outputs.problem_type = type->get<std::string>();
  const auto labels = json.find("id2label");
  if (labels == json.end() || !labels->is_object()) return outputs;
  for (size_t i = 0; i < labels->size(); ++i) {
    const auto at = labels->find(std::to_string(i));
    if (at == labels->end() || !at->is_string()) return outputs;
    outputs.labels.push_back(at->get<std::string>());
  }
  return outputs;
}

bool is_weighted(ScoreKind kind) {
  return kind == ScoreKind::kClasses || kind == ScoreKind::kSigmoids || kind == ScoreKind::kOutputs;
}

[[noreturn]] void refuse_outputs(HeadKind head, int64_t count, const fs::path& folder) {
  const Outputs outputs = outputs_in(folder);
  std::string example;
  for (int64_t i = 0; i < count; ++i) example += i + 1 < count ? "0," : "1";
  const bool named = std::ssize(outputs.labels) == count;
  throw bad_input(
      kInRewardModel,
      "{}: the {} head has {} outputs{}: say what each adds to the score, for instance --weights {} for the "
      "probability of the last",
      folder.string(), name_of_enum(head), count, named ? fmt::format(" ({})", fmt::join(outputs.labels, ", ")) : "",
      example);
}

RewardConfig stored_config(const fs::path& path) {
  RewardConfig config;
  const std::vector<std::string> unknown = fields_from_json(config, read_json(path), path.string());
  if (!unknown.empty()) throw bad_input(kInRewardModel, "{}: unknown setting '{}'", path.string(), unknown.front());
  return config;
}

// settings: the folder whose reward.json counts, that of the model or of an adapter.
RewardConfig config_of(const language::ModelBundle& bundle, const fs::path& settings, int64_t outputs,
                       const RewardOverrides& overrides) {
  const language::LanguageModel& model = bundle.model;
  const fs::path& folder = model.source;
  const fs::path file = settings / kConfigFile;
  const bool stored = fs::exists(file);
  RewardConfig config = stored ? stored_config(file) : RewardConfig();
  if (!stored || overrides.layout) {
    const LayoutName name = overrides.layout ? *overrides.layout : layout_of(model.head, outputs, folder);
    config.layout = named_layout(name, bundle.tokenizer_config, overrides.chat);
    if (!stored && name == LayoutName::kTrl) config.layout.mode = rows::Mode::kFaithful;
  }
  if (overrides.kind) config.layout.kind = *overrides.kind;
  if (overrides.mode) config.layout.mode = *overrides.mode;
  if (!overrides.good.empty()) config.layout.good = overrides.good;
  if (!overrides.bad.empty()) config.layout.bad = overrides.bad;
  if (!overrides.name.empty()) config.name = overrides.name;
  if (!overrides.weights.empty()) {
    config.weights = overrides.weights;
    const std::string type = outputs_in(folder).problem_type;
    config.score = type == "regression"                   ? ScoreKind::kOutputs
                   : type == "multi_label_classification" ? ScoreKind::kSigmoids
                                                          : ScoreKind::kClasses;
  } else if (!stored) {
    if (outputs > 2 && model.head != HeadKind::kLanguage) refuse_outputs(model.head, outputs, folder);
    config.score = score_of(model.head, outputs, std::nullopt);
  }
  if (overrides.score) config.score = *overrides.score;
  if (config.name.empty()) config.name = fs::weakly_canonical(settings).filename().string();
  config.layout.validate(stored ? file.string() : folder.string());
  return config;
}

void check_score(const RewardConfig& config, HeadKind head, int64_t outputs, const fs::path& folder) {
  const auto fits = [&] {
    switch (config.score) {
      case ScoreKind::kRaw:
      case ScoreKind::kSigmoid:
        return head != HeadKind::kLanguage && outputs == 1;
      case ScoreKind::kClass:
      case ScoreKind::kBeta:
        return head != HeadKind::kLanguage && outputs == 2;
      case ScoreKind::kTokens:
        return head == HeadKind::kLanguage && !config.layout.good.empty();
      case ScoreKind::kClasses:
      case ScoreKind::kSigmoids:
      case ScoreKind::kOutputs:
        return head != HeadKind::kLanguage;
    }
    return false;
  };
  const std::vector<double> weights = read_weights(config.weights, folder.string());
  if (is_weighted(config.score) ? std::ssize(weights) != outputs : !weights.empty())
    throw bad_input(kInRewardModel, "{}: weights = '{}' for a score of the kind {}: expected {}", folder.string(),
                    config.weights.substr(0, 80), name_of_enum(config.score),
                    is_weighted(config.score) ? fmt::format("{} numbers, one for each output", outputs) : "none");
  if (!fits())
    throw bad_input(kInRewardModel, "{}: score = {} does not fit a {} head of {} outputs{}", folder.string(),
                    name_of_enum(config.score), name_of_enum(head), outputs,
                    config.score == ScoreKind::kTokens ? " with layout.good = '" + config.layout.good + "'" : "");
}

}  // namespace

EnumNames<ScoreKind> enum_names(ScoreKind) {
  static constexpr std::pair<ScoreKind, std::string_view> names[] = {
      {ScoreKind::kRaw, "raw"},           {ScoreKind::kSigmoid, "sigmoid"}, {ScoreKind::kClass, "class"},
      {ScoreKind::kBeta, "beta"},         {ScoreKind::kTokens, "tokens"},   {ScoreKind::kClasses, "classes"},
      {ScoreKind::kSigmoids, "sigmoids"}, {ScoreKind::kOutputs, "outputs"}};
  return names;
}

std::vector<double> read_weights(const std::string& weights, std::string_view source) {
  std::vector<double> numbers;
  for (size_t from = 0; from < weights.size() || (from > 0 && from == weights.size());) {
    const size_t end = std::min(weights.find(',', from), weights.size());
    const std::string_view text = strip(std::string_view(weights).substr(from, end - from));
    double number = 0;
    const auto [stop, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (fault != std::errc() || stop != text.data() + text.size() || !std::isfinite(number))
      throw bad_input(kInRewardModel,
                      "{}: weights = '{}': '{}' is not a number; expected numbers with commas between them", source,
                      weights.substr(0, 80), text.substr(0, 40));
    numbers.push_back(number);
    from = end + 1;
  }
  return numbers;
}

ScoreKind score_of(HeadKind head, int64_t outputs, std::optional<language::LossKind> loss) {
  using language::LossKind;
  if (head == HeadKind::kLanguage) return ScoreKind::kTokens;
  if (head == HeadKind::kValue) return ScoreKind::kSigmoid;
  if (outputs > 2) throw bad_input(kInRewardModel, "a head of {} classes has no score", outputs);
  if (loss == LossKind::kBetaBinomial) return ScoreKind::kBeta;
  if (outputs == 2) return ScoreKind::kClass;
  return loss == LossKind::kSoftLabels ? ScoreKind::kSigmoid : ScoreKind::kRaw;
}

RewardModel load_reward_model(const fs::path& path, const RewardOverrides& overrides,
                              const language::LoadOptions& options) {
  const fs::path folder = language::model_of_run(path);
  language::require_model_folder(folder, "make one with hrm reward train");
  RewardOverrides with_name = overrides;
  if (with_name.name.empty() && folder != path) with_name.name = fs::weakly_canonical(path).filename().string();
  language::LanguageModel model = language::load_model(folder, options);
  fs::path tokenizer = folder, settings = folder;  // an adapter may have its own
  if (const fs::path& adapter = overrides.adapter; !adapter.empty()) {
    const HeadKind before = model.head;
    language::merge_adapter(model, adapter);
    if (fs::exists(adapter / "tokenizer.json")) tokenizer = adapter;
    // Settings of the model do not suit a head that the adapter brought.
    if (fs::exists(adapter / kConfigFile) || model.head != before) settings = adapter;
    if (with_name.name.empty() && !fs::exists(adapter / kConfigFile))
      with_name.name = fs::weakly_canonical(adapter).filename().string();
  }
  const HeadKind kind = model.head;
  const int64_t outputs = language::Head(kind, model.config, model.parameters).outputs();
  RewardModel loaded{.bundle = language::load_bundle(std::move(model), tokenizer), .config = {}};
  loaded.config = config_of(loaded.bundle, settings, outputs, with_name);
  check_score(loaded.config, kind, outputs, folder);
  return loaded;
}

void save_reward_config(const fs::path& folder, const RewardConfig& config) {
  write_json(folder / kConfigFile, fields_to_json(config));
}

void copy_reward_config(const fs::path& from, const fs::path& to) {
  if (fs::exists(from / kConfigFile)) write_file_atomic(to / kConfigFile, read_file(from / kConfigFile));
}

}  // namespace hrm::reward
