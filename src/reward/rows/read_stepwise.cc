#include "rows/read_stepwise.h"

#include "base/utf8.h"
#include "rows/prm800k.h"
#include "rows/record_fields.h"
#include "rows/step_text.h"

namespace hrm::rows {
namespace {

// OpenR's mark of the end of a step, beside Math-Shepherd's.
constexpr std::string_view kOpenrMark = "\n\n\n\n\n";

std::string where_of(std::string_view place, std::string_view field) {
  return fmt::format("{}: field '{}'", place, field);
}

// "question Step 1: first" in two. where: place and field.
void split_question(LabeledSolution& solution, std::string_view text, std::string_view where,
                    ConversionCounts& counts) {
  const auto first = find_first_step(text);
  if (!first)
    throw bad_input("rows.read", "{}: no 'Step 1:' after the question, so the first step cannot be separated from it",
                    where);
  solution.question = strip(text.substr(0, first->at));
  if (solution.question.empty())
    throw bad_input("rows.read", "{} begins with 'Step 1:': there is no question before it", where);
  if (first->others > 0) counts.note("question or first step that holds 'Step 1:' too: cut at the last one");
  solution.steps.emplace_back(strip(text.substr(first->at)));
}

double mark_label(std::string_view mark, std::string_view field, std::string_view place) {
  if (mark == "+") return 1;
  if (mark == "-") return 0;
  throw bad_input("rows.read", "{}: field '{}': '{}', expected + or -", place, field, mark.substr(0, 40));
}

// What stands before each mark, and what follows the last one, if anything.
struct MarkedText {
  std::vector<std::string_view> parts;
  size_t marks = 0;
};
MarkedText cut_at_marks(std::string_view text, std::string_view mark) {
  MarkedText cut;
  for (size_t end; (end = text.find(mark)) != std::string_view::npos; text.remove_prefix(end + mark.size())) {
    cut.parts.push_back(text.substr(0, end));
    ++cut.marks;
  }
  if (!strip(text).empty()) cut.parts.push_back(text);
  return cut;
}

// The field as a list of labels, one per step.
void add_labels(LabeledSolution& solution, const Json& record, std::string_view name, std::string_view place) {
  const Json& labels = need_field(record, name, place);
  const size_t marked = solution.steps.size();
  if (!labels.is_array() || labels.size() != marked)
    throw bad_input("rows.read", "{}: field '{}': expected a list of {}, one per step, found {}", place, name, marked,
                    labels.is_array() ? std::to_string(labels.size()) : "no list");
  for (const Json& label : labels)
    solution.labels.push_back(label.is_null() ? std::nullopt : std::optional(need_label(label, name, place)));
}

// Where Math-Shepherd's own labels stand beside OpenRLHF's, they are the same.
void check_values(const LabeledSolution& solution, const Json& record, std::string_view place) {
  const Json* values = find_field(record, "value");
  if (!values || !values->is_array()) return;
  for (size_t i = 0; i < values->size() && i < solution.labels.size(); ++i)
    if (solution.labels[i] && need_label((*values)[i], "value", place) != *solution.labels[i])
      throw bad_input("rows.read", "{}: fields 'label' and 'value' differ at step {}: choose with --from openrlhf",
                      place, i + 1);
}

// The texts of a list, or of a text that holds a list.
Json list_in(const Json& record, std::string_view name, std::string_view place) {
  const Json& field = need_field(record, name, place);
  if (field.is_array()) return field;
  try {
    Json list = parse_json(need_text(record, {name}, place), place);
    if (list.is_array()) return list;
  } catch (const Error&) {
  }
  throw bad_input("rows.read",
                  "{}: field '{}' is a text that is not a JSON list: write the list itself, in Python for instance "
                  "with ast.literal_eval",
                  place, name);
}

std::optional<double> rating_label(const Json& rating, Neutral neutral, std::string_view place,
                                   ConversionCounts& counts) {
  if (rating.is_null()) return std::nullopt;
  const int64_t value = need_integer(rating, "rating", place);
  if (value < -1 || value > 1)
    throw bad_input("rows.read", "{}: field 'rating' = {}: expected -1, 0, 1 or null", place, value);
  const auto label = label_of(static_cast<int>(value), neutral);
  if (!label) counts.note("neutral step left without a label");
  return label;
}

// The label of a step that is an object with its text.
std::optional<double> label_of_step(const Json& step, std::string_view where, Neutral neutral,
                                    ConversionCounts& counts) {
  const Json* rating = find_field(step, "rating");
  const Json* label = find_field(step, "label");
  if (rating && label) throw bad_input("rows.read", "{}: has both 'label' and 'rating': leave one out", where);
  if (rating) return rating_label(*rating, neutral, where, counts);
  if (!label || label->is_null()) return std::nullopt;
  return need_label(*label, "label", where);
}

}  // namespace

LabeledSolution read_math_shepherd(const Json& record, std::string_view place, ConversionCounts& counts) {
  const std::string input = need_text(record, {"input"}, place), label = need_text(record, {"label"}, place);
  LabeledSolution solution;
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
      split_question(solution, text, where_of(place, "input"), counts);
    else
      solution.steps.emplace_back(strip(text));
    const bool has_mark = end < rest.size();
    solution.labels.push_back(has_mark ? std::optional(mark_label(marked.substr(0, 1), "label", place)) : std::nullopt);
    rest.remove_prefix(has_mark ? end + kShepherdMark.size() : end);
    if (has_mark) marked.remove_prefix(1);
  }
  if (solution.steps.empty()) throw bad_input("rows.read", "{}: field 'input' has no step", place);
  check_values(solution, record, place);
  return solution;
}

