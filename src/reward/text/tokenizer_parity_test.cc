// Qwen2's whole vocabulary against llama.cpp's test vectors for it. The vocabulary comes as ranks (one "base64 rank" a
// line): a token's merge joins the two parts that the merges before it leave of the token.
#include <gtest/gtest.h>

#include <sstream>
#include <unordered_map>

#include "base/files.h"
#include "base/testing/paths.h"
#include "formats/zst.h"
#include "text/byte_alphabet.h"
#include "text/tokenizer.h"

namespace hrm::backends {
namespace {

std::string from_base64(std::string_view text) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) break;
    bits = bits << 6 | static_cast<uint32_t>(digit);
    if ((count += 6) >= 8) bytes += static_cast<char>(bits >> (count -= 8) & 255);
  }
  return bytes;
}

using Ranks = std::unordered_map<std::string, size_t>;

std::pair<std::string, std::string> parts_of(const std::string& token, const Ranks& ranks) {
  const size_t own = ranks.at(token);
  std::vector<std::string> parts;
  for (const char c : token) parts.emplace_back(1, c);
  while (parts.size() > 2) {
    size_t best = own, at = parts.size();
    for (size_t i = 0; i + 1 < parts.size(); ++i)
      if (const auto found = ranks.find(parts[i] + parts[i + 1]); found != ranks.end() && found->second < best)
        best = found->second, at = i;
    if (at == parts.size()) break;
    parts[at] += parts[at + 1];
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(at) + 1);
  }
  EXPECT_EQ(parts.size(), 2u) << token;
  return {parts[0], parts[1]};
}

text::Tokenizer qwen2(const std::filesystem::path& path) {
  text::GgmlVocabulary vocabulary{.model = "gpt2", .pre = "qwen2"};
  std::vector<std::string> tokens;
  Ranks ranks;
  std::istringstream lines(read_maybe_zst(path));
  std::string code;
  for (size_t rank; lines >> code >> rank;) {
    tokens.push_back(from_base64(code));
    EXPECT_EQ(rank, ranks.size());
    ranks.emplace(tokens.back(), rank);
  }
  for (const std::string& token : tokens) {
    vocabulary.tokens.push_back(text::to_byte_alphabet(token));
    if (token.size() < 2) continue;
    const auto [left, right] = parts_of(token, ranks);
    vocabulary.merges.push_back(text::to_byte_alphabet(left) + " " + text::to_byte_alphabet(right));
  }
  return {text::spec_of(vocabulary, path.string()), path.string()};
}

TEST(TokenizerParity, Qwen2LikeLlamaCpp) {
  const auto folder = shared_folder() / "data/llm";
  HRM_SKIP_WITHOUT(folder / "qwen.tiktoken.zst");
  const text::Tokenizer tokenizer = qwen2(folder / "qwen.tiktoken.zst");
  const std::string texts = read_file(folder / "ggml-vocab-qwen2.gguf.inp");
  std::istringstream rows(read_file(folder / "ggml-vocab-qwen2.gguf.out"));
  constexpr std::string_view kBetween = "\n__ggml_vocab_test__\n";
  size_t cases = 0;
  for (size_t at = 0, end; at < texts.size(); at = end + kBetween.size()) {
    end = std::min(texts.find(kBetween, at), texts.size());
    const std::string given = texts.substr(at, end - at);
    std::string row;
    if (!std::getline(rows, row)) break;
    std::istringstream numbers(row);
    const std::vector<int32_t> expected(std::istream_iterator<int32_t>(numbers), {});
    EXPECT_EQ(tokenizer.encode(given), expected) << given;
    EXPECT_EQ(tokenizer.decode(expected), given);
    ++cases;
  }
  EXPECT_GE(cases, 40u);
}

}  // namespace
}  // namespace hrm::backends
