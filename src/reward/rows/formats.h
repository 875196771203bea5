// The formats of reward data that are read and written, and how to tell them apart. Fields, origins and what is
// dropped: docs/formats/reward-data.md
#pragma once

#include <optional>
#include <string_view>
#include <utility>

#include "base/fields.h"
#include "base/json.h"

namespace hrm::rows {

enum class Format {
  kPrm800k,       // alternatives per step, rated by people
  kMathShepherd,  // {input, label, task}: one text with a mark after each step
  kOpenRlhf,      // {input, value}: the same text, a list of labels
  kOpenr,         // {question, final_answer, reasoning_steps: [{solution_prefix, mc_value}]}
  kOpenrTree,     // the same with reasoning_steps a tree of {text, mc_value, children}
  kOpenrProcess,  // {question, process, label}: marked steps and a list of labels
  kTrl,           // {prompt, completions, labels}: stepwise supervision
  kRlhflow,       // {conversations}: a step per user message, + or - per assistant message
  kPlain,         // {question, steps, labels}, or steps that are objects with a text and a label each
  kThinkPrm,      // {problem, prefix_steps, gt_step_labels}
  kVersaPrm,      // {question, chain_of_thoughts, labels}: 1 right, -1 wrong
  kProcessBench,  // {problem, steps, label}: first wrong step, from 0
  kBigBench,      // {input, steps, answer, target, mistake_index}: first wrong step, from 0
  kFirstError0,   // {question, steps, first_error}: first wrong step, from 0
  kFirstError1,   // the same, from 1
  kPrmBench,      // {modified_question, modified_process, error_steps}: wrong steps, from 1
  kKto,           // {prompt, completion, label}: whether the whole is right
  kGsm8k,         // {question, answer}: rationale, then "#### N"
  kMath,          // {problem, solution, answer}
  kCompletions,   // {question, answer, completions}: sampled solutions of a model, OpenAI's choices among them
  kRows,          // {input, label}: training rows as the authors write them. Only written and checked
};

inline EnumNames<Format> enum_names(Format) {
  static constexpr std::pair<Format, std::string_view> names[] = {{Format::kPrm800k, "prm800k"},
                                                                  {Format::kMathShepherd, "math-shepherd"},
                                                                  {Format::kOpenRlhf, "openrlhf"},
                                                                  {Format::kOpenr, "openr"},
                                                                  {Format::kOpenrTree, "openr-tree"},
                                                                  {Format::kOpenrProcess, "openr-process"},
                                                                  {Format::kTrl, "trl"},
                                                                  {Format::kRlhflow, "rlhflow"},
                                                                  {Format::kPlain, "plain"},
                                                                  {Format::kThinkPrm, "thinkprm"},
                                                                  {Format::kVersaPrm, "versaprm"},
                                                                  {Format::kProcessBench, "processbench"},
                                                                  {Format::kBigBench, "bigbench-mistake"},
                                                                  {Format::kFirstError0, "first-error-0"},
                                                                  {Format::kFirstError1, "first-error-1"},
                                                                  {Format::kPrmBench, "prmbench"},
                                                                  {Format::kKto, "kto"},
                                                                  {Format::kGsm8k, "gsm8k"},
                                                                  {Format::kMath, "math"},
                                                                  {Format::kCompletions, "completions"},
                                                                  {Format::kRows, "rows"}};
  return names;
}

// By the fields of a record; nullopt: none of these, or several, or one without labels where a field that is not read
// looks like labels.
std::optional<Format> detect_format(const Json& record);
// The same; throws bad_input naming place, the fields found and a way out if it is not one.
Format need_format(const Json& record, std::string_view place);
// Whether it is that last kind: need_format() refuses it and says which field is doubtful.
bool may_lose_labels(const Json& record);

}  // namespace hrm::rows
