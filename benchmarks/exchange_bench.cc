// The exchange of gradients between the processes of a job (torch/gloo_collective.h): seconds of one sum, by its size.
//   for r in 0 1; do RANK=$r WORLD_SIZE=2 MASTER_ADDR=127.0.0.1 MASTER_PORT=29501 exchange_bench & done; wait
// Process 0 prints the fastest and the median of the repeats, and 4 bytes a float by the fastest.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "torch/gloo_collective.h"
#include "training/launch.h"

namespace {

using hrm::training::Collective;

// Of each repeat, in rising order.
std::vector<double> seconds_of_sums(Collective& all, size_t count, size_t repeats) {
  std::vector<float> values(count);
  std::vector<double> seconds;
  for (size_t i = 0; i < repeats + 1; ++i) {
    std::ranges::fill(values, 1.0F);
    double together[] = {0};
    all.sum(together);  // all begin at once
    const auto begin = std::chrono::steady_clock::now();
    all.sum(values);
    if (i > 0) seconds.push_back(hrm::seconds_since(begin));  // the first warms up
  }
  std::ranges::sort(seconds);
  return seconds;
}

}  // namespace

int main() try {
  const hrm::training::Launch launch = hrm::training::read_launch();
  if (launch.size == 1) throw hrm::bad_input("exchange_bench", "start two processes or more: WORLD_SIZE is not set");
  const auto all = hrm::torch::connect_gloo(launch);
  if (all->is_root())
    fmt::print("{} processes\n    floats  fastest, ms   median, ms     MB/s\n", all->size());
  // The last are the weights of TRM with attention and of HRM.
  for (const size_t count : {1, 1024, 65'536, 1'048'576, 6'828'034, 27'275'266}) {
    const std::vector<double> seconds = seconds_of_sums(*all, count, count < 100'000 ? 200 : 15);
    const double fastest = seconds.front();
    if (all->is_root())
      fmt::print("{:>10} {:>12.3f} {:>12.3f} {:>8.0f}\n", count, 1e3 * fastest, 1e3 * seconds[seconds.size() / 2],
                 4e-6 * static_cast<double>(count) / fastest);
  }
  all->finish();
  return 0;
} catch (const hrm::Error& error) {
  fmt::print(stderr, "{}\n", error.what());
  return error.exit_code();
}
