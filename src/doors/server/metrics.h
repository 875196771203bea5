// Counts and latencies of a server in the format of Prometheus (text format 0.0.4). Any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace hrm::server {

class Metrics {
 public:
  // Counts an answered request by its route in the contract ("/v1/solve").
  void count_request(const std::string& route, int status, double seconds);
  void add_segments(uint64_t puzzles) { segment_runs_ += 1, segments_ += puzzles; }  // one of the batch
  void count_puzzle(bool accepted) { puzzles_ += 1, accepted_ += accepted; }
  void add_scored(uint64_t steps, uint64_t tokens) { steps_ += steps, tokens_ += tokens; }

  // Lines of one metric that is counted elsewhere.
  struct Gauge {
    std::string name, help;
    double value = 0;
    bool counter = false;
  };
  std::string text(const std::vector<Gauge>& others) const;

 private:
  static constexpr std::array kBounds = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0};
  struct Latency {
    std::array<uint64_t, kBounds.size()> below{};
    uint64_t count = 0;
    double seconds = 0;
  };

  mutable std::mutex mutex_;
  std::map<std::pair<std::string, int>, uint64_t> requests_;
  std::map<std::string, Latency> latencies_;
  std::atomic<uint64_t> segment_runs_{0}, segments_{0}, puzzles_{0}, accepted_{0}, steps_{0}, tokens_{0};
};

}  // namespace hrm::server
