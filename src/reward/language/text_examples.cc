#include "language/text_examples.h"

#include <algorithm>

#include "base/error.h"
#include "rows/prompt.h"
#include "rows/read_solutions.h"
#include "rows/record_fields.h"
#include "rows/solution_rows.h"
#include "rows/stored_trees.h"

namespace hrm::language {
namespace {

constexpr std::string_view kInTextExamples = "language.text_examples";
constexpr std::string_view kQuestion = "{question}";

class FileReader {
 public:
  FileReader(const ModelBundle& bundle, const TextConfig& config, ExampleSet& set)
      : bundle_(bundle),
        config_(config),
        settings_(text::chat_settings(config.chat_date, config.chat_variables, "text.chat_date, text.chat_variables")),
        set_(set) {
    if (bundle.end_tokens.empty())
      throw bad_input(kInTextExamples, "{}: the model has no end token, so it could not learn where a text ends",
                      bundle.tokenizer.source());
  }

  // A text, a prompt with its completion or a chat; false for a record of another form.
  bool plain(const Json& record, const std::string& place) {
    if (const Json* messages = rows::find_field(record, "messages")) {
      chat(record, *messages, place);
      return true;
    }
    if (rows::find_field(record, "prompt") && rows::find_field(record, "completion")) {
      add(encoded(rows::need_text(record, {"prompt"}, place)), rows::need_text(record, {"completion"}, place), place);
      return true;
    }
    const auto text = rows::find_text(record, {"text"});
    if (text) add({}, *text, place);
    return text.has_value();
  }

  void solution(rows::Format format, const Json& record, const std::string& place) {
    // The published solutions of GSM8K and MATH are learned as they are written, with their answers.
    if (format == rows::Format::kGsm8k || format == rows::Format::kMath) {
      const auto text = rows::find_text(record, {format == rows::Format::kMath ? "solution" : "answer"});
      if (!text) return set_.counts.drop("problem without a solution");
      return add(prompt_of(rows::need_text(record, {"question", "problem"}, place)), *text, place);
    }
    rows::read_record({format, record, place}, rows::Neutral::kDrop, set_.counts,
                      [&](rows::LabeledSolution&& solution) { stepwise(solution, place); });
  }

  void stepwise(rows::LabeledSolution& solution, const std::string& place) {
    if (!solution.complete) return set_.counts.drop("solution without an end");
    if (config_.min_label > 0 && !is_good(solution)) return;
    add(prompt_of(solution.question), rows::join(solution.steps, config_.separator), place);
  }

 private:
  // Solutions of which nothing can be known, with neither labels nor a gold answer, are taken as good.
  bool is_good(rows::LabeledSolution& solution) {
    rows::settle_outcome(solution, {}, set_.counts);
    std::optional<double> label = solution.outcome;
    if (!solution.outcome)
      for (const auto& step : solution.labels)
        if (step) label = std::min(label.value_or(1), *step);
    const bool good = label ? *label >= config_.min_label : solution.gold.empty();
    if (!good) set_.counts.drop(label ? "label below min_label" : "solution whose outcome is not known");
    return good;
  }

  std::vector<int32_t> encoded(const std::string& prompt) const {
    return config_.chat ? in_chat(prompt) : bundle_.tokenizer.encode(prompt);
  }
  std::vector<int32_t> in_chat(const std::string& prompt) const {
    const text::ChatMessage message{"user", prompt};
    return bundle_.tokenizer.encode(render(text::conversation({&message, 1}, true)), text::Part::kText);
  }
  std::string render(const text::Conversation& conversation) const {
    if (!bundle_.chat_template) return bundle_.render_chat(conversation);  // says why there is none
    return bundle_.chat_template->render(conversation, settings_);
  }
  std::vector<int32_t> prompt_of(const std::string& question) const {
    std::string prompt = config_.prompt;
    return encoded(prompt.replace(prompt.find(kQuestion), kQuestion.size(), question));
  }

