#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "text/split.h"
#include "text/tokenizer_spec.h"

namespace hrm::text {
namespace {

constexpr std::string_view kInGgmlVocabulary = "text.ggml_vocabulary";

enum TokenType : int64_t { kNormal = 1, kUnknown = 2, kControl = 3, kUserDefined = 4 };

constexpr const char* kContractions = R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|)";
constexpr const char* kRest = R"(| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

// What a name of tokenizer.ggml.pre stands for.
struct Pre {
  std::vector<std::string_view> names;
  std::vector<std::string> splits;
  bool nfc = false;  // llama.cpp normalizes nothing; the tokenizer that the name means does
  bool ignore_merges = false;
  bool add_bos = false;
};

const std::vector<Pre>& known() {
  static const std::vector<Pre> all = {
      {{"gpt-2", "phi-2"}, {kGpt2Split}},
      {{"qwen2", "deepseek-r1-qwen"}, {kContractions + std::string(R"(\p{N})") + kRest}, true},
      {{"llama-bpe", "llama3", "llama-v3", "falcon3"},
       {kContractions + std::string(R"(\p{N}{1,3})") + kRest},
       false,
       true,
       true},
      {{"smollm", "starcoder", "refact", "command-r"}, {R"(\p{N})", kGpt2Split}},
      {{"default"}, {R"([\p{P}\$\+<=>\^~\|]+)", kGpt2Split, R"(\p{N}+)", "[0-9][0-9][0-9]"}},
  };
  return all;
}

const Pre& find_pre(std::string_view name, std::string_view source) {
  std::string names;
  for (const Pre& pre : known())
    for (const std::string_view known_name : pre.names) {
      if (known_name == name) return pre;
      names += (names.empty() ? "" : ", ") + std::string(known_name);
    }
  throw bad_input(kInGgmlVocabulary,
                  "{}: pre-tokenizer '{}' is not known, only {}; use the model's folder with its tokenizer.json",
                  source, name.substr(0, 60), names);
}

// A token that frames every text.
int32_t frame_token(const std::optional<int64_t>& id, std::string_view name, const GgmlVocabulary& vocabulary,
                    std::string_view source) {
  if (!id || *id < 0 || static_cast<uint64_t>(*id) >= vocabulary.tokens.size())
    throw bad_input(kInGgmlVocabulary, "{}: every text needs {}, but its id is missing or beyond {} tokens", source,
                    name, vocabulary.tokens.size());
  return static_cast<int32_t>(*id);
}

// SentencePiece joins the pair whose result has the highest score, the leftmost of equal ones: merges in that order.
std::vector<std::pair<std::string, std::string>> merges_by_score(const TokenizerSpec& spec,
                                                                 const GgmlVocabulary& vocabulary,
                                                                 std::string_view source) {
  constexpr size_t kLongest = 512;  // published ones have up to 48; every cut is tried
  std::vector<int32_t> order;
  for (const auto& [token, id] : spec.vocabulary)
    if (vocabulary.types.empty() || vocabulary.types[static_cast<size_t>(id)] == kNormal) order.push_back(id);
  std::ranges::sort(order, [&](int32_t a, int32_t b) {
    const double left = vocabulary.scores[static_cast<size_t>(a)], right = vocabulary.scores[static_cast<size_t>(b)];
    return left != right ? left > right : a < b;
  });
  std::vector<std::pair<std::string, std::string>> merges;
  for (const int32_t id : order) {
    const std::string& token = vocabulary.tokens[static_cast<size_t>(id)];
    if (token.size() > kLongest)
      throw bad_input(kInGgmlVocabulary, "{}: token {} has {} bytes, at most {} are supported", source, id,
                      token.size(), kLongest);
    for (size_t cut = 1; cut < token.size(); ++cut) {
      const std::string left = token.substr(0, cut), right = token.substr(cut);
      if (spec.vocabulary.contains(left) && spec.vocabulary.contains(right)) merges.emplace_back(left, right);
    }
  }
  return merges;
}

// What a vocabulary of model "llama" means beside its tokens.
void complete_characters(TokenizerSpec& spec, const GgmlVocabulary& vocabulary, std::string_view source) {
  if (vocabulary.scores.size() != vocabulary.tokens.size())
    throw bad_input(kInGgmlVocabulary, "{}: {} tokens but {} scores", source, vocabulary.tokens.size(),
                    vocabulary.scores.size());
  for (const double score : vocabulary.scores)
    if (std::isnan(score)) throw bad_input(kInGgmlVocabulary, "{}: the score of a token is NaN", source);
  spec.characters = spec.byte_fallback = spec.fuse_unknown = true;
  if (vocabulary.add_space_prefix.value_or(true)) {
    spec.prefix_space = PrefixSpace::kAlways;
    spec.dropped_space = DroppedSpace::kOne;
  }
  spec.merges = merges_by_score(spec, vocabulary, source);
}

}  // namespace

