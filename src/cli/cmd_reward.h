// Shared by the commands that use a reward model. Only in builds with libtorch.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "cli/command.h"
#include "reward/scorer.h"

namespace hrm::cli {

struct RewardModelArguments {
  std::filesystem::path model;
  std::string name, layout, kind, good, bad;
  bool bf16 = false;
};

void add_reward_model_options(CLI::App& command, RewardModelArguments& args);  // --model and what overrules it
// threads: as aten::use_machine() takes them.
std::unique_ptr<reward::Scorer> open_reward_model(const RewardModelArguments& args, const std::string& device,
                                                  size_t threads);

}  // namespace hrm::cli
