#include "tree/grow_settings.h"

#include <array>

#include "base/error.h"

namespace hrm::tree {
namespace {

// The authors' prompt (arXiv 2503.13551, appendix), part of their format.
constexpr std::string_view kAuthorsPrompt =
    "You are an expert of Math and need to solve the following question and return the answer.\n\n"
    "Question:\n{question}\n\n\n"
    "Let's analyze this step by step.\n\n"
    "Begin each step with '# Step X' to clearly indicate the entire reasoning step.\n"
    "After you finish thinking, you need to output the answer again! \n"
    "The answer should start with '# Answer', followed by two line breaks and the final response.\n"
    "Just provide the answer value without any descriptive text at the end. \n"
    "And the answer ends with '# END!'\n"
    "Below is a correct example of the expected output format:\n"
    "-----------------\n"
    "Question: 1+2+3 = ?\n\n"
    "# Step 1\nsolve 1 + 2 = 3,\n\n"
    "# Step 2\nThen, 3 + 3 = 6.\n\n"
    "# Answer  \n\n6\n# END!\n"
    "-----------------\n"
    "{steps}";
constexpr std::string_view kPlainPrompt = "{question}\n{steps}";

constexpr std::array<std::pair<GrowMethod, std::string_view>, 5> kMethods = {{{GrowMethod::kBreadth, "breadth"},
                                                                              {GrowMethod::kMcts, "mcts"},
                                                                              {GrowMethod::kFirstError, "first-error"},
                                                                              {GrowMethod::kRollouts, "rollouts"},
                                                                              {GrowMethod::kAdaptive, "adaptive"}}};
constexpr std::array<std::pair<GradeProfile, std::string_view>, 2> kProfiles = {
    {{GradeProfile::kSound, "sound"}, {GradeProfile::kPrm800k, "prm800k"}}};

}  // namespace

EnumNames<GrowMethod> enum_names(GrowMethod) { return kMethods; }
EnumNames<GradeProfile> enum_names(GradeProfile) { return kProfiles; }

void GrowSettings::validate() const {
  const auto within = [](std::string_view name, auto value, auto low, auto high) {
    if (!(value >= low && value <= high))
      throw bad_input("tree.grow", "{} = {}: expected {} to {}", name, value, low, high);
  };
  within("children", children, 1, 1024);
  within("depth", depth, 1, 1000);
  within("rollouts", rollouts, 1, 4096);
  within("simulations", simulations, 1, 1'000'000);
  within("temperature", temperature, 0.0, 10.0);
  within("top_p", top_p, 0.0, 1.0);
  within("max_tokens", max_tokens, 1, 1'000'000);
  within("exploration", exploration, 0.0, 1000.0);
  within("width", width, 0.001, 1.0);
  if (!prompt.empty() &&
      (prompt.find("{question}") == std::string::npos || prompt.find("{steps}") == std::string::npos))
    throw bad_input("tree.grow", "the prompt template has no {{question}} or no {{steps}}; both are needed");
  StepFormat(steps, answer, regex);
}

GrowSettings faithful_settings() {
  GrowSettings settings;
  settings.temperature = 0.1;
  settings.merge = false;
  settings.answer = AnswerStyle::kHrm;
  settings.profile = GradeProfile::kPrm800k;
  return settings;
}

std::string fill_prompt(const GrowSettings& settings, std::string_view question,
                        const std::vector<std::string_view>& steps) {
  const bool authors = settings.steps == StepStyle::kAuthors;
  std::string_view form = settings.prompt;
  if (form.empty()) form = authors ? kAuthorsPrompt : kPlainPrompt;
  std::string filled;
  while (!form.empty()) {  // in one pass: a question may hold "{steps}"
    const size_t at = std::min({form.find("{question}"), form.find("{steps}"), form.size()});
    filled += form.substr(0, at);
    form.remove_prefix(at);
    if (form.starts_with("{question}")) {
      filled += question;
      form.remove_prefix(std::string_view("{question}").size());
    } else if (form.starts_with("{steps}")) {
      for (const std::string_view step : steps) {
        filled += step;
        if (authors) filled += '\n';
      }
      form.remove_prefix(std::string_view("{steps}").size());
    }
  }
  return filled;
}

}  // namespace hrm::tree
