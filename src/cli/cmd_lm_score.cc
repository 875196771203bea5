#include <memory>

#include "base/log.h"
#include "base/progress.h"
#include "base/signals.h"
#include "cli/language_options.h"
#include "cli/libtorch_commands.h"
#include "formats/jsonl.h"
#include "language/fine_tuning.h"
#include "language/model_bundle.h"
#include "language/text_score_records.h"
#include "torch/machine.h"

namespace hrm::cli {
namespace {

struct LmScoreArguments {
  std::filesystem::path model, file, out;
  std::string dtype = "float32", device = "cpu";
  bool tokens = false, json = false;
  size_t threads = 0;
};

void score(const LmScoreArguments& args) {
  constexpr size_t kTogether = 256;  // texts of a like length share calls
  constexpr size_t kTogetherBytes = size_t{1} << 26;
  const at::ScalarType type = type_of(args.dtype);
  const language::ModelBundle bundle = language::load_bundle(
      language::model_of_run(args.model), {.type = type, .device = torch::parse_device(args.device)});
  torch::use_machine(args.threads, language::parameter_count(bundle.model.parameters));
  const language::Decoder decoder(bundle.model.config, bundle.model.parameters, {.compute = type});
  language::TextScoreTotals totals;
  JsonlOutput out(args.out);
  size_t bytes = 0;
  std::vector<Json> records;
  std::vector<language::ScoredText> texts;
  std::vector<int64_t> text_bytes;
  Progress progress("texts", 0, {.unit = "texts"});
  const auto flush = [&] {
    const auto all = language::log_probabilities(decoder, texts);
    for (size_t i = 0; i < all.size(); ++i) {
      Json record = std::move(records[i]);
      totals.add(record, all[i], text_bytes[i]);
      if (args.tokens) language::add_token_scores(record, bundle, texts[i], all[i]);
      if (out.is_file() || !args.json) out.write(record);
    }
    bytes = 0;
    records.clear();
    texts.clear();
    text_bytes.clear();
    progress.update(static_cast<uint64_t>(totals.texts), fmt::format("{} tokens", totals.tokens));
  };
  for (JsonlReader lines(args.file, {.forgive_cut_end = false, .accept_array = true}); lines.next();) {
    if (interrupted()) throw failure("cli.lm.score", "{}: interrupted", lines.source());
    language::TextToScore text = language::text_to_score(bundle, lines.value(), lines.place());
    texts.push_back(std::move(text.scored));
    text_bytes.push_back(text.bytes);
    bytes += lines.bytes();
    records.push_back(lines.take());
    if (texts.size() == kTogether || bytes > kTogetherBytes) flush();
  }
  flush();
  out.finish();
  if (args.json) return print_json(totals.to_json());
  if (totals.tokens > 0)
    log_info("{} texts, {} tokens: {:.4f} nats per token, perplexity {:.2f}", totals.texts, totals.tokens,
             totals.nats_per_token(), totals.perplexity());
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
