#include <chrono>
#include <memory>

#include "base/clock.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/rng.h"
#include "base/signals.h"
#include "cli/language_options.h"
#include "cli/libtorch_commands.h"
#include "formats/jsonl.h"
#include "formats/memory_budget.h"
#include "language/fine_tuning.h"
#include "language/prompts.h"
#include "torch/machine.h"

namespace hrm::cli {
namespace {

struct LmGenerateArguments {
  std::filesystem::path model, file, out;
  std::vector<std::string> prompts, stop;
  language::PromptForm form;
  std::string dtype = "float32", device = "cpu", chat_date, chat_variables;
  language::Sampling sampling;
  int64_t n = 1, max_tokens = 256, rows = 64;
  bool logprobs = false, json = false;
  uint64_t seed = 0;
  size_t threads = 0;
};

struct Prompt {
  Json record;  // what is written, with what was generated
  std::vector<int32_t> ids;
};

std::vector<Prompt> read_prompts(const language::ModelBundle& bundle, const LmGenerateArguments& args) {
  std::vector<Prompt> prompts;
  MemoryBudget budget;
  for (size_t i = 0; i < args.prompts.size(); ++i) {
    const Json record = {{"prompt", args.prompts[i]}};
    prompts.push_back({record, language::encode_prompt(bundle, record, args.form, fmt::format("--prompt {}", i + 1))});
  }
  if (!args.file.empty())
    for (JsonlReader lines(args.file, {.forgive_cut_end = false, .accept_array = true}); lines.next();) {
      std::vector<int32_t> ids = language::encode_prompt(bundle, lines.value(), args.form, lines.place());
      budget.add(lines.bytes() + ids.size() * sizeof(int32_t), lines.place(), "prompts");
      prompts.push_back({lines.take(), std::move(ids)});
    }
  if (prompts.empty()) throw bad_input("cli.lm.generate", "no prompt: give --prompt TEXT or --file FILE");
  return prompts;
}

void write(const Prompt& prompt, const std::vector<language::Generation>& choices, const LmGenerateArguments& args,
           JsonlOutput& out) {
  if (!out.is_file() && !args.json && args.file.empty()) {
    for (size_t i = 0; i < choices.size(); ++i) {
      if (choices.size() > 1) fmt::print("--- {}\n", i + 1);
      fmt::print("{}\n", choices[i].text);
    }
    return;
  }
  Json record = prompt.record;
  record["completions"] = Json::array();
  for (const language::Generation& choice : choices)
    record["completions"].push_back(language::completion_json(choice, args.logprobs));
  out.write(record);
}

void generate(const LmGenerateArguments& args, Exit& exit) {
  const at::ScalarType type = type_of(args.dtype);
  language::ModelBundle bundle = language::load_bundle(language::model_of_run(args.model),
                                                       {.type = type, .device = torch::parse_device(args.device)});
  bundle.chat = text::chat_settings(args.chat_date, args.chat_variables, "--chat-date, --chat-variables");
  torch::use_machine(args.threads, language::parameter_count(bundle.model.parameters));
  language::Generator generator(bundle, {.compute = type, .rows = args.rows});
  bundle.model.parameters.clear();  // the generator has what it needs of them
  const std::vector<Prompt> prompts = read_prompts(bundle, args);
  JsonlOutput out(args.out);
  for (size_t i = 0; i < prompts.size(); ++i)
    generator.add(i, {.prompt = prompts[i].ids,
                      .choices = args.n,
                      .max_tokens = args.max_tokens,
                      .sampling = args.sampling,
                      .stop = args.stop,
                      .seed = derive_seed(args.seed, {i}),
                      .logprobs = args.logprobs});
  const InterruptScope scope;
  const auto begin = std::chrono::steady_clock::now();
  const auto rate = [&] {
    const double seconds = seconds_since(begin);
    return fmt::format("{} tokens, {:.0f} tokens/s", generator.tokens(),
                       static_cast<double>(generator.tokens()) / seconds);
  };
  {
    Progress progress("prompts", prompts.size(), {.unit = "prompts"});
    language::generate_in_order(
        generator,
        [&](uint64_t done) {
          progress.update(done, rate());
          return !interrupted();
        },
        [&](uint64_t id, const auto& choices) { write(prompts[id], choices, args, out); });
    progress.update(prompts.size(), rate());
  }
  finish_lines(out, exit);
  log_info("{}", rate());
}

}  // namespace

void register_lm_generate(CLI::App& lm, Exit& exit) {
  CLI::App& command = *lm.add_subcommand("generate", "Continue prompts or answer messages.");
  const auto args = std::make_shared<LmGenerateArguments>();
  command.add_option("model", args->model, "Hugging Face folder, .gguf file, or run folder of hrm lm train")
      ->type_name("MODEL")
      ->required();
  command.add_option("-p,--prompt", args->prompts, "text to continue; may be repeated")->type_name("TEXT");
  command.add_option("--file", args->file, "JSON lines with prompt or messages; - is standard input")
      ->type_name("FILE");
  command.add_option("-o,--out", args->out, "file to write: the records with completions")->type_name("FILE");
  command.add_flag("--chat", args->form.chat, "send the prompt as a user message in the model's chat format");
  command.add_option("--system", args->form.system, "system message for chats")->type_name("TEXT");
  command.add_option("--chat-date", args->chat_date, kChatDateHelp)->type_name("DATE");
  command.add_option("--chat-variables", args->chat_variables, kChatVariablesHelp)->type_name("JSON");
  command.add_option("-n,--n", args->n, "completions per prompt")
      ->check(CLI::Range(1, 100'000))
      ->type_name("N")
      ->capture_default_str();
  command.add_option("--max-tokens", args->max_tokens, "maximum length of a completion in tokens")
      ->type_name("N")
      ->capture_default_str();
  command
      .add_option("--temperature", args->sampling.temperature, "sampling temperature; 0: always the likeliest token")
      ->type_name("X")
      ->capture_default_str();
  command.add_option("--top-k", args->sampling.top_k, "sample from the k likeliest tokens; 0: all")
      ->type_name("N")
      ->capture_default_str();
  command
      .add_option("--top-p", args->sampling.top_p,
                  "sample from the likeliest tokens that together have this probability")
      ->type_name("X")
      ->capture_default_str();
  command.add_option("--stop", args->stop, "stop before this text; may be repeated")->type_name("TEXT");
  command.add_option("--rows", args->rows, "completions computed at the same time")
      ->check(CLI::Range(1, 4096))
      ->type_name("N")
      ->capture_default_str();
  command.add_flag("--logprobs", args->logprobs, "also write the log-probability of each token");
  add_dtype_option(command, args->dtype, "of the weights and the arithmetic");
  add_json_flag(command, args->json);
  add_seed_option(command, args->seed);
  add_threads_option(command, args->threads);
  add_device_option(command, args->device, kLanguageDeviceHelp);
  set_examples(command,
               {{"hrm lm generate runs/policy --prompt $'(7+12)*3-15=?\\n' --n 4", "four solutions"},
                {"hrm lm generate models/smollm2 --chat --prompt 'What is 17 * 3?' --temperature 0", "an answer"},
                {"hrm lm generate models/smollm2 --file prompts.jsonl --n 8 --out sampled.jsonl", "many prompts"}});
  command.callback([args, &exit] { generate(*args, exit); });
}

}  // namespace hrm::cli
