#include "rows/formats.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/utf8.h"
#include "rows/record_fields.h"

namespace hrm::rows {
namespace {

class Fields {
 public:
  explicit Fields(const Json& record) : record_(record) {}
  const Json& at(const char* name) const {
    static const Json none;
    const auto found = record_.find(name);
    return found == record_.end() ? none : *found;
  }
  bool any(std::initializer_list<const char*> names) const {
    return std::ranges::any_of(names, [&](const char* name) { return !at(name).is_null(); });
  }
  bool text(const char* name) const { return at(name).is_string(); }
  bool list(const char* name) const { return at(name).is_array(); }
  bool list_or_text(const char* name) const { return list(name) || text(name); }
  const Json& record() const { return record_; }

 private:
  const Json& record_;
};

// A conversation in which the assistant does nothing but say + and -.
bool is_marked_talk(const Json& messages) {
  if (!messages.is_array() || messages.size() < 2) return false;
  for (const char* name : {"content", "value"})
    if (const Json* mark = find_field(messages[1], name); mark && mark->is_string()) {
      const std::string_view text = strip(mark->get_ref<const std::string&>());
      return text == "+" || text == "-";
    }
  return false;
}

bool are_labeled_steps(const Json& steps) {
  if (!steps.is_array() || steps.empty()) return false;
  return find_field(steps[0], "label") || find_field(steps[0], "rating");
}

bool is_verdict(const Json& value) { return value.is_boolean() || value.is_number(); }

// Every format with labels that the record may be.
std::vector<Format> labeled_formats(const Fields& f) {
  std::vector<Format> found;
  const auto add = [&](Format format, bool is) {
    if (is) found.push_back(format);
  };
  const bool labels = f.list("labels") || f.list("step_labels") || f.list("ratings");
  add(Format::kPrm800k, f.at("question").is_object() && f.at("label").is_object());
  add(Format::kMathShepherd, f.text("input") && f.text("label"));
  add(Format::kOpenRlhf, f.text("input") && f.list("value") && !f.text("label"));
  add(Format::kRows, f.text("input") && is_verdict(f.at("label")) && !f.list("steps"));
  add(Format::kOpenr, f.list("reasoning_steps"));
  add(Format::kOpenrTree, f.at("reasoning_steps").is_object());
  add(Format::kOpenrProcess, f.text("process") && (f.list("label") || f.list("labels")));
  add(Format::kRlhflow, is_marked_talk(f.at("conversations")) || is_marked_talk(f.at("messages")));
  add(Format::kPrmBench, !f.at("modified_process").is_null());
  add(Format::kTrl, f.list("completions") && f.list("labels"));
  add(Format::kPlain, f.list("steps") && (labels || are_labeled_steps(f.at("steps"))));
  add(Format::kThinkPrm, f.list("prefix_steps") && f.list("gt_step_labels"));
  add(Format::kVersaPrm, f.list_or_text("chain_of_thoughts") && f.list_or_text("labels"));
  add(Format::kProcessBench, f.list("steps") && f.at("label").is_number());
  add(Format::kBigBench, f.list("steps") && f.text("input") && !f.any({"label", "labels"}) &&
                             (f.any({"mistake_index"}) || f.any({"target"})));
  if (f.list("steps") && !labels && !f.text("input") && first_error_field(f.record())) {
    add(Format::kFirstError0, true);
    add(Format::kFirstError1, true);
  }
  add(Format::kKto, f.any({"prompt"}) && f.any({"completion"}) && is_verdict(f.at("label")));
  return found;
}

std::optional<Format> unlabeled_format(const Fields& f) {
  if (f.any({"completions", "candidates", "completion", "response"})) return Format::kCompletions;
  // OpenAI's; a list of texts is what a multiple-choice question offers.
  if (f.list("choices") && !f.at("choices").empty() && f.at("choices")[0].is_object()) return Format::kCompletions;
  if (f.text("answer") && f.at("answer").get_ref<const std::string&>().find("####") != std::string::npos)
    return Format::kGsm8k;
  if (f.text("problem")) return Format::kMath;
  return std::nullopt;
}

// The name of a field that may hold labels which the formats without labels do not read; empty: there is none. What
// lists of objects hold counts too.
std::string label_like(const Json& record, int depth = 0) {
  constexpr std::array kParts = {"label",       "rating",     "mistake",    "correctness",
                                 "first_error", "error_step", "step_reward"};
  if (record.is_array()) return record.empty() ? "" : label_like(record[0], depth + 1);
  if (!record.is_object() || depth > 2) return "";
  for (const auto& [name, value] : record.items()) {
    if (value.is_null()) continue;
    const std::string low = lower(name);
    if (std::ranges::any_of(kParts, [&](std::string_view part) { return low.find(part) != std::string::npos; }))
      return name;
    if (value.is_array())
      if (std::string inner = label_like(value, depth); !inner.empty()) return name + "[]." + inner;
  }
  return "";
}

// A number beside steps: ProcessBench's first wrong step from 0, or whether the whole solution is right? Fields of
// ProcessBench's own, or a number that is not a verdict, tell.
bool may_be_outcome(const Json& record) {
  const Fields fields(record);
  const Json& label = fields.at("label");
  return !fields.any({"final_answer_correct", "generator"}) && (label == 0 || label == 1);
}

struct Detected {
  std::vector<Format> formats;  // one: it is this
  std::string unread;           // a field that makes it doubtful
  bool may_be_outcome = false;  // its label

