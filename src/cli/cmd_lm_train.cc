#include <memory>

#include "cli/choices.h"
#include "cli/language_options.h"
#include "cli/libtorch_commands.h"
#include "language/train.h"

namespace hrm::cli {
namespace {

struct LmTrainArguments {
  std::vector<std::string> words, held_out;  // words: files and settings
  std::string from, init, teacher, prompt, chat_date, chat_variables;
  double min_label = 0;
  bool chat = false, drop_long = false;
  LanguageRunArguments run;
};

void train(const CLI::App& command, const LmTrainArguments& args, Exit& exit) {
  RunSettings given(command);
  given.words("data", args.words);
  given.set("--held-out", "held_out", args.held_out);
  given.set("--from", "from", model_on_disk(args.from));
  given.set("--init", "from", args.init);
  given.set("--teacher", "teacher", model_on_disk(args.teacher));
  given.set("--prompt", "text.prompt", args.prompt);
  given.set("--chat", "text.chat", args.chat);
  given.set("--chat-date", "text.chat_date", args.chat_date);
  given.set("--chat-variables", "text.chat_variables", args.chat_variables);
  given.set("--min-label", "text.min_label", args.min_label);
  given.set("--drop-long", "text.drop_long", args.drop_long);
  given.set("--seed", "seed", args.run.seed);
  const std::vector<std::string> settings = given.take();
  const bool tiny = begins_tiny(language::policy_train_defaults(false), settings);
  train_distributed({"hrm lm train", args.run, exit}, settings, [&](const language::FineTuneRequest& request) {
    return language::train_policy(language::policy_train_defaults(tiny), request);
  });
}

}  // namespace

void register_lm_train(CLI::App& lm, Exit& exit) {
  CLI::App& command = *lm.add_subcommand("train", "Train a language model on texts, solutions or trees.");
  const auto args = std::make_shared<LmTrainArguments>();
  command
      .add_option("data", args->words,
                  "texts ({text}, {prompt, completion}, {messages}), solutions in any format of hrm rows, or tree "
                  "stores; and settings, key=value")
      ->type_name("FILE key=value ...");
  command.add_option("--held-out", args->held_out, "held-out data that selects the best model")
      ->type_name("FILE,...")
      ->delimiter(',');
  command.add_option("--from", args->from, "model to start from: a folder, .gguf file or run folder")
      ->type_name("MODEL");
  add_choice(command, "--init", {args->init, {"tiny"}},
             "start from a new small model that reads bytes, for the arithmetic world")
      ->excludes("--from");
  command
      .add_option("--teacher", args->teacher,
                  "frozen model for kl_weight; default: the model that training starts from")
      ->type_name("MODEL");
  command.add_option("--prompt", args->prompt, "template of a question's prompt, with {question}")->type_name("TEXT");
  command.add_flag("--chat", args->chat, "send prompts as user messages in the model's chat format");
  command.add_option("--chat-date", args->chat_date, kChatDateHelp)->type_name("DATE");
  command.add_option("--chat-variables", args->chat_variables, kChatVariablesHelp)->type_name("JSON");
  command.add_option("--min-label", args->min_label, "learn only from solutions with at least this label")
      ->type_name("X");
  command.add_flag("--drop-long", args->drop_long, "leave out texts that are too long for the model");
  add_language_run_options(command, args->run);
  set_examples(
      command,
      {{"hrm lm train solved.jsonl --init tiny --out runs/policy epochs=4", "a small policy for the arithmetic world"},
       {"hrm lm train chats.jsonl --from models/smollm2 --out runs/tuned lora.rank=16 lr=2e-4", "adapters only"},
       {"hrm lm train trees.store --from models/smollm2 --min-label 0.7 --out runs/self kl_weight=0.1",
        "self-training on good solutions, kept close to the initial model"},
       {"hrm lm train --resume --out runs/tuned", "resume bit-identically"},
       {"torchrun --nproc-per-node 2 --no-python hrm lm train chats.jsonl --from models/smollm2 --out runs/tuned",
        "two processes share each batch (docs/distributed.md)"}});
  command.footer(settings_help(language::policy_train_defaults(true)) + command.get_footer());
  command.callback([&command, args, &exit] { train(command, *args, exit); });
}

}  // namespace hrm::cli
