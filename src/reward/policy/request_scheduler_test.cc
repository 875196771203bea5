#include "policy/request_scheduler.h"

#include <gtest/gtest.h>

#include <atomic>

#include "base/error.h"
#include "base/rng.h"
#include "base/signals.h"
#include "policy/scripted.h"

namespace hrm::policy {
namespace {

// Says the prompt back and, in a second turn, the number of the choice.
ScriptedPolicy echoing_policy(double delay = 0) {
  return ScriptedPolicy(
      [](const Request& request, int64_t choice, Rng&) { return request.prompt + "-" + std::to_string(choice); },
      {.delay_seconds = delay});
}

std::string text_of(const TimedReply& timed) {
  const auto* response = std::get_if<Response>(&timed.reply);
  return response ? response->choices.at(0).text : std::get<PolicyFault>(timed.reply).message;
}

TEST(RequestScheduler, JobsAskInTurnsAndGetTheirOwnReplies) {
  ScriptedPolicy policy = echoing_policy(0.001);
  for (const int64_t in_flight : {1, 3, 8}) {
    RequestScheduler scheduler(policy, in_flight);
    std::vector<std::string> got(20);
    scheduler.run(got.size(), [&](size_t job) {
      std::vector<Request> requests(job % 5);
      for (size_t i = 0; i < requests.size(); ++i) requests[i].prompt = std::to_string(job * 10 + i);
      for (int turn = 0; turn < 3; ++turn) {
        const std::vector<TimedReply> replies = scheduler.complete(requests);
        ASSERT_EQ(replies.size(), requests.size());
        for (size_t i = 0; i < requests.size(); ++i) requests[i].prompt = text_of(replies[i]);
      }
      for (const Request& request : requests) got[job] += request.prompt + " ";
    });
    EXPECT_EQ(got[0], "");
    EXPECT_EQ(got[2], "20-0-0-0 21-0-0-0 ");
    EXPECT_EQ(got[19], "190-0-0-0 191-0-0-0 192-0-0-0 193-0-0-0 ");
    EXPECT_LE(policy.most_at_once(), in_flight);
  }
  EXPECT_GT(policy.most_at_once(), 1);
}

TEST(RequestScheduler, OneJobIsServedByAllThreads) {
  ScriptedPolicy policy = echoing_policy(0.02);
  RequestScheduler scheduler(policy, 4);
  scheduler.run(1, [&](size_t) { scheduler.complete(std::vector<Request>(8)); });
  EXPECT_EQ(policy.most_at_once(), 4);
}

TEST(RequestScheduler, FaultsAreRepliesAndExceptionsEndTheRun) {
  ScriptedPolicy faulty([](const Request&, int64_t, Rng&) { return "x"; },
                        {.fault = [](const Request&, int64_t) { return PolicyFault{"down"}; }});
  RequestScheduler scheduler(faulty, 2);
  scheduler.run(3, [&](size_t) { EXPECT_EQ(text_of(scheduler.complete(std::vector<Request>(1))[0]), "down"); });
  std::atomic<int> begun = 0;
  EXPECT_THROW(scheduler.run(100,
                             [&](size_t) {
                               ++begun;
                               throw failure("test", "a job");
                             }),
               Error);
  EXPECT_LE(begun, 2);
  ScriptedPolicy throwing([](const Request&, int64_t, Rng&) -> std::string { throw failure("test", "the policy"); });
  RequestScheduler other(throwing, 2);
  EXPECT_THROW(other.run(100, [&](size_t) { other.complete(std::vector<Request>(1)); }), Error);
  EXPECT_THROW(RequestScheduler(faulty, 0), Error);
  EXPECT_THROW(RequestScheduler(faulty, 2000), Error);
}

TEST(RequestScheduler, GivingUpOrAnInterruptLeavesTheRestUndone) {
  ScriptedPolicy policy = echoing_policy();
  RequestScheduler scheduler(policy, 2);
  std::atomic<int> begun = 0;
  scheduler.run(100, [&](size_t) {
    ++begun;
    while (!scheduler.note_failure()) continue;
    EXPECT_EQ(text_of(scheduler.complete(std::vector<Request>(1))[0]), "the run has ended");
  });
  EXPECT_LE(begun, 2);
  EXPECT_TRUE(scheduler.gave_up());
  const InterruptScope scope;
  begun = 0;
  scheduler.run(100, [&](size_t) {
    ++begun;
    request_interrupt();
    EXPECT_EQ(text_of(scheduler.complete(std::vector<Request>(1))[0]), "interrupted");
  });
  EXPECT_LE(begun, 2);
  EXPECT_EQ(policy.calls(), 0);
}

TEST(RequestScheduler, PartsOfEarlierJobsComeFirstAndLaterJobsWaitForThem) {
  ScriptedPolicy policy = echoing_policy();
  RequestScheduler scheduler(policy, 1);
  std::string order;
  scheduler.run(3, [&](size_t job) {
    order += fmt::format("{} ", job);
    for (const char* part : {"a", "b"})
      scheduler.add(job, [&, job, part] {
        order += fmt::format("{}{} ", job, part);
        if (*part == 'a') scheduler.add(job, [&, job] { order += fmt::format("{}c ", job); });
      });
  });
  EXPECT_EQ(order, "0 0a 0b 0c 1 1a 1b 1c 2 2a 2b 2c ");
}

TEST(RequestScheduler, PartsAreWorkedOnByAllThreads) {
  ScriptedPolicy policy = echoing_policy(0.02);
  RequestScheduler scheduler(policy, 4);
  std::atomic<int> done = 0;
  scheduler.run(1, [&](size_t job) {
    for (int i = 0; i < 8; ++i)
      scheduler.add(job, [&] {
        policy.complete({});
        ++done;
      });
  });
  EXPECT_EQ(done, 8);
  EXPECT_EQ(policy.most_at_once(), 4);
}

TEST(RequestScheduler, GivesUpAfterFailuresInARow) {
  ScriptedPolicy policy = echoing_policy();
  RequestScheduler scheduler(policy, 1);
  int tried = 0;
  const auto job = [&](size_t index) {
    ++tried;
    if (index == 15)
      scheduler.note_success();
    else
      scheduler.note_failure();
    scheduler.add(index, [] {});
  };
  scheduler.run(100, job);
  EXPECT_TRUE(scheduler.gave_up());
  EXPECT_EQ(tried, 16 + 22);
  scheduler.run(20, job);
  EXPECT_FALSE(scheduler.gave_up());
  EXPECT_EQ(tried, 16 + 22 + 20);
}

}  // namespace
}  // namespace hrm::policy
