#include <algorithm>
#include <memory>

#include "base/progress.h"
#include "base/signals.h"
#include "cli/choices.h"
#include "cli/cmd_select.h"
#include "cli/language_options.h"
#include "cli/libtorch_commands.h"
#include "formats/jsonl.h"
#include "language/fine_tuning.h"
#include "language/model_bundle.h"
#include "language/text_scores.h"
#include "rows/read_solutions.h"
#include "rows/record_fields.h"
#include "rows/step_text.h"
#include "selection/confidence.h"
#include "selection/record_fields.h"
#include "selection/step_scores.h"
#include "torch/machine.h"

namespace hrm::cli {
namespace {

using selection::Confidence;

constexpr std::string_view kInCmdLmConfidence = "cli.lm.confidence", kQuestion = "{question}";

struct LmConfidenceArguments {
  std::filesystem::path model, file, out;
  std::string prompt = "{question}\n", separator = "\n\n", chat_date, dtype = "float32", device = "cpu";
  bool chat = false, steps = false, skip_bad = false, json = false;
  size_t threads = 0;
};

// A solution as the model would have written it; step s is the tokens up to ends[s]. A step without a token is measured
// at the token that follows: behind the last one, that is an end-of-text token.
struct Text {
  language::ScoredText scored;
  std::vector<size_t> ends;
};

struct Asked {
  Json record;
  std::string id;
  bool candidates = false;
  std::vector<Text> texts;
};

// Sums over some tokens, and their means.
struct Sums {
  std::array<double, 3> sums{};  // by Confidence
  int64_t tokens = 0;
  void add(const language::TokenConfidence& token) {
    sums[0] += token.logprob;
    sums[1] += token.entropy;
    sums[2] += token.self_certainty;
    ++tokens;
  }
  double mean(Confidence kind) const { return sums[static_cast<size_t>(kind)] / static_cast<double>(tokens); }
};

Sums sums_of(std::span<const language::TokenConfidence> tokens) {
  Sums sums;
  for (const language::TokenConfidence& token : tokens) sums.add(token);
  return sums;
}

bool is_line_end(char c) { return c == '\n' || c == '\r'; }

class Measurer {
 public:
  explicit Measurer(const LmConfidenceArguments& args)
      : args_(args),
        bundle_(language::load_bundle(language::model_of_run(args.model),
                                      {.type = type_of(args.dtype), .device = torch::parse_device(args.device)})),
        decoder_(bundle_.model.config, bundle_.model.parameters, {.compute = type_of(args.dtype)}),
        out_(args.out) {
    if (args.prompt.find(kQuestion) == std::string::npos)
      throw bad_input(kInCmdLmConfidence, "--prompt '{}' has no {{question}}", args.prompt.substr(0, 80));
    bundle_.chat = text::chat_settings(args.chat_date, "", "--chat-date");
    torch::use_machine(args.threads, language::parameter_count(bundle_.model.parameters));
  }

  void run() {
    constexpr size_t kTogether = 256, kTogetherBytes = size_t{1} << 26;
    Progress progress("solutions", 0, {.unit = "solutions"});
    size_t waiting = 0, bytes = 0;
    JsonlReader lines = selection::open_records(args_.file, args_.skip_bad);
    while (lines.next()) {
      if (interrupted()) throw failure(kInCmdLmConfidence, "{}: interrupted", lines.source());
      const std::string place = lines.place();
      bytes += lines.bytes();
      try {
        asked_.push_back(asked_of(lines.value(), place));
      } catch (const Error& error) {
        if (error.fault() != Fault::kBadInput || !args_.skip_bad) throw;
        bad_.add(error.what());
        continue;
      }
      waiting += asked_.back().texts.size();
      if (waiting < kTogether && bytes < kTogetherBytes) continue;
      flush();
      waiting = bytes = 0;
      progress.update(solutions_, fmt::format("{} tokens", all_.tokens));
    }
    flush();
    for (const std::string& message : lines.bad().messages) bad_.add(message);
    bad_.count += lines.bad().count - lines.bad().messages.size();
    warn_of(bad_);
    if (solutions_ == 0) throw bad_input(kInCmdLmConfidence, "{}: contains no solutions", args_.file.string());
    out_.finish();
    if (!out_.is_file()) return;
    const Json totals = {{"solutions", solutions_},
                         {"tokens", all_.tokens},
                         {"mean_logprob", all_.mean(Confidence::kMeanLogprob)},
                         {"entropy", all_.mean(Confidence::kEntropy)},
                         {"self_certainty", all_.mean(Confidence::kSelfCertainty)},
                         {"skipped", bad_.count}};
    if (args_.json) return print_json(totals);
    fmt::print(
        "{}: {} solutions, {} tokens; per token: log-probability {:.4f}, entropy {:.4f}, self-certainty {:.4f}\n",
        args_.out.string(), solutions_, all_.tokens, totals["mean_logprob"].get<double>(),
        totals["entropy"].get<double>(), totals["self_certainty"].get<double>());
  }

