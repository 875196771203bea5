#include "selection/solutions.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "formats/memory_budget.h"
#include "grading/extract.h"
#include "selection/record_fields.h"

namespace hrm::selection {
namespace {

constexpr size_t kOfAProblem = sizeof(SampledProblem) + 160;  // and its place in an index

using CandidateScores = std::vector<std::vector<double>>;     // [candidate][step]
using ScoresByName = std::map<std::string, CandidateScores>;  // of one problem
using ScoresByProblem = std::map<std::string, ScoresByName>;

std::string joined(const std::vector<std::string>& names) { return fmt::format("{}", fmt::join(names, ", ")); }

CandidateScores lists_of(const Json& lists, const std::string& place) {
  if (!lists.is_array()) throw bad_input("solutions.read", "{}: scores are not one list per candidate", place);
  CandidateScores scores;
  for (const Json& list : lists)
    scores.push_back(numbers_of(list, "scores", fmt::format("{}, candidate {}", place, scores.size())));
  return scores;
}

size_t bytes_of(const CandidateScores& lists) {
  size_t bytes = 0;
  for (const auto& list : lists) bytes += 64 + list.size() * sizeof(double);
  return bytes;
}

ScoresByProblem read_scores(JsonlReader reader, BadLines& bad) {
  ScoresByProblem all;
  MemoryBudget budget;
  const BadLines faulty = for_each_record(std::move(reader), [&](const Json& record, const std::string& place) {
    const std::string id = id_of(record, {"id", "problem_id"}, place);
    const Json* scores = find_any(record, {"scores", "step_scores"});
    if (!scores) throw bad_input("solutions.read", "{}: field 'scores' is missing", place);
    ScoresByName by_name;
    if (scores->is_object())
      for (const auto& [name, lists] : scores->items()) by_name[name] = lists_of(lists, place + ", scorer " + name);
    else
      by_name[std::string(kUnnamed)] = lists_of(*scores, place);
    budget.add(id.size() + 128, place, kHeld);
    for (const auto& [name, lists] : by_name) budget.add(bytes_of(lists), place, kHeld);
    if (!all.emplace(id, std::move(by_name)).second)
      throw bad_input("solutions.read", "{}: problem '{}' also has scores in an earlier line", place, id);
  });
  for (const std::string& message : faulty.messages) bad.add(message);
  bad.count += faulty.count - faulty.messages.size();
  return all;
}

// The scores that stand with a problem's candidates.
ScoresByName own_scores(const Json& candidates, const std::string& place) {
  ScoresByName by_name;
  for (size_t i = 0; i < candidates.size(); ++i) {
    const std::string where = fmt::format("{}, candidate {}", place, i);
    if (!candidates[i].is_object()) throw bad_input("solutions.read", "{}: expected an object", where);
    const Json* scores = find_any(candidates[i], {"scores"});
    if (!scores) continue;
    const auto add = [&](const std::string& name, const Json& list) {
      CandidateScores& lists = by_name[name];
      lists.resize(candidates.size());
      lists[i] = numbers_of(list, "scores", where);
    };
    if (!scores->is_object())
      add(std::string(kUnnamed), *scores);
    else
      for (const auto& [name, list] : scores->items()) add(name, list);
  }
  return by_name;
}

// One of search-and-learn's lists per problem, as long as its completions; null without it.
const Json* list_beside(const Json& record, std::string_view name, size_t size, const std::string& place) {
  const Json* list = find_any(record, {name});
  if (!list) return nullptr;
  if (!list->is_array() || list->size() != size)
    throw bad_input("solutions.read", "{}: field '{}' is not a list of {}, one per completion", place, name, size);
  return list;
}

// search-and-learn writes a problem's completions and their scores as lists beside each other; answers stand in the
// completions.
Json candidates_of_completions(const Json& completions, const Json& record, const std::string& place) {
  if (!completions.is_array() || completions.empty())
    throw bad_input("solutions.read", "{}: field 'completions' is not a list of at least one solution", place);
  const size_t n = completions.size();
  const Json* scores = list_beside(record, "scores", n, place);
  for (const char* name : {"agg_scores", "rewards"})
    if (!scores) scores = list_beside(record, name, n, place);
  const Json* tokens = list_beside(record, "completion_tokens", n, place);
  Json candidates = Json::array();
  for (size_t i = 0; i < n; ++i) {
    if (!completions[i].is_string()) throw bad_input("solutions.read", "{}: completion {} is not a text", place, i);
    Json candidate = Json::object();
    const auto answer =
        grading::extract_from_solution(completions[i].get_ref<const std::string&>(), grading::AnswerFormat::kAuto);
    if (answer) candidate["answer"] = answer->answer;
    if (scores) candidate["scores"] = (*scores)[i].is_number() ? Json::array({(*scores)[i]}) : (*scores)[i];
    if (tokens) candidate["tokens"] = (*tokens)[i];
    candidates.push_back(std::move(candidate));
  }
  return candidates;
}

// Names of the fields of a scored sample that hold one score of the whole.
std::vector<std::string> sample_scores(const Json& record) {
  std::vector<std::string> names;
  for (const auto& [name, value] : record.items())
    if (value.is_number() &&
        (name == "score" || name == "reward" || name.ends_with("_score") || name.ends_with("_reward")))
      names.push_back(name);
  return names;
}

const Json* completions_of(const Json& record) {
  for (const char* name : {"completions", "responses", "generations"})
    if (const Json* list = find_any(record, {name}); list && list->is_array()) return list;
  return find_any(record, {"completions"});
}

std::string field_names(const Json& record) {
  std::vector<std::string> names;
  for (const auto& [name, value] : record.items()) names.push_back(name);
  return joined(names).substr(0, 200);
}

const Json* text_of_sample(const Json& record) {
  return find_any(record, {"response", "completion", "output", "generation", "generated_text"});
}
const Json* gold_of_sample(const Json& record) {
  return find_any(record, {"gold", "ground_truth", "ground_truth_answer", "gold_answer"});
}

// A sample per line, as PRM800K publishes them: whether it is right, and its scores.
bool is_sample(const Json& record) {
  return !completions_of(record) && !find_any(record, {"searches", "greedy"}) &&
         (find_any(record, {"is_correct", "correct", "given_answer", "answer"}) ||
          (text_of_sample(record) && gold_of_sample(record))) &&
         (!sample_scores(record).empty() || find_any(record, {"scores", "mean_logprob", "entropy", "self_certainty"}));
}

// By what samples belong together: the name of their problem, else its text, else an id.
struct SampleKey {
  std::string key;
  bool is_id = false;  // which may be one of the sample itself
};
SampleKey key_of_sample(const Json& record, const std::string& place) {
  if (find_any(record, {"problem_id", "unique_id"})) return {.key = id_of(record, {"problem_id", "unique_id"}, place)};
  if (const Json* problem = find_any(record, {"problem", "question", "prompt"}))
    return {.key = problem->is_array() ? printable(*problem) : id_of(record, {"problem", "question", "prompt"}, place)};
  if (find_any(record, {"id"})) return {.key = id_of(record, {"id"}, place), .is_id = true};
  throw bad_input("solutions.read",
                  "{}: a sample that does not say of which problem: add 'problem' (its text) or 'problem_id' to every "
                  "line, or write one problem per line with its samples under 'candidates'",
                  place);
}

template <typename T>
std::optional<T> non_negative(const Json& record, std::initializer_list<std::string_view> names,
                              const std::string& place) {
  const Json* value = find_any(record, names);
  if (!value) return std::nullopt;
  const bool right_kind = std::is_integral_v<T> ? value->is_number_integer() : value->is_number();
  if (!right_kind || value->get<double>() < 0 || value->get<double>() > 1e15)
    throw bad_input("solutions.read", "{}: field '{}' = {} is not a {} of at least 0", place, *names.begin(),
                    printable(*value).substr(0, 60), std::is_integral_v<T> ? "whole number" : "number");
  return value->get<T>();
}

class Reader {
 public:
  Reader(const ReadSolutions& options, std::optional<ScoresByProblem> scores, SampledSolutions& to)
      : options_(options), scores_(std::move(scores)), to_(to) {}

