#include "reward/reward_model.h"

#include "base/files.h"
#include "language/fine_tuning.h"
#include "text/tokenizer_config.h"

namespace hrm::reward {
namespace {

namespace fs = std::filesystem;
using language::HeadKind;

constexpr std::string_view kWhere = "reward.model";
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
  throw bad_input(kWhere, "{}: a language model does not say how it reads steps: name the layout, shepherd or rlhflow",
                  folder.string());
}

RewardConfig stored_config(const fs::path& path) {
  RewardConfig config;
  const std::vector<std::string> unknown = fields_from_json(config, read_json(path), path.string());
  if (!unknown.empty()) throw bad_input(kWhere, "{}: unknown setting '{}'", path.string(), unknown.front());
  return config;
}

RewardConfig config_of(const fs::path& folder, const language::LanguageModel& model, int64_t outputs,
                       const RewardOverrides& overrides) {
  const bool stored = fs::exists(folder / kConfigFile);
  RewardConfig config = stored ? stored_config(folder / kConfigFile) : RewardConfig();
  if (!stored || overrides.layout) {
    const text::TokenizerConfig texts = text::load_tokenizer_config(folder);
    const LayoutName name = overrides.layout ? *overrides.layout : layout_of(model.head, outputs, folder);
    config.layout = named_layout(name, texts, overrides.chat);
    if (!stored && name == LayoutName::kTrl) config.layout.mode = rows::Mode::kFaithful;
  }
  if (overrides.kind) config.layout.kind = *overrides.kind;
  if (overrides.mode) config.layout.mode = *overrides.mode;
  if (!overrides.good.empty()) config.layout.good = overrides.good;
  if (!overrides.bad.empty()) config.layout.bad = overrides.bad;
  if (!overrides.name.empty()) config.name = overrides.name;
  if (!stored) config.score = score_of(model.head, outputs, std::nullopt);
  if (config.name.empty()) config.name = fs::weakly_canonical(folder).filename().string();
  config.layout.validate(stored ? (folder / kConfigFile).string() : folder.string());
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
    }
    return false;
  };
  if (!fits())
    throw bad_input(kWhere, "{}: score = {} does not fit a {} head of {} outputs{}", folder.string(),
                    name_of_enum(config.score), name_of_enum(head), outputs,
                    config.score == ScoreKind::kTokens ? " with layout.good = '" + config.layout.good + "'" : "");
}

}  // namespace

EnumNames<ScoreKind> enum_names(ScoreKind) {
  static constexpr std::pair<ScoreKind, std::string_view> names[] = {{ScoreKind::kRaw, "raw"},
                                                                     {ScoreKind::kSigmoid, "sigmoid"},
                                                                     {ScoreKind::kClass, "class"},
                                                                     {ScoreKind::kBeta, "beta"},
                                                                     {ScoreKind::kTokens, "tokens"}};
  return names;
}

ScoreKind score_of(HeadKind head, int64_t outputs, std::optional<language::LossKind> loss) {
  using language::LossKind;
  if (head == HeadKind::kLanguage) return ScoreKind::kTokens;
  if (head == HeadKind::kValue) return ScoreKind::kSigmoid;
  if (outputs > 2) throw bad_input(kWhere, "a head of {} classes has no score", outputs);
  if (loss == LossKind::kBetaBinomial) return ScoreKind::kBeta;
  if (outputs == 2) return ScoreKind::kClass;
  return loss == LossKind::kSoftLabels ? ScoreKind::kSigmoid : ScoreKind::kRaw;
}

void check_tokenizer(const text::Tokenizer& tokenizer, const language::DecoderConfig& config) {
  if (tokenizer.size() > config.vocab_size)
    throw bad_input(
        kWhere, "{}: has {} tokens, but the model's embedding has {} rows (vocab_size): they do not belong together",
        tokenizer.source(), tokenizer.size(), config.vocab_size);
}

RewardModel load_reward_model(const fs::path& path, const RewardOverrides& overrides,
                              const language::LoadOptions& options) {
  const fs::path folder = language::model_of_run(path);
  if (!fs::is_directory(folder))
    throw bad_input(kWhere, "{}: no such folder; make one with hrm reward train", path.string());
  RewardOverrides with_name = overrides;
  if (with_name.name.empty() && folder != path) with_name.name = fs::weakly_canonical(path).filename().string();
  RewardModel loaded{.model = language::load_model(folder, options), .tokenizer = {}, .config = {}};
  loaded.tokenizer = std::make_shared<const text::Tokenizer>(text::Tokenizer::load(folder));
  check_tokenizer(*loaded.tokenizer, loaded.model.config);
  const language::Head head(loaded.model.head, loaded.model.config, loaded.model.parameters);
  loaded.config = config_of(folder, loaded.model, head.outputs(), with_name);
  check_score(loaded.config, loaded.model.head, head.outputs(), folder);
  return loaded;
}

void save_reward_config(const fs::path& folder, const RewardConfig& config) {
  write_json(folder / kConfigFile, fields_to_json(config));
}

void copy_reward_config(const fs::path& from, const fs::path& to) {
  if (fs::exists(from / kConfigFile)) write_file_atomic(to / kConfigFile, read_file(from / kConfigFile));
}

}  // namespace hrm::reward
