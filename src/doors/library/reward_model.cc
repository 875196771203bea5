#include "language/parameters.h"
#include "library/scorer.h"
#include "reward/scorer.h"
#include "torch/machine.h"

namespace hrm::library {

std::unique_ptr<steps::StepScorer> open_reward_model(const std::string& path, const std::string& device,
                                                     size_t threads) {
  reward::RewardModel model =
      reward::load_reward_model(path, {}, {.type = at::kFloat, .device = torch::parse_device(device)});
  torch::use_machine(threads, language::parameter_count(model.bundle.model.parameters));
  return std::make_unique<reward::Scorer>(std::move(model));
}

}  // namespace hrm::library