  void take(const Json& record, const std::string& place) {
    const Json* candidates = find_any(record, {"candidates"});
    const Json* completions = completions_of(record);
    if (!candidates && is_sample(record)) return take_sample(record, place);
    if (!samples_.empty())
      throw bad_input("solutions.read", "{}: not a sample with its problem and scores like those before it", place);
    if (!candidates && !completions && !find_any(record, {"searches"}))
      throw bad_input(
          "solutions.read",
          "{}: neither a problem with 'candidates' (or 'completions') nor a sample with its problem, answer "
          "and 'score'; fields found: {}",
          place, field_names(record));
    const bool lists = !candidates && completions;
    SampledProblem problem{.id = lists && !find_any(record, {"id", "problem_id", "unique_id"})
                                     ? id_of(record, {"problem", "question", "prompt"}, place)
                                     : id_of(record, {"id", "problem_id", "unique_id"}, place)};
    Json made;
    if (lists) {
      made = candidates_of_completions(*completions, record, place);
      candidates = &made;
    }
    const Json* searches = find_any(record, {"searches"});
    const Json none = Json::array();
    if (!candidates && searches) candidates = &none;
    if (!candidates || !candidates->is_array() || (candidates->empty() && !searches))
      throw bad_input("solutions.read", "{}: field 'candidates' is not a list of at least one solution", place);
    if (seen_.contains(problem.id))
      throw bad_input("solutions.read", "{}: problem '{}' is also in an earlier line", place, problem.id);
    ScoresByName scores;
    if (!candidates->empty()) {
      scores = scores_of(problem.id, *candidates, place);
      choose_scorers(scores, *candidates, place);
    }
    SampledSolutions counted;  // of this record, taken over when all of it is good
    const Json* gold = find_any(record, {"gold", "ground_truth"});
    if (!gold && lists) gold = find_any(record, {"answer"});
    for (size_t i = 0; i < candidates->size(); ++i) {
      const std::string where = fmt::format("{}, candidate {}", place, i);
      problem.candidates.push_back(read_candidate((*candidates)[i], gold, where, counted));
      problem.candidates.back().scores = scores_at(i, (*candidates)[i], scores, where);
    }
    if (const Json* greedy = find_any(record, {"greedy"}))
      problem.greedy = read_candidate(*greedy, gold, place + ", greedy", counted).correct;
    Searches read = searches ? read_searches(*searches, gold, place, counted) : Searches();
    problem.searched = std::move(read.found);
    const std::vector<SearchKey>& keys = read.keys;
    if (to_.problems.empty()) to_.searches = keys;
    if (keys != to_.searches)
      throw bad_input("solutions.read", "{}: problem '{}' has other searches than the first problem", place,
                      problem.id);
    if (!to_.problems.empty() && to_.problems.front().candidates.empty() != problem.candidates.empty())
      throw bad_input("solutions.read", "{}: only some problems have candidates, '{}' has {}", place, problem.id,
                      problem.candidates.empty() ? "none" : "some");
    for (const Candidate& candidate : problem.candidates) hold(candidate, place);
    budget_.add(2 * problem.id.size() + kOfAProblem, place, kHeld);
    seen_.insert(problem.id);
    to_.problems.push_back(std::move(problem));
    count(counted);
  }

