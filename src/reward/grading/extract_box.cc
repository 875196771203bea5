#include "grading/extract_box.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "grading/text_edit.h"

namespace hrm::grading {
namespace {

struct Box {
  size_t begin = 0, end = 0;  // of the whole macro
  std::string_view content;
};

// What an instruction holds: "Put it in \boxed{}".
bool is_placeholder(std::string_view content) {
  constexpr std::string_view kPlaceholders[] = {"",  "...",    "\\ldots",     "\\dots",         "\\cdots",
                                                "?", "answer", "your answer", "\\text{answer}", "final answer"};
  return holds(kPlaceholders, lower(strip(content)));
}

// nullopt: the macro at `at` is no box ("\boxedtext"), or its braces do not balance.
std::optional<Box> box_at(std::string_view text, size_t at, size_t macro) {
  const std::string_view behind = text.substr(at + macro), rest = strip_left(behind);
  const size_t begin = text.size() - rest.size();
  if (rest.starts_with('{')) {
    const size_t end = end_of_group(rest, 1);
    if (end == kNowhere) return std::nullopt;
    return Box{at, begin + end, rest.substr(1, end - 2)};
  }
  if (behind.empty() || (behind[0] >= 'a' && behind[0] <= 'z')) return std::nullopt;
  std::string_view token = rest.substr(0, rest.find_first_of(" \t\n$"));
  while (token.ends_with('.') || token.ends_with(',')) token.remove_suffix(1);
  return token.empty() ? std::nullopt : std::optional(Box{at, begin + token.size(), token});
}

// Every box, as far as they can be read from the end.
std::vector<Box> boxes_of(std::string_view text) {
  constexpr std::string_view kMacros[] = {"\\boxed", "\\fbox", "\boxed"};  // the last as JSON reads \boxed
  constexpr size_t kMostBoxes = 16;
  std::vector<Box> boxes;
  for (size_t end = text.size(); boxes.size() < kMostBoxes;) {
    size_t at = kNowhere, size = 0;
    for (const std::string_view macro : kMacros) {
      const size_t found = text.substr(0, end).rfind(macro);
      if (found == kNowhere || (at != kNowhere && found < at)) continue;
      at = found;
      size = macro.size();
    }
    if (at == kNowhere) break;
    const auto box = box_at(text, at, size);
    if (!box) break;
    end = at;
    if (!is_placeholder(box->content)) boxes.push_back(*box);
    if (boxes.size() > 1 && boxes.back().end > boxes[boxes.size() - 2].begin) boxes.pop_back();  // around the last
  }
  return boxes;
}

// The text between two boxes of one list: "or x =" has the name x; nullopt: it is more than a list's.
std::optional<std::string> name_behind_separator(std::string_view between) {
  std::string plain;
  for (size_t i = 0; i < between.size(); ++i) {
    constexpr std::string_view kSilent[] = {"\\quad", "\\qquad", "\\text", "\\,", "\\;", "\\ ", "\\(", "\\)"};
    const std::string_view rest = between.substr(i);
    const auto macro = std::ranges::find_if(kSilent, [&](std::string_view name) { return rest.starts_with(name); });
    if (macro != std::end(kSilent))
      i += macro->size() - 1;
    else if (rest.starts_with("\n\n"))
      return std::nullopt;
    else if (std::string_view("${}").find(rest[0]) == kNowhere)
      plain += rest[0] == '\n' ? ' ' : rest[0];
  }
  std::string_view words = strip(plain);
  bool separated = false;
  for (bool more = true; more;) {
    more = false;
    for (const std::string_view mark : {",", ";", "&", "and ", "or ", "und ", "oder ", "et ", "ou ", "y ", "o "})
      if (words.starts_with(mark) || words == strip(mark)) {
        words = strip_left(words.substr(std::min(mark.size(), words.size())));
        separated = more = true;
      }
  }
  if (!separated) return std::nullopt;
  if (words.empty()) return std::string();
  const bool is_name = words.size() > 1 && words.size() <= 6 && is_ascii_letter(words[0]) && words.ends_with('=');
  std::string name(words);
  std::erase(name, ' ');
  return is_name ? std::optional(std::move(name)) : std::nullopt;
}

// "x =" before the first box of a list.
std::string name_before(std::string_view text) {
  text = strip_right(text);
  if (!text.ends_with('=')) return {};
  const std::string_view name = strip_right(text.substr(0, text.size() - 1));
  const bool is_letter = !name.empty() && is_ascii_letter(name.back());
  return is_letter && (name.size() == 1 || !is_ascii_letter(name[name.size() - 2])) ? std::string(1, name.back()) + '='
                                                                                    : std::string();
}

}  // namespace

size_t end_of_group(std::string_view text, size_t at) {
  for (size_t depth = 1; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '{') {
      ++depth;
    } else if (text[at] == '}' && --depth == 0) {
      return at + 1;
    }
  }
  return kNowhere;
}

std::optional<Extraction> extract_boxes(std::string_view text) {
  const std::vector<Box> boxes = boxes_of(text);
  if (boxes.empty()) return std::nullopt;
  Extraction result{std::string(boxes[0].content), std::nullopt};
  std::string list;
  std::vector<std::string> names;
  size_t first = 0;
  for (; first + 1 < boxes.size(); ++first) {
    const size_t begin = boxes[first + 1].end;
    auto name = name_behind_separator(text.substr(begin, boxes[first].begin - begin));
    if (!name) break;
    names.push_back(*std::move(name));
  }
  if (first == 0) return result;
  names.push_back(name_before(text.substr(0, boxes[first].begin)));
  const bool named = std::ranges::none_of(names, [](const std::string& name) { return name.empty(); });
  for (size_t i = first + 1; i-- > 0;)
    list += (named ? names[i] : "") + std::string(boxes[i].content) + (i > 0 ? ", " : "");
  return Extraction{std::move(list), std::move(result.answer)};
}

}  // namespace hrm::grading