  void chat(const Json& record, const Json& messages, const std::string& place) {
    if (!messages.is_array() || messages.empty())
      throw bad_input(kInTextExamples, "{}: field 'messages' is not a list", place);
    for (const Json& message : messages) rows::need_text(message, {"role"}, place);
    const std::string role = rows::need_text(messages.back(), {"role"}, place);
    if (role != "assistant")
      throw bad_input(kInTextExamples,
                      "{}: the last message is from '{}': expected the assistant, whose message is learned", place,
                      role);
    const std::string answer = rows::need_text(messages.back(), {"content"}, place);
    text::Conversation before{
        .messages = messages, .tools = nullptr, .documents = nullptr, .add_generation_prompt = true};
    before.messages.erase(before.messages.size() - 1);
    if (const Json* tools = rows::find_field(record, "tools")) before.tools = *tools;
    if (const Json* documents = rows::find_field(record, "documents")) before.documents = *documents;
    add(bundle_.tokenizer.encode(render(before), text::Part::kText), answer, place);
  }

  void add(std::vector<int32_t> ids, const std::string& completion, const std::string& place) {
    const size_t first = ids.size();
    const std::vector<int32_t> learned =
        bundle_.tokenizer.encode(completion, first == 0 ? text::Part::kFramed : text::Part::kContinuation);
    ids.insert(ids.end(), learned.begin(), learned.end());
    ids.push_back(end_token());
    set_.add(language_example(std::move(ids), first),
             {.config = bundle_.model.config,
              .loss = LossKind::kCrossEntropy,
              .outputs = bundle_.model.config.vocab_size,
              .max_length = static_cast<int64_t>(config_.max_length)},
             config_.drop_long, place);
  }

  // A chat ends as its template ends a message, else the text as the tokenizer says.
  int32_t end_token() const {
    if (bundle_.message_end) return *bundle_.message_end;
    const std::string& token = bundle_.tokenizer_config.eos_token;
    if (const auto id = bundle_.tokenizer.find(token); id && bundle_.ends(*id)) return *id;
    return bundle_.end_tokens.front();
  }

  const ModelBundle& bundle_;
  const TextConfig& config_;
  text::ChatSettings settings_;
  ExampleSet& set_;
};

}  // namespace

void TextConfig::validate() const {
  if (prompt.find(kQuestion) == std::string::npos)
    throw bad_input(kInTextExamples, "the prompt template '{}' has no {{question}}", prompt);
  text::chat_settings(chat_date, chat_variables, "text.chat_date, text.chat_variables");
  if (!(min_label >= 0 && min_label <= 1))
    throw bad_input(kInTextExamples, "min_label = {} is not in [0, 1]", min_label);
}

void read_text_examples(const std::filesystem::path& path, const ModelBundle& bundle, const TextConfig& config,
                        ExampleSet& set) {
  const size_t before = set.examples.size();
  FileReader file(bundle, config, set);
  if (tree::is_store(path)) {
    rows::for_each_tree(path, {{}, rows::Mode::kSound}, set.counts,
                        [&](const rows::StoredTree& stored, const std::string& place) {
                          rows::tree_solutions(stored.tree, set.counts, [&](rows::LabeledSolution&& solution) {
                            ++set.counts.solutions;
                            file.stepwise(solution, place);
                          });
                        });
  } else {
    JsonlReader lines(path, {.forgive_cut_end = false, .accept_array = true});
    while (lines.next()) {
      ++set.counts.records;
      if (file.plain(lines.value(), lines.place())) continue;
      file.solution(rows::need_format(lines.value(), lines.place()), lines.value(), lines.place());
    }
  }
  if (set.examples.size() == before)
    throw bad_input(kInTextExamples, "{}: nothing to learn: none of its records yields a text{}", path.string(),
                    config.min_label > 0 ? fmt::format(" with a label of at least {}", config.min_label) : "");
}

}  // namespace hrm::language
