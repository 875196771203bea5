// Tokens outside the regular vocabulary (<|im_end|>, <extra_0>): matched literally in a text before it is cut into
// pieces.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace hrm::text {

// As in tokenizer.json.
struct AddedToken {
  int32_t id = 0;
  std::string content;
  bool special = false;      // left out if a text is decoded without special tokens
  bool single_word = false;  // only if no letter, digit or underscore touches it
  bool lstrip = false;       // takes the white space before it
  bool rstrip = false;       // takes the white space after it
  bool normalized = false;   // looked for in the normalized text
};

// Finds the leftmost, of those the longest, then the next after it. White space that a token takes (rstrip) is searched
// for the next one all the same, and may be part of two spans, as in Hugging Face's tokenizers. Thread-safe once made.
class AddedTokenFinder {
 public:
  // Tokens of the same content: the last one counts; empty ones are never found.
  explicit AddedTokenFinder(std::vector<AddedToken> tokens);
  AddedTokenFinder(AddedTokenFinder&&) noexcept = default;  // no copies: the table refers to the tokens
  AddedTokenFinder& operator=(AddedTokenFinder&&) noexcept = default;

  struct Span {
    std::string_view text;
    const AddedToken* token;  // nullptr: text between tokens
  };
  bool empty() const { return by_content_.empty(); }
  // Appends the spans in order, none empty.
  void split(std::string_view text, std::vector<Span>& spans) const;

 private:
  const AddedToken* at_start(std::string_view text) const;

  std::vector<AddedToken> tokens_;
  std::unordered_map<std::string_view, const AddedToken*> by_content_;
  std::vector<size_t> lengths_;  // of contents, longest first
  std::vector<bool> starts_;     // by first byte
};

}  // namespace hrm::text
