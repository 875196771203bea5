#include "cli/libtorch_commands.h"

#include "base/error.h"

#if HRM_TORCH
#include "language/local_policy.h"
#endif

namespace hrm::cli {
namespace {

#if !HRM_TORCH
Error needs_libtorch(const std::string& what) {
  return bad_input("cli", "{} needs libtorch, but this hrm was built without it: configure with -DHRM_TORCH=ON", what);
}

// Takes any arguments and reports what is missing.
void register_without_libtorch(CLI::App& group, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const std::string whole = fmt::format("hrm {} {}", group.get_name(), name);
    CLI::App& command = *group.add_subcommand(name, "(Not in this build: it has no libtorch.)");
    command.fallthrough(false);
    command.allow_extras();
    set_examples(command, {{whole, "explains what is missing"}});
    command.callback([whole] { throw needs_libtorch(whole); });
  }
}
#endif

}  // namespace

void register_lm(CLI::App& app, Exit& exit) {
  CLI::App& lm = *app.add_subcommand("lm",
                                     "Language models (Llama, Mistral, Qwen2 and Qwen3): import, generate, train, "
                                     "export, score, confidence, and the texts of "
                                     "chats.");
  lm.require_subcommand(1);
#if HRM_TORCH
  register_lm_files(lm, exit);
  register_lm_generate(lm, exit);
  register_lm_train(lm, exit);
  register_lm_score(lm, exit);
  register_lm_confidence(lm, exit);
#else
  static_cast<void>(exit);
  register_without_libtorch(lm, {"import", "export", "generate", "train", "score", "confidence"});
#endif
  register_lm_render(lm);
  set_examples(
      lm, {{"hrm lm import SmolLM2-135M.gguf --out models/smollm2", "convert a GGUF file to a Hugging Face folder"},
           {"hrm lm generate models/smollm2 --chat --prompt 'What is 17 * 3?'", "an answer"},
           {"hrm lm train solved.jsonl --init tiny --out runs/policy", "a small new model"}});
}

void register_reward(CLI::App& app, Exit& exit) {
  CLI::App& reward = *app.add_subcommand("reward", "Train reward models, score reasoning steps, and measure scores.");
  reward.require_subcommand(1);
#if HRM_TORCH
  register_reward_parts(reward, exit);
#else
  static_cast<void>(exit);
  register_without_libtorch(reward, {"train", "score", "eval"});
#endif
  set_examples(reward, {{"hrm reward train rows.jsonl --init tiny --out runs/prm", "train a model"},
                        {"hrm reward score solutions.jsonl --model runs/prm --out scored.jsonl", "score steps with it"},
                        {"hrm reward eval test_rows.jsonl --model runs/prm --out eval", "evaluate it"}});
}

#if HRM_TORCH
std::shared_ptr<policy::Policy> open_local_policy(const std::string& model, const text::ChatSettings& chat) {
  language::LocalPolicyOptions options;
  options.chat = chat;
  return language::open_local_policy(model, options);
}
#else
std::shared_ptr<policy::Policy> open_local_policy(const std::string& model, const text::ChatSettings&) {
  throw needs_libtorch(fmt::format("--policy local:{}", model));
}

std::unique_ptr<steps::StepScorer> open_reward_scorer(const std::filesystem::path& model, const std::string&, size_t) {
  throw needs_libtorch(fmt::format("--scorer {}, a reward model,", model.string()));
}
#endif

}  // namespace hrm::cli
