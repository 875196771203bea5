#include "base/regex.h"

#include <pcre2.h>

namespace hrm {
namespace {

constexpr size_t kJitStackBytes = 1 << 20, kFirstJitStack = 32 << 10;
constexpr uint32_t kHeapKib = 64 << 10;

template <auto Free>
struct Freed {
  void operator()(auto* what) const { Free(what); }
};

std::string message_of(int error) {
  PCRE2_UCHAR text[256] = "";
  pcre2_get_error_message(error, text, sizeof text);
  return reinterpret_cast<const char*>(text);
}

PCRE2_SPTR bytes_of(std::string_view text) { return reinterpret_cast<PCRE2_SPTR>(text.data()); }

// What a thread needs to search with any expression.
struct Matcher {
  std::unique_ptr<pcre2_match_data, Freed<pcre2_match_data_free>> data{pcre2_match_data_create(1, nullptr)};
  std::unique_ptr<pcre2_match_context, Freed<pcre2_match_context_free>> context{pcre2_match_context_create(nullptr)};
  std::unique_ptr<pcre2_jit_stack, Freed<pcre2_jit_stack_free>> stack{
      pcre2_jit_stack_create(kFirstJitStack, kJitStackBytes, nullptr)};

  Matcher() {
    pcre2_set_heap_limit(context.get(), kHeapKib);
    if (stack) pcre2_jit_stack_assign(context.get(), nullptr, stack.get());
  }
};

}  // namespace

Regex::Regex(std::string_view expression, const RegexOptions& options) : options_(options) {
  const uint32_t flags = PCRE2_UTF | PCRE2_UCP | (options.multiline ? PCRE2_MULTILINE : 0) |
                         (options.any_bytes ? PCRE2_MATCH_INVALID_UTF : 0) |
                         (options.plain_search ? PCRE2_NO_START_OPTIMIZE | PCRE2_NEVER_BACKSLASH_C : 0);
  int error = 0;
  PCRE2_SIZE at = 0;
  pcre2_code* code = pcre2_compile(bytes_of(expression), expression.size(), flags, &error, &at, nullptr);
  if (!code) throw RegexFault(message_of(error), at);
  code_ = {code, [](void* p) { pcre2_code_free(static_cast<pcre2_code*>(p)); }};
  if (options.machine_code) pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);  // without it slower, and as right
}

RegexMatch Regex::run(std::string_view text, size_t from, uint32_t flags) const {
  thread_local const Matcher matcher;
  pcre2_set_match_limit(matcher.context.get(), options_.steps);
  const auto search = [&](uint32_t more) {
    return pcre2_match(static_cast<const pcre2_code*>(code_.get()), bytes_of(text), text.size(), from, flags | more,
                       matcher.data.get(), matcher.context.get());
  };
  int found = search(0);
  // Compiled code has its own stack of fixed size; the interpreter uses what the heap limit allows.
  if (found == PCRE2_ERROR_JIT_STACKLIMIT) found = search(PCRE2_NO_JIT);
  if (found == PCRE2_ERROR_NOMATCH) return {};
  if (found < 0) return {.fault = message_of(found)};
  const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(matcher.data.get());
  return {.begin = ends[0], .end = ends[1], .found = true, .fault = {}};
}

RegexMatch Regex::find(std::string_view text, size_t from) const {
  return run(text, from, options_.any_bytes ? 0 : PCRE2_NO_UTF_CHECK);
}

RegexMatch Regex::match(std::string_view text, bool whole) const {
  return run(text, 0, PCRE2_ANCHORED | (whole ? PCRE2_ENDANCHORED : 0));
}

}  // namespace hrm
