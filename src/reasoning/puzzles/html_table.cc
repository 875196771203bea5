#include "puzzles/html_table.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

namespace hrm::puzzles {
namespace {

constexpr size_t kNoPlace = std::string_view::npos;
constexpr size_t kMostNested = 4;

using Rows = std::vector<std::vector<std::string>>;  // of cells

char in_small(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// "td" of "<TD class=given>"; a closing tag begins with '/'.
std::string name_of_tag(std::string_view tag) {
  std::string name;
  for (const char c : tag) {
    if (!(name.empty() && c == '/') && !(in_small(c) >= 'a' && in_small(c) <= 'z')) break;
    name += in_small(c);
  }
  return name;
}

// The value of `attribute` in a tag; empty: it has none.
std::string_view attribute_of(std::string_view tag, std::string_view attribute) {
  const size_t at = tag.find(attribute);
  if (at == kNoPlace) return {};
  std::string_view value = tag.substr(at + attribute.size());
  if (value.empty()) return {};
  if (value[0] != '"' && value[0] != '\'') return value.substr(0, value.find_first_of(" \t\r\n/>"));
  return value.substr(1, value.find(value[0], 1) - 1);
}

struct HtmlTable {
  Rows rows;
  std::vector<Rows> boxes;  // of the row at hand: the tables in its cells
};

class HtmlTables {
 public:
  explicit HtmlTables(const HtmlCells& cells) : cells_(cells) {}

  std::string read(std::string_view text) {
    while (!text.empty()) {
      if (text.starts_with("<!--")) {
        const size_t end = text.find("-->");
        text.remove_prefix(end == kNoPlace ? text.size() : end + 3);
      } else if (text[0] == '<') {
        const size_t end = std::min(text.find('>'), text.size());
        take_tag(text.substr(1, end - std::min<size_t>(end, 1)));
        text.remove_prefix(std::min(end + 1, text.size()));
      } else {
        const size_t end = std::min(text.find('<', 1), text.size());
        if (in_cell()) add_text(text.substr(0, end));
        text.remove_prefix(end);
      }
    }
    while (!open_.empty()) end_table();
    return std::move(lines_);
  }

 private:
  bool in_cell() const { return !open_.empty() && !open_.back().rows.empty() && !open_.back().rows.back().empty(); }

  void take_tag(std::string_view tag) {
    const std::string name = name_of_tag(tag);
    if (name == "table" && open_.size() < kMostNested) {
      open_.emplace_back();
    } else if (name == "/table") {
      if (!open_.empty()) end_table();
    } else if (name == "tr" || name == "td" || name == "th") {
      if (open_.empty()) open_.emplace_back();
      if (name == "tr" || open_.back().rows.empty()) end_row();
      if (name != "tr") open_.back().rows.back().emplace_back();
    } else if (name == "input" && in_cell()) {
      open_.back().rows.back().back() += attribute_of(tag, "value=");
    }
  }

  // Blanks around what a cell holds are of the page's layout.
  void add_text(std::string_view text) {
    constexpr std::string_view kSpaces[] = {"&nbsp;", "&#160;", "&#xA0;", "&#xa0;", "\u00A0", "\n", "\r", "\t", " "};
    std::string plain;
    while (!text.empty()) {
      const auto space = std::ranges::find_if(kSpaces, [&](std::string_view mark) { return text.starts_with(mark); });
      const bool blank = space != std::end(kSpaces);
      plain += blank ? ' ' : text[0];
      text.remove_prefix(blank ? space->size() : 1);
    }
    const size_t first = plain.find_first_not_of(' ');
    if (first == kNoPlace) return;
    open_.back().rows.back().back() += plain.substr(first, plain.find_last_not_of(' ') + 1 - first);
  }

  // A row of boxes becomes as many rows as a box has.
  void end_row() {
    HtmlTable& table = open_.back();
    if (!table.boxes.empty()) {
      table.rows.pop_back();
      size_t height = 0;
      for (const Rows& box : table.boxes) height = std::max(height, box.size());
      for (size_t r = 0; r < height; ++r) {
        table.rows.emplace_back();
        for (const Rows& box : table.boxes)
          if (r < box.size()) table.rows.back().insert(table.rows.back().end(), box[r].begin(), box[r].end());
      }
      table.boxes.clear();
    }
    table.rows.emplace_back();
  }

  void end_table() {
    end_row();
    Rows rows = std::move(open_.back().rows);
    std::erase_if(rows, [](const auto& row) { return row.empty(); });
    open_.pop_back();
    if (rows.empty()) return;
    if (in_cell()) {
      open_.back().boxes.push_back(std::move(rows));
      return;
    }
    for (const auto& row : rows) {
      for (size_t i = 0; i < row.size(); ++i)
        lines_.append(i > 0 ? cells_.separator : "").append(row[i].empty() ? cells_.blank : row[i]);
      lines_ += '\n';
    }
    lines_ += '\n';
  }

  const HtmlCells cells_;
  std::vector<HtmlTable> open_;
  std::string lines_;
};

}  // namespace

std::optional<std::string> lines_of_html_tables(std::string_view text, const HtmlCells& cells) {
  const bool any = text.find("<td") != kNoPlace || text.find("<TD") != kNoPlace;
  return any ? std::optional(HtmlTables(cells).read(text)) : std::nullopt;
}

}  // namespace hrm::puzzles
