#include "text/date.h"

#include <chrono>
#include <ctime>

#include "base/error.h"

namespace hrm::text {
namespace {

// The digits at a place; -1 for anything else.
int digits(std::string_view text, size_t at, size_t size) {
  int value = 0;
  for (size_t i = at; i < at + size; ++i) {
    if (i >= text.size() || text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

std::tm parse(std::string_view date, std::string_view source) {
  const auto fault = [&] {
    return bad_input("text.date", "{}: '{}' is no date, expected YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS, such as 2024-07-26",
                     source, date.substr(0, 40));
  };
  const std::string_view form = "dddd-dd-ddTdd:dd:dd";
  if (date.size() != 10 && date.size() != 16 && date.size() != 19) throw fault();
  for (size_t i = 0; i < date.size(); ++i) {
    const bool fits = form[i] == 'd'   ? date[i] >= '0' && date[i] <= '9'
                      : form[i] == 'T' ? date[i] == 'T' || date[i] == ' '
                                       : date[i] == form[i];
    if (!fits) throw fault();
  }
  std::tm made{};
  made.tm_hour = date.size() > 10 ? digits(date, 11, 2) : 0;
  made.tm_min = date.size() > 10 ? digits(date, 14, 2) : 0;
  made.tm_sec = date.size() > 16 ? digits(date, 17, 2) : 0;
  using namespace std::chrono;
  const year_month_day day{year(digits(date, 0, 4)), month(static_cast<unsigned>(digits(date, 5, 2))),
                           std::chrono::day(static_cast<unsigned>(digits(date, 8, 2)))};
  if (!day.ok() || digits(date, 0, 4) == 0 || made.tm_hour > 23 || made.tm_min > 59 || made.tm_sec > 59) throw fault();
  const sys_days days = day;
  made.tm_year = static_cast<int>(day.year()) - 1900;
  made.tm_mon = static_cast<int>(static_cast<unsigned>(day.month())) - 1;
  made.tm_mday = static_cast<int>(static_cast<unsigned>(day.day()));
  made.tm_wday = static_cast<int>(weekday(days).c_encoding());
  made.tm_yday = static_cast<int>((days - sys_days(day.year() / January / 1)).count());
  return made;
}

// What Python writes itself: no fractions of a second, and no zone, which a date without one has not.
std::string without_zone(const std::string& format) {
  std::string out;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%' || i + 1 == format.size()) {
      out += format[i];
      continue;
    }
    const char c = format[++i];
    if (c == 'f')
      out += "000000";
    else if (c != 'z' && c != 'Z')
      out.append({'%', c});
  }
  return out;
}

}  // namespace

void check_date(std::string_view date, std::string_view source) { parse(date, source); }

std::string format_date(std::string_view date, const std::string& format, std::string_view source) {
  constexpr size_t kMost = 4096;
  const std::tm day = parse(date, source);
  if (format.size() > kMost || format.find('\0') != std::string::npos)
    throw bad_input("text.date", "{}: the format of a date has {} bytes: at most {}, and no NUL", source, format.size(),
                    kMost);
  // strftime() tells an empty result from one that did not fit by a character more.
  const std::string pattern = without_zone(format) + "|";
  std::string out(pattern.size() * 64 + 64, '\0');
  out.resize(std::strftime(out.data(), out.size(), pattern.c_str(), &day));
  if (out.empty()) throw bad_input("text.date", "{}: the format of a date asks for too long a text", source);
  out.pop_back();
  return out;
}

}  // namespace hrm::text
