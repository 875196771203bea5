#include "tree/grow.h"

#include <condition_variable>
#include <queue>

#include "base/error.h"
#include "base/signals.h"
#include "base/threads.h"
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
        context_{job.settings, format_, job.policy, job.store, counts_, [this] {
                   const std::lock_guard lock(mutex_);
                   run_.progress(report());
                 }} {}

  GrowReport grow() {
    run_threads(static_cast<size_t>(run_.in_flight), [this](size_t) { work(); });
    if (error_) std::rethrow_exception(error_);
    const std::lock_guard lock(mutex_);
    return report();
  }

 private:
  struct Job {  // one problem
    size_t index = 0;
    int64_t open = 0;
    bool missing = false;
  };
  struct Task {
    std::shared_ptr<Job> job;
    uint64_t number = 0;
    std::function<void()> body;
    // Earlier problems first, so that few trees are in memory; within one the order of arrival.
    bool operator<(const Task& other) const {
      return std::pair(job->index, number) > std::pair(other.job->index, other.number);
    }
  };

  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return stopped() || !queue_.empty() || next_ < problems_.size() || running_ == 0; });
      if (stopped()) break;
      if (queue_.empty() && next_ < problems_.size()) start_problem();
      if (queue_.empty()) break;  // nothing is running that could add to it
      Task task = queue_.top();
      queue_.pop();
      ++running_;
      lock.unlock();
      const std::optional<std::string> fault = perform(task);
      task.body = nullptr;
      lock.lock();
      --running_;
      finish(task, fault);
      run_.progress(report());
    }
    changed_.notify_all();
  }

  bool stopped() const { return error_ || gave_up_ || interrupted(); }

  void start_problem() {
    const auto job = std::make_shared<Job>(Job{.index = next_});
    const steps::Problem& problem = problems_[next_++].problem;
    add(job, [this, job, &problem] {
      const auto tree = std::make_shared<GrowingTree>(context_, problem);
      grow_tree(tree, [this, job](std::function<void()> body) {
        const std::lock_guard inner(mutex_);
        add(job, std::move(body));
        changed_.notify_one();
      });
    });
  }

  void add(const std::shared_ptr<Job>& job, std::function<void()> body) {
    ++job->open;
    queue_.push({job, ++tasks_, std::move(body)});
  }

  // The fault of its request, where it had one.
  std::optional<std::string> perform(const Task& task) {
    try {
      task.body();
      return std::nullopt;
    } catch (const RequestFailed& failed) {
      return failed.message;
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!error_) error_ = std::current_exception();
      return std::nullopt;
    }
  }

  void finish(const Task& task, const std::optional<std::string>& fault) {
    failures_in_row_ = fault ? failures_in_row_ + 1 : 0;
    if (fault) {
      task.job->missing = true;
      last_fault_ = *fault;
      gave_up_ |= failures_in_row_ >= 2 * run_.in_flight + 20;
    }
    if (--task.job->open == 0 && !task.job->missing && !error_) ++finished_;
    if (queue_.empty() || stopped()) changed_.notify_all();
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
            .gave_up = gave_up_};
  }

  const std::vector<steps::ProblemRecord>& problems_;
  const GrowRun& run_;
  steps::StepFormat format_;
  GrowCounts counts_;
  GrowContext context_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::priority_queue<Task> queue_;
  size_t next_ = 0;
  uint64_t tasks_ = 0;
  int64_t running_ = 0, finished_ = 0, failures_in_row_ = 0;
  bool gave_up_ = false;
  std::string last_fault_;
  std::exception_ptr error_;
};

}  // namespace

GrowReport grow_trees(const GrowJob& job, const GrowRun& run) {
  job.settings.validate();
  if (run.in_flight < 1 || run.in_flight > 1024)
    throw bad_input("tree.grow", "--in-flight {}: expected 1 to 1024", run.in_flight);
  check_settings(job.store, settings_record(job.settings, job.policy));
  for (const steps::ProblemRecord& problem : job.problems)
    if (!job.store.holds(root_id(problem.problem))) job.store.append(problem);
  GrowReport report = Growth(job, run).grow();
  job.store.sync();
  return report;
}

}  // namespace hrm::tree
