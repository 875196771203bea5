#include "tree/drawing.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "base/utf8.h"
#include "formats/svg.h"

namespace hrm::tree {
namespace {

using steps::at;

std::string_view mark_of(const steps::Node& node, steps::AnswerVerdict verdict) {
  if (node.sentinel) return "failed";
  if (node.unfinished) return "unfinished";
  if (!verdict) return node.children.empty() ? "no answer" : "";
  return *verdict == grading::Verdict::kCorrect ? "right"
         : *verdict == grading::Verdict::kWrong ? "wrong"
                                                : "undecided";
}

std::string value_text(const std::optional<double>& value) { return value ? fmt::format("{:.2f}", *value) : " -  "; }

// Vermilion, gray, blue: told apart with every common kind of color blindness.
int terminal_color(const std::optional<double>& value) {
  if (!value) return 245;
  return *value < 0.34 ? 166 : *value < 0.67 ? 250 : 32;
}

class TextDrawing {
 public:
  TextDrawing(const steps::Tree& tree, const Values& values, const steps::Verdicts& verdicts,
              const DrawOptions& options)
      : tree_(tree), values_(values), verdicts_(verdicts), options_(options) {}

  std::string draw() {
    add(0, "", "");
    if (left_out_ > 0) out_ += fmt::format("({} nodes are not shown: --depth, --nodes)\n", left_out_);
    return std::move(out_);
  }

 private:
  void add(int32_t index, const std::string& branch, const std::string& below) {
    const steps::Node& node = tree_.nodes[at(index)];
    if (node.depth > options_.depth || drawn_ >= options_.nodes) {
      left_out_ += size_of(index);
      return;
    }
    ++drawn_;
    std::string head = value_text(values_[at(index)]);
    if (options_.color) head = fmt::format("\033[38;5;{}m{}\033[0m", terminal_color(values_[at(index)]), head);
    std::string tail;
    if (node.multiplicity > 1) tail += fmt::format(" x{}", node.multiplicity);
    if (const auto mark = mark_of(node, verdicts_.nodes[at(index)]); !mark.empty()) tail += fmt::format(" [{}]", mark);
    const auto used = static_cast<int64_t>(3 * node.depth + 5 + static_cast<int64_t>(tail.size()) + 1);
    const auto room = static_cast<size_t>(std::max<int64_t>(10, options_.width - used));
    out_ +=
        fmt::format("{}{}{} {}\n", branch, head, tail, one_line(index == 0 ? tree_.problem.question : node.text, room));
    for (size_t i = 0; i < node.children.size(); ++i) {
      const bool last = i + 1 == node.children.size();
      add(node.children[i], below + (last ? "└─ " : "├─ "), below + (last ? "   " : "│  "));
    }
  }

  int64_t size_of(int32_t index) const {
    int64_t size = 0;
    std::vector<int32_t> stack = {index};
    while (!stack.empty()) {
      const int32_t node = stack.back();
      stack.pop_back();
      ++size;
      stack.insert(stack.end(), tree_.nodes[at(node)].children.begin(), tree_.nodes[at(node)].children.end());
    }
    return size;
  }