LabeledSolution read_openrlhf(const Json& record, std::string_view place, ConversionCounts& counts) {
  const std::string input = need_text(record, {"input"}, place);
  const MarkedText cut = cut_at_marks(input, kShepherdMark);
  if (cut.marks == 0)
    throw bad_input("rows.read",
                    "{}: field 'input' has no mark '{}' after its steps: files with another placeholder token are not "
                    "supported; replace that token with this one",
                    place, kShepherdMark);
  LabeledSolution solution;
  split_question(solution, cut.parts[0], where_of(place, "input"), counts);
  for (size_t i = 1; i < cut.marks; ++i) solution.steps.emplace_back(strip(cut.parts[i]));
  add_labels(solution, record, "value", place);
  for (size_t i = cut.marks; i < cut.parts.size(); ++i) solution.steps.emplace_back(strip(cut.parts[i]));
  solution.labels.resize(solution.steps.size());
  return solution;
}

LabeledSolution read_openr_process(const Json& record, std::string_view place) {
  const std::string process = need_text(record, {"process"}, place);
  const MarkedText shepherd = cut_at_marks(process, kShepherdMark), openr = cut_at_marks(process, kOpenrMark);
  if (shepherd.marks > 0 && openr.marks > 0)
    throw bad_input("rows.read", "{}: field 'process' has both marks of the end of a step, '{}' and five newlines",
                    place, kShepherdMark);
  const MarkedText& cut = shepherd.marks > 0 ? shepherd : openr;
  if (cut.marks == 0)
    throw bad_input("rows.read", "{}: field 'process' has neither '{}' nor five newlines after its steps", place,
                    kShepherdMark);
  LabeledSolution solution;
  solution.question = need_question(record, place);
  solution.gold = find_gold(record);
  for (const std::string_view part : cut.parts) solution.steps.emplace_back(strip(part));
  const std::string_view name = find_field(record, "labels") ? "labels" : "label";
  const Json& labels = need_field(record, name, place);
  // Five newlines part steps, so the last one may have a label without a mark after it.
  const bool unmarked_end = cut.parts.size() > cut.marks && labels.size() + 1 == solution.steps.size();
  std::string end;
  if (unmarked_end) {
    end = std::move(solution.steps.back());
    solution.steps.pop_back();
  }
  add_labels(solution, record, name, place);
  if (unmarked_end) {
    solution.steps.push_back(std::move(end));
    solution.labels.emplace_back();
  }
  return solution;
}

LabeledSolution read_trl(const Json& record, std::string_view place) {
  LabeledSolution solution;
  solution.question = need_question(record, place);
  solution.steps = need_texts(record, "completions", place);
  const Json& labels = need_field(record, "labels", place);
  if (!labels.is_array() || labels.size() != solution.steps.size())
    throw bad_input("rows.read", "{}: field 'labels': expected a list of {}, one per completion", place,
                    solution.steps.size());
  for (const Json& label : labels)
    solution.labels.emplace_back(label.is_string() ? need_label(label, "labels", place)
                                                   : need_unit(label, "labels", place));
  return solution;
}

