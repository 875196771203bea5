#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "puzzles/sudoku_symmetry.h"

namespace hrm::puzzles {
namespace {

constexpr size_t kMaxBranches = 5'000;

struct Given {
  int row, column, digit;  // from 0
};

// Colors of rows [0, n), columns [n, 2n) and digits [2n, 3n); smaller than 3n, equal where nothing tells two apart.
using Colors = std::vector<uint32_t>;

struct Branch {
  Colors colors;
  uint64_t trace = 0;  // of all refinements so far; depends on the class alone
};

class Canonicalizer {
 public:
  Canonicalizer(const SudokuShape& shape, std::span<const int32_t> question)
      : shape_(shape), side_(shape.side()), used_(3 * side_, false) {
    for (int cell = 0; cell < shape.cells(); ++cell) {
      const int digit = question[cell] - kSudokuBlank - 1;
      if (digit < 0 || digit >= side_) continue;
      const Given given{shape.row(cell), shape.column(cell), digit};
      givens_.push_back(given);
      used_[given.row] = used_[side_ + given.column] = used_[2 * side_ + digit] = true;
    }
  }

  // The refined root; its trace tells most inequivalent questions apart.
  Branch root() const {
    Branch branch{.colors = Colors(3 * side_)};
    for (int v = 0; v < 3 * side_; ++v) branch.colors[v] = static_cast<uint32_t>(v / side_ * side_);
    refine(branch);
    return branch;
  }

  Tokens least_leaf(Branch root) const {
    std::vector<Branch> level{std::move(root)};
    for (;;) {
      std::vector<Branch> next;
      for (const Branch& branch : level) {
        const std::vector<int> target = smallest_class(branch.colors);
        if (target.empty()) return least_form(level);  // all branches of a level have the same classes
        for (int v : target) keep_least(next, individualize(branch, v));
        if (next.size() > kMaxBranches) break;
      }
      level = std::move(next);
    }
  }

 private:
  // One member gets the least color of its class, the others the next one.
  Branch individualize(const Branch& branch, int v) const {
    Branch child = branch;
    for (int w = 0; w < 2 * side_; ++w)
      if (w != v && child.colors[w] == branch.colors[v]) ++child.colors[w];
    refine(child);
    return child;
  }

  static void keep_least(std::vector<Branch>& branches, Branch branch) {
    if (!branches.empty() && branches.front().trace < branch.trace) return;
    if (!branches.empty() && branches.front().trace > branch.trace) branches.clear();
    branches.push_back(std::move(branch));
  }

  std::vector<uint64_t> signatures(const Colors& colors) const {
    std::vector<uint64_t> sums(3 * side_, 0), blocks(2 * side_, 0), boxes(side_, 0);
    for (int line = 0; line < 2 * side_; ++line) blocks[block_of(line)] += splitmix64(colors[line]);
    for (int line = 0; line < 2 * side_; ++line) sums[line] += splitmix64(blocks[block_of(line)]);
    for (const Given& g : givens_) boxes[shape_.box(g.row * side_ + g.column)] += mixed(colors, g, 0);
    for (const Given& g : givens_) {
      const uint64_t box = boxes[shape_.box(g.row * side_ + g.column)];
      sums[g.row] += splitmix64(mixed(colors, g, 1) ^ box);
      sums[side_ + g.column] += splitmix64(mixed(colors, g, 2) ^ box);
      sums[2 * side_ + g.digit] += splitmix64(mixed(colors, g, 3) ^ box);
    }
    return sums;
  }

  uint64_t mixed(const Colors& colors, const Given& g, uint64_t salt) const {
    const uint64_t packed = uint64_t{colors[g.row]} << 40 | uint64_t{colors[side_ + g.column]} << 20 |
                            uint64_t{colors[2 * side_ + g.digit]} << 2 | salt;
    return splitmix64(packed);
  }

  // Bands first, then stacks.
  int block_of(int line) const {
    return line < side_ ? line / shape_.box_rows : side_ + (line - side_) / shape_.box_columns;
  }

