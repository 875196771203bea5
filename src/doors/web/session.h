// One model at work for one user: what `hrm serve` does for a request of POST /v1/solve with "stream", without threads,
// files or HTTP. The WebAssembly module (web/wasm) is this and nothing else.
//
// The caller runs a request segment by segment, so that a host can show each one, and stop between two. Answers are
// those of `hrm solve`: puzzles run one after the other, which changes no bit of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/json.h"
#include "model/backend.h"
#include "puzzles/family.h"
#include "puzzles/questions.h"
#include "server/solve_request.h"
#include "solving/continuous.h"
#include "solving/puzzle_run.h"

namespace hrm::web {

class Session {
 public:
  // event: "segment", "solution", "done"; data: docs/server.md.
  using Emit = std::function<void(std::string_view event, const Json& data)>;

  // model: bytes of a model file of hrm, not kept. id: its name in messages and events. Throws bad_input in the words
  // of solving::load_model() and of the engine.
  Session(std::span<const std::byte> model, const std::string& id);

  Json describe() const;  // the model's entry in GET /v1/models

  // request: the body of POST /v1/solve. A request that still runs is dropped. Throws server::ApiError.
  void begin(std::string_view request);
  // Runs one segment and reports its results. False at the end. REQUIRES: begin().
  bool step(const Emit& emit);

  // What an Error that leaves the constructor, begin() or step() is about, for hosts where nothing can be caught.
  struct Blame {
    std::string field, hint;
  };
  const Blame& blame() const { return blame_; }

 private:
  // A request and how far it is.
  struct Work {
    server::SolveRequest request;
    puzzles::Questions asked;
    solving::ViewPlan plan;
    solving::ContinuousBatch batch;
    size_t puzzle = 0;                      // of asked.good
    std::optional<solving::PuzzleRun> run;  // of that puzzle
    bool loaded = false;                    // its view is in the batch
    bool told = false;                      // "done"
  };

  Blame blame_;
  std::string id_;
  int64_t parameters_ = 0;
  std::unique_ptr<puzzles::Family> family_;
  std::unique_ptr<model::Backend> backend_;
  std::unique_ptr<Work> work_;
};

}  // namespace hrm::web
