#include "tree/problem_file.h"

#include <set>

#include "grading/extract.h"

namespace hrm::tree {
namespace {

std::optional<std::string> text_field(const Json& json, std::initializer_list<std::string_view> names,
                                      const std::string& place) {
  for (const std::string_view name : names) {
    const auto at = json.find(name);
    if (at == json.end() || at->is_null()) continue;
    if (at->is_number()) return printable(*at);
    return json_field<std::string>(json, name, place);
  }
  return std::nullopt;
}

std::string gold_of(const std::string& text) {
  using grading::AnswerFormat;
  if (text.find("####") != std::string::npos)
    if (auto found = grading::extract_answer(text, AnswerFormat::kGsm8k)) return *found;
  if (text.find("\\boxed") != std::string::npos)
    if (auto found = grading::extract_answer(text, AnswerFormat::kBoxed)) return *found;
  return text;
}

}  // namespace

Problem problem_from_json(const Json& json, const std::string& place) {
  if (!json.is_object())
    throw bad_input("tree.problems", "{}: expected an object with a question and an answer", place);
  const auto question = text_field(json, {"question", "problem"}, place);
  if (!question) throw bad_input("tree.problems", "{}: field 'question' (or 'problem') is missing", place);
  const auto gold = text_field(json, {"gold", "answer", "solution"}, place);
  if (!gold) throw bad_input("tree.problems", "{}: field 'answer' (or 'gold', 'solution') is missing", place);
  Problem problem{.question = *question, .gold = gold_of(*gold)};
  const auto id = text_field(json, {"id", "unique_id"}, place);
  problem.id = id ? *id : to_text(root_id({"", problem.question, ""})).substr(0, 16);
  return problem;
}

std::vector<ProblemRecord> read_problems(const std::filesystem::path& path, uint64_t limit, bool skip_bad,
                                         BadLines& bad) {
  std::vector<ProblemRecord> problems;
  std::set<NodeId> seen;
  JsonlReader lines(path, {.skip_bad = skip_bad, .forgive_cut_end = false, .accept_array = true});
  while ((limit == 0 || problems.size() < limit) && lines.next()) try {
      Problem problem = problem_from_json(lines.value(), lines.place());
      if (seen.insert(root_id(problem)).second)
        problems.push_back({static_cast<int64_t>(problems.size()), std::move(problem)});
    } catch (const Error& error) {
      lines.reject(error);
    }
  bad = lines.bad();
  return problems;
}

}  // namespace hrm::tree
