// Prefix-sharing scores of a sampling tree against scoring every path alone, with a random model.
//
//   reward_score_bench [--hidden N] [--layers N] [--heads N] [--depth N] [--children N] [--step N] [--question N]
//                      [--frame N] [--sample N] [--threads N] [--worth N] [--branch N] [--folder DIR]
//
// The nodes' texts: question, the steps before, --frame tokens (what a prompt puts before the step that is judged; 0
// for layouts that read a solution as one text), the step. Alone, every --sample'th node is read and the time scaled
// up.
// --folder also writes model and texts for the peer (benchmarks/run_reward_score_bench). Prints one JSON object.
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <limits>

#include "torch/machine.h"
#include "base/json.h"
#include "base/rng.h"
#include "language/tiny.h"
#include "reward/scorer.h"

namespace hrm {
namespace {

struct Options {
  int64_t hidden = 256, layers = 4, heads = 8, depth = 4, children = 5, step = 64, question = 128, frame = 0,
          sample = 13;
  int threads = 0;
  reward::ScorerOptions scorer;
  std::string folder;
};

using Text = std::vector<int64_t>;

Text random_tokens(Rng& rng, int64_t count) {
  Text tokens;
  for (int64_t i = 0; i < count; ++i) tokens.push_back(static_cast<int64_t>(rng.below(256)));
  return tokens;
}

void add_nodes(const Options& options, Rng& rng, const Text& before, int64_t depth, const Text& frame,
               std::vector<Text>& texts) {
  if (depth == options.depth) return;
  for (int64_t i = 0; i < options.children; ++i) {
    const Text step = random_tokens(rng, options.step);
    Text text = before, next = before;
    text.insert(text.end(), frame.begin(), frame.end());
    text.insert(text.end(), step.begin(), step.end());
    next.insert(next.end(), step.begin(), step.end());
    texts.push_back(std::move(text));
    add_nodes(options, rng, next, depth + 1, frame, texts);
  }
}

std::vector<reward::PlacedText> placed(const std::vector<Text>& texts) {
  std::vector<reward::PlacedText> all;
  for (const Text& text : texts) all.push_back(reward::placed_at_end(text));
  return all;
}

double seconds_of(auto&& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void run(const Options& options) {
  torch::use_machine(static_cast<size_t>(options.threads), std::numeric_limits<int64_t>::max());
  namespace fs = std::filesystem;
  const fs::path folder = options.folder.empty() ? fs::temp_directory_path() / fmt::format("hrm_bench_{}", ::getpid())
                                                 : fs::path(options.folder);
  const language::ModelBundle bundle = language::tiny_bundle(
      {.hidden_size = options.hidden, .layers = options.layers, .heads = options.heads, .context = 4096},
      language::HeadKind::kSequence, 1, 1);
  language::save_bundle(folder, bundle, at::kFloat);
  reward::Scorer scorer(reward::load_reward_model(folder), options.scorer);

  Rng rng(1);
  std::vector<Text> texts;
  add_nodes(options, rng, random_tokens(rng, options.question), 0, random_tokens(rng, options.frame), texts);
  std::vector<Text> some;
  for (size_t i = 0; i < texts.size(); i += static_cast<size_t>(options.sample)) some.push_back(texts[i]);
  if (!options.folder.empty()) write_json(folder / "texts.json", some);
  const std::vector<reward::PlacedText> all = placed(texts), sampled = placed(some);
  scorer.score_alone(std::span(sampled).first(std::min<size_t>(3, sampled.size())));  // warm
  std::vector<double> together, alone;
  double shared = 1e9;
  const int64_t read_before = scorer.work().read_tokens;
  for (int round = 0; round < 3; ++round)
    shared = std::min(shared, seconds_of([&] { together = scorer.score_texts(all); }));
  const int64_t read = (scorer.work().read_tokens - read_before) / 3;
  double each = 1e9;
  for (int round = 0; round < 3; ++round) each = std::min(each, seconds_of([&] { alone = scorer.score_alone(sampled); }));
  each *= static_cast<double>(texts.size()) / static_cast<double>(some.size());
  double largest = 0;
  for (size_t i = 0; i < some.size(); ++i)
    largest = std::max(largest, std::abs(alone[i] - together[i * static_cast<size_t>(options.sample)]));
  int64_t tokens = 0;
  for (const Text& text : texts) tokens += std::ssize(text);
  const Json report = {{"hidden", options.hidden},
                       {"layers", options.layers},
                       {"frame", options.frame},
                       {"texts", texts.size()},
                       {"tokens", tokens},
                       {"read_tokens", read},
                       {"calls", scorer.work().calls / 3},
                       {"threads", at::get_num_threads()},
                       {"shared_seconds", shared},
                       {"alone_seconds", each},
                       {"ratio", each / shared},
                       {"largest_difference", largest}};
  fmt::print("{}\n", report.dump());
  if (options.folder.empty()) fs::remove_all(folder);
}

}  // namespace
}  // namespace hrm

int main(int argc, char** argv) {
  hrm::Options options;
  CLI::App app("prefix-sharing scores of a tree against every path alone");
  for (const auto& [flag, value] : {std::pair<const char*, int64_t*>{"--hidden", &options.hidden},
                                    {"--layers", &options.layers},
                                    {"--heads", &options.heads},
                                    {"--depth", &options.depth},
                                    {"--children", &options.children},
                                    {"--step", &options.step},
                                    {"--question", &options.question},
                                    {"--frame", &options.frame},
                                    {"--sample", &options.sample},
                                    {"--worth", &options.scorer.worth},
                                    {"--branch", &options.scorer.branch_tokens}})
    app.add_option(flag, *value);
  app.add_option("--threads", options.threads);
  app.add_option("--folder", options.folder);
  CLI11_PARSE(app, argc, argv);
  try {
    hrm::run(options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
  return 0;
}
