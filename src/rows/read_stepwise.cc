#include "rows/read_stepwise.h"

#include "base/utf8.h"
#include "rows/record_fields.h"
#include "rows/step_text.h"

namespace hrm::rows {
namespace {

// "question Step 1: first" in two.
void split_question(Solution& solution, std::string_view text, std::string_view field, std::string_view place) {
  const auto at = find_first_step(text);
  if (!at)
    throw bad_input("rows.read",
                    "{}: field '{}': no 'Step 1:' behind the question, so it cannot be told from the first step", place,
                    field);
  solution.question = strip(text.substr(0, *at));
  solution.steps.emplace_back(strip(text.substr(*at)));
}

double mark_label(std::string_view mark, std::string_view field, std::string_view place) {
  if (mark == "+") return 1;
  if (mark == "-") return 0;
  throw bad_input("rows.read", "{}: field '{}': '{}' where + or - is expected", place, field, mark.substr(0, 40));
}

}  // namespace

Solution read_math_shepherd(const Json& record, std::string_view place) {
  const std::string input = need_text(record, {"input"}, place), label = need_text(record, {"label"}, place);
  Solution solution;
  std::string_view rest = input, marked = label;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(kShepherdMark), rest.size());
    const std::string_view text = rest.substr(0, end);
    if (!marked.starts_with(text))
      throw bad_input("rows.read", "{}: field 'label' is not the text of 'input' (step {})", place,
                      solution.steps.size() + 1);
    marked.remove_prefix(end);
    if (strip(text).empty() && end == rest.size()) break;
    if (solution.steps.empty())
      split_question(solution, text, "input", place);
    else
      solution.steps.emplace_back(strip(text));
    const bool has_mark = end < rest.size();
    solution.labels.push_back(has_mark ? std::optional(mark_label(marked.substr(0, 1), "label", place)) : std::nullopt);
    rest.remove_prefix(has_mark ? end + kShepherdMark.size() : end);
    if (has_mark) marked.remove_prefix(1);
  }
  if (solution.steps.empty()) throw bad_input("rows.read", "{}: field 'input' holds no step", place);
  return solution;
}

Solution read_trl(const Json& record, std::string_view place) {
  Solution solution;
  solution.question = need_text(record, {"prompt"}, place);
  solution.steps = need_texts(record, "completions", place);
  const Json& labels = need_field(record, "labels", place);
  if (!labels.is_array() || labels.size() != solution.steps.size())
    throw bad_input("rows.read", "{}: field 'labels': expected a list of {}, one per completion", place,
                    solution.steps.size());
  for (const Json& label : labels) solution.labels.emplace_back(need_unit(label, "labels", place));
  return solution;
}

Solution read_rlhflow(const Json& record, std::string_view place) {
  Solution solution;
  const Json& messages = need_field(record, "conversations", place);
  if (!messages.is_array() || messages.empty())
    throw bad_input("rows.read", "{}: field 'conversations': expected a list of messages", place);
  for (size_t i = 0; i < messages.size(); ++i) {
    const std::string role = need_text(messages[i], {"role"}, place);
    const std::string content = need_text(messages[i], {"content"}, place);
    if (role != (i % 2 == 0 ? "user" : "assistant"))
      throw bad_input("rows.read",
                      "{}: field 'conversations', message {}: role '{}': user and assistant must alternate", place, i,
                      role.substr(0, 40));
    if (i % 2 == 1)
      solution.labels.emplace_back(mark_label(strip(content), "conversations", place));
    else if (i == 0)
      split_question(solution, content, "conversations", place);
    else
      solution.steps.emplace_back(strip(content));
  }
  solution.labels.resize(solution.steps.size());
  return solution;
}

}  // namespace hrm::rows
