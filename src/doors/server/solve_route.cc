#include "server/solve_route.h"

#include <fmt/format.h>

#include <utility>

#include "server/solve_events.h"
#include "solving/solve_json.h"

namespace hrm::server {
namespace {

using solving::SolvedPuzzle;

class AnsweredJob : public SolveJob {
 public:
  AnsweredJob(const ServedModel& model, SolveRequest request, puzzles::Questions found, Answering to)
      : SolveJob(model, request.solver),
        model_(model),
        request_(std::move(request)),
        asked_(std::move(found)),
        exchange_(std::move(to.exchange)),
        answered_(std::move(to.answered)),
        solutions_(asked_.good.size()) {
    for (const puzzles::Question& question : asked_.good) questions.push_back(question.tokens);
  }

  bool wanted() override { return !exchange_->gone(); }
  void on_segment(size_t, const solving::PuzzleRun&, const std::vector<float>&) override {}
  void on_solved(size_t puzzle, SolvedPuzzle solution) override { solutions_[puzzle] = std::move(solution); }
  void on_done() override {
    const Json json = solve_json(solutions_, asked_, *model_.family, {.model = model_.id, .steps = request_.steps});
    answered_(200);  // counted before the client has it, so that the client finds itself in the metrics
    exchange_->reply({.body = printable(json) + "\n"});
  }
  void on_error(const ApiError& error) override {
    answered_(error.status);
    exchange_->reply(to_response(error));
  }

 protected:
  const ServedModel& model_;
  const SolveRequest request_;
  const puzzles::Questions asked_;
  const std::shared_ptr<http::Exchange> exchange_;
  const Answered answered_;
  std::vector<SolvedPuzzle> solutions_;
};

class StreamedJob : public AnsweredJob {
 public:
  using AnsweredJob::AnsweredJob;

  bool wants_confidence() const override { return request_.confidence; }
  void on_segment(size_t puzzle, const solving::PuzzleRun& run, const std::vector<float>& confidence) override {
    send("segment", segment_event(puzzle, run, confidence, *model_.family));
  }
  void on_solved(size_t puzzle, SolvedPuzzle solution) override {
    send("solution", solution_event({.puzzle = puzzle, .source = asked_.good[puzzle].source, .solution = solution},
                                    *model_.family, request_.steps));
  }
  void on_done() override {
    send("done", done_event(model_.id, asked_, *model_.family));
    answered_(200);
    exchange_->finish();
  }
  void on_error(const ApiError& error) override {
    if (!begun_) return AnsweredJob::on_error(error);
    send("error", parse_json(to_response(error).body, "error"));
    answered_(error.status);
    exchange_->finish();
  }

 private:
  // The stream starts with its first event: until then a refusal still has its own status.
  void send(std::string_view name, const Json& data) {
    if (!begun_)
      exchange_->begin_stream(
          {.type = "text/event-stream", .headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}}});
    begun_ = true;
    exchange_->send(fmt::format("event: {}\ndata: {}\n\n", name, printable(data)));
  }

  bool begun_ = false;
};

}  // namespace

void start_solving(SolveRequest request, SolverService& service, const Limits& limits, Answering to) {
  using std::chrono::steady_clock;
  const auto deadline = steady_clock::now() + std::chrono::duration_cast<steady_clock::duration>(
                                                  std::chrono::duration<double>(limits.seconds));
  const ServedModel& model = service.model();
  puzzles::Questions questions = read_questions(request, *model.family, limits);
  const bool stream = request.stream, nothing = questions.good.empty();
  std::shared_ptr<SolveJob> job;
  try {
    if (stream)
      job = std::make_shared<StreamedJob>(model, std::move(request), std::move(questions), std::move(to));
    else
      job = std::make_shared<AnsweredJob>(model, std::move(request), std::move(questions), std::move(to));
  } catch (const Error& error) {
    throw api_error(error, "views");
  }
  job->deadline = deadline;
  if (nothing) return job->on_done();  // all were skipped
  service.submit(std::move(job));
}

}  // namespace hrm::server
