#include "search/search_run.h"

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>

#include "base/files.h"
#include "base/signals.h"
#include "formats/jsonl.h"
#include "search/search.h"
#include "steps/verdicts.h"

namespace hrm::search {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kInSearchRun = "search.search";

Json scores_of(const std::string& scorer, const FoundSolution& found) { return {{scorer, found.scores}}; }

Json solution_json(const FoundSolution& found, steps::AnswerGrader& grader) {
  return {{"answer", found.answer ? Json(*found.answer) : Json(nullptr)},
          {"correct", grader(found.answer) == grading::Verdict::kCorrect},
          {"steps", found.steps},
          {"tokens", found.cost.tokens}};
}

// The file of results: what it holds, and new lines at its end.
class ResultFile {
 public:
  // made_with: refused where the file says otherwise.
  ResultFile(const fs::path& path, const Json& made_with) : path_(path), meta_(fs::path(path).concat(".meta.json")) {
    const bool exists = fs::exists(path) && fs::file_size(path) > 0;
    if (exists) check_meta(made_with);
    write_json(meta_, made_with);
    if (exists) torn_ = MappedFile(path).bytes().back() != std::byte{'\n'};
    writer_.emplace(path);  // drops a line that was cut short
    for (JsonlReader lines(path); lines.next();) take(lines.value(), lines.place());
  }

  bool torn() const { return torn_; }
  bool holds(const steps::Problem& problem) const {
    const auto at = known_.find(problem.id);
    if (at == known_.end()) return false;
    if (at->second == problem) return true;
    throw bad_input(kInSearchRun,
                    "{}: problem '{}' has another question or gold answer in that file: use another --out",
                    path_.string(), problem.id);
  }
  void write(const steps::Problem& problem, const Json& record) {
    writer_->write(record);
    known_[problem.id] = problem;
    order_.push_back(problem.id);
  }

  // Brings the lines of these problems into their order, other lines after them.
  void sort(const std::vector<steps::ProblemRecord>& problems) {
    std::map<std::string, size_t> place;
    for (const steps::ProblemRecord& record : problems) place.emplace(record.problem.id, place.size());
    const auto place_of = [&](const std::string& id) {
      const auto at = place.find(id);
      return at == place.end() ? place.size() : at->second;
    };
    if (std::ranges::is_sorted(order_, {}, place_of)) return;
    writer_.reset();
    std::vector<std::pair<size_t, std::string>> lines;
    for (JsonlReader reader(path_); reader.next();)
      lines.emplace_back(place_of(reader.value().at("id").get<std::string>()), printable(reader.value()) + "\n");
    std::ranges::stable_sort(lines, {}, &std::pair<size_t, std::string>::first);
    std::string text;
    for (const auto& [at, line] : lines) text += line;
    write_file_atomic(path_, text);
  }

 private:
  void check_meta(const Json& wanted) const {
    if (!fs::exists(meta_))
      throw bad_input(kInSearchRun, "{} exists, but {} does not: it was not written by a search; use another --out",
                      path_.string(), meta_.string());
    Json known = read_json(meta_);
    if (!known.is_object()) known = Json::object();
    const auto shown_in = [](const Json& settings, const std::string& key) {
      return settings.contains(key) ? printable(settings[key]) : "nothing";
    };
    for (const Json* settings : {&wanted, &std::as_const(known)})
      for (const auto& [key, value] : settings->items())
        if (!known.contains(key) || !wanted.contains(key) || known[key] != wanted[key])
          throw bad_input(kInSearchRun, "{} was made with {} = {}, not {}; use the same settings or another --out",
                          path_.string(), key, shown_in(known, key), shown_in(wanted, key));
  }
  void take(const Json& record, const std::string& place) {
    steps::Problem problem{json_field<std::string>(record, "id", place),
                           json_field<std::string>(record, "question", place),
                           json_field<std::string>(record, "gold", place)};
    order_.push_back(problem.id);
    known_.emplace(problem.id, std::move(problem));
  }

  fs::path path_, meta_;
  bool torn_ = false;
  std::optional<JsonlWriter> writer_;
  std::map<std::string, steps::Problem> known_;
  std::vector<std::string> order_;  // ids, line by line
};

// One problem that is being searched.
struct Job {
  const steps::Problem* problem = nullptr;
  // Written by one part each, read when all have ended.
  std::vector<FoundSolution> samples;
  std::optional<FoundSolution> greedy;
  std::vector<std::optional<FoundSolution>> searches;  // by Plan::searches
  std::mutex mutex;                                    // of what is below
  size_t open = 0;                                     // parts that have not ended
  bool failed = false;
};

// The parts of a problem's work, each a separate program.
struct Plan {
  bool samples = false, greedy = false;
  std::vector<std::pair<SearchMethod, int64_t>> searches;
  size_t parts() const { return searches.size() + samples + greedy; }
};

Plan plan_of(const SearchSettings& settings) {
  Plan plan{.samples = settings.wants_samples(), .greedy = settings.greedy, .searches = {}};
  for (const SearchMethod method : settings.method)
    if (method != SearchMethod::kBestOfN)
      for (const int64_t n : settings.n) plan.searches.emplace_back(method, n);
  return plan;
}

class Run {
 public:
  Run(const SearchJob& job, const SearchRun& run)
      : problems_(job.problems),
        settings_(job.settings),
        run_(run),
        format_(job.settings.format()),
        scheduler_(job.policy, run.in_flight),
        batch_scorer_(job.scorer),
        tools_{settings_, format_, scheduler_, batch_scorer_},
        plan_(plan_of(job.settings)),
        file_(run.out, made_with(job)) {
    report_.problems = std::ssize(problems_);
    report_.torn = file_.torn();
    std::set<std::string> ids;
    for (const steps::ProblemRecord& record : problems_) {
      if (!ids.insert(record.problem.id).second)
        throw bad_input(kInSearchRun, "two problems have the id '{}'", record.problem.id);
      if (file_.holds(record.problem)) {
        ++report_.kept;
        continue;
      }
      Job& open = jobs_.emplace_back();
      open.problem = &record.problem;
      open.searches.resize(plan_.searches.size());
      open.open = plan_.parts();
    }
    report_.finished = report_.kept;
  }

