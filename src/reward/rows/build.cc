#include "rows/build.h"

#include <algorithm>

#include "base/rng.h"
#include "base/utf8.h"
#include "formats/input.h"
#include "rows/prm800k.h"
#include "rows/row_file.h"
#include "rows/solution_rows.h"

namespace hrm::rows {
namespace {

constexpr uint64_t kPickStream = 1;

class Builder {
 public:
  explicit Builder(const BuildOptions& options)
      : options_(options),
        filter_(options.output, report_),
        trees_(trees_of(options)),
        train_(options.output.out, repeats()) {
    if (!options.output.test_out.empty()) test_.emplace(options.output.test_out, repeats());
  }

  OutputReport run() {
    for (const auto& path : options_.inputs) {
      if (tree::is_store(path)) {
        for_each_tree(path, {trees_, options_.mode}, report_.counts,
                      [&](const StoredTree& stored, const std::string& place) { add_tree(stored, place); });
        continue;
      }
      BadLines bad = for_each_record(
          path, options_.read, report_.counts,
          [&](Format format, const Json& record, const std::string& place) { add_record(format, record, place); });
      if (bad.count > 0) report_.bad.push_back({input_name(path), std::move(bad)});
    }
    refuse_nothing(report_, train_.size() + (test_ ? test_->size() : 0), options_.inputs);
    train_.finish(report_.counts);
    if (test_) {
      ConversionCounts counts;
      test_->finish(counts);
      report_.test_counts.written = counts.written;
      for (const auto& [reason, n] : counts.dropped) report_.counts.drop(reason, n);
      for (const auto& [reason, n] : counts.noted) report_.counts.note(reason, n);
    }
    write_meta(options_.output.out, meta());
    if (test_) write_meta(options_.output.test_out, meta());
    return std::move(report_);
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

  Repeats repeats() const {
    if (options_.mode == Mode::kSound) return Repeats::kResolve;
    return std::ranges::any_of(options_.inputs, tree::is_store) ? Repeats::kKeep : Repeats::kFirst;
  }

  RowFile* file_for(std::string_view question, std::string_view place) {
    switch (filter_.part(question, place)) {
      case ProblemFilter::Part::kTrain:
        return &train_;
      case ProblemFilter::Part::kTest:
        return &*test_;
      case ProblemFilter::Part::kNone:
        break;
    }
    return nullptr;
  }

  RowSink sink_of(RowFile& file) {
    return [this, &file](Row&& row) {
      if (options_.max_bytes > 0 && row.input.size() > options_.max_bytes)
        return report_.counts.drop("row longer than the limit");
      file.add(row);
    };
  }

  void add_tree(const StoredTree& stored, const std::string& place) {
    const PathTree& tree = stored.tree;
    RowFile* file = file_for(tree.question, place);
    if (!file) return;
    if (options_.mode == Mode::kSound) return sound_tree_rows(tree, options_.kind, report_.counts, sink_of(*file));
    Rng rng(options_.output.seed, {kPickStream, stored.root.high, stored.root.low});
    const bool merge = !trees_.compression || file == &train_;
    faithful_tree_rows(tree, {options_.kind, merge, random_picks(rng)}, report_.counts, sink_of(*file));
  }

  void add_record(Format format, const Json& record, const std::string& place) {
    if (options_.mode == Mode::kFaithful) {
      if (format != Format::kPrm800k)
        throw bad_input("rows.build", "{}: faithful rows from human labels require PRM800K files; this is {}", place,
                        name_of_enum(format));
      const Prm800kRecord parsed = parse_prm800k(record, place);
      ++report_.counts.solutions;
      if (RowFile* file = file_for(parsed.question, place))
        faithful_human_rows(parsed, options_.kind, report_.counts, sink_of(*file));
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
      RowFile* file = file_for(solution.question, place);
      if (!file) continue;
      if (options_.kind == Kind::kOutcome) settle_outcome(solution, {}, report_.counts);
      sound_rows(solution, options_.kind, report_.counts, sink_of(*file));
    }
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
    if (test_) json["split"] = {{"test_fraction", options_.output.test_fraction}, {"seed", options_.output.seed}};
    json["report"] = report_.to_json();
    return json;
  }

  const BuildOptions& options_;
  OutputReport report_;
  ProblemFilter filter_;
  TreeOptions trees_;
  RowFile train_;
  std::optional<RowFile> test_;
};

}  // namespace

OutputReport build_rows(const BuildOptions& options) {
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
  return Builder(options).run();
}

}  // namespace hrm::rows
