#include "server/solver_service.h"

#include <gtest/gtest.h>

#include <future>
#include <set>

#include "server/solve_request.h"
#include "solving/testing/scripted_backend.h"

namespace hrm::server {
namespace {

using puzzles::Tokens;
using solving::ScriptedSegment;
using solving::SolvedPuzzle;

std::unique_ptr<puzzles::Family> small_sudoku() { return puzzles::guess_family(16, 6); }

// Fills a blank per segment with the right digit; the halting value betrays the slot's whole history.
ScriptedSegment fill(std::span<const int32_t> inputs, int64_t segment, uint64_t history) {
  static const auto family = small_sudoku();
  ScriptedSegment played{.answer = family->solve(inputs)->answer, .q_halt = -1 - static_cast<float>(history % 1000)};
  int64_t blanks = 0;
  for (size_t cell = 0; cell < inputs.size(); ++cell)
    if (inputs[cell] == 1 && ++blanks > segment) played.answer[cell] = 1;
  if (blanks <= segment) played.q_halt = 3;
  // Blind to what stands in the first cell's row, unless it is full: then other views are needed.
  if (inputs[0] == 2 && inputs[1] == 1) played.answer[0] = 3;
  return played;
}

std::vector<Tokens> questions() {
  const auto family = small_sudoku();
  std::vector<Tokens> all;
  for (std::string_view text :
       {".234341221434321", "..34341221434321", "12343412214343..", "1.34341221434321", "1...341221434321"})
    for (int i = 0; i < 8; ++i) all.push_back(family->parse(text, "test").at(0));
  return all;
}

ServedModel scripted(solving::Script script = fill) {
  return {.id = "scripted",
          .backend = std::make_unique<solving::ScriptedBackend>(solving::scripted_config(4), std::move(script)),
          .family = small_sudoku()};
}

class Job : public SolveJob {
 public:
  using SolveJob::SolveJob;
  bool wanted() override { return !gone; }
  void on_segment(size_t puzzle, const solving::PuzzleRun& run, const std::vector<float>&) override {
    seen.emplace_back(puzzle, run.view());
    if (on_any_segment) on_any_segment();
  }
  void on_solved(size_t puzzle, SolvedPuzzle solution) override {
    solutions.resize(std::max(solutions.size(), puzzle + 1));
    solutions[puzzle] = std::move(solution);
  }
  void on_done() override { end.set_value(200); }
  void on_error(const ApiError& error) override { end.set_value(error.status); }

