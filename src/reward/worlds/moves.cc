#include "worlds/moves.h"

#include <algorithm>
#include <cstdlib>

#include "base/error.h"

namespace hrm::worlds {
namespace {

using Token = Expression::Token;

constexpr double kLargestSlip = 0.9;

// How slips divide among their kinds, before those that a state does not allow are left out.
constexpr double kCarryShare = 0.4, kNegatedShare = 0.1, kSignShare = 0.1, kPrecedenceShare = 0.15, kCopyShare = 0.15,
                 kDroppedShare = 0.1;

bool one_digit(int64_t number) { return std::llabs(number) < 10; }

Expression reduced(const Expression& state, const Pair& pair, int64_t result) {
  return state.with_pair_replaced(pair.at, result).value_or(state);
}

// Where the pair's result stands in the tokens of what remains: parentheses that held only the pair are gone.
int32_t place_of_result(const Expression& state, const Pair& pair) {
  const auto& tokens = state.tokens();
  int32_t first = pair.at, last = pair.at + 2;
  while (first > 0 && tokens[first - 1].kind == '(' && tokens[last + 1].kind == ')') --first, ++last;
  return first;
}

int32_t last_additive(const std::vector<Token>& tokens) {
  for (auto i = static_cast<int32_t>(tokens.size()) - 1; i >= 0; --i)
    if (tokens[i].kind == '+' || tokens[i].kind == '-') return i;
  return -1;
}

int32_t last_other_number(const std::vector<Token>& tokens, int32_t than) {
  for (auto i = static_cast<int32_t>(tokens.size()) - 1; i >= 0; --i)
    if (tokens[i].kind == 'n' && i != than) return i;
  return -1;
}

bool ends_with_operand(const std::vector<Token>& tokens) {
  return tokens.size() >= 3 && tokens.back().kind == 'n' && tokens[tokens.size() - 2].kind != '(';
}

// The slips of a step that means to reduce `pair`, their probabilities summing to `total`.
std::vector<Move> slips_of(const Expression& state, const Pair& pair, const std::vector<Pair>& pairs, double total) {
  std::vector<Move> moves;
  const auto add = [&](MoveKind kind, const Pair& reduces, int64_t delta, double share) {
    moves.push_back({share, kind, reduces, delta});
  };
  const int64_t result = pair.value();
  const bool two_digits = !one_digit(result);
  for (int64_t delta : {1, -1}) {
    add(MoveKind::kCarry, pair, delta, kCarryShare / (two_digits ? 4 : 2));
    if (two_digits) add(MoveKind::kCarry, pair, 10 * delta, kCarryShare / 4);
  }
  if (pair.op == '-' && result != 0) add(MoveKind::kNegated, pair, 0, kNegatedShare);

  const Expression rest = reduced(state, pair, result);
  const auto& tokens = rest.tokens();
  if (last_additive(tokens) >= 0) add(MoveKind::kSign, pair, 0, kSignShare);
  const auto illegal = std::ranges::count(pairs, false, &Pair::legal);
  for (const Pair& other : pairs)
    if (!other.legal) add(MoveKind::kPrecedence, other, 0, kPrecedenceShare / static_cast<double>(illegal));
  if (last_other_number(tokens, place_of_result(state, pair)) >= 0)
    for (int64_t delta : {1, -1}) add(MoveKind::kCopy, pair, delta, kCopyShare / 2);
  if (ends_with_operand(tokens)) add(MoveKind::kDropped, pair, 0, kDroppedShare);

  double sum = 0;
  for (const Move& move : moves) sum += move.probability;
  for (Move& move : moves) move.probability *= total / sum;
  return moves;
}

// What remains after a slip of copying; nullopt if it leaves the bounds.
std::optional<Expression> miscopied(const Expression& state, const Move& move) {
  const Expression rest = reduced(state, move.pair, move.pair.value());
  std::vector<Token> tokens = rest.tokens();
  if (move.kind == MoveKind::kSign) {
    Token& sign = tokens[last_additive(tokens)];
    sign.kind = sign.kind == '+' ? '-' : '+';
  } else if (move.kind == MoveKind::kCopy) {
    tokens[last_other_number(tokens, place_of_result(state, move.pair))].value += move.delta;
  } else {
    tokens.resize(tokens.size() - 2);
  }
  return Expression::from_tokens(std::move(tokens));
}

struct Reduction {
  int64_t result;
  Expression rest;
};

// The move's claim and what remains; nullopt if it leaves the bounds, which an honest one never does.
std::optional<Reduction> reduce(const Expression& state, const Move& move) {
  int64_t result = move.pair.value();
  if (move.kind == MoveKind::kSign || move.kind == MoveKind::kCopy || move.kind == MoveKind::kDropped) {
    auto rest = miscopied(state, move);
    if (!rest) return std::nullopt;
    return Reduction{result, std::move(*rest)};
  }
  if (move.kind == MoveKind::kCarry) result += move.delta;
  if (move.kind == MoveKind::kNegated) result = -result;
  auto rest = state.with_pair_replaced(move.pair.at, result);
  if (!rest) return std::nullopt;
  return Reduction{result, std::move(*rest)};
}

const Pair& leftmost_legal(const std::vector<Pair>& pairs) { return *std::ranges::find(pairs, true, &Pair::legal); }

struct Made {
  Pair pair;
  Reduction reduction;
};

Made make(const Expression& state, const Move& move) {
  if (auto reduction = reduce(state, move)) return {move.pair, std::move(*reduction)};
  Move honest = move;
  honest.kind = MoveKind::kHonest;
  if (!move.pair.legal) honest.pair = leftmost_legal(state.pairs());
  return {honest.pair, reduce(state, honest).value()};
}

}  // namespace

void SlipSettings::validate() const {
  const auto range = [](std::string_view key, double value, double high) {
    if (!(value >= 0 && value <= high)) throw bad_input("worlds.slip", "{} = {}: expected 0 to {}", key, value, high);
  };
  range("slip", slip, 0.45);
  range("repair", repair, 1);
  range("wander", wander, 1);
}

std::string SlipSettings::text() const { return fmt::format("slip={},repair={},wander={}", slip, repair, wander); }

SlipSettings parse_slip_settings(std::string_view text) {
  SlipSettings settings;
  assign_fields(settings, text);
  settings.validate();
  return settings;
}

std::string_view name_of(MoveKind kind) {
  constexpr std::string_view kNames[] = {"honest", "carry", "negated", "sign", "precedence", "copy", "dropped"};
  return kNames[static_cast<size_t>(kind)];
}

double hardness(const Pair& pair) {
  const bool left = one_digit(pair.left), right = one_digit(pair.right);
  const double plain = pair.op == '*' ? (left || right ? 1 : 2) : (left && right ? 0.5 : 1);
  return pair.left < 0 || pair.right < 0 ? 1.5 * plain : plain;
}

std::vector<Move> moves_from(const Expression& state, const SlipSettings& settings) {
  const std::vector<Pair> pairs = state.pairs();
  const auto legal = static_cast<double>(std::ranges::count(pairs, true, &Pair::legal));
  const Pair& leftmost = leftmost_legal(pairs);
  std::vector<Move> moves;
  moves.reserve(32);
  for (const Pair& pair : pairs) {
    if (!pair.legal) continue;
    const double chosen = settings.wander / legal + (pair.at == leftmost.at ? 1 - settings.wander : 0);
    if (chosen <= 0) continue;
    const double slip = std::min(kLargestSlip, settings.slip * hardness(pair));
    moves.push_back({chosen * (1 - slip), MoveKind::kHonest, pair, 0});
    if (slip > 0)
      for (Move& move : slips_of(state, pair, pairs, chosen * slip)) moves.push_back(std::move(move));
  }
  return moves;
}

Written write_move(const Expression& state, const Move& move) {
  Made made = make(state, move);
  std::string line = made.pair.right < 0 ? fmt::format("{}{}({})", made.pair.left, made.pair.op, made.pair.right)
                                         : fmt::format("{}{}{}", made.pair.left, made.pair.op, made.pair.right);
  line += fmt::format("={};{}", made.reduction.result, made.reduction.rest.text());
  return {std::move(line), std::move(made.reduction.rest)};
}

Expression next_state(const Expression& state, const Move& move) { return make(state, move).reduction.rest; }

double answer_slip(const SlipSettings& settings) { return 0.25 * settings.slip; }

}  // namespace hrm::worlds
