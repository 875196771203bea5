#include <cmath>
#include <memory>

#include "base/log.h"
#include "base/progress.h"
#include "base/signals.h"
#include "cli/language_options.h"
#include "cli/libtorch_commands.h"
#include "formats/jsonl.h"
#include "language/fine_tuning.h"
#include "language/model_bundle.h"
#include "language/text_scores.h"
#include "torch/machine.h"

namespace hrm::cli {
namespace {

struct LmScoreArguments {
  std::filesystem::path model, file, out;
  std::string dtype = "float32", device = "cpu";
  bool tokens = false, json = false;
  size_t threads = 0;
};

struct Totals {
  double logprob = 0;
  int64_t tokens = 0, texts = 0, bytes = 0;
};

// {"text"}: all of it but its first token; {"prompt", "completion"}: the completion.
language::ScoredText encoded(const language::ModelBundle& bundle, const Json& record, const std::string& place,
                             Totals& totals) {
  language::ScoredText text;
  std::string scored;
  if (record.is_object() && record.contains("completion")) {
    text.ids = bundle.tokenizer.encode(json_field<std::string>(record, "prompt", place));
    text.first = text.ids.size();
    scored = json_field<std::string>(record, "completion", place);
    for (const int32_t id : bundle.tokenizer.encode(scored, text::Part::kContinuation)) text.ids.push_back(id);
    if (text.first == 0)
      throw bad_input("cli.lm.score", "{}: the prompt is empty: the completion needs at least one token before it",
                      place);
  } else {
    scored = json_field<std::string>(record, "text", place);
    text.ids = bundle.tokenizer.encode(scored);
  }
  if (text.ids.empty()) throw bad_input("cli.lm.score", "{}: the text is empty", place);
  if (std::ssize(text.ids) > bundle.model.config.max_position_embeddings)
    throw bad_input("cli.lm.score", "{}: {} tokens exceed the model's limit of {} ({})", place, text.ids.size(),
                    bundle.model.config.max_position_embeddings, bundle.model.config.length_key());
  totals.bytes += std::ssize(scored);
  return text;
}

Json scored_record(Json record, const std::vector<float>& logprobs, Totals& totals) {
  double sum = 0;
  for (const float each : logprobs) sum += each;
  totals.logprob += sum;
  totals.tokens += std::ssize(logprobs);
  ++totals.texts;
  record["logprob"] = sum;
  record["tokens"] = logprobs.size();
  return record;
}

void add_tokens(Json& record, const language::ModelBundle& bundle, const language::ScoredText& text,
                const std::vector<float>& logprobs) {
  Json ids = Json::array(), scored = Json::array();
  for (size_t i = 0; i < logprobs.size(); ++i) {
    ids.push_back(text.ids[text.ids.size() - logprobs.size() + i]);
    scored.push_back({bundle.tokenizer.bytes_of(ids.back().get<int32_t>()), logprobs[i]});
  }
  record["token_ids"] = std::move(ids);
  record["token_logprobs"] = std::move(scored);
}

Json totals_json(const Totals& all) {
  const auto n = static_cast<double>(all.tokens);
  return {
      {"texts", all.texts},
      {"tokens", all.tokens},
      {"logprob", all.logprob},
      {"nats_per_token", all.tokens > 0 ? Json(-all.logprob / n) : Json()},
      {"perplexity", all.tokens > 0 ? Json(std::exp(-all.logprob / n)) : Json()},
      {"bits_per_byte", all.bytes > 0 ? Json(-all.logprob / std::log(2.0) / static_cast<double>(all.bytes)) : Json()}};
}

void score(const LmScoreArguments& args) {
  constexpr size_t kTogether = 256;  // texts of a like length share calls
  constexpr size_t kTogetherBytes = size_t{1} << 26;
  const at::ScalarType type = type_of(args.dtype);
  const language::ModelBundle bundle = language::load_bundle(
      language::model_of_run(args.model), {.type = type, .device = torch::parse_device(args.device)});
  torch::use_machine(args.threads, language::parameter_count(bundle.model.parameters));
  const language::Decoder decoder(bundle.model.config, bundle.model.parameters, {.compute = type});
  Totals totals;
  JsonlOutput out(args.out);
  size_t bytes = 0;
  std::vector<Json> records;
  std::vector<language::ScoredText> texts;
  Progress progress("texts", 0, {.unit = "texts"});
  const auto flush = [&] {
    const auto all = language::log_probabilities(decoder, texts);
    for (size_t i = 0; i < all.size(); ++i) {
      Json record = scored_record(std::move(records[i]), all[i], totals);
      if (args.tokens) add_tokens(record, bundle, texts[i], all[i]);
      if (out.is_file() || !args.json) out.write(record);
    }
    bytes = 0;
    records.clear();
    texts.clear();
    progress.update(static_cast<uint64_t>(totals.texts), fmt::format("{} tokens", totals.tokens));
  };
  for (JsonlReader lines(args.file, {.forgive_cut_end = false, .accept_array = true}); lines.next();) {
    if (interrupted()) throw failure("cli.lm.score", "{}: interrupted", lines.source());
    texts.push_back(encoded(bundle, lines.value(), lines.place(), totals));
    bytes += lines.bytes();
    records.push_back(lines.take());
    if (texts.size() == kTogether || bytes > kTogetherBytes) flush();
  }
  flush();
  out.finish();
  const Json all = totals_json(totals);
  if (args.json) return print_json(all);
  if (totals.tokens > 0)
    log_info("{} texts, {} tokens: {:.4f} nats per token, perplexity {:.2f}", totals.texts, totals.tokens,
             all["nats_per_token"].get<double>(), all["perplexity"].get<double>());
}

}  // namespace

void register_lm_score(CLI::App& lm, Exit& exit) {
  CLI::App& command = *lm.add_subcommand("score", "Compute log-probabilities of texts and their total perplexity.");
  const auto args = std::make_shared<LmScoreArguments>();
  command.add_option("model", args->model, "Hugging Face folder, .gguf file, or run folder of hrm lm train")
      ->type_name("MODEL")
      ->required();
  command.add_option("file", args->file, "JSON lines with text, or with prompt and completion; - is standard input")
      ->type_name("FILE")
      ->required();
  command.add_option("-o,--out", args->out, "file to write: the records with their log-probability")->type_name("FILE");
  command.add_flag("--tokens", args->tokens, "also list each token with its id and log-probability");
  add_dtype_option(command, args->dtype, "of the weights and the arithmetic");
  add_json_flag(command, args->json);
  add_threads_option(command, args->threads);
  add_device_option(command, args->device, kLanguageDeviceHelp);
  set_examples(command, {{"hrm lm score models/smollm2 texts.jsonl --json", "tokens, nats per token, perplexity"},
                         {"hrm lm score runs/policy pairs.jsonl --tokens --out scored.jsonl", "token by token"}});
  command.callback([args, &exit] { run_interruptible(exit, [&] { score(*args); }); });
}

}  // namespace hrm::cli
