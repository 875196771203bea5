#include <functional>
#include <memory>

#include "base/error.h"
#include "base/files.h"
#include "cli/cmd_tree.h"
#include "tree/compression.h"
#include "tree/drawing.h"

namespace hrm::cli {
namespace {

struct Arguments {
  std::filesystem::path store, out;
  std::string problem;
  LabelArguments labels;
  tree::CompressionOptions compression;
  std::string mode = "sound";
  bool json = false;
};

Json number(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

std::string_view verdict_name(steps::AnswerVerdict verdict) {
  using enum steps::AnswerVerdict;
  return verdict == kCorrect ? "correct" : verdict == kWrong ? "wrong" : verdict == kUndecided ? "undecided" : "none";
}

// One JSON value per line, to the file (whole or not at all) or to standard output.
void write_each(const std::filesystem::path& out,
                const std::function<void(const std::function<void(const Json&)>&)>& work) {
  if (out.empty()) return work([](const Json& json) { fmt::print("{}\n", printable(json)); });
  write_file_atomic(out, [&](const ByteSink& sink) {
    work([&](const Json& json) {
      const std::string line = printable(json) + "\n";
      sink(std::as_bytes(std::span(line)));
    });
  });
}

Json node_line(const tree::LabeledTree& labeled, size_t i, const std::optional<Interval>& interval) {
  const steps::Node& node = labeled.tree.nodes[i];
  Json json = {{"problem", labeled.tree.problem.id},
               {"node", i},
               {"id", to_text(node.id)},
               {"parent", node.parent},
               {"depth", node.depth},
               {"label", number(labeled.labels[i])},
               {"total", labeled.counts[i].total},
               {"correct", labeled.counts[i].correct},
               {"undecided", labeled.counts[i].undecided},
               {"low", interval ? Json(interval->low) : Json(nullptr)},
               {"high", interval ? Json(interval->high) : Json(nullptr)},
               {"multiplicity", node.multiplicity}};
  if (node.answer) {
    json["answer"] = *node.answer;
    json["verdict"] = verdict_name(labeled.verdicts.nodes[i]);
  }
  if (node.unfinished) json["unfinished"] = true;
  json["text"] = node.text;
  return json;
}

void print_summary(size_t problem, const tree::LabeledTree& labeled) {
  size_t n = 0, at_0 = 0, at_1 = 0;
  double sum = 0;
  for (size_t i = 1; i < labeled.labels.size(); ++i) {
    if (!labeled.labels[i]) continue;
    ++n;
    sum += *labeled.labels[i];
    at_0 += *labeled.labels[i] == 0;
    at_1 += *labeled.labels[i] == 1;
  }
  fmt::print("{:>5}  {:<20} {:>7} {:>7} {:>5} {:>5} {:>5}\n", problem, labeled.tree.problem.id, n,
             labeled.labels.size() - 1 - n, at_0, at_1,
             n > 0 ? fmt::format("{:.3f}", sum / static_cast<double>(n)) : "-");
}

void print_nodes(const tree::LabeledTree& labeled, const std::vector<std::optional<Interval>>& intervals) {
  constexpr size_t kTextWidth = 60;
  fmt::print("{:>5} {:>6} {:>5}  {:>5}  {:<13} {:>9}  {}\n", "node", "parent", "depth", "label", "95 %", "right/of",
             "text");
  for (size_t i = 0; i < labeled.labels.size(); ++i) {
    const steps::Node& node = labeled.tree.nodes[i];
    const auto& label = labeled.labels[i];
    const std::string text = i == 0 ? labeled.tree.problem.question : node.text;
    fmt::print("{:>5} {:>6} {:>5}  {:>5}  {:<13} {:>9}  {}\n", i, node.parent, node.depth,
               label ? fmt::format("{:.3f}", *label) : "-",
               intervals[i] ? fmt::format("{:.3f}-{:.3f}", intervals[i]->low, intervals[i]->high) : "-",
               fmt::format("{}/{}", labeled.counts[i].correct, labeled.counts[i].total),
               tree::one_line(text, kTextWidth));
  }
}

void label_lines(const Arguments& args, const tree::StoreReader& store, const std::vector<size_t>& chosen) {
  const tree::LabelOptions options = args.labels.options();
  write_each(args.out, [&](const std::function<void(const Json&)>& emit) {
    emit(options.to_json());
    for (const size_t problem : chosen) {
      const tree::LabeledTree labeled = tree::label_tree(store.load(problem).tree, options);
      const auto intervals = tree::beta_labels(labeled.counts, options.prior);
      for (size_t i = 0; i < labeled.labels.size(); ++i) emit(node_line(labeled, i, intervals[i]));
    }
  });
}

// For people: the nodes of one tree, or a line per tree with what its labels are like.
void label_table(const Arguments& args, const tree::StoreReader& store, const std::vector<size_t>& chosen) {
  const tree::LabelOptions options = args.labels.options();
  if (chosen.size() > 1)
    fmt::print("{:>5}  {:<20} {:>7} {:>7} {:>5} {:>5} {:>5}\n", "", "problem", "labels", "none", "at 0", "at 1",
               "mean");
  for (const size_t problem : chosen) {
    const tree::LabeledTree labeled = tree::label_tree(store.load(problem).tree, options);
    const auto intervals = tree::beta_labels(labeled.counts, options.prior);
    if (chosen.size() > 1)
      print_summary(problem, labeled);
    else
      print_nodes(labeled, intervals);
  }
  if (chosen.empty()) fmt::print("{}: contains no tree\n", args.store.string());
}

void label(const Arguments& args) {
  const tree::StoreReader store(args.store);
  const auto chosen = chosen_problems(store, args.problem);
  if (args.json || !args.out.empty()) return label_lines(args, store, chosen);
  label_table(args, store, chosen);
}

Json view_json(const steps::Tree& tree, const tree::Compression& view, const tree::CompressionOptions& options,
               const tree::Values& labels) {
  Json json = {{"problem", tree.problem.id},
               {"mode", name_of_enum(options.mode)},
               {"p", options.p},
               {"min_children", options.min_children},
               {"seed", options.seed},
               {"moved", view.moved}};
  json["merged_with"] = Json::array();
  json["texts"] = Json::object();
  for (const int32_t node : view.moved) {
    json["merged_with"].push_back(view.merged_with[static_cast<size_t>(node)]);
    json["texts"][std::to_string(node)] = steps::path_texts(tree, view, node);
  }
  json["draws"] = Json::array();
  json["draw_child"] = Json::array();
  for (const tree::Draw& draw : view.draws) {
    json["draws"].push_back(draw.u);
    json["draw_child"].push_back(draw.child);
  }
  json["parent"] = view.parent;
  json["depth"] = view.depth;
  json["children"] = view.children;
  json["labels"] = Json::array();
  for (const auto& value : labels) json["labels"].push_back(number(value));
  return json;
}

void compress(const Arguments& args) {
  tree::CompressionOptions options = args.compression;
  options.mode = parse_enum<tree::CompressionMode>(args.mode, "--mode");
  LabelArguments arguments = args.labels;
  if (options.mode == tree::CompressionMode::kFaithful) arguments.faithful = true;
  tree::LabelOptions labels = arguments.options();
  labels.counting.evidence = tree::Evidence::kLeaves;
  const tree::StoreReader store(args.store);
  const auto chosen = chosen_problems(store, args.problem);
  write_each(args.out, [&](const std::function<void(const Json&)>& emit) {
    for (const size_t problem : chosen) {
      const tree::LabeledTree labeled = tree::label_tree(store.load(problem).tree, labels);
      const tree::LabeledView view = tree::compress(labeled, labels, options);
      emit(view_json(labeled.tree, view.view, options, view.labels));
    }
  });
}

CLI::App& add_command(CLI::App& tree, const char* name, const char* help, Arguments& args) {
  CLI::App& command = *tree.add_subcommand(name, help);
  command.add_option("store", args.store, "tree store")->type_name("FILE")->required();
  add_problem_option(command, args.problem);
  add_label_options(command, args.labels);
  add_faithful_labels_flag(command, args.labels);
  command.add_option("-o,--out", args.out, "JSON lines; default: standard output")->type_name("FILE");
  return command;
}

}  // namespace

void register_tree_label(CLI::App& tree, Exit&) {
  const auto args = std::make_shared<Arguments>();
  CLI::App& command = add_command(
      tree, "label",
      "Print the labels of all nodes: as a table, or as JSON lines (one with the settings, then one per node).", *args);
  command.add_flag("--json", args->json, "JSON lines on standard output instead of a table");
  command.callback([args] { label(*args); });
  set_examples(command, {{"hrm tree label a.tree --out labels.jsonl", "the share of correct ends, with its interval"},
                         {"hrm tree label a.tree --problem 0 --labels policy --profile prm800k",
                          "a table of one tree with policy-weighted labels and another grader"},
                         {"hrm tree label a.tree --labels hard --evidence rollouts", "Math-Shepherd's hard labels"}});
}

void register_tree_compress(CLI::App& tree, Exit&) {
  const auto args = std::make_shared<Arguments>();
  CLI::App& command = add_command(
      tree, "compress",
      "Node compression: write a seeded view of each tree as one JSON line; the store does not change.", *args);
  command.add_option("--mode", args->mode, "sound: descendants follow; faithful: as the authors' program")
      ->check(CLI::IsMember({"sound", "faithful"}))
      ->type_name("NAME")
      ->capture_default_str();
  add_compression_options(command, args->compression);
  add_seed_option(command, args->compression.seed);
  command.callback([args] { compress(*args); });
  set_examples(command, {{"hrm tree compress a.tree --seed 1 --out views.jsonl", "one view of each tree"},
                         {"hrm tree compress a.tree --mode faithful --problem 0", "as the authors' program does"}});
}

}  // namespace hrm::cli
