#include "puzzles/table.h"

#include <charconv>
#include <cmath>
#include <map>

#include "base/error.h"
#include "base/utf8.h"
#include "puzzles/text_lines.h"

namespace hrm::puzzles {
namespace {

constexpr int64_t kMostCells = 1 << 20;
constexpr std::string_view kUnknown = "\xE2\x96\xA1";  // a white square: padding or an unknown token

// What tables and raw tokens share: no rules, no symmetries.
class PlainFamily : public Family {
 public:
  PlainFamily(int64_t length, int64_t vocab) : length_(length), vocab_(vocab) {}
  int64_t seq_len() const override { return length_; }
  int64_t vocab_size() const override { return vocab_; }
  bool has_rules() const override { return false; }

  RuleCheck check_question(std::span<const int32_t> question) const override { return in_vocabulary(question); }
  RuleCheck check_answer(std::span<const int32_t>, std::span<const int32_t> answer) const override {
    return in_vocabulary(answer);
  }
  std::unique_ptr<Augmenter> augmenter() const override { return nullptr; }

 protected:
  RuleCheck in_vocabulary(std::span<const int32_t> tokens) const {
    for (size_t i = 0; i < tokens.size(); ++i)
      if (tokens[i] < 0 || tokens[i] >= vocab_)
        return {false, fmt::format("cell {}: token {} is outside the vocabulary of {}", i + 1, tokens[i], vocab_)};
    return {true, ""};
  }
  const int64_t length_, vocab_;
};

class TableFamily : public PlainFamily {
 public:
  TableFamily(const TableShape& shape, const std::u32string& alphabet)
      : PlainFamily(shape.length, static_cast<int64_t>(alphabet.size()) + 1), shape_(shape), alphabet_(alphabet) {
    for (char32_t c : alphabet) token_.emplace(c, static_cast<int32_t>(token_.size()) + 1);
  }

  std::string name() const override { return "table"; }
  Json describe() const override {
    return {{"family", name()}, {"alphabet", shape_.alphabet}, {"length", shape_.length}, {"padded", shape_.padded}};
  }
  std::optional<int32_t> ignore_token() const override { return shape_.padded ? std::optional(0) : std::nullopt; }

  void read(std::string_view text, const TextPlace& place, const TextSinks& sinks) const override {
    for (LineSplitter lines(text, place.first_line); lines.next();) {
      if (lines.line().text.empty()) continue;
      try {
        sinks.puzzle({.line = lines.line().number, .question = row_of(lines.line(), place.source)});
      } catch (const Error& error) {
        if (!sinks.fault) throw;
        sinks.fault(error, lines.line().number);
      }
    }
  }

  std::string to_line(std::span<const int32_t> tokens) const override {
    while (!tokens.empty() && tokens.back() == 0) tokens = tokens.first(tokens.size() - 1);
    std::string line;
    for (int32_t token : tokens) append(line, token);
    return line;
  }

  std::string render(std::span<const int32_t> tokens, const RenderOptions& options) const override {
    std::string line = to_line(tokens) + "\n";
    if (options.previous.empty() || std::ranges::equal(options.previous, tokens)) return line;
    for (size_t i = 0; i < tokens.size(); ++i) line += options.previous[i] != tokens[i] ? '^' : ' ';
    line.erase(line.find_last_not_of(' ') + 1);
    return line + "\n";
  }

 private:
  Tokens row_of(const TextLine& line, std::string_view source) const {
    const auto size = static_cast<int64_t>(line.text.size());
    if (size > shape_.length || (size < shape_.length && !shape_.padded))
      throw bad_input("puzzles.table.parse", "{}: line {}: {} characters; expected {}{}", source, line.number, size,
                      shape_.padded ? "at most " : "", shape_.length);
    Tokens tokens;
    for (char32_t c : line.text) {
      const auto at = token_.find(c);
      if (at == token_.end())
        throw bad_input("puzzles.table.parse", "{}: line {}, character {}: {} is not in the alphabet '{}'", source,
                        line.number, tokens.size() + 1, printable_character(c), shape_.alphabet);
      tokens.push_back(at->second);
    }
    tokens.resize(shape_.length, 0);
    return tokens;
  }

  void append(std::string& line, int32_t token) const {
    if (token < 1 || token >= vocab_)
      line += kUnknown;
    else
      append_utf8(line, alphabet_[token - 1]);
  }

