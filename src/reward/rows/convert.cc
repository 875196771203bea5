#include "rows/convert.h"

#include <algorithm>

#include "base/files.h"
#include "base/utf8.h"
#include "formats/input.h"
#include "rows/row_file.h"
#include "rows/write_solutions.h"

namespace hrm::rows {
namespace {

// Lines of one output, handed on in blocks.
class Lines {
 public:
  explicit Lines(const ByteSink& sink) : sink_(sink) {}
  void add(const Json& record) {
    block_ += printable(record);
    block_ += '\n';
    if (block_.size() > (size_t{1} << 20)) flush();
  }
  void flush() {
    sink_(std::as_bytes(std::span(block_)));
    block_.clear();
  }

 private:
  const ByteSink& sink_;
  std::string block_;
};

void convert_inputs(const ConvertOptions& options, OutputReport& report, Lines& train, Lines* test) {
  ProblemFilter filter(options.output, report);
  const auto add = [&](const LabeledSolution& solution, const std::string& place) {
    if (strip(solution.question).empty()) return report.counts.drop("solution without a question");
    const ProblemFilter::Part part = filter.part(solution.question, place);
    if (part == ProblemFilter::Part::kNone) return;
    const auto record = write_solution(options.to, solution, options.hard_from, report.counts);
    if (!record) return;
    const bool is_test = part == ProblemFilter::Part::kTest;
    (is_test ? *test : train).add(*record);
    ++(is_test ? report.test_counts : report.counts).written;
  };
  for (const auto& path : options.inputs) {
    if (tree::is_store(path)) {
      for_each_tree(path, {options.trees, Mode::kSound}, report.counts,
                    [&](const StoredTree& stored, const std::string& place) {
                      tree_solutions(stored.tree, report.counts, [&](LabeledSolution&& solution) {
                        solution.id = stored.problem.id;
                        solution.gold = stored.problem.gold;
                        add(solution, place);
                      });
                    });
      continue;
    }
    BadLines bad = for_each_record(
        path, options.read, report.counts, [&](Format format, const Json& record, const std::string& place) {
          std::vector<LabeledSolution> solutions;
          read_record({format, record, place}, options.read.neutral, report.counts,
                      [&](LabeledSolution&& solution) { solutions.push_back(std::move(solution)); });
          for (const LabeledSolution& solution : solutions) add(solution, place);
        });
    if (bad.count > 0) report.bad.push_back({input_name(path), std::move(bad)});
  }
  refuse_nothing(report, report.counts.written + report.test_counts.written, options.inputs);
  train.flush();
  if (test) test->flush();
}

Json meta_of(const ConvertOptions& options, const OutputReport& report) {
  Json inputs = Json::array();
  for (const auto& path : options.inputs) inputs.push_back(input_name(path));
  Json json = {{"format", name_of_enum(options.to)},
               {"neutral_ratings", name_of_enum(options.read.neutral)},
               {"hard_from", options.hard_from},
               {"inputs", inputs}};
  if (std::ranges::any_of(options.inputs, tree::is_store)) json["trees"] = options.trees.to_json();
  if (!options.output.test_out.empty())
    json["split"] = {{"test_fraction", options.output.test_fraction}, {"seed", options.output.seed}};
  json["report"] = report.to_json();
  return json;
}

}  // namespace

OutputReport convert_solutions(const ConvertOptions& options) {
  options.output.validate();
  if (options.inputs.empty()) throw bad_input("rows.convert", "no input file");
  if (!is_written(options.to))
    throw bad_input("rows.convert",
                    "--to {}: expected trl, math-shepherd or openr; `hrm rows build` makes training rows",
                    name_of_enum(options.to));
  OutputReport report;
  const auto& output = options.output;
  write_file_atomic(output.out, [&](const ByteSink& sink) {
    Lines train(sink);
    if (output.test_out.empty()) return convert_inputs(options, report, train, nullptr);
    write_file_atomic(output.test_out, [&](const ByteSink& test_sink) {
      Lines test(test_sink);
      convert_inputs(options, report, train, &test);
    });
  });
  write_meta(output.out, meta_of(options, report));
  if (!output.test_out.empty()) write_meta(output.test_out, meta_of(options, report));
  return report;
}

}  // namespace hrm::rows
