// The translator behind text/split_syntax.h: expressions in split_syntax.cc, brackets in split_brackets.cc.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "text/character_set.h"

namespace hrm::text {

class Translator {
 public:
  Translator(std::string_view in, std::string_view source) : in_(in), source_(source) {}
  std::string translate();

 private:
  static constexpr int kDeepest = 100;  // groups and brackets within each other

  struct Options {
    bool ignore_case = false, dot_all = false, extended = false;
  };

  Error fault(std::string_view what) const;
  bool done() const { return at_ == in_.size(); }
  bool next(std::string_view what);
  char take();
  char32_t take_character();

  // Up to the end of the group or of the expression. Options that are set within hold to its end.
  std::string alternatives(Options options, int depth);
  bool skips_blank();

  // One thing that a quantifier can stand behind, or an assertion. rest: it is all that is left of the group.
  std::string atom(Options& options, int depth, bool& rest);
  std::string literal(const Options& options);
  std::string character(char32_t c, const Options& options);

  // Oniguruma lets "ss" match the one character that upper case makes two of, and the like.
  void check_folding(char32_t c);
  void check_uncased(char32_t c) const;
  std::string escape(const Options& options);

  // \p{...}; without braces the letter stands for itself.
  std::optional<NamedSet> property(char letter, bool in_class);

  // What stands for one character after a backslash, the same in brackets and outside.
  char32_t escaped();
  char32_t ascii(char32_t c) const;
  char32_t number(size_t least, size_t most, std::string_view end);
  std::string group(Options& options, int depth, bool& rest);
  std::string closed(std::string_view open, const Options& options, int depth);
  std::string named(char end, const Options& options, int depth);

  // (?im-x: ...), or (?im-x), which holds for the rest of the group and makes a group of it.
  std::string optioned(const Options& options, int depth, bool& rest);
  static std::string printable_ascii(char c) { return c > ' ' && c < 0x7f ? std::string(1, c) : "..."; }
  struct Interval {
    std::string text;  // "{1,3}"
    bool exact = false;
  };
  // At '{': a quantifier, or nothing is taken.
  std::optional<Interval> interval();

  // Quantifiers after what has been read. Those behind an interval are of the whole: /a{2}+/ is /(?:a{2})+/.
  std::string repeated(std::string one, const Options& options);

  // Behind '['.
  BracketSet bracket_set(const Options& options, int depth, bool in_negated = false);

  struct Place {
    int depth;
    bool negated, in_negated;  // these brackets; these or some around them
  };
  void member(BracketSet& set, const Options& options, const Place& place);
  void nested(BracketSet& set, const Options& options, const Place& place);

  // What is not a single character does not begin a range.
  void check_no_range() const;
  void add(BracketSet& set, const NamedSet& named, const Options& options, bool negated);
  void range(BracketSet& set, char32_t low, const Options& options);
  static BracketSet folded(BracketSet set);

  std::string_view in_, source_;
  size_t at_ = 0;
  int in_lookaround_ = 0;
  bool assertion_ = false;  // what was read last matches no character
  bool empty_ = false;      // it may match none
  bool interval_ = false;   // the last quantifier was {n,m}
  char folded_ = 0;         // the letter before, where case is ignored
};

}  // namespace hrm::text
