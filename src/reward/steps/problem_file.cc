#include "steps/problem_file.h"

#include <set>

#include "base/utf8.h"
#include "formats/memory_budget.h"
#include "grading/extract.h"
#include "grading/grade.h"

namespace hrm::steps {
namespace {

// Of an index, a problem takes so much beside its text; what was there before is counted too, or a pipe that repeats
// itself would be read without an end.
constexpr size_t kOfAProblem = 256;

// As it is written, else in other capitals ("Problem", "Answer").
const Json* find(const Json& json, std::string_view name) {
  if (!json.is_object()) return nullptr;
  auto at = json.find(name);
  for (auto other = json.begin(); at == json.end() && other != json.end(); ++other)
    if (lower(other.key()) == name) at = other;
  return at == json.end() || at->is_null() ? nullptr : &*at;
}

std::optional<std::string> text_of(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number()) return printable(value);
  return std::nullopt;
}

// The one question that the user asks in a list of messages {role, content}; nullopt: there are none or several.
std::optional<std::string> users_message(const Json& messages) {
  std::optional<std::string> question;
  for (const Json& message : messages) {
    const Json* role = find(message, "role");
    const Json* content = find(message, "content");
    if (!role || !content || !content->is_string()) return std::nullopt;
    if (*role == "system") continue;
    if (*role != "user" || question) return std::nullopt;
    question = content->get<std::string>();
  }
  return question;
}

std::string gold_of(const std::string& text) {
  using grading::AnswerFormat;
  if (text.find("####") != std::string::npos)
    if (auto found = grading::extract_answer(text, AnswerFormat::kGsm8k)) return *found;
  if (text.find("\\boxed") != std::string::npos)
    if (auto found = grading::extract_answer(text, AnswerFormat::kBoxed)) return *found;
  return text;
}

std::string gold_text(const Json& value, std::string_view name, const std::string& place) {
  const bool is_list = value.is_array();
  if (is_list && value.size() != 1)
    throw bad_input("steps.problems", "{}: field '{}' has {} answers: a problem has one", place, name, value.size());
  const auto text = text_of(is_list ? value[0] : value);
  if (!text)
    throw bad_input("steps.problems", "{}: field '{}' is not a text: {}", place, name, printable(value).substr(0, 60));
  // A list of texts written as a text, as verl's data sets hold it. ([1,2] without quotes may be an interval.)
  if (!is_list && text->starts_with("[\"") && text->ends_with("\"]")) {
    const SortedJson list = SortedJson::parse(*text, nullptr, false);
    if (list.is_array()) return gold_text(Json(list), name, place);
  }
  return gold_of(*text);
}

// Fields that hold the gold answer, but are also used for other things.
constexpr std::string_view kAnswerFields[] = {"final_answer", "answer", "solution"};

// A worked solution is not an answer: without a mark its answer cannot be found.
void refuse_prose(const std::string& gold, std::string_view name, const std::string& place) {
  constexpr size_t kLongest = 200;
  if (gold.size() <= kLongest && gold.find('\n') == std::string::npos) return;
  throw bad_input("steps.problems",
                  "{}: field '{}' is a text without '####' or \\boxed{{}}, so its answer cannot be found: add a field "
                  "'gold' with the answer",
                  place, name);
}

std::optional<std::string> find_gold(const Json& json, const std::string& place) {
  std::optional<std::string> gold;
  std::string_view from;
  const auto consider = [&](const Json* value, std::string_view name, bool certain) {
    if (!value || (value->is_array() && value->empty())) return;
    if (gold && !certain && (from == "answer" || name == "solution")) return;
    std::string other = gold_text(*value, name, place);
    if (!gold) {
      if (!certain) refuse_prose(other, name, place);
      gold = std::move(other);
      from = name;
    } else if (*gold != other && grading::grade(other, *gold, {}) == grading::Verdict::kWrong) {
      throw bad_input("steps.problems", "{}: fields '{}' and '{}' name different answers, '{}' and '{}': leave one out",
                      place, from, name, gold->substr(0, 40), other.substr(0, 40));
    }
  };
  for (const std::string_view name : kGoldFields) consider(find(json, name), name, true);
  if (const Json* model = find(json, "reward_model"))
    consider(find(*model, "ground_truth"), "reward_model.ground_truth", true);
  if (gold) return gold;  // beside it `answer` and `solution` may be what a model wrote
  for (const std::string_view name : kAnswerFields) consider(find(json, name), name, false);
  return gold;
}

}  // namespace

