#include "rows/leakage.h"

#include <xxhash.h>

#include <array>
#include <utility>

#include "base/utf8.h"
#include "rows/record_fields.h"

namespace hrm::rows {
namespace {

// Longer ones before their beginnings. A command ends where its letters end.
constexpr std::array<std::pair<std::string_view, std::string_view>, 16> kReplaced = {{{"\\dfrac", "\\frac"},
                                                                                      {"\\tfrac", "\\frac"},
                                                                                      {"\\left", ""},
                                                                                      {"\\right", ""},
                                                                                      {"\\,", ""},
                                                                                      {"\\;", ""},
                                                                                      {"\\:", ""},
                                                                                      {"\\!", ""},
                                                                                      {"\\ ", ""},
                                                                                      {"\\(", ""},
                                                                                      {"\\)", ""},
                                                                                      {"\\[", ""},
                                                                                      {"\\]", ""},
                                                                                      {"\\$", ""},
                                                                                      {"\\%", "%"},
                                                                                      {"\\\n", ""}}};

bool is_ascii_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Bytes of a replaced command at the start of the text, which are appended as their replacement; 0: there is none.
size_t replace_command(std::string_view text, std::string& to) {
  for (const auto& [command, replacement] : kReplaced) {
    if (!text.starts_with(command)) continue;
    const bool goes_on = is_ascii_letter(command.back()) && text.size() > command.size() &&
                         is_ascii_letter(text[command.size()]);  // \leftarrow
    if (goes_on) continue;
    to += replacement;
    return command.size();
  }
  return 0;
}

void append_character(char32_t c, std::string& to) {
  constexpr std::u32string_view kSingle = U"\u2018\u2019\u201B\u02BC", kDouble = U"\u201C\u201D\u201F";
  if (is_space(c) || c == U'$' || c == U'~') return;
  if (kSingle.find(c) != kSingle.npos) c = U'\'';
  if (kDouble.find(c) != kDouble.npos) c = U'"';
  append_utf8(to, c);
}

TextHash hash_of(std::string_view text) {
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  return {hash.high64, hash.low64};
}

}  // namespace

std::string normalize_problem(std::string_view text) {
  const std::string lowered = lower(text);
  std::string_view rest = lowered;
  std::string normal;
  normal.reserve(rest.size());
  while (!rest.empty()) {
    size_t taken = rest[0] == '\\' ? replace_command(rest, normal) : 0;
    if (taken == 0) {
      const CodePoint point = decode_utf8(rest);
      append_character(point.value, normal);
      taken = point.size;
    }
    rest.remove_prefix(taken);
  }
  while (!normal.empty() && std::string_view(".?!").find(normal.back()) != std::string_view::npos) normal.pop_back();
  return normal;
}

void ProblemIndex::add(std::string_view problem, std::string place) {
  const std::string normal = normalize_problem(problem);
  if (normal.empty()) return;
  const size_t id = places_.size();
  if (!exact_.try_emplace(hash_of(problem), id).second) return;
  budget_.add(place.size() + 192, place, "problems of benchmarks");
  normalized_.try_emplace(hash_of(normal), id);
  places_.push_back(std::move(place));
}

void ProblemIndex::add_file(const std::filesystem::path& path, const ReadOptions& options) {
  JsonlReader lines(path, {.skip_bad = options.skip_bad, .forgive_cut_end = false, .accept_array = true});
  std::optional<Format> format = options.format;
  while (lines.next()) try {
      // Of a benchmark the questions alone matter, so its format need not be known.
      if (!format) format = detect_format(lines.value());
      add(format ? question_of_record(*format, lines.value(), lines.place())
                 : need_question(lines.value(), lines.place()),
          lines.place());
    } catch (const Error& error) {
      lines.reject(error);
    }
}

std::optional<ProblemIndex::Match> ProblemIndex::find(std::string_view problem) const {
  if (const auto at = exact_.find(hash_of(problem)); at != exact_.end()) return Match{&places_[at->second], true};
  if (const auto at = normalized_.find(hash_of(normalize_problem(problem))); at != normalized_.end())
    return Match{&places_[at->second], false};
  return std::nullopt;
}

bool LeakageReport::check(std::string_view problem, std::string_view place) {
  const auto [known, is_new] = seen_.try_emplace(hash_of(problem), false);
  if (is_new) {
    budget_.add(64, place, "different problems");
    if (const auto match = benchmarks_->find(problem)) {
      known->second = true;
      ++leaked_;
      if (leaks_.size() < kMostListed)
        leaks_.push_back({std::string(place), *match->place, std::string(problem.substr(0, 200)), match->exact});
    }
  }
  records_ += known->second;
  return known->second;
}

Json LeakageReport::to_json() const {
  Json list = Json::array();
  for (const Leak& leak : leaks_)
    list.push_back(
        {{"place", leak.place}, {"benchmark", leak.benchmark}, {"exact", leak.exact}, {"question", leak.question}});
  return {{"benchmark_problems", benchmarks_->size()},
          {"problems", problems()},
          {"leaked_problems", leaked_},
          {"leaked_records", records_},
          {"leaks", list}};
}

}  // namespace hrm::rows
