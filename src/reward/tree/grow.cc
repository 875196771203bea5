#include "tree/grow.h"

#include <mutex>

#include "base/error.h"
#include "base/signals.h"
#include "policy/request_scheduler.h"
#include "tree/grow_methods.h"

namespace hrm::tree {
namespace {

Json settings_record(const GrowSettings& settings, const policy::Policy& policy) {
  Json json = fields_to_json(settings);
  json["policy"] = policy.name();
  return json;
}

void check_settings(StoreWriter& store, const Json& wanted) {
  for (const Json& known : store.contents().settings) {
    if (known == wanted || known.contains("imported")) continue;
    for (const auto& [key, value] : wanted.items())
      if (!known.contains(key) || known[key] != value)
        throw bad_input("tree.grow", "the store was grown with {} = {}, not {}; use the same settings or another store",
                        key, known.contains(key) ? printable(known[key]) : "nothing", printable(value));
  }
  if (std::ranges::find(store.contents().settings, wanted) == store.contents().settings.end())
    store.append(SettingsRecord{wanted});
}

class Growth {
 public:
  Growth(const GrowJob& job, const GrowRun& run)
      : problems_(job.problems),
        run_(run),
        format_(job.settings.format()),
        context_{job.settings,
                 format_,
                 job.policy,
                 job.store,
                 counts_,
                 [this] {
                   const std::lock_guard lock(mutex_);
                   run_.progress(report());
                 }},
        scheduler_(job.policy, run.in_flight),
        works_(job.problems.size()) {}

  GrowReport grow() {
    scheduler_.run(problems_.size(), [this](size_t problem) {
      perform(problem, [&] {
        grow_tree(std::make_shared<GrowingTree>(context_, problems_[problem].problem),
                  [this, problem](std::function<void()> body) { add(problem, std::move(body)); });
      });
    });
    const std::lock_guard lock(mutex_);
    return report();
  }

 private:
  struct Work {        // on one problem
    int64_t open = 1;  // what is to be done for it, its beginning included
    bool missing = false;
  };

  void add(size_t problem, std::function<void()> body) {
    {
      const std::lock_guard lock(mutex_);
      ++works_[problem].open;
    }
    scheduler_.add(problem, [this, problem, body = std::move(body)] { perform(problem, body); });
  }

  void perform(size_t problem, const std::function<void()>& body) {
    std::optional<std::string> fault;
    try {
      body();
    } catch (const RequestFailed& failed) {
      fault = failed.message;
    }
    const std::lock_guard lock(mutex_);
    Work& work = works_[problem];
    if (fault) {
      work.missing = true;
      last_fault_ = *fault;
      scheduler_.note_failure();
    } else {
      scheduler_.note_success();
    }
    finished_ += --work.open == 0 && !work.missing;
    run_.progress(report());
  }

  GrowReport report() const {
    return {.problems = static_cast<int64_t>(problems_.size()),
            .finished = finished_,
            .nodes = counts_.nodes,
            .rollouts = counts_.rollouts,
            .requests = counts_.requests,
            .failed = counts_.failed,
            .last_fault = last_fault_,
            .interrupted = interrupted(),
            .gave_up = scheduler_.gave_up()};
  }

  const std::vector<steps::ProblemRecord>& problems_;
  const GrowRun& run_;
  steps::StepFormat format_;
  GrowCounts counts_;
  GrowContext context_;
  policy::RequestScheduler scheduler_;
  std::mutex mutex_;  // of what follows
  std::vector<Work> works_;
  int64_t finished_ = 0;
  std::string last_fault_;
};

}  // namespace

GrowReport grow_trees(const GrowJob& job, const GrowRun& run) {
  job.settings.validate();
  Growth growth(job, run);
  check_settings(job.store, settings_record(job.settings, job.policy));
  for (const steps::ProblemRecord& problem : job.problems)
    if (!job.store.holds(root_id(problem.problem))) job.store.append(problem);
  GrowReport report = growth.grow();
  job.store.sync();
  return report;
}

}  // namespace hrm::tree
