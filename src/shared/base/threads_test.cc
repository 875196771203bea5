#include "base/threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <vector>

#include "base/rng.h"

#include "base/error.h"

namespace hrm {
namespace {

TEST(ParallelFor, VisitsEveryItemOnce) {
  for (size_t threads : {1u, 2u, 7u, 64u}) {
    for (size_t n : {0u, 1u, 5u, 1000u}) {
      std::vector<std::atomic<int>> visits(n);
      parallel_for(n, threads, [&](size_t i) { ++visits[i]; });
      for (size_t i = 0; i < n; ++i) ASSERT_EQ(visits[i], 1) << "item " << i << " of " << n << ", threads " << threads;
    }
  }
}

TEST(ParallelFor, StreamsPerItemGiveTheSameDataAtAnyThreadCount) {
  const auto draw = [](size_t threads) {
    std::vector<uint64_t> numbers(500);
    parallel_for(numbers.size(), threads, [&](size_t i) {
      Rng rng(9, {i});
      for (size_t k = 0; k <= i % 5; ++k) numbers[i] ^= rng.next();
    });
    return numbers;
  };
  const auto reference = draw(1);
  for (size_t threads : {2u, 3u, 16u}) EXPECT_EQ(draw(threads), reference) << threads;
}

TEST(ParallelFor, AnExceptionStopsTheLoopAndReachesTheCaller) {
  for (size_t threads : {1u, 4u}) {
    std::atomic<size_t> visited{0};
    const auto body = [&](size_t i) {
      ++visited;
      if (i == 10) throw std::runtime_error("item 10");
      if (i > 10) std::this_thread::sleep_for(std::chrono::microseconds(100));
    };
    try {
      parallel_for(100'000, threads, body);
      FAIL() << "nothing was thrown";
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "item 10");
    }
    EXPECT_LT(visited, 100'000u) << "the other items were still done";
  }
}

TEST(ParallelFor, ManyExceptionsAreOne) {
  EXPECT_THROW(parallel_for(100, 8, [](size_t i) { throw std::out_of_range(std::to_string(i)); }), std::out_of_range);
}

TEST(DefaultThreads, FollowsTheEnvironment) {
  const char* given = std::getenv("HRM_THREADS");
  const std::string saved = given ? given : "";
  setenv("HRM_THREADS", "3", 1);
  EXPECT_EQ(default_threads(), 3u);
  for (const char* all : {"0", ""}) {
    setenv("HRM_THREADS", all, 1);
    EXPECT_GE(default_threads(), 1u) << all;
    EXPECT_LE(default_threads(), 100'000u) << all;
  }
  for (const char* nonsense : {"-2", "many", "3x", " 3", "2.5", "1025", "99999999999999999999"}) {
    setenv("HRM_THREADS", nonsense, 1);
    EXPECT_THROW(default_threads(), Error) << nonsense;
  }
  if (given)
    setenv("HRM_THREADS", saved.c_str(), 1);
  else
    unsetenv("HRM_THREADS");
}

TEST(RunThreads, RunsAllAtOnceSoThatTheyCanWaitForEachOther) {
  for (size_t n : {0u, 1u, 2u, 5u}) {
    std::atomic<size_t> arrived{0};
    std::vector<int> ran(n);
    run_threads(n, [&](size_t i) {
      ++arrived;
      while (arrived < n) std::this_thread::yield();  // would never end if one waited for another's end
      ran[i] = 1;
    });
    EXPECT_EQ(std::accumulate(ran.begin(), ran.end(), size_t{0}), n);
  }
}

}  // namespace
}  // namespace hrm