  bool is_certain() const { return formats.size() == 1 && unread.empty() && !may_be_outcome; }
};

Detected detect(const Json& record) {
  Detected detected;
  if (!record.is_object()) return detected;
  const Fields fields(record);
  detected.formats = labeled_formats(fields);
  if (!detected.formats.empty()) {
    detected.may_be_outcome = detected.formats[0] == Format::kProcessBench && may_be_outcome(record);
    return detected;
  }
  if (const auto format = unlabeled_format(fields)) {
    detected.formats.push_back(*format);
    detected.unread = label_like(record);
  }
  return detected;
}

// Formats that others publish and that are not read, by a field of theirs.
std::string_view known_elsewhere(const Json& record) {
  if (!record.is_object()) return "";
  const auto all = [&](std::initializer_list<const char*> names) {
    return std::ranges::all_of(names, [&](const char* name) { return record.contains(name); });
  };
  if (all({"chosen", "rejected"})) return "pairs of a better and a worse answer (preference data) have no step labels";
  if (all({"conversations"}) || all({"messages"}))
    return "only conversations in which the assistant answers each step with + or - (RLHFlow) are supported; a "
           "verifier's reasoning (GenPRM) is not";
  if (all({"outputs"}))
    return "solutions under 'outputs' (OVM) are not supported: write one record {question, steps, labels} for each";
  const bool by_columns = !record.empty() && std::ranges::all_of(record, [](const Json& column) {
    return column.is_object() && column.contains("0");
  });
  if (by_columns) return "the file is written by columns: use orient='records', lines=True in pandas' to_json";
  return "";
}

}  // namespace

std::optional<Format> detect_format(const Json& record) {
  const Detected detected = detect(record);
  if (!detected.is_certain()) return std::nullopt;
  return detected.formats[0];
}

bool may_lose_labels(const Json& record) { return !detect(record).unread.empty(); }

Format need_format(const Json& record, std::string_view place) {
  const Detected detected = detect(record);
  if (detected.is_certain()) return detected.formats[0];
  const std::string fields = field_names(record);
  if (const std::string_view why = known_elsewhere(record); !why.empty() && detected.formats.size() < 2)
    throw bad_input("rows.read", "{}: the format of this record is not supported: {}; fields found: {}", place, why,
                    fields);
  if (detected.formats.empty())
    throw bad_input("rows.read",
                    "{}: unknown format of this record: name it with --from (docs/formats/reward-data.md) or write "
                    "{{question, steps, labels}}; fields found: {}",
                    place, fields);
  if (detected.formats == std::vector{Format::kFirstError0, Format::kFirstError1})
    throw bad_input("rows.read",
                    "{}: does '{}' count steps from 0 or from 1? Choose with --from first-error-0 or first-error-1; "
                    "fields found: {}",
                    place, *first_error_field(record), fields);
  std::string names;
  for (const Format format : detected.formats)
    names += (names.empty() ? "" : " or ") + std::string(name_of_enum(format));
  if (detected.formats.size() > 1)
    throw bad_input("rows.read", "{}: this record may be {}: choose with --from; fields found: {}", place, names,
                    fields);
  if (detected.may_be_outcome)
    throw bad_input(
        "rows.read",
        "{}: is 'label' the first wrong step, counted from 0, as in ProcessBench, or whether the solution is "
        "right? --from processbench reads the first; for the second write {{prompt, completion, label}}; "
        "fields found: {}",
        place, fields);
  throw bad_input("rows.read",
                  "{}: this record looks like {}, which has no labels, but it has a field '{}', which would be "
                  "ignored: `--from {}` confirms that; fields found: {}",
                  place, names, detected.unread, names, fields);
}

}  // namespace hrm::rows
