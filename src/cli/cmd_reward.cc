#include <memory>

#include "cli/choices.h"
#include "cli/cmd_rows.h"
#include "cli/cmd_select.h"
#include "cli/distributed.h"
#include "cli/language_options.h"
#include "cli/libtorch_commands.h"
#include "reward/evaluate.h"
#include "reward/score_files.h"
#include "reward/train.h"
#include "torch/machine.h"

namespace hrm::cli {
namespace {

struct RewardModelArguments {
  std::filesystem::path model;
  reward::RewardOverrides overrides = {};
  std::string chat_date = {};
  bool bf16 = false;
};

// --model and what overrules it.
void add_reward_model_options(CLI::App& command, RewardModelArguments& args) {
  command.add_option("--model", args.model, "run folder of hrm reward train, or a published reward model")
      ->required()
      ->type_name("FOLDER");
  command.add_option("--name", args.overrides.name, "name of the scores; default: that of the folder")
      ->type_name("NAME");
  add_choice(command, "--layout", args.overrides.layout, "override the layout of the model");
  add_choice(command, "--kind", args.overrides.kind, "override the layout of the model");
  command.add_option("--good", args.overrides.good, "token of a right step (layouts shepherd and rlhflow)")
      ->type_name("TOKEN");
  command.add_option("--bad", args.overrides.bad, "token of a wrong step")->type_name("TOKEN");
  command
      .add_option("--weights", args.overrides.weights,
                  "heads of several outputs: what each adds to the score, for instance 0,0.5,1")
      ->type_name("W,...");
  add_choice(command, "--score", args.overrides.score, "override how outputs become a score");
  command
      .add_option("--adapter", args.overrides.adapter, "LoRA adapter to merge into the model, which may bring the head")
      ->type_name("FOLDER");
  command.add_option("--chat-date", args.chat_date, kChatDateHelp)->type_name("DATE");
  command.add_flag("--bf16", args.bf16, "compute in bfloat16");
}

// threads: as torch::use_machine() takes them.
std::unique_ptr<reward::Scorer> open_reward_model(const RewardModelArguments& args, const std::string& device,
                                                  size_t threads) {
  const at::ScalarType type = args.bf16 ? at::kBFloat16 : at::kFloat;
  reward::RewardOverrides overrides = args.overrides;
  overrides.chat = text::chat_settings(args.chat_date, "", "--chat-date");
  reward::RewardModel model =
      reward::load_reward_model(args.model, overrides, {.type = type, .device = torch::parse_device(device)});
  torch::use_machine(threads, language::parameter_count(model.bundle.model.parameters));
  return std::make_unique<reward::Scorer>(std::move(model), reward::ScorerOptions{.compute = type});
}

struct TrainArguments {
  std::vector<std::string> words, test;  // words: files and settings
  std::string from, init, head, loss, layout, kind;
  LanguageRunArguments run;
  bool drop_long = false;
  uint64_t token_budget = 0;
};

std::vector<std::string> settings_of(const CLI::App& command, const TrainArguments& args) {
  RunSettings settings(command);
  settings.words("rows", args.words);
  settings.set("--test", "test", args.test);
  settings.set("--from", "from", model_on_disk(args.from));
  settings.set("--init", "from", args.init);
  settings.set("--head", "head", args.head);
  settings.set("--loss", "loss", args.loss);
  settings.set("--layout", "layout", args.layout);
  settings.set("--kind", "kind", args.kind);
  settings.set("--seed", "seed", args.run.seed);
  settings.set("--token-budget", "token_budget", args.token_budget);
  settings.set("--drop-long", "drop_long", args.drop_long);
  return settings.take();
}

void train(const CLI::App& command, const TrainArguments& args, Exit& exit) {
  const std::vector<std::string> settings = settings_of(command, args);
  const bool tiny = begins_tiny(reward::reward_train_defaults(true), settings);
  train_distributed({"hrm reward train", args.run, exit}, settings, [&](const language::FineTuneRequest& request) {
    return reward::train_reward_model(reward::reward_train_defaults(tiny), request);
  });
}

void register_train_part(CLI::App& reward, Exit& exit) {
  CLI::App* command = reward.add_subcommand("train", "Train a reward model on rows or labeled solutions.");
  auto args = std::make_shared<TrainArguments>();
  command
      ->add_option("rows", args->words,
                   "training data: rows of hrm rows build, or labeled solutions; and settings, key=value")
      ->type_name("FILE key=value ...");
  command->add_option("--test", args->test, "held-out data that selects the best model")
      ->type_name("FILE,...")
      ->delimiter(',');
  command->add_option("--from", args->from, "language or reward model to start from")->type_name("FOLDER");
  add_choice(*command, "--init", {args->init, {"tiny"}},
             "start from a new small model that reads bytes, for the arithmetic world")
      ->excludes("--from");
  add_choice(*command, "--head", {args->head, names_of<language::HeadKind>()}, "head on the backbone");
  add_choice(*command, "--loss", {args->loss, names_of<language::LossKind>()}, "loss to minimize");
  add_choice(*command, "--layout", {args->layout, names_of<reward::LayoutName>()}, "of the text; default: the head's");
  add_choice(*command, "--kind", {args->kind, names_of<rows::Kind>()},
             "what a score judges; default: the kind of the rows");
  command->add_option("--token-budget", args->token_budget, "stop after reading this many tokens")->type_name("N");
  command->add_flag("--drop-long", args->drop_long, "leave out texts that are too long for the model");
  add_language_run_options(*command, args->run);
  set_examples(*command, {{"hrm reward train rows.jsonl --init tiny --out runs/prm epochs=3",
                           "a small new model that reads bytes"},
                          {"hrm reward train rows.jsonl --from models/SmolLM2-135M --loss soft_labels --out runs/prm",
                           "on a pretrained backbone"},
                          {"hrm reward train --resume --out runs/prm", "resume bit-identically"},
                          {"torchrun --nproc-per-node 2 --no-python hrm reward train rows.jsonl "
                           "--from models/SmolLM2-135M --out runs/prm",
                           "two processes share each batch (docs/distributed.md)"}});
  command->footer(settings_help(reward::reward_train_defaults(true)) + command->get_footer());
  command->callback([command, args, &exit] { train(*command, *args, exit); });
}

constexpr const char* kThinkHelp = "the thinking of a reasoning model, up to </think>: read it, or drop it";

struct ScoreArguments {
  std::filesystem::path file, out;
  RewardModelArguments model;
  rows::Thinking think = rows::Thinking::kKeep;
  bool skip_bad = false, json = false;
  size_t threads = 0;
  std::string device = "cpu";
};

void score(const ScoreArguments& args, training::Collective& all) {
  const auto scorer = open_reward_model(args.model, args.device, threads_of_process(args.threads));
  std::optional<JsonlOutput> out;
  if (all.is_root()) out.emplace(args.out);
  const reward::ScoreFileReport report =
      reward::score_file(args.file, *scorer, {.skip_bad = args.skip_bad, .think = args.think, .processes = &all},
                         [&](const Json& record) { out->write(record); });
  if (!out) return;
  warn_of(report.bad);
  out->finish();
  if (!out->is_file()) return;
  if (args.json) return print_json(report.to_json());
  fmt::print("{}: {} steps in {} records, {} s; read {} tokens in {} calls ({} without sharing)\n", args.out.string(),
             report.steps, report.records, fmt::format("{:.2f}", report.seconds), report.work.read_tokens,
             report.work.calls, report.work.text_tokens);
}

void register_score_part(CLI::App& reward, Exit& exit) {
  CLI::App* command = reward.add_subcommand("score", "Score the steps of solutions or trees.");
  auto args = std::make_shared<ScoreArguments>();
  command
      ->add_option("file", args->file,
                   "solutions, ProcessBench, PRMBench, ... as JSON lines, also .zst; or a tree store")
      ->required()
      ->type_name("FILE");
  CLI::Option* out =
      command->add_option("-o,--out", args->out, "file to write; default: standard output")->type_name("FILE");
  add_reward_model_options(*command, args->model);
  command->add_flag("--skip-bad", args->skip_bad, "leave out and list records that cannot be scored");
  add_choice(*command, "--think", args->think, kThinkHelp);
  command->add_flag("--json", args->json, "print one JSON value about the file in --out")->needs(out);
  add_threads_option(*command, args->threads);
  add_device_option(*command, args->device, kLanguageDeviceHelp);
  set_examples(*command, {{"hrm reward score solutions.jsonl --model runs/prm --out scored.jsonl",
                           "then hrm select bon scored.jsonl"},
                          {"hrm reward score processbench_gsm8k.json --model runs/prm --out steps.jsonl",
                           "then hrm select processbench steps.jsonl"},
                          {"hrm reward score trees.store --model runs/prm", "scores of all steps of its trees"},
                          {"torchrun --nproc-per-node 2 --no-python hrm reward score solutions.jsonl --model runs/prm "
                           "--out scored.jsonl",
                           "two processes, the same bytes (docs/distributed.md)"}});
  command->callback([args, &exit] {
    run_interruptible(
        exit, [&] { run_distributed([&](training::Collective& all) { score(*args, all); }); },
        args->out.empty() ? kPrintedIsWhole : kNothingWritten);
  });
}

struct EvalArguments {
  std::filesystem::path file, out;
  RewardModelArguments model;
  reward::EvaluateOptions options;
  bool json = false;
  size_t threads = 0;
  std::string device = "cpu";
};

void evaluate(const EvalArguments& args, training::Collective& all) {
  const auto scorer = open_reward_model(args.model, args.device, threads_of_process(args.threads));
  reward::EvaluateOptions options = args.options;
  options.processes = &all;
  const reward::Evaluation found = reward::evaluate(args.file, *scorer, args.out, options);
  if (!all.is_root()) return;
  warn_of(found.scored.bad);
  if (args.json) return print_json(found.to_json());
  fmt::print("{}{} steps of {} solutions in {:.2f} s; in {}: scored.jsonl, reports and plots\n", found.to_markdown(),
             found.scored.steps, found.scored.solutions, found.scored.seconds, args.out.string());
}

void register_eval_part(CLI::App& reward, Exit& exit) {
  CLI::App* command = reward.add_subcommand("eval", "Score a file and evaluate the scores.");
  auto args = std::make_shared<EvalArguments>();
  command
      ->add_option(
          "file", args->file,
          "sampled solutions (candidates), ProcessBench, PRMBench, rows of hrm rows build, or labeled solutions "
          "of any format, also .zst")
      ->required()
      ->type_name("FILE");
  command->add_option("-o,--out", args->out, "folder for scored.jsonl, reports and plots")
      ->required()
      ->type_name("DIR");
  add_reward_model_options(*command, args->model);
  add_format_option(*command, args->options.format);
  command->add_option("--by", args->options.by, "field of the records that splits the measures of steps into rows")
      ->type_name("FIELD")
      ->capture_default_str();
  CLI::Option* threshold =
      command->add_option("--threshold", args->options.threshold, "steps with at least this score are called right")
          ->type_name("T")
          ->capture_default_str();
  command
      ->add_option("--calibrate", args->options.calibrate,
                   "ProcessBench: choose the threshold (0.00 to 1.00) by its best F1 on this file")
      ->type_name("FILE")
      ->excludes(threshold);
  command->add_option("--bootstrap", args->options.draws, "bootstrap draws")
      ->check(CLI::Range(10, 1'000'000))
      ->type_name("K")
      ->capture_default_str();
  command->add_flag("--skip-bad", args->options.skip_bad, "leave out and list records that cannot be scored");
  add_choice(*command, "--think", args->options.think, kThinkHelp);
  add_seed_option(*command, args->options.seed);
  add_json_flag(*command, args->json);
  add_threads_option(*command, args->threads);
  add_device_option(*command, args->device, kLanguageDeviceHelp);
  set_examples(*command,
               {{"hrm reward eval test_rows.jsonl --model runs/prm --out eval", "held-out rows"},
                {"hrm reward eval processbench_math.json --model runs/prm --calibrate processbench_gsm8k.json "
                 "--out eval",
                 "with a threshold chosen on other data"},
                {"hrm reward eval samples.jsonl --model runs/prm --out eval",
                 "best-of-N, if the file says which candidates are correct"}});
  command->callback([args, &exit] {
    run_interruptible(exit, [&] { run_distributed([&](training::Collective& all) { evaluate(*args, all); }); });
  });
}

}  // namespace

void register_reward_parts(CLI::App& reward, Exit& exit) {
  register_train_part(reward, exit);
  register_score_part(reward, exit);
  register_eval_part(reward, exit);
}

std::unique_ptr<steps::StepScorer> open_reward_scorer(const std::filesystem::path& model, const std::string& device,
                                                      size_t threads) {
  return open_reward_model({.model = model}, device, threads);
}

}  // namespace hrm::cli