 private:
  std::vector<int32_t> prompt_ids(const std::string& question) const {
    std::string prompt = args_.prompt;
    prompt.replace(prompt.find(kQuestion), kQuestion.size(), question);
    if (!args_.chat) return bundle_.tokenizer.encode(prompt);
    const std::vector<text::ChatMessage> messages = {{"user", prompt}};
    return bundle_.tokenizer.encode(bundle_.render_chat(text::conversation(messages, true)), text::Part::kText);
  }

  Text text_of(const std::vector<int32_t>& prompt, const std::vector<std::string>& steps,
               const std::string& place) const {
    if (steps.empty()) throw bad_input(kInCmdLmConfidence, "{}: a solution without steps has no tokens", place);
    Text text{.scored = {.ids = prompt, .first = prompt.size()}, .ends = {}};
    for (size_t i = 0; i < steps.size(); ++i) {
      std::string step = steps[i];
      // Steps of one text with their line ends are put together as they are.
      if (i + 1 < steps.size() && !(step.empty() || is_line_end(step.back())) &&
          !(steps[i + 1].empty() || is_line_end(steps[i + 1].front())))
        step += args_.separator;
      for (const int32_t id : bundle_.tokenizer.encode(step, text::Part::kContinuation)) text.scored.ids.push_back(id);
      text.ends.push_back(text.scored.ids.size());
    }
    if (text.ends.back() == (text.ends.size() > 1 ? text.ends[text.ends.size() - 2] : prompt.size())) {
      if (bundle_.end_tokens.empty())
        throw bad_input(kInCmdLmConfidence, "{}: the last step is empty, and the model has no end-of-text token",
                        place);
      text.scored.ids.push_back(bundle_.end_tokens.front());
    }
    const int64_t limit = bundle_.model.config.max_position_embeddings;
    if (std::ssize(text.scored.ids) > limit)
      throw bad_input(kInCmdLmConfidence,
                      "{}: {} tokens exceed the model's limit of {} ({}): leave it out (--skip-bad)", place,
                      text.scored.ids.size(), limit, bundle_.model.config.length_key());
    return text;
  }

  Asked asked_of(const Json& record, const std::string& place) {
    if (!record.is_object()) throw bad_input(kInCmdLmConfidence, "{}: expected an object", place);
    Asked asked{.record = record, .id = place, .candidates = record.contains("candidates"), .texts = {}};
    if (!asked.candidates) {
      ask_solution(asked, place);
      return asked;
    }
    const std::vector<int32_t> prompt = checked_prompt(rows::need_question(record, place), place);
    Json& candidates = rows::need_candidates(asked.record, place);
    for (size_t i = 0; i < candidates.size(); ++i) {
      const std::string where = rows::candidate_place(place, i);
      asked.texts.push_back(text_of(prompt, steps_of(candidates[i], where), where));
    }
    return asked;
  }

  std::vector<int32_t> checked_prompt(const std::string& question, const std::string& place) const {
    std::vector<int32_t> prompt = prompt_ids(question);
    if (prompt.empty()) throw bad_input(kInCmdLmConfidence, "{}: the prompt has no tokens", place);
    return prompt;
  }

  // A text without steps is one, unless steps are to be measured.
  std::vector<std::string> steps_of(Json& candidate, const std::string& place) const {
    if (candidate.contains("steps")) return rows::need_texts(candidate, "steps", place);
    const std::string text = rows::need_text(candidate, {"text", "solution"}, place);
    if (!args_.steps) return {text};
    std::vector<std::string> steps = rows::split_steps(text);
    candidate["steps"] = steps;
    return steps;
  }

  void ask_solution(Asked& asked, const std::string& place) {
    if (!format_) format_ = rows::detect_format(asked.record);
    if (!format_ || *format_ == rows::Format::kRows || *format_ == rows::Format::kGsm8k) {
      asked.texts.push_back(text_of(checked_prompt(rows::need_question(asked.record, place), place),
                                    rows::need_texts(asked.record, "steps", place), place));
      return;
    }
    rows::ConversionCounts counts;
    rows::read_record({*format_, asked.record, place}, rows::Neutral::kDrop, counts,
                      [&](rows::LabeledSolution&& solution) {
                        if (!asked.texts.empty())
                          throw bad_input(kInCmdLmConfidence,
                                          "{}: contains several solutions: convert them to records with "
                                          "candidates",
                                          place);
                        asked.texts.push_back(text_of(checked_prompt(solution.question, place), solution.steps, place));
                      });
    if (asked.texts.empty()) throw bad_input(kInCmdLmConfidence, "{}: contains no solution", place);
  }

