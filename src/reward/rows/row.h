// A training row: the text that the model reads, and the label that it should predict.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/fields.h"
#include "rows/prompt.h"

namespace hrm::rows {

// kOutcome: one row per whole solution, label = the answer is right.
// kProcess: one row per step, (x, s_<i, s_i) -> l_i.
// kHierarchical: kProcess, and beside each row of i >= 2 the row (x, s_<i-1, s_{i-1} + s_i) -> l_i with the label of
// the later step (arXiv 2503.13551, section 3).
enum class Kind { kOutcome, kProcess, kHierarchical };

// What a neutral rating of a person means (PRM800K): the authors drop it, TRL's data takes it as negative, Qwen's as
// positive.
enum class Neutral { kDrop, kNegative, kPositive };

struct Row {
  std::string input;
  double label = 0;   // in [0, 1]
  double trials = 0;  // number of ends behind the label, label * trials of them right; 0: unknown
};

using RowSink = std::function<void(Row&&)>;

inline EnumNames<Kind> enum_names(Kind) {
  static constexpr std::pair<Kind, std::string_view> names[] = {
      {Kind::kOutcome, "orm"}, {Kind::kProcess, "prm"}, {Kind::kHierarchical, "hierarchical"}};
  return names;
}
inline EnumNames<Mode> enum_names(Mode) {
  static constexpr std::pair<Mode, std::string_view> names[] = {{Mode::kSound, "sound"}, {Mode::kFaithful, "faithful"}};
  return names;
}
inline EnumNames<Neutral> enum_names(Neutral) {
  static constexpr std::pair<Neutral, std::string_view> names[] = {
      {Neutral::kDrop, "drop"}, {Neutral::kNegative, "negative"}, {Neutral::kPositive, "positive"}};
  return names;
}

}  // namespace hrm::rows
