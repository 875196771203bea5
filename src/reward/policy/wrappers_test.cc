// Retrying, balancing and caching around scripted policies.
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "base/error.h"
#include "base/files.h"
#include "base/signals.h"
#include "base/threads.h"
#include "formats/bytes.h"
#include "policy/balancing.h"
#include "policy/caching.h"
#include "policy/meter.h"
#include "policy/reply_record.h"
#include "policy/retrying.h"
#include "policy/scripted.h"

namespace hrm::policy {
namespace {

using Fault = std::optional<PolicyFault>;

std::string number(const Request&, int64_t, Rng& rng) { return fmt::format("{}", rng.next()); }

// Fails while `failing` says so.
std::shared_ptr<ScriptedPolicy> scripted(std::function<Fault(int64_t)> fault = nullptr, double delay = 0,
                                         std::string name = "model") {
  ScriptedPolicy::Options options{.name = std::move(name), .delay_seconds = delay};
  if (fault) options.fault = [fault = std::move(fault)](const Request&, int64_t call) { return fault(call); };
  return std::make_shared<ScriptedPolicy>(number, std::move(options));
}

bool good(const Reply& reply) { return std::holds_alternative<Response>(reply); }
double seconds_of(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

constexpr RetryOptions kQuick{.attempts = 4, .first_seconds = 0.001, .longest_seconds = 0.002};

TEST(Retrying, TemporaryFaultsAreMended) {
  const auto inner = scripted([](int64_t call) { return call < 3 ? Fault(PolicyFault{"down"}) : Fault(); });
  const auto meter = std::make_shared<Meter>();
  RetryingPolicy policy(inner, kQuick, meter);
  EXPECT_TRUE(good(policy.complete({.prompt = "a"})));
  EXPECT_EQ(inner->calls(), 4);
  EXPECT_EQ(meter->usage().retries, 3);
}

TEST(Retrying, AttemptsAreLimitedAndPermanentFaultsAreNotRepeated) {
  const auto down = scripted([](int64_t) { return PolicyFault{"down"}; });
  const Reply reply = RetryingPolicy(down, kQuick).complete({});
  EXPECT_EQ(down->calls(), 4);
  EXPECT_EQ(std::get<PolicyFault>(reply).message, "down (attempt 4 of 4)");
  const auto wrong = scripted([](int64_t) { return PolicyFault{.message = "no such model", .temporary = false}; });
  EXPECT_EQ(std::get<PolicyFault>(RetryingPolicy(wrong, kQuick).complete({})).message, "no such model");
  EXPECT_EQ(wrong->calls(), 1);
  EXPECT_THROW(RetryingPolicy(wrong, {.attempts = 0}), Error);
}

TEST(Retrying, TheServersPauseIsKeptButCapped) {
  const auto asks = [](double seconds) {
    return scripted([=](int64_t call) {
      return call == 0 ? Fault(PolicyFault{.message = "busy", .retry_after = seconds}) : Fault();
    });
  };
  EXPECT_GE(seconds_of([&] { RetryingPolicy(asks(0.15), kQuick).complete({}); }), 0.15);
  RetryOptions capped = kQuick;
  capped.longest_asked_seconds = 0.05;
  EXPECT_LT(seconds_of([&] { RetryingPolicy(asks(3600), capped).complete({}); }), 5);
}

TEST(Retrying, AnInterruptEndsThePauseAtOnce) {
  const InterruptScope scope;
  const auto down = scripted([](int64_t) { return PolicyFault{"down"}; });
  RetryingPolicy policy(down, {.attempts = 9, .first_seconds = 100, .longest_seconds = 100});
  std::thread other([] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    request_interrupt();
  });
  EXPECT_LT(seconds_of([&] { EXPECT_FALSE(good(policy.complete({}))); }), 20);
  other.join();
  EXPECT_EQ(down->calls(), 1);
}

TEST(Balancing, RequestsGoToTheLeastLoaded) {
  const auto slow = scripted(nullptr, 0.04), quick = scripted(nullptr, 0.002);
  BalancingPolicy policy({slow, quick});
  run_threads(4, [&](size_t thread) {
    for (uint64_t i = 0; i < 20; ++i) EXPECT_TRUE(good(policy.complete({.seed = thread * 100 + i})));
  });
  EXPECT_EQ(slow->calls() + quick->calls(), 80);
  EXPECT_GT(quick->calls(), slow->calls());
  EXPECT_GT(slow->calls(), 0);
  EXPECT_THROW(BalancingPolicy({slow, scripted(nullptr, 0, "another")}), Error);
  EXPECT_THROW(BalancingPolicy({}), Error);
}

TEST(Balancing, OthersTakeOverFromAnEndpointThatFails) {
  const auto broken = scripted([](int64_t) { return PolicyFault{"down"}; }), sound = scripted();
  BalancingPolicy policy({broken, sound}, {.rest_seconds = 60});
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(good(policy.complete({})));
  EXPECT_EQ(broken->calls(), 1);
  EXPECT_EQ(sound->calls(), 10);
}

TEST(Balancing, AnEndpointThatRecoversIsUsedAgainAndAllRestingAreStillAsked) {
  std::atomic<bool> down = true;
  const auto first = scripted([&](int64_t) { return down ? Fault(PolicyFault{"down"}) : Fault(); });
  const auto second = scripted([&](int64_t) { return down ? Fault(PolicyFault{"down too"}) : Fault(); });
  BalancingPolicy policy({first, second}, {.rest_seconds = 60});
  EXPECT_FALSE(good(policy.complete({})));
  down = false;
  EXPECT_TRUE(good(policy.complete({})));
  EXPECT_TRUE(good(policy.complete({})));
  EXPECT_EQ(first->calls() + second->calls(), 4);
}

TEST(Balancing, PermanentFaultsAreTheRequestsOwn) {
  const auto refuses = scripted([](int64_t) { return PolicyFault{.message = "too long", .temporary = false}; });
  const auto other = scripted();
  BalancingPolicy policy({refuses, other});
  EXPECT_EQ(std::get<PolicyFault>(policy.complete({})).message, "too long");
  EXPECT_EQ(other->calls(), 0);
}

class CachingTest : public testing::Test {
 protected:
  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "cache" / "replies.log";
};

TEST_F(CachingTest, RepliesSurviveAndDifferWithEveryParameter) {
  const auto inner = scripted();
  std::string text;
  {
    CachingPolicy policy(inner, path_);
    text = std::get<Response>(policy.complete({.prompt = "a", .n = 2})).choices[1].text;
    const Request others[] = {{.prompt = "b", .n = 2},
                              {.messages = {{"a", ""}}, .n = 2},
                              {.prompt = "a", .n = 3},
                              {.prompt = "a", .n = 2, .max_tokens = 2},
                              {.prompt = "a", .n = 2, .temperature = 0},
                              {.prompt = "a", .n = 2, .top_p = 0.5},
                              {.prompt = "a", .n = 2, .stop = {"x"}},
                              {.prompt = "a", .n = 2, .stop = {"x", ""}},
                              {.prompt = "a", .n = 2, .seed = 1},
                              {.prompt = "a", .n = 2, .logprobs = true}};
    for (const Request& other : others) EXPECT_FALSE(std::get<Response>(policy.complete(other)).cached);
    EXPECT_EQ(inner->calls(), 11);
  }
  CachingPolicy policy(inner, path_);
  const Reply reply = policy.complete({.prompt = "a", .n = 2});
  EXPECT_TRUE(std::get<Response>(reply).cached);
  EXPECT_EQ(std::get<Response>(reply).choices[1].text, text);
  EXPECT_EQ(inner->calls(), 11);
  CachingPolicy renamed(scripted(nullptr, 0, "other model"), folder_.path() / "other.log");
  EXPECT_FALSE(std::get<Response>(renamed.complete({.prompt = "a", .n = 2})).cached);
}

TEST_F(CachingTest, IdenticalRequestsUnderWayAreAskedOnce) {
  const auto inner = scripted(nullptr, 0.05);
  CachingPolicy policy(inner, path_);
  std::mutex mutex;
  std::set<std::string> texts;
  std::atomic<int> cached = 0;
  run_threads(8, [&](size_t) {
    const Response response = std::get<Response>(policy.complete({.prompt = "same"}));
    cached += response.cached;
    const std::lock_guard lock(mutex);
    texts.insert(response.choices.at(0).text);
  });
  EXPECT_EQ(inner->calls(), 1);
  EXPECT_EQ(texts.size(), 1u);
  EXPECT_EQ(cached, 7);
}

TEST_F(CachingTest, FaultsAreNotRemembered) {
  const auto inner = scripted([](int64_t call) { return call == 0 ? Fault(PolicyFault{"down"}) : Fault(); });
  CachingPolicy policy(inner, path_);
  EXPECT_FALSE(good(policy.complete({})));
  EXPECT_TRUE(good(policy.complete({})));
}

TEST_F(CachingTest, DamageAndCutsCostOnlyWhatTheyHit) {
  const auto inner = scripted();
  {
    CachingPolicy policy(inner, path_);
    for (uint64_t seed = 0; seed < 10; ++seed) policy.complete({.seed = seed});
  }
  std::string bytes = read_file(path_);
  bytes[bytes.size() / 2] ^= 4;
  bytes.resize(bytes.size() - 3);
  write_file_atomic(path_, bytes);
  CachingPolicy policy(inner, path_);
  int cached = 0;
  for (uint64_t seed = 0; seed < 10; ++seed) cached += std::get<Response>(policy.complete({.seed = seed})).cached;
  EXPECT_EQ(cached, 8);
}

TEST(ReplyRecord, EveryFieldComesBack) {
  Response response{.choices = {{.text = std::string("a\0\xff", 3),
                                 .finish = Finish::kStop,
                                 .stop = "# END!",
                                 .tokens = 5,
                                 .tokens_estimated = true,
                                 .logprobs = {-0.5f, -3}},
                                {.text = "", .finish = Finish::kLength}},
                    .prompt_tokens = 77};
  const std::string bytes = encode_reply({1, 2}, response);
  const auto record = decode_reply(bytes_of(bytes));
  ASSERT_TRUE(record);
  EXPECT_EQ(record->key, (RequestKey{1, 2}));
  EXPECT_EQ(encode_reply(record->key, record->response), bytes);
  EXPECT_EQ(record->response.choices[0].text.size(), 3u);
  EXPECT_EQ(record->response.choices[0].logprobs, response.choices[0].logprobs);
  for (size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(decode_reply(bytes_of(bytes).first(size))) << size;
  EXPECT_FALSE(decode_reply(bytes_of(bytes + "x")));
}

TEST(Meter, CountsWhatWasPaidFor) {
  const TemporaryFolder folder;
  const auto meter = std::make_shared<Meter>(Prices{.prompt = 1e6, .completion = 2e6});
  const auto inner = scripted([](int64_t call) { return call == 2 ? Fault(PolicyFault{"down"}) : Fault(); });
  MeteredPolicy policy(std::make_shared<CachingPolicy>(inner, folder.path() / "c"), meter);
  for (uint64_t seed : {0, 0, 1, 2})
    meter->add_attempt(policy.complete({.prompt = "three words here", .n = 2, .seed = seed}));
  const Usage usage = meter->usage();
  EXPECT_EQ(usage.requests, 4);
  EXPECT_EQ(usage.cached, 1);
  EXPECT_EQ(usage.failed, 1);
  EXPECT_EQ(usage.attempts, 4);
  EXPECT_EQ(usage.faults, 1);
  EXPECT_EQ(usage.prompt_tokens, 9);
  EXPECT_EQ(usage.tokens, 6);
  EXPECT_DOUBLE_EQ(usage.cost, 9 + 12);
}

}  // namespace
}  // namespace hrm::policy
