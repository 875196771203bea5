#include "backends/bench.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>

#include "backends/backend_factory.h"
#include "backends/child.h"
#include "backends/gemm_rate.h"
#include "backends/machine.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/rng.h"
#include "base/statistics.h"
#include "base/threads.h"
#include "kernels/stages.h"
#include "model/operations.h"
#include "model/precision.h"

namespace hrm::backends {
namespace {

using model::ModelConfig;
using model::Precision;

constexpr size_t kInnerSizes[] = {128, 512};

size_t threads_of(const BenchCase& bench) { return bench.threads ? bench.threads : default_threads(); }
bool on_cuda(const BenchCase& bench) { return bench.device.starts_with("cuda"); }

// One backend with random puzzles, and what is timed.
class Workload {
 public:
  explicit Workload(const BenchCase& bench)
      : training_(bench.training),
        backend_(make_backend(bench_config(bench),
                              {.device = bench.device, .threads = bench.threads, .precision = bench.precision})),
        size_(static_cast<size_t>(bench.batch)),
        inputs_(size_ * static_cast<size_t>(bench.seq)),
        labels_(inputs_.size()),
        identifiers_(size_),
        not_last_(size_),
        carry_(backend_->make_carry(size_)) {
    if (training_) backend_->set_optimizer({});
    Rng rng(0);
    for (auto* tokens : {&inputs_, &labels_})
      for (int32_t& token : *tokens)
        token = 1 + static_cast<int32_t>(rng.below(static_cast<uint64_t>(bench.vocab - 1)));
    backend_->reset(*carry_, batch(), std::vector<uint8_t>(size_, 1));
  }

  std::string description() const { return backend_->description(); }

  double seconds() {  // of one segment of the whole batch
    const auto begin = std::chrono::steady_clock::now();
    if (training_)
      backend_->train_step(batch(), not_last_, *carry_, {});
    else
      backend_->forward(batch(), *carry_, {});
    return seconds_since(begin);
  }

 private:
  model::Batch batch() const {
    return {.size = size_, .inputs = inputs_, .labels = labels_, .puzzle_identifiers = identifiers_, .noise_seeds = {}};
  }

  bool training_;
  std::unique_ptr<model::Backend> backend_;
  size_t size_;
  std::vector<int32_t> inputs_, labels_, identifiers_;
  std::vector<uint8_t> not_last_;
  std::unique_ptr<model::Carry> carry_;
};

// Share of all threads' time per stage over some segments.
Json profile(Workload& work, int64_t repeats, size_t threads) {
  double wall = 0, noted = 0;
  kernels::start_profile();
  for (int64_t i = 0; i < repeats; ++i) wall += work.seconds();
  const kernels::StageSeconds seconds = kernels::stop_profile();
  const double all = wall * static_cast<double>(threads);
  Json shares = Json::object();
  for (size_t i = 0; i < seconds.size(); ++i) {
    shares[kernels::kStageNames[i]] = seconds[i] / all;
    noted += seconds[i];
  }
  shares["other"] = std::max(0.0, 1 - noted / all);
  return shares;
}

// In the child: {"backend", "seconds": [...], "stages"}.
Json measure(const BenchCase& bench, const BenchOptions& options) {
  Workload work(bench);
  work.seconds();
  Json seconds = Json::array();
  for (int64_t i = 0; i < options.repeats; ++i) seconds.push_back(work.seconds());
  Json result = {{"backend", work.description()}, {"seconds", seconds}};
  if (options.profile) result["stages"] = profile(work, options.repeats, threads_of(bench));
  return result;
}

// What the rounds gave for one case.
struct Samples {
  std::vector<double> seconds;  // per batch
  double peak_mib = 0;
  std::string backend;
  std::map<std::string, std::vector<double>> stages;