LabeledSolution read_rlhflow(const Json& record, std::string_view place, ConversionCounts& counts) {
  LabeledSolution solution;
  const std::string_view field = find_field(record, "conversations") ? "conversations" : "messages";
  const Json& messages = need_field(record, field, place);
  if (!messages.is_array() || messages.empty())
    throw bad_input("rows.read", "{}: field '{}': expected a list of messages", place, field);
  for (size_t i = 0; i < messages.size(); ++i) {
    const std::string role = need_text(messages[i], {"role", "from"}, place);
    const std::string content = need_text(messages[i], {"content", "value"}, place);
    const bool fits = i % 2 == 0 ? role == "user" || role == "human" : role == "assistant" || role == "gpt";
    if (!fits)
      throw bad_input("rows.read", "{}: field '{}', message {}: role '{}': user and assistant must alternate", place,
                      field, i, role.substr(0, 40));
    if (i % 2 == 1)
      solution.labels.emplace_back(mark_label(strip(content), field, place));
    else if (i == 0)
      split_question(solution, content, where_of(place, field), counts);
    else
      solution.steps.emplace_back(strip(content));
  }
  solution.labels.resize(solution.steps.size());
  return solution;
}

LabeledSolution read_plain(const Json& record, std::string_view place, Neutral neutral, ConversionCounts& counts) {
  LabeledSolution solution;
  solution.id = find_text(record, {"id", "problem_id", "unique_id", "idx"}).value_or("");
  solution.question = find_question(record) ? need_question(record, place) : need_text(record, {"input"}, place);
  solution.gold = find_gold(record);
  solution.outcome = find_verdict(record, place);
  const Json& steps = need_field(record, "steps", place);
  if (!steps.is_array()) throw bad_input("rows.read", "{}: field 'steps' is not a list", place);
  std::string_view labels;
  for (const std::string_view name : {"labels", "step_labels", "ratings"}) {
    if (const Json* field = find_field(record, name); !field || field->is_null()) continue;
    if (!labels.empty())
      throw bad_input("rows.read", "{}: has both '{}' and '{}': remove the one that you do not mean", place, labels,
                      name);
    labels = name;
  }
  if (labels.empty()) {
    for (const Json& step : steps) {
      const std::string where = fmt::format("{}, step {}", place, solution.steps.size() + 1);
      solution.steps.push_back(need_text(step, {"text", "step", "content"}, where));
      solution.labels.push_back(label_of_step(step, where, neutral, counts));
    }
    return solution;
  }
  solution.steps = need_texts(record, "steps", place);
  if (labels != "ratings") {
    add_labels(solution, record, labels, place);
    return solution;
  }
  const Json& ratings = need_field(record, "ratings", place);
  if (!ratings.is_array() || ratings.size() != solution.steps.size())
    throw bad_input("rows.read", "{}: field 'ratings': expected a list of {}, one per step", place,
                    solution.steps.size());
  for (const Json& rating : ratings) solution.labels.push_back(rating_label(rating, neutral, place, counts));
  return solution;
}

LabeledSolution read_thinkprm(const Json& record, std::string_view place) {
  LabeledSolution solution;
  solution.question = need_question(record, place);
  solution.steps = need_texts(record, "prefix_steps", place);
  add_labels(solution, record, "gt_step_labels", place);
  solution.complete = false;
  return solution;
}

LabeledSolution read_versaprm(const Json& record, std::string_view place) {
  LabeledSolution solution;
  solution.id = find_text(record, {"id", "question_id"}).value_or("");
  solution.question = need_question(record, place);
  solution.steps =
      need_texts({{"chain_of_thoughts", list_in(record, "chain_of_thoughts", place)}}, "chain_of_thoughts", place);
  const Json labels = list_in(record, "labels", place);
  if (labels.size() != solution.steps.size())
    throw bad_input("rows.read", "{}: field 'labels': expected a list of {}, one per step", place,
                    solution.steps.size());
  for (const Json& label : labels) {
    const int64_t value = need_integer(label, "labels", place);
    if (value != 1 && value != -1)
      throw bad_input("rows.read", "{}: field 'labels' has {}: expected 1 and -1", place, value);
    solution.labels.emplace_back(value > 0 ? 1.0 : 0.0);
  }
  solution.gold = find_text(record, {"answer"}).value_or("");
  solution.answer = find_text(record, {"parsed_answer"});
  return solution;
}

}  // namespace hrm::rows