TokenizerSpec spec_of(const GgmlVocabulary& vocabulary, std::string_view source) {
  const bool characters = vocabulary.model == "llama";
  if (vocabulary.model != "gpt2" && !characters)
    throw bad_input(kInGgmlVocabulary,
                    "{}: vocabulary of model '{}' is not supported, only byte-level BPE ('gpt2') and SentencePiece's "
                    "('llama')",
                    source, vocabulary.model.substr(0, 60));
  if (!vocabulary.types.empty() && vocabulary.types.size() != vocabulary.tokens.size())
    throw bad_input(kInGgmlVocabulary, "{}: {} tokens but {} token types", source, vocabulary.tokens.size(),
                    vocabulary.types.size());
  if (vocabulary.tokens.size() > static_cast<size_t>(kMaxTokenId))
    throw bad_input(kInGgmlVocabulary, "{}: {} tokens, at most {} are supported", source, vocabulary.tokens.size(),
                    kMaxTokenId);
  static const Pre of_characters = {.names = {}, .splits = {}, .add_bos = true};
  const Pre& pre = characters ? of_characters : find_pre(vocabulary.pre.empty() ? "default" : vocabulary.pre, source);
  TokenizerSpec spec{.nfc = pre.nfc, .ignore_merges = pre.ignore_merges, .splits = pre.splits};
  for (size_t id = 0; id < vocabulary.tokens.size(); ++id) {
    const std::string& token = vocabulary.tokens[id];
    const int64_t type = vocabulary.types.empty() ? 1 : vocabulary.types[id];
    if (const auto [at, fresh] = spec.vocabulary.emplace(token, static_cast<int32_t>(id)); !fresh)
      throw bad_input(kInGgmlVocabulary, "{}: token '{}' has two ids, {} and {}", source, token.substr(0, 60),
                      at->second, id);
    if (type == kUnknown || type == kControl || type == kUserDefined)
      spec.added.push_back({.id = static_cast<int32_t>(id), .content = token, .special = type != kUserDefined});
    if (type == kUnknown && characters) spec.unknown = token;
  }
  if (characters) complete_characters(spec, vocabulary, source);
  for (const std::string& merge : vocabulary.merges) {
    const size_t blank = merge.find(' ', 1);
    if (blank == std::string::npos || blank + 1 == merge.size())
      throw bad_input(kInGgmlVocabulary, "{}: merge {} is not a pair of tokens", source, spec.merges.size());
    spec.merges.emplace_back(merge.substr(0, blank), merge.substr(blank + 1));
  }
  if (vocabulary.add_bos.value_or(pre.add_bos))
    spec.prefix.push_back(frame_token(vocabulary.bos, "the beginning-of-text token", vocabulary, source));
  if (vocabulary.add_eos.value_or(false))
    spec.suffix.push_back(frame_token(vocabulary.eos, "the end-of-text token", vocabulary, source));
  return spec;
}

}  // namespace hrm::text
