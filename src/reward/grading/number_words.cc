#include "grading/number_words.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <vector>

#include "base/utf8.h"
#include "grading/answer_text.h"
#include "grading/text_edit.h"

namespace hrm::grading {
namespace {

constexpr std::string_view kOnes[] = {"zero",     "one",     "two",     "three",     "four",     "five",    "six",
                                      "seven",    "eight",   "nine",    "ten",       "eleven",   "twelve",  "thirteen",
                                      "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
constexpr std::string_view kTensWords[] = {"twenty", "thirty",  "forty",  "fifty",
                                           "sixty",  "seventy", "eighty", "ninety"};
constexpr std::pair<std::string_view, int64_t> kPowers[] = {
    {"thousand", 1000}, {"million", 1000000}, {"billion", 1000000000}};

std::vector<std::string> number_tokens(std::string_view text) {
  std::vector<std::string> tokens(1);
  for (const char c : lower(text)) {
    if (c == kAnd) {
      tokens.emplace_back("and");
      tokens.emplace_back();
    } else if (c == ' ' || c == '-') {
      tokens.emplace_back();
    } else {
      tokens.back() += c;
    }
  }
  std::erase(tokens, "");
  return tokens;
}

// -1: a token does not fit.
int64_t value_of_words(const std::vector<std::string>& tokens) {
  int64_t total = 0, group = 0, last_power = INT64_MAX;
  for (size_t i = 0; i < tokens.size(); ++i) {
    const std::string& token = tokens[i];
    const auto small = std::ranges::find(kOnes, token), tens = std::ranges::find(kTensWords, token);
    const auto power = std::ranges::find(kPowers, token, &std::pair<std::string_view, int64_t>::first);
    if (small != std::end(kOnes)) {
      const int64_t value = small - std::begin(kOnes), units = group % 100;
      if (units != 0 && (units < 20 || units % 10 != 0 || value == 0 || value > 9)) return -1;
      group += value;
    } else if (tens != std::end(kTensWords)) {
      if (group % 100 != 0) return -1;
      group += 10 * (tens - std::begin(kTensWords) + 2);
    } else if (token == "hundred") {
      if (group == 0 || group > 99) return -1;
      group *= 100;
    } else if (power != std::end(kPowers)) {
      if (group == 0 || power->second >= last_power) return -1;
      total += group * power->second;
      last_power = power->second;
      group = 0;
    } else if ((token == "a" || token == "an") && i == 0) {
      group = 1;
    } else if (token != "and" || i == 0 || i + 1 == tokens.size() || (group % 100 != 0 || (group == 0 && total == 0))) {
      return -1;
    }
  }
  return total + group;
}

}  // namespace

std::string number_in_words(std::string_view text) {
  constexpr size_t kMostText = 120;
  if (text.empty() || text.size() > kMostText || !is_ascii_letter(text[0])) return {};
  const std::vector<std::string> tokens = number_tokens(text);
  if (tokens.empty() || (tokens.size() == 1 && std::ranges::find(kOnes, tokens[0]) < std::begin(kOnes) + 13) ||
      (tokens.size() > 1 && tokens[0] == "zero") || tokens.back() == "a" || tokens.back() == "an")
    return {};
  const bool only_article =
      (tokens[0] == "a" || tokens[0] == "an") && tokens.size() > 1 && tokens[1] != "hundred" &&
      std::ranges::find(kPowers, tokens[1], &std::pair<std::string_view, int64_t>::first) == std::end(kPowers);
  const int64_t value = only_article ? -1 : value_of_words(tokens);
  return value <= 0 ? std::string() : std::to_string(value);
}

}  // namespace hrm::grading
