// What a server takes on. Over them: 413 (body), 422 (a request's own size), 429 (queue), 503 (time, connections).
#pragma once

#include <cstddef>
#include <cstdint>

namespace hrm::server {

struct Limits {
  int64_t body_mib = 8;     // of a request
  int64_t puzzles = 1024;   // in one request; also solutions and steps
  int64_t segments = 1024;  // that a request may ask for
  int64_t views = 256;      // likewise
  int64_t queue = 4096;     // puzzles that wait, of all requests; likewise requests that wait for a reward model
  int64_t connections = 1024;
  double seconds = 60;  // for one request
};

}  // namespace hrm::server
