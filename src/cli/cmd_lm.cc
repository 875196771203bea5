#include "cli/cmd_lm.h"

namespace hrm::cli {

Error needs_libtorch(std::string_view where) {
  return bad_input(where,
                   "language models need libtorch, and this hrm was built without it: configure with -DHRM_TORCH=ON");
}

void register_without_libtorch(CLI::App& lm, const std::string& name, const std::string& help) {
  CLI::App& command = *lm.add_subcommand(name, help + " (Not in this build, which has no libtorch.)");
  command.allow_extras();
  set_examples(command, {{"hrm lm " + name, "explains what is missing"}});
  command.callback([name] { throw needs_libtorch("cli.lm." + name); });
}

void register_lm(CLI::App& app, Exit& exit) {
  CLI::App& lm = *app.add_subcommand(
      "lm", "Language models (Llama, Mistral, Qwen2 and Qwen3): import, generate, train, export, score.");
  lm.require_subcommand(1);
  register_lm_files(lm, exit);
  register_lm_generate(lm, exit);
  register_lm_train(lm, exit);
  register_lm_score(lm, exit);
  set_examples(lm, {{"hrm lm import SmolLM2-135M.gguf --out models/smollm2", "a GGUF file as a Hugging Face folder"},
                    {"hrm lm generate models/smollm2 --chat --prompt 'What is 17 * 3?'", "an answer"},
                    {"hrm lm train solved.jsonl --init tiny --out runs/policy", "a small new model"}});
}

}  // namespace hrm::cli
