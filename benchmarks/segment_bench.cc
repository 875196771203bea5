// Time of one supervision segment through a Backend, with the shapes and flags of torch_peer.py, so that both can be
// run in turns (benchmarks/run_bench). Prints one JSON line.
//
// Training is Backend::train_step: it includes clipping's norm, the optimiser and the new casts of the weights, which
// the peer leaves out.
#include <fmt/format.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <functional>
#include <vector>

#include "api/backend_factory.h"
#include "base/error.h"
#include "base/json.h"
#include "base/rng.h"
#include "reasoning/backend.h"

namespace {

using hrm::engine::ModelConfig;
namespace reasoning = hrm::reasoning;

struct Flags {
  std::string model = "hrm", mode = "infer", dtype = "bfloat16", device = "cpu";
  int64_t batch = 32, hidden = 512, seq = 81, vocab = 11, repeats = 3, threads = 2, micro_batch = 0;
};

ModelConfig model_config(const Flags& flags) {
  const std::string preset = flags.model == "trm-att" ? "trm-attention" : flags.model;
  ModelConfig config{.arch = hrm::engine::arch_preset(preset), .data = {flags.seq, flags.vocab, 1}};
  config.arch.hidden_size = config.arch.puzzle_emb_ndim = flags.hidden;
  config.arch.num_heads = std::max<int64_t>(1, flags.hidden / 64);
  if (preset == "trm-attention") config.arch.L_cycles = 6;  // as the peer
  config.arch.forward_dtype = hrm::parse_enum<hrm::engine::Precision>(flags.dtype, "--dtype");
  config.validate();
  return config;
}

double seconds_of(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void run(const Flags& flags) {
  const ModelConfig config = model_config(flags);
  const auto backend =
      hrm::api::make_backend(config, {.device = flags.device, .threads = static_cast<size_t>(flags.threads)});
  backend->set_optimizer({});
  const auto b = static_cast<size_t>(flags.batch);
  hrm::Rng rng(0);
  std::vector<int32_t> inputs(b * static_cast<size_t>(flags.seq)), labels(inputs.size()), identifiers(b);
  for (auto* tokens : {&inputs, &labels})
    for (int32_t& token : *tokens) token = 1 + static_cast<int32_t>(rng.below(static_cast<uint64_t>(flags.vocab - 1)));
  const reasoning::Batch batch{.size = b, .inputs = inputs, .labels = labels, .puzzle_identifiers = identifiers};
  const std::vector<uint8_t> all(b, 1), none(b, 0);
  const auto carry = backend->make_carry(b);
  backend->reset(*carry, batch, all);

  double best = 0;
  for (int64_t i = 0; i <= flags.repeats; ++i) {  // the first one warms up
    const double seconds = seconds_of([&] {
      if (flags.mode == "train")
        backend->train_step(batch, none, *carry, {.micro_batch = static_cast<size_t>(flags.micro_batch)});
      else
        backend->forward(batch, *carry, {});
    });
    if (i == 1 || (i > 1 && seconds < best)) best = seconds;
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const hrm::Json line = {{"model", flags.model},
                          {"mode", flags.mode},
                          {"batch", flags.batch},
                          {"hidden", flags.hidden},
                          {"dtype", flags.dtype},
                          {"threads", flags.threads},
                          {"backend", backend->description()},
                          {"ms_per_sample_segment", best / static_cast<double>(flags.batch) * 1e3},
                          {"peak_mib", usage.ru_maxrss / 1024}};
  fmt::print("{}\n", line.dump());
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Time of one segment through a backend.");
  Flags flags;
  app.add_option("--model", flags.model)->check(CLI::IsMember({"hrm", "trm-mlp", "trm-att"}));
  app.add_option("--mode", flags.mode)->check(CLI::IsMember({"train", "infer"}));
  app.add_option("--dtype", flags.dtype);
  app.add_option("--device", flags.device);
  app.add_option("--batch", flags.batch);
  app.add_option("--hidden", flags.hidden);
  app.add_option("--seq", flags.seq);
  app.add_option("--vocab", flags.vocab);
  app.add_option("--repeats", flags.repeats);
  app.add_option("--threads", flags.threads);
  app.add_option("--micro-batch", flags.micro_batch);
  CLI11_PARSE(app, argc, argv);
  try {
    run(flags);
  } catch (const hrm::Error& e) {
    fmt::print(stderr, "{}\n", e.what());
    return e.exit_code();
  }
}
