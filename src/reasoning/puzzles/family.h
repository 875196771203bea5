// A family of puzzles: how its text becomes tokens and back, what its rules accept, which symmetries it has.
// Solver, evaluator, data tools and checkpoints handle Sudoku, mazes and tables through this interface alone.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "model/labels.h"

namespace hrm::puzzles {

using Tokens = std::vector<int32_t>;  // [S] token ids; 0 is padding in every family

struct RuleCheck {
  bool accepted = false;
  std::string reason;  // what is wrong, naming the cell; empty if accepted
};

// The origin of a text, for error messages, and the symbols of its cells.
struct TextPlace {
  std::string_view source;
  size_t first_line = 1;     // number of the text's first line in that source
  std::string_view symbols;  // Family::symbols_of() of the whole source; empty: the text itself tells

  TextPlace(std::string_view name, size_t line = 1, std::string_view cells = {})
      : source(name), first_line(line), symbols(cells) {}
  TextPlace(const char* name) : source(name) {}
  TextPlace(const std::string& name) : source(name) {}
};

struct ParsedPuzzle {
  size_t line = 0;  // where it begins
  Tokens question;  // [S]
  Tokens answer;    // [S] if the text has a solution beside the puzzle, else empty
};

struct TextSinks {
  std::function<void(ParsedPuzzle)> puzzle;
  std::function<void(const Error&, size_t line)> fault;  // empty: the first fault is thrown
  std::function<void(const std::string&)> note;          // receives notes for the user; may be empty
};

struct RenderOptions {
  std::span<const int32_t> question;  // empty, or the question whose givens are set apart
  std::span<const int32_t> previous;  // empty, or an earlier answer: cells that changed are marked
  bool color = false;                 // terminal escape codes; without them changes are marked by characters
};

class GuidedSearch;  // puzzles/guided_search.h
struct GuidedSearchOptions;

// The result of a family's own solver.
struct ReferenceAnswer {
  RuleCheck rules;      // accepted: there is an answer and, where the family promises it, only one
  Tokens answer;        // [S] where accepted (mazes: the path of the public data's convention), else empty
  int32_t rating = -1;  // Sudoku: backtracks of our solver; mazes: steps of the shortest path; -1 unknown
};

// Maps a question and its answer to an equivalent pair, chosen by a seed.
class Augmenter {
 public:
  virtual ~Augmenter() = default;
  // Same seed, same map. Seed 0 is the identity. Any number of threads.
  virtual void apply(uint64_t seed, std::span<int32_t> question, std::span<int32_t> answer) const = 0;
  // The inverse for one grid: restores what apply(seed) was given.
  virtual void undo(uint64_t seed, std::span<int32_t> grid) const = 0;
  // If there are few maps, their number n; seeds 0 to n-1 are then n different maps. 0: too many to enumerate.
  virtual uint64_t distinct_maps() const { return 0; }
};

class Family {
 public:
  virtual ~Family() = default;

  virtual std::string name() const = 0;  // "sudoku"
  virtual Json describe() const = 0;     // {"family": name(), "box_rows": 3, "box_columns": 3}: make_family's argument
  virtual int64_t seq_len() const = 0;
  virtual int64_t vocab_size() const = 0;
  // Labels with this token are not supervised (besides ignored ones); 0 for padding in tables, none elsewhere.
  virtual std::optional<int32_t> ignore_token() const { return std::nullopt; }

