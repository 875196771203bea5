#include <memory>

#include "cli/language_options.h"
#include "cli/libtorch_commands.h"
#include "language/fine_tuning.h"
#include "language/model_bundle.h"
#include "language/parameters.h"
#include "language/peft_adapter.h"
#include "reward/reward_model.h"

namespace hrm::cli {
namespace {

struct LmFilesArguments {
  std::filesystem::path model, out, adapter;
  std::string dtype = "float32";
  bool json = false;
};

void convert(const LmFilesArguments& args) {
  const std::filesystem::path model = language::model_of_run(args.model);
  language::ModelBundle bundle = language::load_bundle(model);
  if (!args.adapter.empty()) language::merge_adapter(bundle.model, args.adapter);
  language::save_bundle(args.out, bundle, type_of(args.dtype));
  reward::copy_reward_config(model, args.out);
  const language::DecoderConfig& config = bundle.model.config;
  const std::string architecture = language::architecture_of(bundle.model.head, config.model_type);
  const int64_t parameters = language::parameter_count(bundle.model.parameters);
  if (args.json)
    return print_json({{"out", args.out.string()},
                       {"architecture", architecture},
                       {"parameters", parameters},
                       {"dtype", args.dtype},
                       {"tokens", bundle.tokenizer.size()},
                       {"end_tokens", bundle.end_tokens},
                       {"config", fields_to_json(config)}});
  fmt::print("{}: {}, {:.1f} million parameters in {}, {} layers of width {}, {} tokens, context {}\n",
             args.out.string(), architecture, static_cast<double>(parameters) / 1e6, args.dtype,
             config.num_hidden_layers, config.hidden_size, bundle.tokenizer.size(), config.max_position_embeddings);
}

std::shared_ptr<LmFilesArguments> add_files(CLI::App& command) {
  auto args = std::make_shared<LmFilesArguments>();
  command.add_option("model", args->model, "Hugging Face folder, .gguf file, or run folder of hrm lm or reward train")
      ->type_name("MODEL")
      ->required();
  command.add_option("-o,--out", args->out, "folder to write")->type_name("DIR")->required();
  add_dtype_option(command, args->dtype, "of the weights written");
  add_json_flag(command, args->json);
  command.callback([args] { convert(*args); });
  return args;
}

}  // namespace

void register_lm_files(CLI::App& lm, Exit&) {
  CLI::App& import =
      *lm.add_subcommand("import", "Convert a model (GGUF or Hugging Face) into a folder with its tokenizer.");
  add_files(import);
  set_examples(import, {{"hrm lm import SmolLM2-135M-Instruct.Q4_1.gguf --out models/smollm2 --dtype bfloat16",
                         "quantized weights are expanded"}});
  CLI::App& leave = *lm.add_subcommand("export", "Write a model as a folder that transformers loads.");
  const auto args = add_files(leave);
  leave
      .add_option("--adapter", args->adapter,
                  "merge this LoRA adapter (as saved by peft) into the weights, with its head if it has one")
      ->type_name("DIR");
  set_examples(leave,
               {{"hrm lm export runs/tuned --out published --dtype bfloat16", "half the size"},
                {"hrm lm export models/base --adapter runs/lora/adapter --out merged", "a complete merged model"}});
}

}  // namespace hrm::cli
