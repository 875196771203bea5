// The module's functions. Bytes and texts are handed over in memory from allocate(), which the caller releases after
// the call. A throw ends the instance (runtime.cc), so no function reports errors and nothing is left half-done.
#include <cstdlib>
#include <new>
#include <optional>
#include <span>
#include <string>

#include "web/session.h"
#include "web/wasm/host.h"

#define HRM_EXPORT(name) extern "C" __attribute__((export_name(#name)))

namespace hrm::web {
namespace {

std::optional<Session> session;

}  // namespace

Session::Blame blame() { return session ? session->blame() : Session::Blame{"model", ""}; }

HRM_EXPORT(allocate) void* hrm_allocate(size_t bytes) { return operator new(bytes); }

HRM_EXPORT(release) void hrm_release(void* memory) { operator delete(memory); }

// Opens a model and tells "model": its entry as in GET /v1/models.
HRM_EXPORT(open) void hrm_open(const std::byte* bytes, size_t size, const char* id, size_t id_size) {
  session.emplace(std::span(bytes, size), std::string(id, id_size));
  tell("model", printable(session->describe()));
}

HRM_EXPORT(begin) void hrm_begin(const char* request, size_t size) { session->begin({request, size}); }

// Runs a segment; 0 at the end.
HRM_EXPORT(step) int hrm_step() {
  return session->step([](std::string_view event, const Json& data) { tell(event, printable(data)); });
}

}  // namespace hrm::web
