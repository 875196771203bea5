#include <functional>
#include <memory>

#include "base/error.h"
#include "base/files.h"
#include "cli/cmd_tree.h"
#include "tree/compression.h"

namespace hrm::cli {
namespace {

struct Arguments {
  std::filesystem::path store, out;
  std::string problem;
  LabelArguments labels;
  tree::CompressionOptions compression;
  std::string mode = "sound";
};

Json number(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

std::string_view verdict_name(tree::AnswerVerdict verdict) {
  using enum tree::AnswerVerdict;
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

Json node_line(const LabelledTree& labelled, size_t i, const std::optional<double>& label,
               const std::optional<Interval>& interval) {
  const tree::Node& node = labelled.tree.nodes[i];
  Json json = {{"problem", labelled.tree.problem.id},
               {"node", i},
               {"id", to_text(node.id)},
               {"parent", node.parent},
               {"depth", node.depth},
               {"label", number(label)},
               {"total", labelled.counts[i].total},
               {"correct", labelled.counts[i].correct},
               {"undecided", labelled.counts[i].undecided},
               {"low", interval ? Json(interval->low) : Json(nullptr)},
               {"high", interval ? Json(interval->high) : Json(nullptr)},
               {"multiplicity", node.multiplicity}};
  if (node.answer) {
    json["answer"] = *node.answer;
    json["verdict"] = verdict_name(labelled.verdicts.nodes[i]);
  }
  if (node.unfinished) json["unfinished"] = true;
  json["text"] = node.text;
  return json;
}

void label(const Arguments& args) {
  const tree::StoreReader store(args.store);
  const auto chosen = chosen_problems(store, args.problem);
  const auto prior = parse_enum<tree::BetaPrior>(args.labels.prior, "--prior");
  write_each(args.out, [&](const std::function<void(const Json&)>& emit) {
    const tree::CountOptions counting = args.labels.counting();
    emit({{"labels", args.labels.labels},
          {"profile", args.labels.grading().profile == grading::Profile::kSound ? "sound" : "prm800k"},
          {"evidence", name_of_enum(counting.evidence)},
          {"undecided", name_of_enum(counting.undecided)},
          {"sentinels", counting.sentinels_are_wrong ? "wrong" : "left-out"},
          {"prior", args.labels.prior}});
    for (const size_t problem : chosen) {
      const LabelledTree labelled = label_tree(store.load(problem).tree, args.labels);
      const tree::Values values = values_of(labelled, args.labels);
      const auto intervals = tree::beta_labels(labelled.counts, prior);
      for (size_t i = 0; i < values.size(); ++i) emit(node_line(labelled, i, values[i], intervals[i]));
    }
  });
}

Json view_json(const tree::Tree& tree, const tree::Compression& view, const tree::CompressionOptions& options,
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
    json["texts"][std::to_string(node)] = tree::path_texts(tree, view, node);
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
  LabelArguments labels = args.labels;
  labels.evidence = "leaves";
  if (options.mode == tree::CompressionMode::kFaithful) labels.faithful = true;
  const tree::StoreReader store(args.store);
  const auto chosen = chosen_problems(store, args.problem);
  write_each(args.out, [&](const std::function<void(const Json&)>& emit) {
    for (const size_t problem : chosen) {
      LabelledTree labelled = label_tree(store.load(problem).tree, labels);
      const tree::Compression view = tree::compress(labelled.tree, options);
      tree::Values values = values_of(labelled, labels);
      if (labels.labels == "policy") {
        values = tree::compressed_policy_labels(labelled.tree, view, values);
      } else {
        labelled.counts = tree::compressed_counts(labelled.tree, view, labelled.counts);
        values = values_of(labelled, labels);
      }
      emit(view_json(labelled.tree, view, options, values));
    }
  });
}

CLI::App& add_command(CLI::App& tree, const char* name, const char* help, Arguments& args) {
  CLI::App& command = *tree.add_subcommand(name, help);
  command.add_option("store", args.store, "tree store")->type_name("FILE")->required();
  add_problem_option(command, args.problem);
  add_label_options(command, args.labels);
  command.add_option("-o,--out", args.out, "JSON lines; default: standard output")->type_name("FILE");
  return command;
}

}  // namespace

void register_tree_label(CLI::App& tree, Exit&) {
  const auto args = std::make_shared<Arguments>();
  CLI::App& command =
      add_command(tree, "label", "Labels of all nodes as JSON lines: how they were made, then one line each.", *args);
  command.callback([args] { label(*args); });
  set_examples(command, {{"hrm tree label a.tree --out labels.jsonl", "the share of right ends, with its interval"},
                         {"hrm tree label a.tree --labels policy --profile prm800k", "policy-weighted, other grader"},
                         {"hrm tree label a.tree --labels hard --evidence rollouts", "Math-Shepherd's hard labels"}});
}

void register_tree_compress(CLI::App& tree, Exit&) {
  const auto args = std::make_shared<Arguments>();
  CLI::App& command = add_command(
      tree, "compress", "Node compression: a seeded view of each tree as one JSON line; the store stays.", *args);
  command.add_option("--mode", args->mode, "sound: descendants follow; faithful: as the authors' program")
      ->check(CLI::IsMember({"sound", "faithful"}))
      ->type_name("NAME")
      ->capture_default_str();
  command.add_option("-p,--probability", args->compression.p, "chance that a child moves")->capture_default_str();
  command.add_option("--min-children", args->compression.min_children, "a node with fewer keeps them")
      ->capture_default_str();
  add_seed_option(command, args->compression.seed);
  command.callback([args] { compress(*args); });
  set_examples(command, {{"hrm tree compress a.tree --seed 1 --out views.jsonl", "one view of each tree"},
                         {"hrm tree compress a.tree --mode faithful --problem 0", "as the authors' program does"}});
}

}  // namespace hrm::cli
