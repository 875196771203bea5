// Solutions whose steps are known to be right or wrong, with scores: what step measures and the repair probe
// work on.
//
// The records (or candidates) contain the ground truth:
//   on_track, valid   list of true and false per step: the state after it leads to the right answer; the step is true
//                     given what stood before (worlds/judge.h; written by hrm world solve, judge and probe)
//   labels            the same, null if unknown (TRL's stepwise files; hrm world judge --stepwise)
//   label             ProcessBench: the first wrong step from 0 or -1; steps after it are unknown
// or in another form, which the caller reads (JudgedOptions::other), a domain, by which measures are split,
// and, of a probe (worlds/probe.h), `case` and `probe_step`.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/fields.h"
#include "selection/step_scores.h"

namespace hrm::selection {

enum class TruthField { kFirst, kOnTrack, kValid, kLabels, kLabel };  // kFirst: the first of them that a record has
inline EnumNames<TruthField> enum_names(TruthField) {
  static constexpr std::pair<TruthField, std::string_view> kNames[] = {{TruthField::kFirst, "first"},
                                                                       {TruthField::kOnTrack, "on_track"},
                                                                       {TruthField::kValid, "valid"},
                                                                       {TruthField::kLabels, "labels"},
                                                                       {TruthField::kLabel, "label"}};
  return kNames;
}

struct ScoredTruth {
  std::string problem, domain;              // domain: empty if the record names none
  std::vector<std::optional<bool>> right;   // [step]; nullopt: unknown
  std::vector<std::vector<double>> scores;  // [scorer][step]
  std::vector<std::string> steps;           // empty if the record does not hold them
  std::string probe_case;                   // empty: no probe
  std::optional<size_t> probe_step;         // the only step that a probe is about
};

struct JudgedData {
  std::vector<std::string> scorers;
  std::vector<ScoredTruth> solutions;
  BadLines bad;
};

struct JudgedOptions {
  TruthField truth = TruthField::kFirst;
  // The field that holds the domain, a text, a number or a flag; a candidate without it has that of its problem.
  std::string by = "domain";
  bool need_by = false;  // refuse a file in which no record has it
  // [step] of a record that has none of the fields, or none in the form above; null: such are refused. May throw.
  std::function<std::vector<std::optional<bool>>(const Json& record, const std::string& place)> other = {};
  bool only_other = false;  // also where the record has one of the fields
};

// Throws bad_input naming file, line and field.
JudgedData read_judged(const ScoredSource& source, const JudgedOptions& options = {});

// Problems numbered by first appearance, [solution], and how many there are: units of a bootstrap.
std::vector<size_t> number_problems(const JudgedData& data, size_t& problems);

}  // namespace hrm::selection
