// Cuts text into the pieces that are tokenized one by one, by regular expressions as the tokenizers of language models
// have them: Oniguruma's syntax, translated for PCRE2 (text/split_syntax.h).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace hrm::text {

// GPT-2's, which the pre-tokenizer ByteLevel uses unless it is set to leave out its own.
inline constexpr const char* kGpt2Split =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

// Words of a SentencePiece-like tokenizer, each with the blank before it (Metaspace with split).
inline constexpr const char* kWordSplit = " [^ ]*";

// Thread-safe once made.
class Splitter {
 public:
  // expressions are applied one after another, each to the pieces of the one before: its matches and what lies between
  // them are the new pieces. Throws bad_input naming source, expression and fault.
  Splitter(const std::vector<std::string>& expressions, std::string_view source);
  ~Splitter();
  Splitter(Splitter&&) noexcept;
  Splitter& operator=(Splitter&&) noexcept;

  // The pieces in order; joined they are the text. Throws failure if an expression needs more than a bounded number of
  // steps. REQUIRES: valid UTF-8.
  std::vector<std::string_view> split(std::string_view text) const;

 private:
  class Expression;
  std::vector<std::unique_ptr<const Expression>> expressions_;
};

}  // namespace hrm::text
