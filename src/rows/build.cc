#include "rows/build.h"

#include "formats/input.h"
#include "rows/prm800k.h"
#include "rows/row_file.h"
#include "rows/solution_rows.h"

namespace hrm::rows {
namespace {

class Builder {
 public:
  explicit Builder(const BuildOptions& options)
      : options_(options), gate_(options.output, report_), train_(options.output.out, repeats()) {
    if (!options.output.test_out.empty()) test_.emplace(options.output.test_out, repeats());
  }

  OutputReport run() {
    for (const auto& path : options_.inputs) {
      BadLines bad = for_each_record(
          path, options_.read, report_.counts,
          [&](Format format, const Json& record, const std::string& place) { add_record(format, record, place); });
      if (bad.count > 0) report_.bad.push_back({input_name(path), std::move(bad)});
    }
    train_.finish(report_.counts);
    if (test_) {
      Counts counts;
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
  Repeats repeats() const { return options_.mode == Mode::kFaithful ? Repeats::kFirst : Repeats::kResolve; }

  RowFile* file_for(std::string_view question, std::string_view place) {
    switch (gate_.part(question, place)) {
      case ProblemGate::Part::kTrain:
        return &train_;
      case ProblemGate::Part::kTest:
        return &*test_;
      case ProblemGate::Part::kNone:
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

  void add_record(Format format, const Json& record, const std::string& place) {
    if (options_.mode == Mode::kFaithful) {
      if (format != Format::kPrm800k)
        throw bad_input("rows.build", "{}: faithful rows from human labels are made of PRM800K files; this is {}",
                        place, name_of_enum(format));
      const Prm800kRecord parsed = parse_prm800k(record, place);
      ++report_.counts.solutions;
      if (RowFile* file = file_for(parsed.question, place))
        faithful_human_rows(parsed, options_.kind, report_.counts, sink_of(*file));
      return;
    }
    std::vector<Solution> solutions;  // first all of the record, so that a bad one leaves no rows
    read_record(format, record, place, options_.read.neutral, report_.counts,
                [&](Solution&& solution) { solutions.push_back(std::move(solution)); });
    for (Solution& solution : solutions) {
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
    if (test_) json["split"] = {{"test_fraction", options_.output.test_fraction}, {"seed", options_.output.seed}};
    json["report"] = report_.to_json();
    return json;
  }

  const BuildOptions& options_;
  OutputReport report_;
  ProblemGate gate_;
  RowFile train_;
  std::optional<RowFile> test_;
};

}  // namespace

OutputReport build_rows(const BuildOptions& options) {
  options.output.validate();
  if (options.inputs.empty()) throw bad_input("rows.build", "no input file");
  return Builder(options).run();
}

}  // namespace hrm::rows