  // Reads every puzzle in a text: one per line, or one per block of lines (docs/formats/puzzle-text.md). A fault names
  // line and cell and what was expected; the line or block that contains it is skipped.
  virtual void read(std::string_view text, const TextPlace& place, const TextSinks& sinks) const = 0;
  std::vector<Tokens> parse(std::string_view text, const TextPlace& place) const;  // the questions; throws a fault
  // The symbols of all texts of one source together (is '0' a digit or a blank?), for TextPlace. The fields of one
  // table use the same symbols, but few of them show which. Empty: the usual ones. Throws bad_input if two readings
  // fit.
  virtual std::string symbols_of(std::span<const std::string_view>, std::string_view) const { return ""; }
  // Throws bad_input unless `symbols` names the cells of this family (--symbols).
  virtual void check_symbols(std::string_view symbols) const;
  // How puzzles are written, in a clause: the hint of an error about one.
  virtual std::string way_to_write() const { return "docs/formats/puzzle-text.md describes the forms"; }
  virtual std::string to_line(std::span<const int32_t> tokens) const = 0;  // the shortest form that parse() reads back
  virtual std::string render(std::span<const int32_t> tokens, const RenderOptions& options = {}) const = 0;

  // Is the question well-formed (no contradiction among its givens)? Names the first contradiction.
  virtual RuleCheck check_question(std::span<const int32_t> question) const = 0;
  // Do the rules accept the answer to this question? Needs no stored solution.
  virtual RuleCheck check_answer(std::span<const int32_t> question, std::span<const int32_t> answer) const = 0;
  // The same for labels of which only some cells are supervised; the others hold model::kIgnoreLabel and are not
  // judged.
  virtual RuleCheck check_labels(std::span<const int32_t> question, std::span<const int32_t> labels) const;
  // False if only a stored answer can tell right from wrong (tables); check_answer then checks only the form.
  virtual bool has_rules() const { return true; }
  // Answers consist of tokens from 2 on, which mean nothing by themselves: what symbol planes can give.
  virtual bool answers_are_symbols() const { return true; }
  // The answer by search, without any model; nullopt for families without rules.
  virtual std::optional<ReferenceAnswer> solve(std::span<const int32_t>) const { return std::nullopt; }
  // The same as a search that a model may steer, for families with rules; nullptr for others. By default solve()
  // itself, which needs no guide. REQUIRES: the family outlives the search.
  virtual std::unique_ptr<GuidedSearch> guided_search(std::span<const int32_t> question,
                                                      const GuidedSearchOptions& options) const;
  // What the rating of solve() counts; empty for families without rules.
  virtual std::string rating_name() const { return ""; }
  // A form that is equal for two questions exactly if a symmetry of the family maps one to the other; the question
  // itself if there are no symmetries. docs/formats/dataset.md, "Leakage"
  virtual Tokens canonical(std::span<const int32_t> question) const { return {question.begin(), question.end()}; }
  // Name of a metric beyond exact match ("valid_and_optimal" for mazes). Empty: the rules accept only the unique
  // solution, so exact match is enough.
  virtual std::string rule_metric() const { return ""; }

  // Users' arrays may hold digits with 0 for blanks instead of tokens. Returns what to add to make them tokens.
  virtual int32_t digits_to_tokens(std::span<const int32_t>) const { return 0; }
  // Side of the canvas where puzzles are ARC grids: each then has an identifier that names its task and the variant
  // (puzzles/arc_map.h), and answers to all variants are mapped back and counted as votes.
  virtual std::optional<int> arc_side() const { return std::nullopt; }
  // Do the authors' builders write augmented sets of this family as 64-bit integers? (numpy's default)
  virtual bool wide_variants() const { return false; }

  virtual std::unique_ptr<Augmenter> augmenter() const = 0;  // of training on the fly; nullptr if there is none
};

// From describe()'s object. Throws bad_input on an unknown family or impossible sizes.
std::unique_ptr<Family> make_family(const Json& description, std::string_view source);

// The family of a data set that carries no description, guessed from its sizes as the authors' tools use them:
// (16, 6), (36, 8), (81, 11), (256, 18) are Sudoku, vocabulary 6 with a square length is a maze, (900, 12) is ARC, else
// a raw table whose cells print as numbers.
std::unique_ptr<Family> guess_family(int64_t seq_len, int64_t vocab_size);

}  // namespace hrm::puzzles
