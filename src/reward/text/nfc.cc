#include "text/nfc.h"

#include <utf8proc.h>

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/utf8.h"

namespace hrm::text {
namespace {

constexpr size_t kLongestDecomposition = 18;  // of one character, by Unicode's stability policy for NFD and NFKD

int combining_class(utf8proc_int32_t c) { return utf8proc_get_property(c)->combining_class; }

// Canonical decomposition, marks in canonical order.
std::vector<utf8proc_int32_t> decompose(std::string_view text) {
  std::vector<utf8proc_int32_t> all;
  utf8proc_int32_t parts[kLongestDecomposition];
  int boundary = 0;
  for (size_t at = 0; at < text.size();) {
    const CodePoint c = decode_utf8(text.substr(at));
    at += c.size;
    const auto n =
        utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c.value), parts, kLongestDecomposition,
                                static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE), &boundary);
    if (n < 0 || n > static_cast<utf8proc_ssize_t>(kLongestDecomposition))
      throw failure("text.nfc", "U+{:04X} cannot be decomposed", static_cast<uint32_t>(c.value));
    all.insert(all.end(), parts, parts + n);
  }
  for (auto at = all.begin(); at != all.end();) {
    const auto marks = std::find_if(at, all.end(), [](auto c) { return combining_class(c) != 0; });
    at = std::find_if(marks, all.end(), [](auto c) { return combining_class(c) == 0; });
    std::stable_sort(marks, at, [](auto a, auto b) { return combining_class(a) < combining_class(b); });
  }
  return all;
}

}  // namespace

std::string to_nfc(std::string_view text) {
  if (std::ranges::all_of(text, [](char c) { return static_cast<signed char>(c) >= 0; })) return std::string(text);
  std::vector<utf8proc_int32_t> characters = decompose(text);
  const auto n = utf8proc_normalize_utf32(characters.data(), static_cast<utf8proc_ssize_t>(characters.size()),
                                          static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  if (n < 0) throw failure("text.nfc", "{}", utf8proc_errmsg(n));
  std::string composed;
  composed.reserve(text.size());
  for (utf8proc_ssize_t i = 0; i < n; ++i)
    append_utf8(composed, static_cast<char32_t>(characters[static_cast<size_t>(i)]));
  return composed;
}

}  // namespace hrm::text
