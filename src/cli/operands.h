// Answers of `hrm grade` and puzzles of `hrm solve` may begin with - or [, which CLI11 takes for options and lists. They
// are marked before parsing, and the callbacks remove the marks.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace hrm::cli {

// words: the command line, in order. A "--" is removed, and the words after it are marked as plain.
void mark_operands(const CLI::App& app, std::vector<std::string>& words);

// Removes the mark; true if the word might be meant as an option.
bool unmark_operand(std::string& word);

}  // namespace hrm::cli
