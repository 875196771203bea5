// Measures speed and peak memory of a backend on one supervision segment, next to the speed of the machine's matrix
// kernel.
//
// G is that ceiling: the rate of the engine's packed product, C [82 x 512] = X [82 x k] W^T in blocks of 64 output
// features with everything in the cache, all threads at once on their own data; of k = 128 and 512 the better one.
//
// A *sample-segment* is one segment of one example; in training with the losses, the backward pass, the optimizer and
// the repacking of the weights. model/operations.h counts its arithmetic.
//
// Every measurement runs in its own child process, so peak memory is that of one case, and rounds alternate between all
// cases, so that a slow minute of the machine meets them alike. All times are medians.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "model/config.h"

namespace hrm::backends {

struct BenchCase {
  std::string model = "hrm";  // hrm, trm-mlp or trm-att
  int64_t hidden = 512, batch = 32, seq = 81, vocab = 11;
  bool training = true;
  std::string precision = "bfloat16";  // float32, or int8 for inference: its share is of the bfloat16 G
  size_t threads = 0;                  // 0: default_threads()
  std::string device = "cpu";
};

struct BenchOptions {
  int64_t rounds = 3;    // processes per case
  int64_t repeats = 3;   // measured batches per process, after one to warm up
  bool profile = false;  // also the share of each stage (kernels/stages.h); device cpu only
};

// The configuration that a case runs: the published one at another width. Throws bad_input naming an unknown model
// or precision.
model::ModelConfig bench_config(const BenchCase& bench);

// {"machine", "gemm": [{"operands", "threads", "k", "gflops"}], "rows": [{"model", "mode", "hidden", "batch",
//  "precision", "threads", "device", "backend", "ms_per_sample_segment", "slowest_ms", "gflops", "g", "share",
//  "peak_mib", "stages"}]}; g and share are null for a CUDA device.
// REQUIRES: no other thread runs (fork). Throws what a case threw, and failure if its process was killed.
Json run_bench(std::span<const BenchCase> cases, const BenchOptions& options);

std::string bench_table(const Json& report);  // for people

}  // namespace hrm::backends