  void add(const ChildResult& child) {
    for (const Json& value : child.value["seconds"]) seconds.push_back(value);
    peak_mib = std::max(peak_mib, child.peak_mib);
    backend = child.value["backend"];
    if (child.value.contains("stages"))
      for (const auto& [stage, share] : child.value["stages"].items()) stages[stage].push_back(share);
  }
};

struct Ceiling {  // which G
  Precision operands;
  size_t threads;
  auto operator<=>(const Ceiling&) const = default;
};
using Rates = std::map<std::pair<Ceiling, size_t>, std::vector<double>>;  // (which, k): GFLOP/s of the rounds

Ceiling ceiling_of(const BenchCase& bench) {
  return {operand_type(bench_config(bench).arch.forward_dtype), threads_of(bench)};
}

void measure_rates(const std::set<Ceiling>& ceilings, Rates& rates) {
  for (const Ceiling& ceiling : ceilings)
    for (const size_t k : kInnerSizes) {
      const auto child = run_in_child([&] { return Json(measure_gemm(ceiling.operands, k, ceiling.threads)); });
      rates[{ceiling, k}].push_back(child.value);
    }
}

double best_rate(const Rates& rates, const Ceiling& ceiling) {
  double best = 0;
  for (const size_t k : kInnerSizes) best = std::max(best, median(rates.at({ceiling, k})));
  return best;
}

Json row(const BenchCase& bench, const Samples& samples, const Rates& rates) {
  const double batch = static_cast<double>(bench.batch), seconds = median(samples.seconds) / batch;
  const ModelConfig config = bench_config(bench);
  const double operations = bench.training ? model::training_operations(config) : model::segment_operations(config);
  const double gflops = operations / seconds * 1e-9;
  Json json = {{"model", bench.model},
               {"mode", bench.training ? "train" : "infer"},
               {"hidden", bench.hidden},
               {"batch", bench.batch},
               {"precision", bench.precision},
               {"threads", threads_of(bench)},
               {"device", bench.device},
               {"backend", samples.backend},
               {"ms_per_sample_segment", seconds * 1e3},
               {"slowest_ms", *std::ranges::max_element(samples.seconds) / batch * 1e3},
               {"gflops", gflops},
               {"g", nullptr},
               {"share", nullptr},
               {"peak_mib", samples.peak_mib}};
  if (!on_cuda(bench)) {
    const double g = best_rate(rates, ceiling_of(bench));
    json["g"] = g;
    json["share"] = gflops / g;
  }
  for (const auto& [stage, shares] : samples.stages) json["stages"][stage] = median(shares);
  return json;
}

void check(const BenchCase& bench, const BenchOptions& options) {
  constexpr std::string_view kWhere = "backends.run_bench";
  bench_config(bench);
  if (bench.batch < 1) throw bad_input(kWhere, "batch {}: expected at least 1", bench.batch);
  if (options.rounds < 1) throw bad_input(kWhere, "rounds {}: expected at least 1", options.rounds);
  if (options.repeats < 1) throw bad_input(kWhere, "repeats {}: expected at least 1", options.repeats);
  if (options.profile && bench.device != "cpu")
    throw bad_input(kWhere, "device '{}' cannot be profiled: only the engine, device cpu, records its stages",
                    bench.device);
}

}  // namespace

ModelConfig bench_config(const BenchCase& bench) {
  static const std::map<std::string, std::string> kPresets = {
      {"hrm", "hrm"}, {"trm-mlp", "trm-mlp"}, {"trm-att", "trm-attention"}, {"trm-planes", "trm-planes"}};
  const auto preset = kPresets.find(bench.model);
  if (preset == kPresets.end())
    throw bad_input("backends.bench_config", "model '{}': expected hrm, trm-mlp, trm-att or trm-planes", bench.model);
  ModelConfig config{.arch = model::arch_preset(preset->second), .data = {bench.seq, bench.vocab, 1}};
  config.arch.hidden_size = bench.hidden;
  if (!config.arch.symbol_planes) config.arch.puzzle_emb_ndim = bench.hidden;
  config.arch.num_heads = std::max<int64_t>(1, bench.hidden / 64);
  if (preset->second == "trm-attention") config.arch.L_cycles = 6;  // as trm-mlp, to compare them
  config = model::with_precision(std::move(config), bench.precision);
  config.validate();
  return config;
}

Json run_bench(std::span<const BenchCase> cases, const BenchOptions& options) {
  std::set<Ceiling> ceilings;
  for (const BenchCase& bench : cases) {
    check(bench, options);
    if (!on_cuda(bench)) ceilings.insert(ceiling_of(bench));
  }
  Rates rates;
  std::vector<Samples> samples(cases.size());
  for (int64_t round = 0; round < options.rounds; ++round) {
    measure_rates(ceilings, rates);
    for (size_t i = 0; i < cases.size(); ++i) {
      log_detail("round {} of {}: {}, hidden {}, batch {}", round + 1, options.rounds, cases[i].model, cases[i].hidden,
                 cases[i].batch);
      samples[i].add(run_in_child([&] { return measure(cases[i], options); }));
    }
  }
  Json report = {{"machine", describe_machine()}, {"gemm", Json::array()}, {"rows", Json::array()}};
  for (const auto& [which, values] : rates)
    report["gemm"].push_back({{"operands", name_of_enum(which.first.operands)},
                              {"threads", which.first.threads},
                              {"k", which.second},
                              {"gflops", median(values)}});
  for (size_t i = 0; i < cases.size(); ++i) report["rows"].push_back(row(cases[i], samples[i], rates));
  return report;
}

std::string bench_table(const Json& report) {
  std::string text;
  for (const Json& rate : report["gemm"])
    text += fmt::format("product, {}, k = {}, {} threads: {:.0f} GFLOP/s\n", rate["operands"].get<std::string>(),
                        rate["k"].get<int>(), rate["threads"].get<int>(), rate["gflops"].get<double>());
  text +=
      fmt::format("\n{:8} {:6} {:>6} {:>6} {:9} {:>7} {:7} {:>12} {:>8} {:>6} {:>6} {:>9}\n", "model", "mode", "hidden",
                  "batch", "precision", "threads", "device", "ms/sample", "GFLOP/s", "G", "share", "peak MiB");
  for (const Json& row : report["rows"]) {
    const bool g = row["g"].is_number();
    text +=
        fmt::format("{:8} {:6} {:6} {:6} {:9} {:7} {:7} {:12.3f} {:8.1f} {:>6} {:>6} {:9.0f}\n",
                    row["model"].get<std::string>(), row["mode"].get<std::string>(), row["hidden"].get<int>(),
                    row["batch"].get<int>(), row["precision"].get<std::string>(), row["threads"].get<int>(),
                    row["device"].get<std::string>(), row["ms_per_sample_segment"].get<double>(),
                    row["gflops"].get<double>(), g ? fmt::format("{:.0f}", row["g"].get<double>()) : "-",
                    g ? fmt::format("{:.0f} %", 100 * row["share"].get<double>()) : "-", row["peak_mib"].get<double>());
    if (!row.contains("stages")) continue;
    text += "  ";
    for (const auto& [stage, share] : row["stages"].items())
      text += fmt::format("  {} {:.1f} %", stage, 100 * share.get<double>());
    text += "\n";
  }
  return text;
}

}  // namespace hrm::backends
