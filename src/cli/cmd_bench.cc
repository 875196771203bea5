#include <fmt/format.h>

#include <memory>

#include "backends/bench.h"
#include "cli/choices.h"
#include "cli/command.h"

namespace hrm::cli {
namespace {

struct BenchArguments {
  std::vector<std::string> models = {"hrm", "trm-mlp", "trm-att"}, modes = {"train", "infer"},
                           precisions = {"bfloat16"}, devices = {"cpu"};
  std::vector<int64_t> hidden = {128}, batches = {32};
  std::vector<size_t> threads = {0};
  int64_t seq = 81, vocab = 11;
  backends::BenchOptions options;
  bool json = false;
};

std::vector<backends::BenchCase> all_cases(const BenchArguments& args) {
  std::vector<backends::BenchCase> cases;
  for (const std::string& model : args.models)
    for (const int64_t hidden : args.hidden)
      for (const std::string& mode : args.modes)
        for (const int64_t batch : args.batches)
          for (const std::string& precision : args.precisions)
            for (const size_t threads : args.threads)
              for (const std::string& device : args.devices)
                cases.push_back({.model = model,
                                 .hidden = hidden,
                                 .batch = batch,
                                 .seq = args.seq,
                                 .vocab = args.vocab,
                                 .training = mode == "train",
                                 .precision = precision,
                                 .threads = threads,
                                 .device = device});
  return cases;
}

void bench(const BenchArguments& args) {
  const Json report = backends::run_bench(all_cases(args), args.options);
  if (args.json)
    print_json(report);
  else
    fmt::print("{}", backends::bench_table(report));
}

// An option that takes one value or several, separated by commas.
template <typename T>
CLI::Option* add_list(CLI::App& command, const std::string& flag, std::vector<T>& values, const std::string& help) {
  return command.add_option(flag, values, help)->delimiter(',')->type_name("NAME,...")->capture_default_str();
}

void add_cases(CLI::App& command, BenchArguments& args) {
  limit_to(add_list(command, "--model", args.models, "architectures")->type_name(""),
           {"hrm", "trm-mlp", "trm-att", "trm-planes"});
  limit_to(add_list(command, "--mode", args.modes, "a training step with the optimizer's, or inference")->type_name(""),
           {"train", "infer"});
  add_list(command, "--hidden", args.hidden, "model widths")->type_name("N,...");
  add_list(command, "--batch", args.batches, "examples side by side")->type_name("N,...");
  add_list(command, "--precision", args.precisions, "bfloat16, float32, int8 (infer)");
  add_list(command, "--threads", args.threads, "number of threads; 0: all processors")
      ->type_name("N,...")
      ->check(CLI::Range(0, 1024));
  add_list(command, "--device", args.devices, kDeviceHelp);
  command.add_option("--seq", args.seq, "cells of a puzzle")->type_name("N")->capture_default_str();
  command.add_option("--vocab", args.vocab, "token ids")->type_name("N")->capture_default_str();
}

}  // namespace

void register_bench(CLI::App& app, Exit&) {
  CLI::App* command = app.add_subcommand("bench", "Measure the speed and memory of a training step and of inference.");
  auto args = std::make_shared<BenchArguments>();
  add_cases(*command, *args);
  command->add_option("--rounds", args->options.rounds, "processes per case, in turns with all others")
      ->type_name("N")
      ->capture_default_str();
  command->add_option("--repeats", args->options.repeats, "batches per process that count, after one that does not")
      ->type_name("N")
      ->capture_default_str();
  command->add_flag("--profile", args->options.profile, "also the share of time of each stage (device cpu)");
  add_json_flag(*command, args->json);
  set_examples(*command,
               {{"hrm bench", "all models at width 128: time per example and segment, share of the machine"},
                {"hrm bench --model hrm --hidden 512 --batch 1,32,768", "one model, three batches"},
                {"hrm bench --model hrm --mode train --profile", "the time of each stage of a training step"},
                {"hrm bench --mode infer --device cpu,aten --json", "the engine beside libtorch, for scripts"}});
  command->callback([args] { bench(*args); });
}

}  // namespace hrm::cli
