#include <memory>

#include "cli/cmd_lm.h"

#if HRM_TORCH
#include <chrono>
#include <map>
#include <optional>

#include "base/log.h"
#include "base/progress.h"
#include "base/rng.h"
#include "base/signals.h"
#include "cli/run_options.h"
#include "formats/jsonl.h"
#include "language/fine_tuning.h"
#include "language/generator.h"
#include "torch/machine.h"
#endif

namespace hrm::cli {

#if HRM_TORCH
namespace {

struct Arguments {
  std::filesystem::path model, file, out;
  std::vector<std::string> prompts, stop;
  std::string system, dtype = "float32", device = "cpu";
  language::Sampling sampling;
  int64_t n = 1, max_tokens = 256, rows = 64;
  bool chat = false, logprobs = false, json = false;
  uint64_t seed = 0;
  size_t threads = 0;
};

struct Prompt {
  Json record;  // what is written, with what was generated
  std::vector<int32_t> ids;
};

// A prompt as text, or a conversation.
std::vector<int32_t> encoded(const language::ModelBundle& bundle, const Json& record, const Arguments& args,
                             const std::string& place) {
  std::vector<text::ChatMessage> messages;
  if (!args.system.empty()) messages.push_back({"system", args.system});
  if (record.contains("messages")) {
    for (const Json& message : json_field<std::vector<Json>>(record, "messages", place))
      messages.push_back(
          {json_field<std::string>(message, "role", place), json_field<std::string>(message, "content", place)});
  } else {
    const std::string prompt = json_field<std::string>(record, "prompt", place);
    if (!args.chat) return bundle.tokenizer.encode(prompt);
    messages.push_back({"user", prompt});
  }
  return bundle.tokenizer.encode(bundle.render_chat(messages), text::Part::kText);
}

std::vector<Prompt> read_prompts(const language::ModelBundle& bundle, const Arguments& args) {
  std::vector<Prompt> prompts;
  for (size_t i = 0; i < args.prompts.size(); ++i) {
    const Json record = {{"prompt", args.prompts[i]}};
    prompts.push_back({record, encoded(bundle, record, args, fmt::format("--prompt {}", i + 1))});
  }
  if (!args.file.empty())
    for (JsonlReader lines(args.file, {.forgive_cut_end = false, .accept_array = true}); lines.next();)
      prompts.push_back({lines.value(), encoded(bundle, lines.value(), args, lines.place())});
  if (prompts.empty()) throw bad_input("cli.lm.generate", "no prompt: give --prompt TEXT or --file FILE");
  return prompts;
}

Json choice_json(const language::Generation& choice, bool logprobs) {
  constexpr std::string_view kFinish[] = {"end", "stop", "length"};
  Json json = {
      {"text", choice.text}, {"finish", kFinish[static_cast<size_t>(choice.finish)]}, {"tokens", choice.ids.size()}};
  if (!choice.stop.empty()) json["stop"] = choice.stop;
  if (logprobs) json["logprobs"] = choice.logprobs;
  return json;
}

void print(const Prompt& prompt, const std::vector<language::Generation>& choices, const Arguments& args,
           JsonlWriter* out) {
  if (!out && !args.json && args.file.empty()) {
    for (size_t i = 0; i < choices.size(); ++i) {
      if (choices.size() > 1) fmt::print("--- {}\n", i + 1);
      fmt::print("{}\n", choices[i].text);
    }
    return;
  }
  Json record = prompt.record;
  record["completions"] = Json::array();
  for (const language::Generation& choice : choices)
    record["completions"].push_back(choice_json(choice, args.logprobs));
  if (out)
    out->write(record);
  else
    fmt::print("{}\n", printable(record));
}

void generate(const Arguments& args, Exit& exit) {
  const at::ScalarType type = args.dtype == "bfloat16" ? at::kBFloat16 : at::kFloat;
  const language::ModelBundle bundle =
      language::load_bundle(language::model_of_run(args.model), {.type = type, .device = parse_device(args.device)});
  torch::use_machine(args.threads, language::parameter_count(bundle.model.parameters));
  language::Generator generator(bundle, {.compute = type, .rows = args.rows});
  const std::vector<Prompt> prompts = read_prompts(bundle, args);
  std::optional<JsonlWriter> out;
  if (!args.out.empty()) out.emplace(args.out, JsonlWriter::Mode::kTruncate);
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
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return fmt::format("{} tokens, {:.0f} tokens/s", generator.tokens(),
                       static_cast<double>(generator.tokens()) / seconds);
  };
  {
    Progress progress("prompts", prompts.size(), {.unit = "prompts"});
    std::map<uint64_t, std::vector<language::Generation>> ready;
    for (uint64_t next = 0, done = 0; !generator.idle() && !interrupted();) {
      for (auto& [id, choices] : generator.step()) {
        ready.emplace(id, std::move(choices));
        ++done;
      }
      for (auto at = ready.find(next); at != ready.end(); at = ready.find(++next)) {
        print(prompts[next], at->second, args, out ? &*out : nullptr);
        ready.erase(at);
      }
      progress.update(done, rate());
    }
  }
  if (interrupted()) {
    log_warning("interrupted: the records written are complete, the rest are missing");
    exit.code = kInterruptedExitCode;
  }
  log_info("{}", rate());
}

}  // namespace

void register_lm_generate(CLI::App& lm, Exit& exit) {
  CLI::App& command = *lm.add_subcommand("generate", "Continue prompts or answer messages.");
  const auto args = std::make_shared<Arguments>();
  command.add_option("model", args->model, "Hugging Face folder, .gguf file, or run folder of hrm lm train")
      ->type_name("MODEL")
      ->required();
  command.add_option("-p,--prompt", args->prompts, "text to continue; may be repeated")->type_name("TEXT");
  command.add_option("--file", args->file, "JSON lines with prompt or messages; - is standard input")
      ->type_name("FILE");
  command.add_option("-o,--out", args->out, "file to write: the records with completions")->type_name("FILE");
  command.add_flag("--chat", args->chat, "send the prompt as a user message in the model's chat format");
  command.add_option("--system", args->system, "system message for chats")->type_name("TEXT");
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
  command.add_option("--dtype", args->dtype, "float32 or bfloat16")
      ->check(CLI::IsMember({"float32", "bfloat16"}))
      ->type_name("NAME")
      ->capture_default_str();
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
#else
void register_lm_generate(CLI::App& lm, Exit&) {
  register_without_libtorch(lm, "generate", "Continue prompts or answer messages.");
}
#endif

}  // namespace hrm::cli
