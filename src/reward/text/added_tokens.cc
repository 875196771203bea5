#include "text/added_tokens.h"

#include <utf8proc.h>

#include <algorithm>
#include <set>

#include "base/utf8.h"

namespace hrm::text {
namespace {

// \w of Unicode's regular expressions.
bool is_word(char32_t c) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_PC:
      return true;
    default:
      return c == 0x200c || c == 0x200d;  // joiners
  }
}

bool alone(std::string_view before, std::string_view behind) {
  return (before.empty() || !is_word(decode_last_utf8(before).value)) &&
         (behind.empty() || !is_word(decode_utf8(behind).value));
}

}  // namespace

AddedTokenFinder::AddedTokenFinder(std::vector<AddedToken> tokens) : tokens_(std::move(tokens)), starts_(256, false) {
  std::set<size_t, std::greater<>> lengths;
  for (const AddedToken& token : tokens_) {
    if (token.content.empty()) continue;
    by_content_[token.content] = &token;
    lengths.insert(token.content.size());
    starts_[static_cast<unsigned char>(token.content[0])] = true;
  }
  lengths_.assign(lengths.begin(), lengths.end());
}

const AddedToken* AddedTokenFinder::at_start(std::string_view text) const {
  if (!starts_[static_cast<unsigned char>(text[0])]) return nullptr;
  for (const size_t length : lengths_)
    if (length <= text.size())
      if (const auto found = by_content_.find(text.substr(0, length)); found != by_content_.end()) return found->second;
  return nullptr;
}

void AddedTokenFinder::split(std::string_view text, std::vector<Span>& spans) const {
  size_t done = 0;
  for (size_t at = 0; at < text.size();) {
    const AddedToken* token = at_start(text.substr(at));
    if (!token) {
      ++at;
      continue;
    }
    size_t begin = at, end = at + token->content.size();
    at = end;
    if (token->single_word && !alone(text.substr(0, begin), text.substr(end))) continue;
    if (token->lstrip) begin = std::max(done, strip_right(text.substr(0, begin)).size());
    if (token->rstrip) end = text.size() - strip_left(text.substr(end)).size();
    if (begin > done) spans.push_back({text.substr(done, begin - done), nullptr});
    if (end > begin) spans.push_back({text.substr(begin, end - begin), token});
    done = end;
  }
  if (done < text.size()) spans.push_back({text.substr(done), nullptr});
}

}  // namespace hrm::text