  SearchRunReport search() {
    run_.progress(report_);
    scheduler_.run(jobs_.size() * plan_.parts(),
                   [this](size_t i) { work(jobs_[i / plan_.parts()], i % plan_.parts()); });
    report_.interrupted = interrupted();
    file_.sort(problems_);
    return report_;
  }

 private:
  static Json made_with(const SearchJob& job) {
    Json json = {{"policy", job.policy.name()}, {"scorer", job.scorer.name()}};
    json.update(job.settings.to_json());
    return json;
  }

  void work(Job& job, size_t part) {
    std::optional<std::string> fault;
    const bool tried = !failed(job);
    if (tried) {
      try {
        perform(job, part);
      } catch (const SearchFailed& failed) {
        fault = failed.message;
      }
    }
    std::optional<Json> record;
    if (end_part(job, fault.has_value())) record = record_of(job);
    const std::lock_guard lock(mutex_);
    if (fault)
      note(job, *fault);
    else if (tried)
      scheduler_.note_success();
    if (!record) return;
    file_.write(*job.problem, *record);
    ++report_.finished;
    run_.progress(report_);
  }

  static bool failed(Job& job) {
    const std::lock_guard lock(job.mutex);
    return job.failed;
  }

  // Whether it was the last of a problem without a fault.
  static bool end_part(Job& job, bool fault) {
    const std::lock_guard lock(job.mutex);
    job.failed |= fault;
    return --job.open == 0 && !job.failed;
  }

  // REQUIRES: mutex_ is held.
  void note(const Job& job, const std::string& fault) {
    if (report_.gave_up || interrupted()) return;  // it was not tried
    if (failed_.insert(job.problem).second) ++report_.failed;
    report_.last_fault = fmt::format("problem '{}': {}", job.problem->id, fault);
    report_.gave_up = scheduler_.note_failure();
  }

  void perform(Job& job, size_t part) {
    if (part < plan_.searches.size()) {
      const auto& [method, n] = plan_.searches[part];
      job.searches[part] = search_steps(tools_, *job.problem, method, n);
    } else if (plan_.samples && part == plan_.searches.size()) {
      job.samples = sample_solutions(tools_, *job.problem, settings_.most());
    } else {
      job.greedy = greedy_solution(tools_, *job.problem);
    }
  }

  Json record_of(const Job& job) const {
    steps::AnswerGrader grader(job.problem->gold, settings_.grade_options());
    Json record = {{"id", job.problem->id}, {"question", job.problem->question}, {"gold", job.problem->gold}};
    if (job.greedy) {
      record["greedy"] = solution_json(*job.greedy, grader);
      record["greedy"]["seconds"] = job.greedy->cost.seconds;
    }
    for (const FoundSolution& sample : job.samples) {
      Json& candidate = record["candidates"].emplace_back(solution_json(sample, grader));
      candidate["scores"] = scores_of(batch_scorer_.name(), sample);
      candidate["scored_tokens"] = sample.cost.scored_tokens;
      candidate["seconds"] = sample.cost.seconds;
      if (sample.mean_logprob) candidate["mean_logprob"] = *sample.mean_logprob;
    }
    for (size_t i = 0; i < job.searches.size(); ++i) {
      const FoundSolution& found = *job.searches[i];
      Json json = {{"method", name_of_enum(plan_.searches[i].first)},
                   {"n", plan_.searches[i].second},
                   {"scorer", batch_scorer_.name()},
                   {"aggregation", name_of_enum(settings_.aggregate)}};
      json.update(solution_json(found, grader));
      json["scores"] = found.scores;
      json["scored_tokens"] = found.cost.scored_tokens;
      json["requests"] = found.cost.requests;
      json["seconds"] = found.cost.seconds;
      record["searches"].push_back(std::move(json));
    }
    return record;
  }

  const std::vector<steps::ProblemRecord>& problems_;
  const SearchSettings& settings_;
  const SearchRun& run_;
  steps::StepFormat format_;
  policy::RequestScheduler scheduler_;
  BatchScorer batch_scorer_;
  SearchTools tools_;
  Plan plan_;
  ResultFile file_;
  std::deque<Job> jobs_;
  std::mutex mutex_;  // of all below
  SearchRunReport report_;
  std::set<const steps::Problem*> failed_;
};

}  // namespace

SearchRunReport search_problems(const SearchJob& job, const SearchRun& run) {
  job.settings.validate();
  return Run(job, run).search();
}

}  // namespace hrm::search