  // Samples that are each named differently are not known to be of one problem.
  void check_groups(const std::string& source) const {
    const bool single =
        std::ranges::all_of(to_.problems, [](const SampledProblem& problem) { return problem.candidates.size() == 1; });
    if (by_id_ && to_.problems.size() > 1 && single)
      throw bad_input("solutions.read",
                      "{}: every 'id' occurs once, so no two samples are of one problem: add 'problem' (its text) or "
                      "'problem_id' to every line",
                      source);
  }

 private:
  void hold(const Candidate& candidate, const std::string& place) {
    budget_.add(sizeof(Candidate) + (candidate.answer ? candidate.answer->size() : 0) + bytes_of(candidate.scores),
                place, kHeld);
  }

  void take_sample(const Json& record, const std::string& place) {
    if (scores_)
      throw bad_input("solutions.read", "{}: samples on separate lines have their own scores: leave out --scores",
                      place);
    if (samples_.empty() && !to_.problems.empty())
      throw bad_input("solutions.read", "{}: field 'candidates' is not a list of at least one solution", place);
    const SampleKey key = key_of_sample(record, place);
    const std::string& id = key.key;
    Json sample = record;
    for (const char* other : {"steps", "scored_tokens", "seconds", "tokens", "num_tokens"}) sample.erase(other);
    const Json* text = text_of_sample(record);
    if (text && find_any(record, {"answer"}))
      throw bad_input("solutions.read",
                      "{}: is 'answer' the sample's or the right one? Name it 'given_answer' or 'gold'", place);
    if (const Json* given = find_any(record, {"given_answer", "answer"})) sample["answer"] = *given;
    if (text && text->is_string() && !record.contains("answer") && !record.contains("given_answer"))
      if (const auto found =
              grading::extract_from_solution(text->get_ref<const std::string&>(), grading::AnswerFormat::kAuto))
        sample["answer"] = found->answer;
    if (!find_any(record, {"scores"}))
      for (const std::string& name : sample_scores(record)) sample["scores"][name] = Json::array({record.at(name)});
    const ScoresByName scores = own_scores(Json::array({sample}), place);
    choose_scorers(scores, Json::array({sample}), place);
    SampledSolutions counted;
    const Json* gold = gold_of_sample(record);
    Candidate candidate = read_candidate(sample, gold, place, counted);
    candidate.scores = scores_at(0, sample, scores, place);
    hold(candidate, place);
    const auto [known, is_new] =
        samples_.try_emplace(id, SampledOf{.problem = to_.problems.size(), .gold = gold ? printable(*gold) : ""});
    if (is_new) {
      budget_.add(2 * id.size() + known->second.gold.size() + kOfAProblem, place, kHeld);
      to_.problems.push_back({.id = id});
    }
    if (gold && known->second.gold != printable(*gold))
      throw bad_input("solutions.read",
                      "{}: the gold answer is {}, but {} for an earlier sample of '{}': name different problems by "
                      "'problem_id'",
                      place, printable(*gold).substr(0, 60), known->second.gold.substr(0, 60), id.substr(0, 60));
    by_id_ = by_id_ || key.is_id;
    to_.problems[known->second.problem].candidates.push_back(std::move(candidate));
    count(counted);
  }