  void refine(Branch& branch) const {
    std::vector<std::pair<uint64_t, uint64_t>> keys(3 * side_);
    std::vector<int> order(3 * side_);
    std::iota(order.begin(), order.end(), 0);
    for (size_t classes = 0;;) {
      const std::vector<uint64_t> sums = signatures(branch.colors);
      for (int v = 0; v < 3 * side_; ++v) keys[v] = {branch.colors[v], sums[v]};
      std::sort(order.begin(), order.end(), [&](int a, int b) { return keys[a] < keys[b]; });
      size_t found = 0;
      for (int i = 0; i < 3 * side_; ++i) {
        const bool first = i == 0 || keys[order[i]] != keys[order[i - 1]];
        found += first;
        branch.colors[order[i]] = first ? static_cast<uint32_t>(i) : branch.colors[order[i - 1]];
        branch.trace = splitmix64(branch.trace ^ keys[order[i]].first) + keys[order[i]].second;
      }
      if (found == classes) return;
      classes = found;
    }
  }

  // Among rows and columns with a given; empty if each has its own color. Lines without givens need no color: within a
  // block they are interchangeable, and blocks without givens too.
  std::vector<int> smallest_class(const Colors& colors) const {
    std::vector<std::vector<int>> members(3 * side_);
    for (int v = 0; v < 2 * side_; ++v)
      if (used_[v]) members[colors[v]].push_back(v);
    const std::vector<int>* best = nullptr;
    for (const auto& group : members)
      if (group.size() > 1 && (!best || group.size() < best->size())) best = &group;
    return best ? *best : std::vector<int>();
  }

  Tokens least_form(const std::vector<Branch>& leaves) const {
    Tokens least;
    for (const Branch& leaf : leaves) {
      Tokens form = form_of(leaf.colors);
      if (least.empty() || form < least) least = std::move(form);
    }
    return least;
  }

  // Position of each line when blocks are ordered by their least color, lines within a block by theirs.
  std::vector<int> positions(const Colors& colors, int first, int width) const {
    std::vector<int> lines(side_), position(side_);
    std::iota(lines.begin(), lines.end(), 0);
    const auto color = [&](int line) { return colors[first + line]; };
    std::vector<uint32_t> least(side_, UINT32_MAX);
    for (int line : lines) least[line / width] = std::min(least[line / width], color(line));
    std::sort(lines.begin(), lines.end(), [&](int a, int b) {
      const int block_a = a / width, block_b = b / width;
      return std::tuple(least[block_a], block_a, color(a)) < std::tuple(least[block_b], block_b, color(b));
    });
    for (int i = 0; i < side_; ++i) position[lines[i]] = i;
    return position;
  }

  Tokens form_of(const Colors& colors) const {
    const auto rows = positions(colors, 0, shape_.box_rows), columns = positions(colors, side_, shape_.box_columns);
    Tokens form(shape_.cells(), kSudokuBlank);
    for (const Given& g : givens_) form[rows[g.row] * side_ + columns[g.column]] = kSudokuBlank + 1 + g.digit;
    std::array<int32_t, kMaxSudokuSide> renamed{};
    int32_t next = kSudokuBlank;
    for (int32_t& token : form) {
      if (token == kSudokuBlank) continue;
      int32_t& name = renamed[token - kSudokuBlank - 1];
      token = name ? name : (name = ++next);
    }
    return form;
  }

  const SudokuShape shape_;
  const int side_;
  std::vector<Given> givens_;
  std::vector<bool> used_;
};

}  // namespace

Tokens canonical_sudoku(const SudokuShape& shape, std::span<const int32_t> question) {
  const Canonicalizer upright(shape, question);
  Branch root = upright.root();
  if (!shape.square_boxes()) return upright.least_leaf(std::move(root));
  SudokuSymmetry flip = identity_symmetry(shape);
  flip.transpose = true;
  Tokens turned(question.begin(), question.end());
  flip.apply(turned);
  const Canonicalizer transposed(shape, turned);
  Branch other = transposed.root();
  if (root.trace < other.trace) return upright.least_leaf(std::move(root));
  if (root.trace > other.trace) return transposed.least_leaf(std::move(other));
  return std::min(upright.least_leaf(std::move(root)), transposed.least_leaf(std::move(other)));
}

}  // namespace hrm::puzzles
