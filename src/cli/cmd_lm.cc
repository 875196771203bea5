#include "cli/cmd_lm.h"

namespace hrm::cli {

Error needs_libtorch(std::string_view where) {
  return bad_input(where,
                   "language models need libtorch, and this hrm was built without: configure with "
                   "-DHRM_TORCH=ON");
}

void register_lm(CLI::App& app, Exit& exit) {
  CLI::App& lm = *app.add_subcommand("lm", "Language models: import and export (Llama and Qwen2).");
  lm.require_subcommand(1);
  register_lm_files(lm, exit);
  set_examples(lm, {{"hrm lm import SmolLM2-135M.gguf --out models/smollm2", "a GGUF file as a Hugging Face folder"},
                    {"hrm lm export models/smollm2 --out half --dtype bfloat16", "half the size"}});
}

}  // namespace hrm::cli
