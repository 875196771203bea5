#include <memory>

#include "cli/language_options.h"
#include "cli/libtorch_commands.h"
#include "language/fine_tuning.h"
#include "reward/confidence_file.h"
#include "torch/machine.h"

namespace hrm::cli {
namespace {

struct LmConfidenceArguments {
  std::filesystem::path model, file, out;
  reward::ConfidenceFileOptions options;
  std::string chat_date, dtype = "float32", device = "cpu";
  bool json = false;
  size_t threads = 0;
};

void measure(LmConfidenceArguments& args) {
  args.options.validate();
  args.options.compute = type_of(args.dtype);
  language::ModelBundle bundle = language::load_bundle(
      language::model_of_run(args.model), {.type = args.options.compute, .device = torch::parse_device(args.device)});
  bundle.chat = text::chat_settings(args.chat_date, "", "--chat-date");
  torch::use_machine(args.threads, language::parameter_count(bundle.model.parameters));
  JsonlOutput out(args.out);
  const reward::ConfidenceFileReport report =
      reward::measure_confidences(args.file, bundle, args.options, [&](const Json& record) { out.write(record); });
  warn_of(report.bad);
  if (report.solutions == 0) throw bad_input("cli.lm.confidence", "{}: contains no solutions", args.file.string());
  out.finish();
  if (!out.is_file()) return;
  if (args.json) return print_json(report.to_json());
  fmt::print("{}: {} solutions, {} tokens; per token: log-probability {:.4f}, entropy {:.4f}, self-certainty {:.4f}\n",
             args.out.string(), report.solutions, report.tokens, report.mean_logprob, report.entropy,
             report.self_certainty);
}

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
  command
      .add_option("--prompt", args->options.prompt,
                  "text before a solution, with {question}; the one it was sampled with")
      ->type_name("TEXT");
  command.add_flag("--chat", args->options.chat, "the prompt is a user's message in the model's chat template");
  command.add_option("--separator", args->options.separator, "text between steps that do not bring their line ends")
      ->type_name("TEXT");
  command.add_option("--chat-date", args->chat_date, kChatDateHelp)->type_name("DATE");
  command.add_flag("--steps", args->options.steps, "also score each step of candidates");
  command.add_flag("--skip-bad", args->options.skip_bad, "leave out and list records that cannot be measured");
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
        exit, [&] { measure(*args); }, args->out.empty() ? kPrintedIsWhole : kNothingWritten);
  });
}

}  // namespace hrm::cli