namespace {

// What has to be read before the question (SVAMP, ASDiv: Body; OlympiadBench: context).
std::string introduction(const Json& json) {
  for (const std::string_view name : {"body", "context", "passage"})
    if (const Json* value = find(json, name); value && value->is_string() && !strip(value->get<std::string>()).empty())
      return std::string(strip(value->get<std::string>()));
  return "";
}

// Texts of the choices, whether a list or ARC's object of lists.
std::vector<std::string> choices_of(const Json& json) {
  std::vector<std::string> texts;
  for (const std::string_view name : {"choices", "options"}) {
    const Json* value = find(json, name);
    if (value && value->is_object() && value->contains("text")) value = &(*value)["text"];
    if (!value || !value->is_structured()) continue;
    for (const Json& choice : *value)
      if (const auto text = text_of(choice)) texts.push_back(*text);
  }
  return texts;
}

void refuse_unasked(const Json& json, const std::string& question, const std::string& place) {
  for (const std::string_view name : {"image", "images", "image_url", "image_1"})
    if (const Json* value = find(json, name); value && *value != false && !value->empty() && *value != "")
      throw bad_input("steps.problems", "{}: the question has a picture (field '{}'), which no policy here sees", place,
                      name);
  const std::vector<std::string> choices = choices_of(json);
  if (choices.empty()) return;
  for (const std::string& choice : choices)
    if (question.find(strip(choice)) == std::string::npos)
      throw bad_input(
          "steps.problems",
          "{}: the question does not contain its choices ('{}'): write them into it, each behind its letter, "
          "and give the letter as 'answer'",
          place, choice.substr(0, 40));
  if (const Json* answer = find(json, "answer"); answer && answer->is_number_integer())
    throw bad_input("steps.problems",
                    "{}: is 'answer' = {} the number of a choice, from 0, or the answer? Name the right one 'gold'",
                    place, printable(*answer));
}

}  // namespace

std::optional<std::string> find_question(const Json& json) {
  for (const std::string_view name : {"question", "problem", "prompt", "query"}) {
    const Json* value = find(json, name);
    if (!value) continue;
    auto question = value->is_array() ? users_message(*value) : text_of(*value);
    if (!question) continue;
    // verl puts instructions around the question, and the question itself beside the prompt.
    if (const Json* extra = value->is_array() ? find(json, "extra_info") : nullptr)
      if (const Json* alone = find(*extra, "question"))
        if (alone->is_string() && question->find(alone->get_ref<const std::string&>()) != std::string::npos)
          question = alone->get<std::string>();
    const std::string before = introduction(json);
    if (!before.empty() && question->find(before) == std::string::npos) question = before + "\n" + *question;
    return question;
  }
  return std::nullopt;
}

Problem problem_from_json(const Json& json, const std::string& place) {
  if (!json.is_object())
    throw bad_input("steps.problems", "{}: expected an object with a question and an answer", place);
  const auto question = find_question(json);
  if (!question || strip(*question).empty())
    throw bad_input("steps.problems", "{}: field 'question' (or 'problem', 'prompt') is missing or not a text", place);
  if (!find(json, "gold")) refuse_unasked(json, *question, place);
  const auto gold = find_gold(json, place);
  if (!gold)
    throw bad_input("steps.problems",
                    "{}: field 'answer' (or 'gold', 'ground_truth', 'final_answer', 'solution') is missing", place);
  Problem problem{.question = *question, .gold = *gold};
  for (const std::string_view name : {"id", "unique_id"})
    if (const Json* id = find(json, name); id && problem.id.empty()) problem.id = text_of(*id).value_or("");
  if (problem.id.empty()) problem.id = to_text(root_id({"", problem.question, ""})).substr(0, 16);
  return problem;
}

std::vector<ProblemRecord> read_problems(const std::filesystem::path& path, uint64_t limit, bool skip_bad,
                                         BadLines& bad) {
  std::vector<ProblemRecord> problems;
  std::set<NodeId> seen;
  MemoryBudget budget;
  JsonlReader lines(path, {.skip_bad = skip_bad, .forgive_cut_end = false, .accept_array = true});
  while ((limit == 0 || problems.size() < limit) && lines.next()) try {
      Problem problem = problem_from_json(lines.value(), lines.place());
      budget.add(problem.question.size() + problem.gold.size() + problem.id.size() + kOfAProblem, lines.place(),
                 "problems", "split it, or take the first ones with --limit");
      if (seen.insert(root_id(problem)).second)
        problems.push_back({static_cast<int64_t>(problems.size()), std::move(problem)});
    } catch (const Error& error) {
      lines.reject(error);
    }
  bad = lines.bad();
  return problems;
}

}  // namespace hrm::steps
