#include "steps/step_settings.h"

#include <algorithm>

#include "base/error.h"
#include "base/rng.h"
#include "base/utf8.h"

namespace hrm::steps {
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

constexpr uint64_t kSeedMask = 0x7fffffff;  // servers differ in how long a seed they take; all take 31 bits

}  // namespace

void check_setting(std::string_view name, double value, double low, double high) {
  if (!(value >= low && value <= high))
    throw bad_input("steps.settings", "{} = {}: expected {} to {}", name, value, low, high);
}

void StepSettings::validate() const {
  check_setting("depth", static_cast<double>(depth), 1, 1000);
  check_setting("temperature", temperature, 0, 10);
  check_setting("top_p", top_p, 0, 1);
  check_setting("max_tokens", static_cast<double>(max_tokens), 1, 1e6);
  if (!prompt.empty() &&
      (prompt.find("{question}") == std::string::npos || prompt.find("{steps}") == std::string::npos))
    throw bad_input("steps.settings", "the prompt template has no {{question}} or no {{steps}}; both are needed");
  if (answer == grading::AnswerFormat::kHeading)
    throw bad_input("steps.settings", "answer = heading: expected hrm (which reads # Answer), gsm8k, boxed or auto");
  for (const std::string& text : stop)
    if (text.empty()) throw bad_input("steps.settings", "stop contains an empty text, which would end every solution");
  format();
}

bool StepSettings::faithful() const {
  return steps == StepStyle::kAuthors && answer == grading::AnswerFormat::kHrm && profile == grading::Profile::kPrm800k;
}

bool StepSettings::steps_end_prompt() const { return prompt.empty() || strip_right(prompt).ends_with("{steps}"); }

StepFormat StepSettings::format() const { return {steps, answer, regex, faithful()}; }

grading::GradeOptions StepSettings::grade_options() const { return {profile}; }

FilledPrompt fill_prompt(const StepSettings& settings, std::string_view question,
                         const std::vector<std::string_view>& steps) {
  const bool authors = settings.steps == StepStyle::kAuthors;
  std::string_view form = settings.prompt;
  if (form.empty()) form = authors ? kAuthorsPrompt : kPlainPrompt;
  constexpr std::string_view kSteps = "{steps}";
  FilledPrompt prompt;
  std::string& filled = prompt.text;
  size_t begin = std::string::npos;
  while (!form.empty()) {  // in one pass: a question may hold "{steps}"
    const size_t at = std::min({form.find("{question}"), form.find("{steps}"), form.size()});
    filled += form.substr(0, at);
    form.remove_prefix(at);
    if (form.starts_with("{question}")) {
      filled += question;
      form.remove_prefix(std::string_view("{question}").size());
    } else if (form.starts_with(kSteps)) {
      const bool last = strip(form.substr(kSteps.size())).empty();
      if (last && !steps.empty()) begin = filled.size();
      for (const std::string_view step : steps) {
        filled += step;
        if (authors) filled += '\n';
      }
      form.remove_prefix(kSteps.size());
    }
  }
  if (begin != std::string::npos) prompt.begun = filled.size() - begin;
  return prompt;
}

policy::Request step_request(const StepSettings& settings, const StepFormat& format, const StepQuestion& asked) {
  const uint64_t seed =
      derive_seed(settings.seed, {asked.node.high, asked.node.low, static_cast<uint64_t>(asked.kind), asked.round}) &
      kSeedMask;
  std::vector<std::string> stop = asked.kind == RequestKind::kExpansion
                                      ? format.step_stops(settings.depth, std::ssize(asked.steps))
                                      : format.end_stops();
  stop.insert(stop.end(), settings.stop.begin(), settings.stop.end());
  FilledPrompt prompt = fill_prompt(settings, asked.question, asked.steps);
  return {.prompt = std::move(prompt.text),
          .begun = prompt.begun,
          .n = asked.n,
          .max_tokens = settings.max_tokens,
          .temperature = settings.temperature,
          .top_p = settings.top_p,
          .stop = std::move(stop),
          .seed = seed};
}

void end_at_own_stops(const StepSettings& settings, policy::Response& response) {
  for (policy::Choice& choice : response.choices) {
    if (choice.finish != policy::Finish::kStop || std::ranges::find(settings.stop, choice.stop) == settings.stop.end())
      continue;
    choice.finish = policy::Finish::kEnd;
    choice.stop.clear();
  }
}

}  // namespace hrm::steps
