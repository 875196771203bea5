// Brackets, which may hold brackets and be intersected.
#include <algorithm>

#include "text/split_translator.h"

namespace hrm::text {

BracketSet Translator::bracket_set(const Options& options, int depth, bool in_negated) {
  if (depth > kDeepest) throw fault("brackets within brackets beyond 100");
  BracketSet first{.negated = next("^")};
  // Oniguruma takes the opposite of a set that is empty beyond ASCII for empty, too, in there.
  if (first.negated && in_negated) throw fault("'[^' within '[^'");
  if (!done() && in_[at_] == ']') throw fault("brackets that begin with ']'");
  BracketSet operand;
  const auto end_operand = [&] {
    if (operand.items.empty() && operand.others.empty()) throw fault("brackets without a member");
    if (first.items.empty() && first.others.empty()) {
      first.items = std::move(operand.items);
      first.others = std::move(operand.others);
    } else {
      first.with.push_back(std::move(operand));
    }
    operand = {};
  };
  for (bool begins = true; !next("]"); begins = false) {
    if (next("&&")) {
      end_operand();
      continue;
    }
    if (!begins && in_.substr(at_).starts_with("-") && !in_.substr(at_).starts_with("-]"))
      throw fault("a '-' between members of brackets");
    member(operand, options, {depth, first.negated, first.negated || in_negated});
  }
  end_operand();
  if (options.ignore_case && (!first.with.empty() || !first.others.empty()))
    throw fault("brackets within brackets where case is ignored");
  if (options.ignore_case) first = folded(std::move(first));
  return first;
}

void Translator::member(BracketSet& set, const Options& options, const Place& place) {
  if (next("[")) return nested(set, options, place);
  const size_t begin = at_;
  if (next("\\")) {
    const char c = take();
    if (const auto named = c == 'p' || c == 'P' ? property(c, true) : escaped_set(c, true)) {
      add(set, *named, options, place.negated);
      return check_no_range();
    }
    at_ = begin + 1;
    if (!next("b")) {
      if (c == 'R' || c == 'X' || c == 'N' || c == 'O') throw fault(fmt::format("\\{} in brackets", c));
      return range(set, escaped(), options);
    }
    return range(set, U'\b', options);
  }
  range(set, take_character(), options);
}

void Translator::nested(BracketSet& set, const Options& options, const Place& place) {
  if (next(":")) {
    const bool negated = next("^");
    const size_t end = in_.find(":]", at_);
    const auto named =
        end == std::string_view::npos ? std::nullopt : posix_set(in_.substr(at_, std::min<size_t>(end - at_, 40)));
    if (!named) throw fault("an unknown class in brackets");
    at_ = end + 2;
    add(set, {named->items, named->negated != negated}, options, false);
  } else {
    set.others.push_back(matcher_of(bracket_set(options, place.depth + 1, place.in_negated)));
  }
  check_no_range();
}

void Translator::check_no_range() const {
  if (in_.substr(at_).starts_with("-") && !in_.substr(at_).starts_with("-]"))
    throw fault("a range that begins with a class");
}

void Translator::add(BracketSet& set, const NamedSet& named, const Options& options, bool negated) {
  // Case folding adds members to a class, which only these have none of.
  if (options.ignore_case) {
    const bool plain = named.items.starts_with("\\p{N") || named.items.starts_with("\\p{P") ||
                       named.items.starts_with("\\p{S}") || named.items.starts_with("\\x{9}");
    if (!plain || named.negated || (named.items.find("\\p{", 1) != std::string::npos)) {
      if (!(negated && named.items == "\\p{L}" && !named.negated))
        throw fault("a class of letters in brackets where case is ignored");
      set.items += "\\x{345}";  // which folds to a letter
    }
  }
  if (!named.negated)
    set.items += named.items;
  else if (named.items.starts_with("\\p{") && named.items.find('}') + 1 == named.items.size())
    set.items += "\\P" + named.items.substr(2);
  else
    set.others.push_back(matcher_of(named));
}

void Translator::range(BracketSet& set, char32_t low, const Options& options) {
  char32_t high = low;
  const std::string_view ahead = in_.substr(at_);
  if (ahead.starts_with("-") && !ahead.starts_with("-]")) {
    ++at_;
    if (next("[")) throw fault("a range that ends with a class");
    if (next("\\")) {
      const char c = take();
      if (c == 'p' || c == 'P' || escaped_set(c, true) || c == 'R' || c == 'X' || c == 'N' || c == 'O' || c == 'b')
        throw fault("a range that ends with a class");
      --at_;
      high = escaped();
    } else {
      high = take_character();
    }
    if (high < low) throw fault("a range that goes down");
    if (in_.substr(at_).starts_with("-") && !in_.substr(at_).starts_with("-]"))
      throw fault("a '-' between members of brackets");
  }
  if (options.ignore_case) {
    check_uncased(low);
    if (high != low && high >= 0x80) throw fault("letters beyond ASCII where case is ignored");
  }
  set.items += escaped_character(low);
  if (high != low) set.items += "-" + escaped_character(high);
}

BracketSet Translator::folded(BracketSet set) {
  const std::string matcher = "(?i:" + matcher_of(NamedSet{set.items, set.negated}) + ")";
  return {.others = {matcher}};
}

}  // namespace hrm::text
