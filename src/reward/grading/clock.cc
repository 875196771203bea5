#include "grading/clock.h"

#include <string>

#include "base/utf8.h"
#include "grading/text_edit.h"

namespace hrm::grading {
namespace {

struct Clock {
  int hour = 0, minute = 0;
  bool has_minutes = false;
  std::string half;  // "am", "pm" or empty

  int minutes_of_day() const { return (half.empty() ? hour : hour % 12 + (half == "pm" ? 12 : 0)) * 60 + minute; }
};

// At most two digits at the front, taken off the text; -1: there are none, or more.
int take_two_digits(std::string_view& text) {
  size_t size = 0;
  while (size < text.size() && is_ascii_digit(text[size])) ++size;
  if (size == 0 || size > 2) return -1;
  const int value = std::stoi(std::string(text.substr(0, size)));
  text.remove_prefix(size);
  return value;
}

std::optional<Clock> clock_of(std::string_view answer) {
  std::string plain(answer);
  for (const std::string_view mark : {"\\text{", "}", "{"}) replace_all(plain, mark, "");
  std::string_view text = strip(plain);
  Clock clock{.hour = take_two_digits(text)};
  if (clock.hour < 0 || clock.hour > 24) return std::nullopt;
  if (text.starts_with(':')) {
    text.remove_prefix(1);
    const size_t before = text.size();
    clock.minute = take_two_digits(text);
    if (before - text.size() != 2 || clock.minute > 59) return std::nullopt;
    clock.has_minutes = true;
  }
  clock.half = lower(strip(text));
  const bool known = clock.half == "am" || clock.half == "pm";
  if (!known && !(clock.half.empty() && clock.has_minutes)) return std::nullopt;
  return known && (clock.hour < 1 || clock.hour > 12) ? std::nullopt : std::optional(clock);
}

}  // namespace

std::optional<Verdict> compare_clocks(std::string_view given, std::string_view gold) {
  const auto may_have_half = [](std::string_view text) { return text.find_first_of("mM") != kNowhere; };
  if (!may_have_half(given) && !may_have_half(gold)) return std::nullopt;
  const auto a = clock_of(given), b = clock_of(gold);
  if (!a || !b || (a->half.empty() && b->half.empty())) return std::nullopt;
  const auto decided = [](bool equal) { return equal ? Verdict::kCorrect : Verdict::kWrong; };
  const bool same_digits = a->hour == b->hour && a->minute == b->minute;
  if (!a->half.empty() && !b->half.empty())
    return same_digits && a->half != b->half ? Verdict::kUndecided
                                             : decided(a->minutes_of_day() == b->minutes_of_day());
  const Clock& without = a->half.empty() ? *a : *b;
  const bool of_whole_day = without.hour > 12 || without.hour == 0;
  return decided(of_whole_day ? a->minutes_of_day() == b->minutes_of_day() : same_digits);
}

}  // namespace hrm::grading
