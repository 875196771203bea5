// What Debian's wasm32-wasi libraries lack and the session needs: threads, of which there is one; errors, which nothing
// in the module catches; memory that says that it has run out; the terminal; the few functions of utf8proc.
#include <utf8proc.h>

#include <cstdlib>
#include <functional>
#include <new>
#include <stdexcept>
#include <string>
#include <typeinfo>

#include "base/error.h"
#include "base/signals.h"
#include "base/terminal.h"
#include "base/threads.h"
#include "server/api_error.h"
#include "web/wasm/host.h"

#define HRM_IMPORT(name) __attribute__((import_module("host"), import_name(#name)))

extern "C" {
HRM_IMPORT(event) void host_event(const char* name, size_t name_size, const char* data, size_t data_size);
HRM_IMPORT(note) void host_note(const char* text, size_t size);
HRM_IMPORT(fail) void host_fail(const char* json, size_t size);
HRM_IMPORT(category) int host_category(char32_t value);
}

namespace hrm {

namespace web {

void tell(std::string_view event, std::string_view data) {
  host_event(event.data(), event.size(), data.data(), data.size());
}

void note(std::string_view line) { host_note(line.data(), line.size()); }

void fail(std::string_view message, const Session::Blame& about) {
  const auto text_or_null = [](const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); };
  const std::string json =
      printable({{"message", message}, {"field", text_or_null(about.field)}, {"hint", text_or_null(about.hint)}});
  host_fail(json.data(), json.size());
  std::abort();
}

namespace {

// Of a thrown object that is one of these: its message.
template <typename... Kinds>
std::string message_of(const void* thrown, const std::type_info& type) {
  std::string message = std::string("an error of type ") + type.name();
  const auto take = [&]<typename Kind>(const Kind* error) {
    if (type == typeid(Kind)) message = error->what();
  };
  (take(static_cast<const Kinds*>(thrown)), ...);
  return message;
}

[[noreturn]] void leave(const void* thrown, const std::type_info& type) {
  if (type == typeid(Error)) fail(static_cast<const Error*>(thrown)->message(), blame());
  if (type == typeid(server::ApiError)) {
    const auto& error = *static_cast<const server::ApiError*>(thrown);
    fail(error.what(), {error.field, error.hint});
  }
  using Json = nlohmann::json;
  fail(message_of<std::bad_alloc, std::length_error, std::out_of_range, std::invalid_argument, std::logic_error,
                  std::range_error, std::overflow_error, std::runtime_error, fmt::format_error, Json::parse_error,
                  Json::type_error, Json::out_of_range, Json::other_error, Json::invalid_iterator>(thrown, type),
       {});
}

// Without a message put together: that would need memory.
void* memory_or_failure(void* memory) {
  if (memory) return memory;
  static constexpr std::string_view kFault =
      "{\"message\": \"the model and the puzzle need more memory than a browser gives a page (4 GiB)\","
      " \"field\": null, \"hint\": \"use hrm solve or hrm serve\"}";
  host_fail(kFault.data(), kFault.size());
  std::abort();
}

}  // namespace
}  // namespace web

// One thread.
size_t default_threads() { return 1; }

void parallel_for(size_t n, size_t, const std::function<void(size_t)>& body) {
  for (size_t i = 0; i < n; ++i) body(i);
}

// The engine, asked for one thread, starts no more: bodies that wait for each other would never end.
void run_threads(size_t n, const std::function<void(size_t)>& body) {
  if (n > 1) throw failure("web.run_threads", "{} threads are asked for, there is one", n);
  if (n == 1) body(0);
}

// Nothing interrupts a segment: a host that wants no more does not ask for the next one.
bool interrupted() { return false; }

void write_message(std::string_view message) { web::note(message); }

}  // namespace hrm

// A throw hands its message to the host and ends the instance: there is no unwinder.
extern "C" {
void* __cxa_allocate_exception(size_t bytes) { return operator new(bytes); }
void __cxa_free_exception(void*) {}
[[noreturn]] void __cxa_throw(void* thrown, std::type_info* type, void (*)(void*)) { hrm::web::leave(thrown, *type); }

bool utf8proc_codepoint_valid(utf8proc_int32_t value) {
  return value >= 0 && value < 0x110000 && (value < 0xd800 || value > 0xdfff);
}

utf8proc_ssize_t utf8proc_encode_char(utf8proc_int32_t value, utf8proc_uint8_t* to) {
  const auto last = [&](int bits) { return static_cast<utf8proc_uint8_t>(0x80 | (value >> bits & 0x3f)); };
  const auto first = [&](int mark, int bits) { return static_cast<utf8proc_uint8_t>(mark | value >> bits); };
  if (value < 0x80) return *to = static_cast<utf8proc_uint8_t>(value), 1;
  if (value < 0x800) return to[0] = first(0xc0, 6), to[1] = last(0), 2;
  if (value < 0x10000) return to[0] = first(0xe0, 12), to[1] = last(6), to[2] = last(0), 3;
  return to[0] = first(0xf0, 18), to[1] = last(12), to[2] = last(6), to[3] = last(0), 4;
}

// Browsers know Unicode: its tables need not be in the module.
utf8proc_category_t utf8proc_category(utf8proc_int32_t value) {
  if (!utf8proc_codepoint_valid(value)) return UTF8PROC_CATEGORY_CN;
  return static_cast<utf8proc_category_t>(host_category(static_cast<char32_t>(value)));
}
}

void* operator new(size_t bytes) { return hrm::web::memory_or_failure(std::malloc(bytes > 0 ? bytes : 1)); }
void* operator new(size_t bytes, std::align_val_t alignment) {
  const auto unit = static_cast<size_t>(alignment);
  return hrm::web::memory_or_failure(std::aligned_alloc(unit, (bytes + unit - 1) / unit * unit));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