  // Per step the mean of its tokens, as scores.
  static std::map<std::string, std::vector<double>> step_scores(const Text& text,
                                                                std::span<const language::TokenConfidence> tokens) {
    std::map<std::string, std::vector<double>> scores;
    size_t from = text.scored.first;
    for (const size_t end : text.ends) {
      const Sums sums = sums_of(tokens.subspan(from - text.scored.first, std::max<size_t>(end - from, 1)));
      for (const auto& [kind, name] : enum_names(Confidence()))
        scores[std::string(name)].push_back(selection::as_score(kind, sums.mean(kind)));
      from = end;
    }
    return scores;
  }

  void flush() {
    std::vector<language::ScoredText> texts;
    for (const Asked& asked : asked_)
      for (const Text& text : asked.texts) texts.push_back(text.scored);
    const auto all = language::token_confidences(decoder_, texts);
    size_t at = 0;
    for (Asked& asked : asked_) {
      for (size_t i = 0; i < asked.texts.size(); ++i, ++at) write_solution(asked, i, all[at]);
      out_.write(asked.record);
    }
    asked_.clear();
  }

  void write_solution(Asked& asked, size_t index, std::span<const language::TokenConfidence> tokens) {
    ++solutions_;
    const Sums sums = sums_of(tokens);
    for (const language::TokenConfidence& token : tokens) all_.add(token);
    Json& solution = asked.candidates ? asked.record["candidates"][index] : asked.record;
    for (const auto& [kind, name] : enum_names(Confidence())) solution[std::string(name)] = sums.mean(kind);
    const auto scores = step_scores(asked.texts[index], tokens);
    if (!asked.candidates) {
      asked.record = selection::with_step_scores(std::move(asked.record), {asked.id, scores});
    } else if (args_.steps) {
      selection::add_step_scores(solution, scores);
    }
  }

  const LmConfidenceArguments& args_;
  language::ModelBundle bundle_;
  language::Decoder decoder_;
  JsonlOutput out_;
  std::optional<rows::Format> format_;
  std::vector<Asked> asked_;
  BadLines bad_;
  uint64_t solutions_ = 0;
  Sums all_;
};

}  // namespace

void register_lm_confidence(CLI::App& lm, Exit& exit) {
  CLI::App& command = *lm.add_subcommand(
      "confidence", "Measure how sure a model is of solutions: log-probability, entropy, self-certainty.");
  const auto args = std::make_shared<LmConfidenceArguments>();
  command.add_option("model", args->model, "Hugging Face folder, .gguf file, or run folder of hrm lm train")
      ->type_name("MODEL")
      ->required();
  command.add_option("file", args->file, "problems with candidates, or solutions with steps; - is standard input")
      ->type_name("FILE")
      ->required();
  CLI::Option* out =
      command.add_option("-o,--out", args->out, "file to write; default: standard output")->type_name("FILE");
  command.add_option("--prompt", args->prompt, "text before a solution, with {question}; the one it was sampled with")
      ->type_name("TEXT");
  command.add_flag("--chat", args->chat, "the prompt is a user's message in the model's chat template");
  command.add_option("--separator", args->separator, "text between steps that do not bring their line ends")
      ->type_name("TEXT");
  command.add_option("--chat-date", args->chat_date, kChatDateHelp)->type_name("DATE");
  command.add_flag("--steps", args->steps, "also score each step of candidates");
  command.add_flag("--skip-bad", args->skip_bad, "leave out and list records that cannot be measured");
  add_dtype_option(command, args->dtype, "of the weights and the arithmetic");
  command.add_flag("--json", args->json, "print one JSON value about the file in --out")->needs(out);
  add_threads_option(command, args->threads);
  add_device_option(command, args->device, kLanguageDeviceHelp);
  set_examples(command, {{"hrm lm confidence models/smollm2 samples.jsonl --out sure.jsonl",
                          "then hrm select bon sure.jsonl: baselines without a reward model"},
                         {"hrm lm confidence models/qwen processbench_gsm8k.json --chat --out steps.jsonl",
                          "then hrm select processbench steps.jsonl: each step's confidence as its score"}});
  command.callback([args, &exit] {
    run_interruptible(
        exit, [&] { Measurer(*args).run(); }, args->out.empty() ? kPrintedIsWhole : kNothingWritten);
  });
}

}  // namespace hrm::cli
