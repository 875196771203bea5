// Cutting solutions into steps, and telling a question from the first step after it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fields.h"

namespace hrm::rows {

constexpr std::string_view kBlankLine = "\n\n";  // between the steps of a text

// Where the text holds "# Step k" headings at line starts, cut before each; else at blank lines. Parts are stripped,
// empty ones left out. An answer heading ("# Answer") stays with the step before it.
std::vector<std::string> split_steps(std::string_view text);

// At every newline; stripped, empty lines left out (GSM8K's rationales).
std::vector<std::string> split_lines(std::string_view text);

// Where the solution begins in a question with its first step after it: at "Step 1:" (or "Step 1.", "# Step 1"),
// leading '#' and blanks before it included. A question may hold such headings itself, so the last one counts that
// is at the start of a line or of a sentence and has a text before it.
//   others: how many more headings there are
struct FirstStep {
  size_t at = 0, others = 0;
};
std::optional<FirstStep> find_first_step(std::string_view text);

// The thinking of a reasoning model, up to the last "</think>": kept as any text, or dropped, as the chat templates of
// such models drop it from earlier answers. A text without "</think>", or with nothing but blanks behind it, stays
// whole.
enum class Thinking { kKeep, kDrop };
inline EnumNames<Thinking> enum_names(Thinking) {
  static constexpr std::pair<Thinking, std::string_view> kNames[] = {{Thinking::kKeep, "keep"},
                                                                     {Thinking::kDrop, "drop"}};
  return kNames;
}
std::string_view without_thinking(std::string_view text);
// The same for steps: those before the one with the last "</think>" are dropped, and what stands before it in that one.
std::vector<std::string> without_thinking(const std::vector<std::string>& steps);

bool has_step_heading(std::string_view step);  // begins with "Step k" or "# Step k"

// How steps of a tree become texts that can be read alone (sound mode). A policy with stop strings leaves the heading
// of the next step at the end of each step ("...\n\n# Step 3"): it is moved in front of the step that it heads, unless
// that has one. Steps are stripped.
//   body: the step without such a heading at its end, stripped; heading: that heading, stripped, or empty
struct StepEnds {
  std::string_view body, heading;
};
StepEnds cut_heading(std::string_view step);
// heading: of this step, as it stood at the end of the one before.
std::string headed(std::string_view heading, std::string_view body);
std::vector<std::string> tidy_steps(const std::vector<std::string>& steps);

}  // namespace hrm::rows
