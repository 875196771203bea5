// The texts that a reward model of this kind reads (arXiv 2503.13551): question, what was reasoned before, and the step
// to be judged; or question and whole answer for an outcome model. Training rows and scoring must use the same.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hrm::rows {

// kFaithful is the authors' to the byte: a first step and an outcome end with a newline, a later step does not.
// kSound ends none of them with one, so that the score is always read at the last byte of the step.
enum class Mode { kSound, kFaithful };

// previous: the steps before, joined; empty: there are none.
std::string step_prompt(std::string_view question, std::string_view previous, std::string_view current, Mode mode);
std::string outcome_prompt(std::string_view question, std::string_view answer, Mode mode);

// The question of a prompt that one of these made; empty if it is of neither form.
std::string_view question_of_prompt(std::string_view prompt);

// The parts of prompts that are the same in every one, each to its end of line; none begins with a newline.
std::vector<std::string> prompt_phrases();

std::string join(std::span<const std::string> parts, std::string_view separator);

}  // namespace hrm::rows
