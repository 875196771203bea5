#include "tree/grow_settings.h"

#include <array>

namespace hrm::tree {
namespace {

constexpr std::array<std::pair<GrowMethod, std::string_view>, 6> kMethods = {{{GrowMethod::kBreadth, "breadth"},
                                                                              {GrowMethod::kMcts, "mcts"},
                                                                              {GrowMethod::kFirstError, "first-error"},
                                                                              {GrowMethod::kRollouts, "rollouts"},
                                                                              {GrowMethod::kAdaptive, "adaptive"},
                                                                              {GrowMethod::kSolutions, "solutions"}}};

}  // namespace

EnumNames<GrowMethod> enum_names(GrowMethod) { return kMethods; }

void GrowSettings::validate() const {
  steps::StepSettings::validate();
  steps::check_setting("children", static_cast<double>(children), 1, 1024);
  steps::check_setting("rollouts", static_cast<double>(rollouts), 1, 4096);
  steps::check_setting("simulations", static_cast<double>(simulations), 1, 1e6);
  steps::check_setting("exploration", exploration, 0, 1000);
  steps::check_setting("width", width, 0.001, 1);
}

GrowSettings faithful_settings() {
  GrowSettings settings;
  settings.temperature = 0.1;
  settings.merge = false;
  settings.answer = grading::AnswerFormat::kHrm;
  settings.profile = grading::Profile::kPrm800k;
  return settings;
}

}  // namespace hrm::tree
