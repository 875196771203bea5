#include "worlds/arithmetic.h"

#include <algorithm>
#include <unordered_set>

#include "base/error.h"
#include "base/rng.h"

namespace hrm::worlds {
namespace {

constexpr uint64_t kProblemStream = 0x61726974;  // of problems among all random streams
constexpr uint64_t kTestShare = 10;              // one in so many problems is test

// A random binary tree with so many operators, as text with the parentheses it needs.
class Drawer {
 public:
  Drawer(const ProblemSettings& settings, Rng& rng) : settings_(settings), rng_(rng) {}

  struct Drawn {
    std::string text;
    int64_t value = 0;
    int strength = 3;  // of its operator; 3: a number
  };

  // nullopt if an intermediate result leaves the bounds.
  std::optional<Drawn> draw(int64_t operations) {
    if (operations == 0) {
      const auto number = static_cast<int64_t>(rng_.below(static_cast<uint64_t>(settings_.largest))) + 1;
      return Drawn{fmt::format("{}", number), number};
    }
    const char op = settings_.operators[rng_.below(settings_.operators.size())];
    const auto on_the_left = static_cast<int64_t>(rng_.below(static_cast<uint64_t>(operations)));
    const auto left = draw(on_the_left);
    const auto right = left ? draw(operations - 1 - on_the_left) : std::nullopt;
    if (!right) return std::nullopt;
    const int strength = op == '*' ? 2 : 1;
    const int64_t value = Pair{0, left->value, right->value, op}.value();
    if (value < 0 || value > settings_.largest_result) return std::nullopt;
    return Drawn{wrapped(*left, left->strength < strength) + op + wrapped(*right, right->strength <= strength), value,
                 strength};
  }

 private:
  static std::string wrapped(const Drawn& drawn, bool needed) { return needed ? "(" + drawn.text + ")" : drawn.text; }

  const ProblemSettings& settings_;
  Rng& rng_;
};

}  // namespace

void ProblemSettings::validate() const {
  const auto range = [](std::string_view key, int64_t value, int64_t low, int64_t high) {
    if (value < low || value > high)
      throw bad_input("worlds.arithmetic", "{} = {}: expected {} to {}", key, value, low, high);
  };
  range("operations", operations, 1, 12);
  range("largest", largest, 2, 999);
  range("largest_result", largest_result, 1, 1'000'000);
  if (operators.empty() || operators.find_first_not_of("+-*") != std::string::npos)
    throw bad_input("worlds.arithmetic", "operators = '{}': expected one or more of + - *", operators);
}

EnumNames<Split> enum_names(Split) {
  static constexpr std::pair<Split, std::string_view> kNames[] = {{Split::kTrain, "train"}, {Split::kTest, "test"}};
  return kNames;
}

Split split_of(const Expression& question) {
  std::vector<uint64_t> parts;
  for (const auto& token : question.tokens()) {
    if (token.kind == '(' || token.kind == ')') continue;
    parts.push_back(token.kind == 'n' ? static_cast<uint64_t>(token.value) << 8 : static_cast<uint64_t>(token.kind));
  }
  std::ranges::sort(parts);
  uint64_t hash = kProblemStream;
  for (uint64_t part : parts) hash = splitmix64(hash ^ part);
  return hash % kTestShare == 0 ? Split::kTest : Split::kTrain;
}

std::vector<ArithmeticProblem> make_problems(const ProblemSettings& settings, Split split, uint64_t count,
                                             uint64_t seed) {
  settings.validate();
  constexpr uint64_t kPatience = 200'000;  // candidates in a row that bring nothing new
  std::vector<ArithmeticProblem> problems;
  std::unordered_set<std::string> seen;
  uint64_t fruitless = 0;
  for (uint64_t candidate = 0; problems.size() < count; ++candidate) {
    if (++fruitless > kPatience)
      throw bad_input("worlds.arithmetic",
                      "only {} different {} problems found with these settings, {} requested: allow more operations or "
                      "larger numbers",
                      problems.size(), name_of_enum(split), count);
    Rng rng(seed, {kProblemStream, candidate});
    const auto drawn = Drawer(settings, rng).draw(settings.operations);
    if (!drawn) continue;
    const auto question = Expression::parse(drawn->text);
    if (!question || split_of(*question) != split || !seen.insert(drawn->text).second) continue;
    problems.push_back({fmt::format("{}-{}-{}", name_of_enum(split), seed, problems.size()), drawn->text + "=?",
                        fmt::format("{}", drawn->value)});
    fruitless = 0;
  }
  return problems;
}

std::optional<Expression> find_question(std::string_view text, size_t* end) {
  for (size_t mark = text.rfind("=?"); mark != std::string_view::npos;
       mark = mark ? text.rfind("=?", mark - 1) : mark) {
    size_t begin = mark;
    while (begin > 0 && std::string_view("0123456789+-*()").find(text[begin - 1]) != std::string_view::npos) --begin;
    if (auto question = Expression::parse(text.substr(begin, mark - begin))) {
      if (end) *end = mark + 2;
      return question;
    }
    if (mark == 0) break;
  }
  return std::nullopt;
}

}  // namespace hrm::worlds