  std::atomic<bool> gone{false};
  std::vector<std::pair<size_t, int64_t>> seen;
  std::vector<SolvedPuzzle> solutions;
  std::function<void()> on_any_segment;
  std::promise<int> end;
};

std::shared_ptr<Job> job_of(const SolverService& service, std::vector<Tokens> wanted,
                            const solving::SolverOptions& options) {
  auto job = std::make_shared<Job>(service.model(), options);
  job->questions = std::move(wanted);
  job->deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  return job;
}

struct Bench {
  std::mutex compute;
  Metrics metrics;
  SolverService service;
  explicit Bench(SolverService::Options options = {}, solving::Script script = fill)
      : service(scripted(std::move(script)), options, compute, metrics) {}
};

TEST(SolverService, EqualsSolveWhateverElseRuns) {
  const auto family = small_sudoku();
  for (const int64_t views : {1, 6}) {
    const solving::SolverOptions options{.seed = 5, .views = views, .progress = false};
    solving::ScriptedBackend backend(solving::scripted_config(4), fill);
    const auto expected = solve(backend, *family, questions(), options);
    Bench bench({.batch = 7});
    std::vector<std::shared_ptr<Job>> jobs;
    for (int i = 0; i < 5; ++i) jobs.push_back(job_of(bench.service, questions(), options));
    for (auto& job : jobs) bench.service.submit(job);
    std::set<int64_t> views_used;
    for (auto& job : jobs) {
      ASSERT_EQ(job->end.get_future().get(), 200);
      ASSERT_EQ(job->solutions.size(), expected.solutions.size());
      for (size_t i = 0; i < expected.solutions.size(); ++i) {
        EXPECT_EQ(to_json(job->solutions[i], *family), to_json(expected.solutions[i], *family)) << "views " << views;
        views_used.insert(job->solutions[i].view);
      }
    }
    EXPECT_EQ(views_used.size() > 1, views > 1);
    EXPECT_EQ(bench.service.waiting(), 0u);
  }
}

TEST(SolverService, ALongListDoesNotKeepASinglePuzzleWaiting) {
  std::atomic<bool> begun{false}, both{false};
  Bench bench({.batch = 4}, [&](std::span<const int32_t> inputs, int64_t segment, uint64_t history) {
    begun = true;
    while (!both) std::this_thread::yield();
    return fill(inputs, segment, history);
  });
  std::vector<Tokens> many;
  for (int i = 0; i < 10; ++i)
    for (const Tokens& question : questions()) many.push_back(question);
  const auto big = job_of(bench.service, many, {.progress = false});
  const auto small = job_of(bench.service, {questions().front()}, {.progress = false});
  const std::shared_future<int> small_end = small->end.get_future().share();
  std::atomic<bool> looked{false};
  big->on_any_segment = [&] {  // goes on only when the test has looked at what waits behind the small one
    if (small_end.wait_for(std::chrono::seconds(0)) == std::future_status::ready)
      while (!looked) std::this_thread::yield();
  };
  bench.service.submit(big);
  while (!begun) std::this_thread::yield();
  bench.service.submit(small);
  both = true;
  EXPECT_EQ(small_end.get(), 200);
  EXPECT_GT(bench.service.waiting(), 0u) << "the long list is not done";
  looked = true;
  EXPECT_EQ(big->end.get_future().get(), 200);
}

TEST(SolverService, RefusesBeyondItsQueue) {
  Bench bench({.batch = 1, .queue = 10});
  const auto job = job_of(bench.service, questions(), {.progress = false});
  try {
    bench.service.submit(job);
    FAIL();
  } catch (const ApiError& error) {
    EXPECT_EQ(error.status, 429);
    EXPECT_GT(error.retry_after, 0);
  }
}

TEST(SolverService, EndsWhatIsNotWantedOrTooLate) {
  Bench bench({.batch = 2});
  const auto left = job_of(bench.service, questions(), {.segments = 1000, .halting = false, .progress = false});
  left->on_any_segment = [&] { left->gone = true; };
  bench.service.submit(left);
  EXPECT_EQ(left->end.get_future().get(), 503);
  const auto late = job_of(bench.service, questions(), {.segments = 1000000, .halting = false, .progress = false});
  late->deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(20);
  bench.service.submit(late);
  EXPECT_EQ(late->end.get_future().get(), 503);
  EXPECT_EQ(bench.service.waiting(), 0u);
  const auto next = job_of(bench.service, questions(), {.progress = false});  // the slots are free again
  bench.service.submit(next);
  EXPECT_EQ(next->end.get_future().get(), 200);
}

TEST(SolverService, AFailingModelFailsItsRequestsAlone) {
  std::atomic<bool> broken{true};
  Bench bench({.batch = 4}, [&](std::span<const int32_t> inputs, int64_t segment, uint64_t history) {
    if (broken) throw failure("test", "out of luck");
    return fill(inputs, segment, history);
  });
  const auto first = job_of(bench.service, questions(), {.progress = false});
  bench.service.submit(first);
  EXPECT_EQ(first->end.get_future().get(), 500);
  broken = false;
  const auto second = job_of(bench.service, questions(), {.progress = false});
  bench.service.submit(second);
  EXPECT_EQ(second->end.get_future().get(), 200);
}

TEST(SolverService, EndingItAnswersWhatWaits) {
  std::shared_ptr<Job> job;
  {
    Bench bench({.batch = 1});
    job = job_of(bench.service, questions(), {.segments = 1000000, .halting = false, .progress = false});
    bench.service.submit(job);
  }
  EXPECT_EQ(job->end.get_future().get(), 503);
}

}  // namespace
}  // namespace hrm::server
