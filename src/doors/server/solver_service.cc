#include "server/solver_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "base/log.h"

namespace hrm::server {

using solving::ContinuousBatch;
using solving::PuzzleRun;

SolverService::SolverService(ServedModel model, const Options& options, std::mutex& compute, Metrics& metrics)
    : model_(std::move(model)),
      options_(options),
      compute_(compute),
      metrics_(metrics),
      batch_(std::make_unique<ContinuousBatch>(*model_.backend, options.batch)) {
  thread_ = std::thread([this] { serve(); });
}

SolverService::~SolverService() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  news_.notify_one();
  thread_.join();
}

void SolverService::submit(std::shared_ptr<SolveJob> job) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_ + job->questions.size() > options_.queue) {
      ApiError error(
          429, fmt::format("{} puzzles are waiting already, at most {} are allowed", waiting_.load(), options_.queue),
          "", "try again later; --max-queue raises the limit");
      error.retry_after = 1;
      throw error;
    }
    waiting_ += job->questions.size();
    submitted_.push_back(std::move(job));
  }
  news_.notify_one();
}

void SolverService::serve() {
  while (true) {
    std::vector<std::shared_ptr<SolveJob>> jobs;
    {
      std::unique_lock lock(mutex_);
      news_.wait(lock, [&] { return stopping_ || !submitted_.empty() || !works_.empty() || batch_->size() > 0; });
      if (stopping_) break;
      jobs.swap(submitted_);
    }
    for (std::shared_ptr<SolveJob>& job : jobs) {
      auto work = std::make_shared<Work>(Work{.job = job, .tasks = {}, .open = job->questions.size()});
      for (size_t i = 0; i < job->questions.size(); ++i)
        work->tasks.push_back({i, std::make_unique<PuzzleRun>(job->plan, std::move(job->questions[i]))});
      works_.push_back(std::move(work));
    }
    try {
      end_unwanted();
      batch_->refill([this](std::span<int32_t> tokens) { return next(tokens); });
      running_count_ = running_.size();
      if (batch_->size() > 0) run_segment();
    } catch (const std::exception& error) {
      log_warning("{}: {}", model_.id, error.what());
      fail_all(ApiError(500, "the model failed on the running puzzles", "", "see the messages of the server"));
      batch_ = std::make_unique<ContinuousBatch>(*model_.backend, options_.batch);
    }
  }
  for (const std::shared_ptr<SolveJob>& job : submitted_) job->on_error(ApiError(503, "the server is shutting down"));
  fail_all(ApiError(503, "the server is shutting down"));
}

// Jobs whose client has left or whose time is over give their slots and places back.
void SolverService::end_unwanted() {
  const auto now = std::chrono::steady_clock::now();
  const auto look_at = [&](Work& work) {
    if (work.ended) return;
    if (!work.job->wanted()) {
      end(work, ApiError(503, "the client disconnected"));
    } else if (now > work.job->deadline) {
      end(work, ApiError(503, fmt::format("the request took longer than {} s", options_.seconds), "",
                         "send fewer puzzles, segments or views; --time-limit raises the limit"));
    }
  };
  for (const std::shared_ptr<Work>& work : works_) look_at(*work);
  for (const auto& [example, running] : running_) look_at(*running.work);
  std::erase_if(works_, [](const auto& work) { return work->ended; });
  batch_->abandon([&](size_t example) { return running_.contains(example) && running_.at(example).work->ended; });
  std::erase_if(running_, [](const auto& entry) { return entry.second.work->ended; });
}

void SolverService::end(Work& work, const ApiError& error) {
  waiting_ -= work.tasks.size();
  work.tasks.clear();
  work.ended = true;
  work.job->on_error(error);
}

void SolverService::fail_all(const ApiError& error) {
  for (const std::shared_ptr<Work>& work : works_)
    if (!work->ended) end(*work, error);
  for (const auto& [example, running] : running_)
    if (!running.work->ended) end(*running.work, error);
  works_.clear();
  running_.clear();
  running_count_ = 0;
}

// Round robin: the first job gives one puzzle and moves to the end of the queue.
std::optional<ContinuousBatch::Newcomer> SolverService::next(std::span<int32_t> tokens) {
  if (works_.empty()) return std::nullopt;
  std::shared_ptr<Work> work = works_.front();
  works_.pop_front();
  Running running{.work = work, .task = std::move(work->tasks.front())};
  work->tasks.pop_front();
  --waiting_;
  if (!work->tasks.empty()) works_.push_back(work);
  const size_t example = next_example_++;
  const auto newcomer = running.task.run->load(example, tokens);
  running_.emplace(example, std::move(running));
  return newcomer;
}

void SolverService::run_segment() {
  const bool logits =
      std::ranges::any_of(running_, [](const auto& entry) { return entry.second.work->job->wants_confidence(); });
  const solving::SegmentEvent view = [&] {
    const std::lock_guard lock(compute_);  // answers are written without it: other models go on
    return batch_->run_segment({.logits = logits, .residuals = true});
  }();
  metrics_.add_segments(view.examples.size());
  for (size_t slot = 0; slot < view.examples.size(); ++slot) take_in(view, slot);
}

void SolverService::take_in(const solving::SegmentEvent& view, size_t slot) {
  const auto at = running_.find(view.examples[slot]);
  if (at == running_.end()) return;
  const std::shared_ptr<Work> work = at->second.work;
  SolveJob& job = *work->job;
  Task& task = at->second.task;
  const PuzzleRun::Next next = task.run->add(view, slot);
  std::vector<float> confidence;
  if (job.wants_confidence()) confidence = task.run->confidence(view, slot);
  job.on_segment(task.puzzle, *task.run, confidence);
  if (next == PuzzleRun::Next::kSegment) return;
  if (next == PuzzleRun::Next::kView) {  // before the job's puzzles that have not begun
    if (work->tasks.empty()) works_.push_back(work);
    work->tasks.push_front(std::move(task));
    ++waiting_;
  } else {
    metrics_.count_puzzle(task.run->result().rules.accepted);
    job.on_solved(task.puzzle, task.run->take());
    if (--work->open == 0) {
      job.on_done();
      work->ended = true;  // last, so that a job whose answer fails is ended by fail_all()
    }
  }
  running_.erase(at);
}

}  // namespace hrm::server
