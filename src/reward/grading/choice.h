// Answers to questions with choices.
#pragma once

#include <string_view>

namespace hrm::grading {

// "(B)", "B", "B) 12", "(B) 12": a letter of a choice, and what follows it.
struct Choice {
  char letter = 0;
  bool has_marks = false;
  std::string_view rest;
};
Choice choice_of(std::string_view text);

// Whether the text behind a letter takes it back: "(C) not", "(C) or more", "(C)?".
bool takes_back(std::string_view rest);

}  // namespace hrm::grading
