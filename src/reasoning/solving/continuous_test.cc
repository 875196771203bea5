#include "solving/continuous.h"

#include <gtest/gtest.h>

#include <numeric>

#include "base/signals.h"
#include "solving/testing/scripted_backend.h"

namespace hrm::solving {
namespace {

constexpr int64_t kMost = 6;
constexpr size_t kTokens = 16;

// Asks to halt after 1 + (first token) segments; the answer betrays the slot's whole history.
ScriptedSegment play(std::span<const int32_t> inputs, int64_t segment, uint64_t history) {
  ScriptedSegment played{.q_halt = segment > inputs[0] ? 1.f : -1.f};
  for (size_t cell = 0; cell < inputs.size(); ++cell)
    played.answer.push_back(static_cast<int32_t>(splitmix64(history + cell) % 1000) + inputs[cell]);
  return played;
}

ExampleHeader load(size_t index, std::span<int32_t> tokens) {
  for (size_t cell = 0; cell < tokens.size(); ++cell) tokens[cell] = static_cast<int32_t>(index * 7 + cell * 3);
  tokens[0] = static_cast<int32_t>(splitmix64(index) % 9);  // beyond kMost too
  return {.identifier = static_cast<int32_t>(index % 5), .seed = derive_seed(11, {index})};
}

struct Finish {
  int64_t segments = 0;
  std::vector<int32_t> answer;
  bool operator==(const Finish&) const = default;
};

struct Observed {
  std::vector<Finish> finishes;
  std::vector<size_t> batch_sizes;
  bool complete = false;
};

Observed run(size_t count, RunOptions options) {
  ScriptedBackend backend(scripted_config(kMost), play);
  Observed observed{.finishes = std::vector<Finish>(count)};
  observed.complete = run_examples(backend, count, load, options, [&](const SegmentEvent& event) {
    for (size_t slot = 0; slot < event.examples.size(); ++slot) {
      EXPECT_EQ(event.inputs[slot * kTokens + 1], static_cast<int32_t>(event.examples[slot] * 7 + 3));
      if (!event.finished[slot]) continue;
      Finish& finish = observed.finishes[event.examples[slot]];
      EXPECT_EQ(finish.segments, 0) << "finished twice";
      finish.segments = event.segments[slot];
      const auto answer = std::span(event.output.answers).subspan(slot * kTokens, kTokens);
      finish.answer.assign(answer.begin(), answer.end());
    }
  });
  observed.batch_sizes = backend.batch_sizes;
  return observed;
}

TEST(Continuous, EqualsOneByOneWhateverTheBatch) {
  constexpr size_t kCount = 50;
  const Observed alone = run(kCount, {.batch = 1});
  for (size_t i = 0; i < kCount; ++i)
    EXPECT_EQ(alone.finishes[i].segments, std::min<int64_t>(kMost, 1 + static_cast<int64_t>(splitmix64(i) % 9)));
  for (size_t batch : {2, 7, 49, 50, 1000}) {
    const Observed together = run(kCount, {.batch = batch});
    EXPECT_TRUE(together.complete);
    EXPECT_EQ(together.finishes, alone.finishes) << "batch " << batch;
  }
}

TEST(Continuous, SpendsNothingOnFinishedExamples) {
  const Observed observed = run(50, {.batch = 8});
  const size_t spent = std::accumulate(observed.batch_sizes.begin(), observed.batch_sizes.end(), size_t{0});
  int64_t needed = 0;
  for (const Finish& finish : observed.finishes) needed += finish.segments;
  EXPECT_EQ(spent, static_cast<size_t>(needed));
  EXPECT_EQ(observed.batch_sizes.front(), 8u);
  EXPECT_TRUE(std::ranges::is_sorted(observed.batch_sizes, std::greater()));  // full while the queue lasts
  EXPECT_LT(observed.batch_sizes.back(), 8u);
}

TEST(Continuous, WithoutHaltingRunsExactlyTheSegmentsAskedFor) {
  for (int64_t segments : {1, 3, 16})
    for (const Finish& finish : run(5, {.segments = segments, .halting = false, .batch = 3}).finishes)
      EXPECT_EQ(finish.segments, segments);
}

TEST(Continuous, MarginShiftsTheRule) {
  for (const Finish& finish : run(9, {.halt_margin = 2}).finishes) EXPECT_EQ(finish.segments, kMost);
  for (const Finish& finish : run(9, {.halt_margin = -2}).finishes) EXPECT_EQ(finish.segments, 1);
}

TEST(Continuous, NotANumberNeverHalts) {
  ScriptedBackend backend(scripted_config(kMost), [](std::span<const int32_t> inputs, int64_t, uint64_t) {
    return ScriptedSegment{.answer = {inputs.begin(), inputs.end()}, .q_halt = std::nanf("")};
  });
  int64_t last = 0;
  run_examples(backend, 1, load, {}, [&](const SegmentEvent& event) { last = event.segments[0]; });
  EXPECT_EQ(last, kMost);
}

TEST(Continuous, StopsBetweenSegmentsWhenInterrupted) {
  const InterruptScope scope;
  size_t segments = 0;
  ScriptedBackend backend(scripted_config(kMost), play);
  const bool complete = run_examples(backend, 50, load, {.batch = 4}, [&](const SegmentEvent&) {
    if (++segments == 3) request_interrupt();
  });
  EXPECT_FALSE(complete);
  EXPECT_EQ(segments, 3u);
}

TEST(Continuous, NothingToDo) {
  EXPECT_TRUE(run(0, {}).complete);
  EXPECT_THROW(run(1, {.segments = -1}), Error);
  EXPECT_THROW(run(1, {.batch = 0}), Error);
}

}  // namespace
}  // namespace hrm::solving
