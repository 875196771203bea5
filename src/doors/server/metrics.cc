#include "server/metrics.h"

#include <fmt/format.h>

#include <vector>

namespace hrm::server {
namespace {

void add_head(std::string& to, std::string_view name, std::string_view help, std::string_view type) {
  to += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

}  // namespace

void Metrics::count_request(const std::string& route, int status, double seconds) {
  const std::lock_guard lock(mutex_);
  ++requests_[{route, status}];
  Latency& latency = latencies_[route];
  for (size_t i = 0; i < kBounds.size(); ++i) latency.below[i] += seconds <= kBounds[i];
  ++latency.count;
  latency.seconds += seconds;
}

std::string Metrics::text(const std::vector<Gauge>& others) const {
  std::string text;
  {
    const std::lock_guard lock(mutex_);
    add_head(text, "hrm_requests_total", "Requests answered, by route and status.", "counter");
    for (const auto& [key, count] : requests_)
      text += fmt::format("hrm_requests_total{{route=\"{}\",status=\"{}\"}} {}\n", key.first, key.second, count);
    add_head(text, "hrm_request_seconds", "Seconds from the last byte of a request to its whole reply.", "histogram");
    for (const auto& [route, latency] : latencies_) {
      for (size_t i = 0; i < kBounds.size(); ++i)
        text += fmt::format("hrm_request_seconds_bucket{{route=\"{}\",le=\"{}\"}} {}\n", route, kBounds[i],
                            latency.below[i]);
      text += fmt::format("hrm_request_seconds_bucket{{route=\"{}\",le=\"+Inf\"}} {}\n", route, latency.count);
      text += fmt::format("hrm_request_seconds_sum{{route=\"{}\"}} {:.6f}\n", route, latency.seconds);
      text += fmt::format("hrm_request_seconds_count{{route=\"{}\"}} {}\n", route, latency.count);
    }
  }
  const std::pair<const char*, const std::atomic<uint64_t>*> counters[] = {
      {"hrm_batches_total Segments run by batches.", &segment_runs_},
      {"hrm_segments_total Segments run by puzzles.", &segments_},
      {"hrm_puzzles_total Puzzles answered.", &puzzles_},
      {"hrm_puzzles_accepted_total Answers that the rules accept.", &accepted_},
      {"hrm_scored_steps_total Reasoning steps scored.", &steps_},
      {"hrm_scored_tokens_total Tokens read by reward models.", &tokens_}};
  for (const auto& [words, value] : counters) {
    const std::string_view all = words;
    const std::string_view name = all.substr(0, all.find(' '));
    add_head(text, name, all.substr(name.size() + 1), "counter");
    text += fmt::format("{} {}\n", name, value->load());
  }
  for (const Gauge& gauge : others) {
    add_head(text, gauge.name, gauge.help, gauge.counter ? "counter" : "gauge");
    text += fmt::format("{} {}\n", gauge.name, gauge.value);
  }
  return text;
}

}  // namespace hrm::server