  void count(const SampledSolutions& counted) {
    to_.marked += counted.marked;
    to_.graded += counted.graded;
    to_.undecided += counted.undecided;
  }

  ScoresByName scores_of(const std::string& id, const Json& candidates, const std::string& place) {
    if (!scores_) return own_scores(candidates, place);
    const auto at = scores_->find(id);
    if (at == scores_->end())
      throw bad_input("solutions.read", "{}: problem '{}' has no scores in {}", place, id, options_.scores.string());
    for (const auto& [name, lists] : at->second)
      if (lists.size() != candidates.size())
        throw bad_input("solutions.read", "{}: problem '{}' has {} candidates, but scores for {} by '{}'", place, id,
                        candidates.size(), lists.size(), name);
    return std::move(at->second);
  }

  // All problems are judged by the same scorers: those asked for, else those of the first problem. Without any, the
  // policy's own confidence must do.
  void choose_scorers(const ScoresByName& scores, const Json& candidates, const std::string& place) {
    std::vector<std::string> known;
    for (const auto& [name, lists] : scores) known.push_back(name);
    if (known.empty() && options_.scorers.empty() && to_.scorers.empty() &&
        std::ranges::any_of(candidates, [&](const Json& candidate) {
          return std::ranges::any_of(confidences_of(candidate, place), &std::optional<double>::has_value);
        }))
      return;
    if (known.empty())
      throw bad_input("solutions.read",
                      "{}: no candidate has scores of its steps; are they in a second file (--scores)?", place);
    if (to_.scorers.empty() && to_.problems.empty()) to_.scorers = options_.scorers.empty() ? known : options_.scorers;
    for (const std::string& name : to_.scorers)
      if (!scores.contains(name))
        throw bad_input("solutions.read", "{}: no scores by '{}'; there are: {}", place, name, joined(known));
  }

