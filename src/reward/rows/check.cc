#include "rows/check.h"

#include <xxhash.h>

#include <unordered_map>
#include <unordered_set>

#include "base/utf8.h"
#include "formats/memory_budget.h"
#include "rows/record_fields.h"

namespace hrm::rows {
namespace {

constexpr size_t kOfAHash = 48;
constexpr std::string_view kHeld = "different rows and problems";

class Checker {
 public:
  explicit Checker(const CheckOptions& options) : options_(options) {
    if (options.leakage.empty()) return;
    auto benchmarks = std::make_shared<ProblemIndex>();
    for (const auto& path : options.leakage) benchmarks->add_file(path);
    report_.leakage.emplace(std::move(benchmarks));
  }

  CheckReport run(const std::filesystem::path& path) {
    const ReadOptions read{.format = options_.format, .skip_bad = true};
    const BadLines bad =
        for_each_record(path, read, report_.counts, [&](Format format, const Json& record, const std::string& place) {
          report_.format = format;
          if (format == Format::kRows)
            row(record, place);
          else
            record_of(format, record, place);
        });
    if (!report_.format && bad.count > 0 && bad.count == report_.counts.records)
      throw bad_input("rows.check", "no record could be read; the first: {}", bad.messages.front());
    for (const std::string& message : bad.messages) fault("record that cannot be read", message);
    const uint64_t unlisted = bad.count - bad.messages.size();
    report_.fault_count += unlisted;
    if (unlisted > 0) report_.fault_kinds["record that cannot be read"] += unlisted;
    report_.problems = problems_.size();
    return std::move(report_);
  }

 private:
  void fault(const std::string& kind, const std::string& message) {
    ++report_.fault_count;
    ++report_.fault_kinds[kind];
    if (report_.faults.size() < options_.most_faults) report_.faults.push_back(message);
  }
  void fault_at(const std::string& kind, const std::string& place) { fault(kind, place + ": " + kind); }

  void problem(std::string_view question, const std::string& place) {
    const bool is_new = problems_.insert(XXH3_64bits(question.data(), question.size())).second;
    if (is_new) budget_.add(kOfAHash, place, kHeld);
    if (report_.leakage && report_.leakage->check(question, place) && is_new)
      fault_at("problem that is in a benchmark", place);
  }

  void label(double value) {
    ++report_.labels;
    report_.label_sum += value;
    report_.hard += value == 0 || value == 1;
  }

  void row(const Json& record, const std::string& place) {
    ++report_.counts.solutions;
    const Json& input = need_field(record, "input", place);
    if (!input.is_string()) throw bad_input("rows.check", "{}: field 'input' is not a text", place);
    const double value = need_unit(need_field(record, "label", place), "label", place);
    const std::string& text = input.get_ref<const std::string&>();
    if (strip(text).empty()) return fault_at("row without a text", place);
    label(value);
    report_.longest = std::max(report_.longest, text.size());
    const auto [known, is_new] = rows_.try_emplace(XXH3_64bits(text.data(), text.size()), value);
    if (is_new) budget_.add(kOfAHash, place, kHeld);
    if (!is_new)
      fault_at(known->second == value ? "row that repeats another" : "row that repeats another with a different label",
               place);
    const std::string_view question = question_of_prompt(text);
    if (question.empty())
      report_.counts.note("row whose question was not recognized");
    else
      problem(question, place);
  }

  void record_of(Format format, const Json& record, const std::string& place) {
    problem(question_of_record(format, record, place), place);  // of records without a solution too
    read_record({format, record, place}, Neutral::kDrop, report_.counts, [&](LabeledSolution&& solution) {
      if (strip(solution.question).empty()) return fault_at("solution without a question", place);
      if (solution.steps.empty() && solution.complete) fault_at("solution without steps", place);
      for (size_t i = 0; i < solution.steps.size(); ++i) {
        if (strip(solution.steps[i]).empty()) fault_at("empty step", fmt::format("{}, step {}", place, i + 1));
        if (i >= solution.context && solution.labels[i]) label(*solution.labels[i]);
      }
    });
  }

  const CheckOptions& options_;
  CheckReport report_;
  std::unordered_map<uint64_t, double> rows_;
  std::unordered_set<uint64_t> problems_;
  MemoryBudget budget_;
};

}  // namespace

Json CheckReport::to_json() const {
  Json json = {{"sound", fault_count == 0},
               {"format", format ? Json(name_of_enum(*format)) : Json()},
               {"records", counts.records},
               {"solutions", counts.solutions},
               {"problems", problems},
               {"labels", labels},
               {"mean_label", labels > 0 ? Json(label_sum / static_cast<double>(labels)) : Json()},
               {"hard_labels", hard},
               {"longest_row_bytes", longest},
               {"dropped", counts.dropped},
               {"noted", counts.noted},
               {"fault_count", fault_count},
               {"fault_kinds", fault_kinds},
               {"faults", faults}};
  if (leakage) json["leakage"] = leakage->to_json();
  return json;
}

CheckReport check_file(const std::filesystem::path& path, const CheckOptions& options) {
  return Checker(options).run(path);
}

}  // namespace hrm::rows
