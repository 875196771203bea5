#include "rows/build.h"

#include <algorithm>

#include "base/rng.h"
#include "base/utf8.h"
#include "formats/input.h"
#include "rows/built_files.h"
#include "rows/prm800k.h"
#include "rows/row_shard.h"
#include "rows/solution_rows.h"

namespace hrm::rows {
namespace {

constexpr uint64_t kPickStream = 1;

// Makes the rows of a process's share and hands them on.
class Builder {
 public:
  Builder(const BuildOptions& options, RowTarget& target)
      : options_(options), target_(target), filter_(options.output, report_), trees_(trees_of(options)) {}

  OutputReport run() {
    for (const auto& path : options_.inputs) {
      if (tree::is_store(path)) {
        for_each_tree(path, {trees_, options_.mode, options_.shard}, report_.counts,
                      [&](const StoredTree& stored, const std::string& place) { add_tree(stored, place); });
        target_.end_of_input(report_.counts.at, {});
        continue;
      }
      BadLines bad = for_each_record(
          path, read_options(), report_.counts,
          [&](Format format, const Json& record, const std::string& place) { add_record(format, record, place); });
      target_.end_of_input(report_.counts.at, bad);
      if (bad.count > 0) report_.bad.push_back({input_name(path), std::move(bad)});
    }
    return std::move(report_);
  }

  Json meta() const {
    Json inputs = Json::array();
    for (const auto& path : options_.inputs) inputs.push_back(input_name(path));
    Json json = {
        {"format", "rows"},
        {"kind", name_of_enum(options_.kind)},
        {"mode", name_of_enum(options_.mode)},
        {"neutral_ratings", name_of_enum(options_.mode == Mode::kFaithful ? Neutral::kDrop : options_.read.neutral)},
        {"inputs", inputs}};
    if (std::ranges::any_of(options_.inputs, tree::is_store)) json["trees"] = trees_.to_json();
    if (!options_.output.test_out.empty())
      json["split"] = {{"test_fraction", options_.output.test_fraction}, {"seed", options_.output.seed}};
    return json;
  }

 private:
  // As the authors count where their rows are asked for.
  static TreeOptions trees_of(const BuildOptions& options) {
    TreeOptions trees = options.trees;
    if (options.mode != Mode::kFaithful) return trees;
    trees.labels.profile = grading::Profile::kPrm800k;
    trees.labels.counting = tree::kFaithfulCounts;
    if (trees.compression) trees.compression->mode = tree::CompressionMode::kFaithful;
    return trees;
  }

  ReadOptions read_options() const {
    ReadOptions read = options_.read;
    read.shard = options_.shard;
    return read;
  }

  using Part = ProblemFilter::Part;

  Part part_of(std::string_view question, const std::string& place) {
    target_.problem({report_.counts.at, question, place});
    return filter_.part(question, place);
  }

  RowSink sink_of(Part part) {
    return [this, part](Row&& row) {
      if (options_.max_bytes > 0 && row.input.size() > options_.max_bytes)
        return report_.counts.drop("row longer than the limit");
      target_.add(report_.counts.at, row, part == Part::kTest);
    };
  }

  void add_tree(const StoredTree& stored, const std::string& place) {
    const PathTree& tree = stored.tree;
    const Part part = part_of(tree.question, place);
    if (part == Part::kNone) return;
    if (options_.mode == Mode::kSound) return sound_tree_rows(tree, options_.kind, report_.counts, sink_of(part));
    Rng rng(options_.output.seed, {kPickStream, stored.root.high, stored.root.low});
    const bool merge = !trees_.compression || part == Part::kTrain;
    faithful_tree_rows(tree, {options_.kind, merge, random_picks(rng)}, report_.counts, sink_of(part));
  }

  void add_record(Format format, const Json& record, const std::string& place) {
    if (options_.mode == Mode::kFaithful) {
      if (format != Format::kPrm800k)
        throw bad_input("rows.build", "{}: faithful rows from human labels require PRM800K files; this is {}", place,
                        name_of_enum(format));
      const Prm800kRecord parsed = parse_prm800k(record, place);
      ++report_.counts.solutions;
      if (const Part part = part_of(parsed.question, place); part != Part::kNone)
        faithful_human_rows(parsed, options_.kind, report_.counts, sink_of(part));
      return;
    }
    std::vector<LabeledSolution> solutions;  // first all of the record, so that a bad one leaves no rows
    read_record({format, record, place}, options_.read.neutral, report_.counts,
                [&](LabeledSolution&& solution) { solutions.push_back(std::move(solution)); });
    for (LabeledSolution& solution : solutions) {
      if (strip(solution.question).empty()) {
        report_.counts.drop("solution without a question");
        continue;
      }
      const Part part = part_of(solution.question, place);
      if (part == Part::kNone) continue;
      if (options_.kind == Kind::kOutcome) settle_outcome(solution, {}, report_.counts);
      sound_rows(solution, options_.kind, report_.counts, sink_of(part));
    }
  }

  const BuildOptions& options_;
  RowTarget& target_;
  OutputReport report_;
  ProblemFilter filter_;
  TreeOptions trees_;
};

void validate(const BuildOptions& options) {
  options.output.validate();
  options.trees.validate();
  if (options.inputs.empty()) throw bad_input("rows.build", "no input file");
  const auto stores = std::ranges::count_if(options.inputs, tree::is_store);
  if (options.trees.counts && (static_cast<size_t>(stores) < options.inputs.size() || options.mode != Mode::kSound ||
                               options.kind == Kind::kOutcome))
    throw bad_input("rows.build", "--counts: only sound prm and hierarchical rows of tree stores have counts");
  if (options.mode == Mode::kFaithful && stores > 0) {
    if (static_cast<size_t>(stores) < options.inputs.size())
      throw bad_input(
          "rows.build",
          "faithful rows from trees and from human labels go into separate files: build one, then the other");
    if (options.kind == Kind::kOutcome)
      throw bad_input("rows.build", "the authors make no orm rows from trees: use --mode sound");
  }
}

// What decides over the rows of a shard: those of one build are equal in it.
Json settings_of(const BuildOptions& options, const Json& meta) {
  Json leakage = Json::array();
  for (const auto& path : options.output.leakage) leakage.push_back(path.string());
  return {{"meta", meta},
          {"from", options.read.format ? Json(name_of_enum(*options.read.format)) : Json(nullptr)},
          {"skip_bad", options.read.skip_bad},
          {"max_bytes", options.max_bytes},
          {"seed", options.output.seed},
          {"leakage", leakage},
          {"drop_leaks", options.output.drop_leaks}};
}

}  // namespace

OutputReport build_rows(const BuildOptions& options) {
  validate(options);
  const bool stores = std::ranges::any_of(options.inputs, tree::is_store);
  BuiltFiles files(options.output, repeats_of(options.mode, stores));
  Builder builder(options, files);
  OutputReport report = builder.run();
  files.finish(report, builder.meta(), options.inputs);
  return report;
}

OutputReport build_shard(const BuildOptions& options) {
  validate(options);
  RowShard file(options.output.out, options.shard);
  Builder builder(options, file);
  file.begin(settings_of(options, builder.meta()));
  OutputReport report = builder.run();
  report.leakage.reset();  // of the problems of all shards: the merge reports it
  file.finish(report.counts);
  return report;
}

}  // namespace hrm::rows