  Candidate read_candidate(const Json& record, const Json* gold, const std::string& place,
                           SampledSolutions& counted) const {
    if (!record.is_object()) throw bad_input("solutions.read", "{}: expected an object", place);
    Candidate candidate{.confidence = confidences_of(record, place),
                        .generated_tokens = non_negative<int64_t>(record, {"tokens", "num_tokens"}, place),
                        .scored_tokens = non_negative<int64_t>(record, {"scored_tokens"}, place),
                        .seconds = non_negative<double>(record, {"seconds"}, place)};
    if (find_any(record, {"answer"})) candidate.answer = id_of(record, {"answer"}, place);
    if (const Json* correct = find_any(record, {"correct", "is_correct"})) {
      candidate.correct = flag_of(*correct, "correct", place);
      ++counted.marked;
      return candidate;
    }
    if (!gold)
      throw bad_input("solutions.read", "{}: has no 'correct', and the problem has no 'gold' to grade by", place);
    const std::string wanted = id_of(Json{{"gold", *gold}}, {"gold"}, place);
    ++counted.graded;
    if (!candidate.answer) return candidate;
    const grading::Verdict verdict = grading::grade(*candidate.answer, wanted, options_.grade);
    candidate.correct = verdict == grading::Verdict::kCorrect;
    counted.undecided += verdict == grading::Verdict::kUndecided;
    return candidate;
  }

  struct Searches {
    std::vector<SearchKey> keys;
    std::vector<Candidate> found;
  };
  Searches read_searches(const Json& list, const Json* gold, const std::string& place,
                         SampledSolutions& counted) const {
    if (!list.is_array()) throw bad_input("solutions.read", "{}: field 'searches' is not a list", place);
    Searches all;
    for (const Json& search : list) {
      const std::string where = fmt::format("{}, search {}", place, all.keys.size());
      all.found.push_back(read_candidate(search, gold, where, counted));
      const std::optional<uint64_t> n = non_negative<uint64_t>(search, {"n"}, where);
      if (!n || *n == 0) throw bad_input("solutions.read", "{}: field 'n' is not a whole number of at least 1", where);
      all.keys.push_back({json_field<std::string>(search, "method", where),
                          json_field<std::string>(search, "scorer", where),
                          json_field<std::string>(search, "aggregation", where), *n});
    }
    return all;
  }

  // Of candidate `index`, by the chosen scorers.
  std::vector<std::vector<double>> scores_at(size_t index, const Json& record, const ScoresByName& scores,
                                             const std::string& place) const {
    std::vector<std::vector<double>> all;
    const Json* steps = find_any(record, {"steps"});
    for (const std::string& name : to_.scorers) {
      const std::vector<double>& list = scores.at(name)[index];
      if (list.empty()) throw bad_input("solutions.read", "{}: no step has a score by '{}'", place, name);
      if (steps && steps->size() != list.size())
        throw bad_input("solutions.read", "{}: {} steps, but {} scores by '{}'", place, steps->size(), list.size(),
                        name);
      all.push_back(list);
    }
    return all;
  }

  const ReadSolutions& options_;
  std::optional<ScoresByProblem> scores_;
  SampledSolutions& to_;
  std::set<std::string> seen_;
  struct SampledOf {
    size_t problem = 0;  // where it stands
    std::string gold;
  };
  std::map<std::string, SampledOf> samples_;  // of single samples, by problem
  bool by_id_ = false;
  MemoryBudget budget_;
};

}  // namespace

SampledSolutions read_solutions(JsonlReader samples, std::optional<JsonlReader> scores, const ReadSolutions& options) {
  SampledSolutions solutions;
  std::optional<ScoresByProblem> by_problem;
  if (scores) by_problem = read_scores(std::move(*scores), solutions.bad);
  Reader reader(options, std::move(by_problem), solutions);
  const std::string source = samples.source();
  const BadLines faulty = for_each_record(
      std::move(samples), [&](const Json& record, const std::string& place) { reader.take(record, place); });
  for (const std::string& message : faulty.messages) solutions.bad.add(message);
  solutions.bad.count += faulty.count - faulty.messages.size();
  reader.check_groups(source);
  if (solutions.problems.empty())
    throw bad_input("solutions.read", "{}: contains no valid problem{}", source,
                    faulty.count ? fmt::format("; the first fault: {}", faulty.messages.front()) : "");
  return solutions;
}

SampledSolutions read_solutions(const std::filesystem::path& path, const ReadSolutions& options) {
  std::optional<JsonlReader> scores;
  if (!options.scores.empty()) scores.emplace(open_records(options.scores, options.skip_bad));
  return read_solutions(open_records(path, options.skip_bad), std::move(scores), options);
}

}  // namespace hrm::selection
