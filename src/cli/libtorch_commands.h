// Everything that needs libtorch, in one place: `hrm lm`, `hrm reward`, local policies and reward models as scorers. A
// build without libtorch leaves out their sources (src/CMakeLists.txt); its commands report that.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "cli/command.h"
#include "policy/policy.h"
#include "steps/step_scorer.h"
#include "text/chat_template.h"

namespace hrm::cli {

// model: what follows "local:" of --policy. Throws bad_input.
std::shared_ptr<policy::Policy> open_local_policy(const std::string& model, const text::ChatSettings& chat);
// Throws bad_input for a folder without a reward model, and in a build without libtorch.
std::unique_ptr<steps::StepScorer> open_reward_scorer(const std::filesystem::path& model, const std::string& device,
                                                      size_t threads);

void register_lm_render(CLI::App& lm);  // in every build

// Only in builds with libtorch.
void register_lm_files(CLI::App& lm, Exit& exit);  // import, export
void register_lm_train(CLI::App& lm, Exit& exit);
void register_lm_generate(CLI::App& lm, Exit& exit);
void register_lm_score(CLI::App& lm, Exit& exit);
void register_lm_confidence(CLI::App& lm, Exit& exit);
void register_reward_parts(CLI::App& reward, Exit& exit);  // train, score, eval

}  // namespace hrm::cli
