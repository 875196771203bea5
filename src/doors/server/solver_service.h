// One reasoning model that serves many requests. Their puzzles share one continuous batch (solving/continuous.h), with
// one slot per puzzle. Free slots go to the waiting requests in turn, so a long list does not block a single puzzle.
// The other puzzles in the batch do not change an answer.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "model/backend.h"
#include "puzzles/family.h"
#include "server/api_error.h"
#include "server/metrics.h"
#include "solving/puzzle_run.h"

namespace hrm::server {

struct ServedModel {
  std::string id;  // the argument of --model
  std::unique_ptr<model::Backend> backend;
  std::unique_ptr<puzzles::Family> family;
  int64_t parameters = 0;
};

// A request's puzzles and the receiver of their results. All calls come from the service's thread, one at a time.
class SolveJob {
 public:
  SolveJob(const ServedModel& model, const solving::SolverOptions& options)
      : plan(model.backend->config(), *model.family, options) {}
  virtual ~SolveJob() = default;

  virtual bool wanted() = 0;  // false: the client disconnected
  virtual bool wants_confidence() const { return false; }
  // After every segment. confidence: [S], empty unless wanted.
  virtual void on_segment(size_t puzzle, const solving::PuzzleRun& run, const std::vector<float>& confidence) = 0;
  virtual void on_solved(size_t puzzle, solving::SolvedPuzzle solution) = 0;
  virtual void on_done() = 0;  // all are solved
  virtual void on_error(const ApiError& error) = 0;

  solving::ViewPlan plan;
  std::vector<puzzles::Tokens> questions;
  std::chrono::steady_clock::time_point deadline;
};

class SolverService {
 public:
  struct Options {
    size_t batch = 64;
    size_t queue = 4096;  // waiting puzzles
    double seconds = 60;  // per request, for messages
  };
  // compute: locked during each segment, so that models on the same processors take turns.
  SolverService(ServedModel model, const Options& options, std::mutex& compute, Metrics& metrics);
  ~SolverService();  // unfinished jobs get on_error(503)
  SolverService(const SolverService&) = delete;
  SolverService& operator=(const SolverService&) = delete;

  const ServedModel& model() const { return model_; }
  // Throws ApiError 429 if the queue has no room for all puzzles of the job.
  void submit(std::shared_ptr<SolveJob> job);
  size_t waiting() const { return waiting_; }
  size_t running() const { return running_count_; }

 private:
  struct Task {
    size_t puzzle;
    std::unique_ptr<solving::PuzzleRun> run;
  };
  struct Work {  // a job and its remaining puzzles
    std::shared_ptr<SolveJob> job;
    std::deque<Task> tasks;  // waiting for a slot
    size_t open = 0;         // puzzles without an answer
    bool ended = false;
  };
  struct Running {
    std::shared_ptr<Work> work;
    Task task;
  };

  void serve();
  void end_unwanted();
  void end(Work& work, const ApiError& error);
  void fail_all(const ApiError& error);
  std::optional<solving::ContinuousBatch::Newcomer> next(std::span<int32_t> tokens);
  void run_segment();
  void take_in(const solving::SegmentEvent& view, size_t slot);

  ServedModel model_;
  const Options options_;
  std::mutex& compute_;
  Metrics& metrics_;

  std::mutex mutex_;  // protects the following
  std::condition_variable news_;
  std::vector<std::shared_ptr<SolveJob>> submitted_;
  bool stopping_ = false;
  std::atomic<size_t> waiting_{0}, running_count_{0};

  // Used only by the service's thread.
  std::list<std::shared_ptr<Work>> works_;  // with waiting tasks; the next one in turn first
  std::unordered_map<size_t, Running> running_;
  size_t next_example_ = 0;
  std::unique_ptr<solving::ContinuousBatch> batch_;
  std::thread thread_;
};

}  // namespace hrm::server
