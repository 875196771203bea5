// How fast a policy answers: many requests, a fixed number of them under way at once.
#pragma once

#include <cstdint>

#include "base/json.h"
#include "policy/policy.h"

namespace hrm::policy {

struct LoadOptions {
  Request request;  // its seed counts up, so that no two are alike
  int64_t requests = 100, in_flight = 8;
};

struct LoadReport {
  int64_t requests = 0, failed = 0, choices = 0, tokens = 0;
  double seconds = 0, median_ms = 0, p95_ms = 0;  // of a request
  std::string first_fault;                        // empty: there was none

  double requests_per_second() const { return seconds > 0 ? static_cast<double>(requests) / seconds : 0; }
};

// Stops early, with what was done until then, once interrupted(). Throws bad_input for counts below 1.
LoadReport measure_load(Policy& policy, const LoadOptions& options);
Json load_json(const LoadReport& report);

}  // namespace hrm::policy