  const TableShape shape_;
  const std::u32string alphabet_;
  std::map<char32_t, int32_t> token_;
};

class RawFamily : public PlainFamily {
 public:
  using PlainFamily::PlainFamily;

  std::string name() const override { return "raw"; }
  Json describe() const override { return {{"family", name()}, {"length", length_}, {"vocabulary", vocab_}}; }

  void read(std::string_view text, const TextPlace& place, const TextSinks& sinks) const override {
    const auto refuse = [&](const Error& error, size_t line) {
      if (!sinks.fault) throw error;
      sinks.fault(error, line);
    };
    Tokens row;
    size_t begin = place.first_line;
    for (LineSplitter lines(text, place.first_line); lines.next();) {
      const size_t number = lines.line().number;
      std::string word;
      try {
        for (char32_t c : lines.line().text + U" ") {
          if (row.empty()) begin = number;
          if (c == U' ' || c == U'\t' || c == U',')
            take(word, row, number, place.source);
          else
            append_utf8(word, c);
          if (static_cast<int64_t>(row.size()) == length_)
            sinks.puzzle({.line = begin, .question = std::exchange(row, {})});
        }
      } catch (const Error& error) {
        row.clear();
        refuse(error, number);
      }
    }
    if (!row.empty())
      refuse(bad_input("puzzles.raw.parse", "{}: the last row has {} of {} numbers", place.source, row.size(), length_),
             begin);
  }

  std::string to_line(std::span<const int32_t> tokens) const override { return joined(tokens, " "); }

  std::string render(std::span<const int32_t> tokens, const RenderOptions& options) const override {
    const auto side = static_cast<int64_t>(std::lround(std::sqrt(static_cast<double>(length_))));
    const int64_t width = side * side == length_ ? side : length_;
    std::string text;
    for (int64_t i = 0; i < length_; ++i) {
      const bool changed = !options.previous.empty() && options.previous[i] != tokens[i];
      text += fmt::format("{}{:>{}}", changed ? '>' : ' ', tokens[i], std::to_string(vocab_ - 1).size());
      if ((i + 1) % width == 0) text += '\n';
    }
    return text;
  }

 private:
  static std::string joined(std::span<const int32_t> tokens, std::string_view separator) {
    return fmt::format("{}", fmt::join(tokens, separator));
  }

  void take(std::string& word, Tokens& row, size_t line, std::string_view source) const {
    if (word.empty()) return;
    int32_t token = -1;
    const auto [end, fault] = std::from_chars(word.data(), word.data() + word.size(), token);
    if (fault != std::errc() || end != word.data() + word.size() || token < 0 || token >= vocab_)
      throw bad_input("puzzles.raw.parse", "{}: line {}, number {}: '{}' is not a token from 0 to {}", source, line,
                      row.size() + 1, word.substr(0, 20), vocab_ - 1);
    row.push_back(token);
    word.clear();
  }
};

}  // namespace

std::unique_ptr<Family> make_table(const TableShape& shape, std::string_view source) {
  const std::u32string alphabet = to_code_points(shape.alphabet);
  if (alphabet.empty() || shape.length < 1 || shape.length > kMostCells)
    throw bad_input("puzzles.make_table",
                    "{}: {} characters in the alphabet, length {}; expected at least 1 and 1 to {}", source,
                    alphabet.size(), shape.length, kMostCells);
  for (size_t i = 0; i < alphabet.size(); ++i) {
    if (alphabet[i] == U'\n' || alphabet[i] == U'\r' || alphabet[i] == 0xFFFD)
      throw bad_input("puzzles.make_table", "{}: the alphabet may not hold {}", source,
                      printable_character(alphabet[i]));
    if (alphabet.find(alphabet[i], i + 1) != std::u32string::npos)
      throw bad_input("puzzles.make_table", "{}: {} occurs twice in the alphabet", source,
                      printable_character(alphabet[i]));
  }
  return std::make_unique<TableFamily>(shape, alphabet);
}

std::unique_ptr<Family> make_raw(int64_t length, int64_t vocab, std::string_view source) {
  if (length < 1 || length > kMostCells || vocab < 1 || vocab > INT32_MAX)
    throw bad_input("puzzles.make_raw", "{}: length {}, vocabulary {}; both must be at least 1, the length at most {}",
                    source, length, vocab, kMostCells);
  return std::make_unique<RawFamily>(length, vocab);
}

}  // namespace hrm::puzzles