  const steps::Tree& tree_;
  const Values& values_;
  const steps::Verdicts& verdicts_;
  const DrawOptions& options_;
  std::string out_;
  int64_t drawn_ = 0, left_out_ = 0;
};

std::string svg_color(const std::optional<double>& value) {
  if (!value) return "#bbbbbb";
  const auto mix = [&](int low, int high) { return static_cast<int>(low + (high - low) * *value + 0.5); };
  return fmt::format("#{:02x}{:02x}{:02x}", mix(0xd5, 0x00), mix(0x5e, 0x72), mix(0x00, 0xb2));
}

// The nodes that are drawn, in breadth-first order, with a height each: leaves one below the other, parents amid.
struct Layout {
  std::vector<int32_t> nodes;
  std::vector<double> y;  // by node index
  int64_t rows = 0, levels = 1;
};

Layout lay_out(const steps::Tree& tree, const DrawOptions& options) {
  Layout layout;
  layout.y.assign(tree.nodes.size(), -1);
  std::vector<bool> shown(tree.nodes.size());
  for (size_t i = 0; i < tree.nodes.size() && static_cast<int64_t>(layout.nodes.size()) < options.nodes; ++i) {
    if (tree.nodes[i].depth > options.depth) break;
    shown[i] = true;
    layout.nodes.push_back(static_cast<int32_t>(i));
    layout.levels = tree.nodes[i].depth + 1;
  }
  const std::function<double(int32_t)> place = [&](int32_t node) {
    double first = -1, last = -1;
    for (const int32_t child : tree.nodes[at(node)].children) {
      if (!shown[at(child)]) continue;
      last = place(child);
      if (first < 0) first = last;
    }
    return layout.y[at(node)] = first < 0 ? static_cast<double>(layout.rows++) : (first + last) / 2;
  };
  place(0);
  return layout;
}

}  // namespace

std::string one_line(std::string_view text, size_t width) {
  std::string line;
  size_t characters = 0;
  for (std::string_view rest = strip(text); !rest.empty();) {
    const CodePoint c = decode_utf8(rest);
    rest.remove_prefix(c.size);
    if (++characters > width) return line + "…";
    if (is_space(c.value) || c.value < 0x20 || (c.value >= 0x7f && c.value < 0xa0))
      line += ' ';
    else
      append_utf8(line, c.value);
  }
  return line;
}

std::string draw_text(const steps::Tree& tree, const Values& values, const steps::Verdicts& verdicts,
                      const DrawOptions& options) {
  return TextDrawing(tree, values, verdicts, options).draw();
}

std::string draw_svg(const steps::Tree& tree, const Values& values, const steps::Verdicts& verdicts,
                     const DrawOptions& options) {
  constexpr int kLevel = 150, kRow = 22, kMargin = 30;
  const Layout layout = lay_out(tree, options);
  const auto x = [&](int32_t node) { return kMargin + kLevel * tree.nodes[at(node)].depth; };
  const auto y = [&](int32_t node) { return kMargin + 26 + kRow * layout.y[at(node)]; };
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" font-family=\"sans-serif\" "
      "font-size=\"11\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n<text x=\"{}\" y=\"20\" "
      "font-size=\"13\">{}</text>\n",
      2 * kMargin + kLevel * layout.levels, 2 * kMargin + 26 + kRow * layout.rows, kMargin,
      escape_xml(one_line(tree.problem.question, 100)));
  for (const int32_t node : layout.nodes) {
    const int32_t parent = tree.nodes[at(node)].parent;
    if (parent < 0) continue;
    const double middle = (x(parent) + x(node)) / 2.0;
    svg += fmt::format("<path d=\"M{},{} C{},{} {},{} {},{}\" fill=\"none\" stroke=\"#999999\" stroke-width=\"{}\"/>\n",
                       x(parent), y(parent), middle, y(parent), middle, y(node), x(node), y(node),
                       std::min(6, tree.nodes[at(node)].multiplicity));
  }
  for (const int32_t node : layout.nodes) {
    const steps::Node& n = tree.nodes[at(node)];
    const std::string_view mark = mark_of(n, verdicts.nodes[at(node)]);
    svg += fmt::format(
        "<circle cx=\"{}\" cy=\"{}\" r=\"7\" fill=\"{}\"><title>{}</title></circle>\n<text x=\"{}\" "
        "y=\"{}\">{}{}</text>\n",
        x(node), y(node), svg_color(values[at(node)]), escape_xml(one_line(n.text, 2000)), x(node) + 10, y(node) + 4,
        value_text(values[at(node)]), mark.empty() ? "" : fmt::format(" {}", mark));
  }
  return svg + "</svg>\n";
}

}  // namespace hrm::tree
