#include "grading/exact_library.h"

#include <dlfcn.h>

#include <atomic>
#include <initializer_list>
#include <optional>

namespace hrm::grading {
namespace {

// The files that were there when this was built come first (cmake/dependencies.cmake), then the names by release: FLINT
// 3 holds Arb, FLINT 2 stands beside it.
constexpr const char* kFlint[] = {HRM_FLINT_FILE,   "libflint.so.22", "libflint.so.21",
                                  "libflint.so.20", "libflint.so.19", "libflint.so.18",
                                  "libflint.so.17", "libflint.so",    "libflint.dylib"};
constexpr const char* kArb[] = {HRM_ARB_FILE, "libflint-arb.so.2", "libarb.so.2", "libarb.so", "libarb.dylib"};

struct Handles {
  void* flint = nullptr;
  void* arb = nullptr;  // flint itself where it holds Arb
};

void* find(const Handles& handles, const char* name) {
  void* symbol = dlsym(handles.flint, name);
  return symbol ? symbol : dlsym(handles.arb, name);
}

std::optional<ExactLibrary> resolve(const Handles& handles) {
  ExactLibrary library;
  bool complete = true;
#define HRM_RESOLVE(name, result, parameters)                                  \
  library.name = reinterpret_cast<result(*) parameters>(find(handles, #name)); \
  complete = complete && library.name != nullptr;
  HRM_EXACT_FUNCTIONS(HRM_RESOLVE)
#undef HRM_RESOLVE
  return complete ? std::optional(library) : std::nullopt;
}

void* open(const char* file) { return *file ? dlopen(file, RTLD_NOW | RTLD_LOCAL) : nullptr; }

std::optional<ExactLibrary> load() {
  for (const char* file : kFlint) {
    Handles handles{.flint = open(file)};
    if (!handles.flint) continue;
    handles.arb = handles.flint;
    if (auto library = resolve(handles)) return library;
    for (const char* arb : kArb) {
      handles.arb = open(arb);
      if (!handles.arb) continue;
      if (auto library = resolve(handles)) return library;
    }
  }
  return std::nullopt;
}

std::atomic<bool> is_loaded = false;

}  // namespace

bool exact_library_is_loaded() { return is_loaded; }

const ExactLibrary* exact_library() {
  static const std::optional<ExactLibrary> library = load();
  is_loaded = true;
  if (!library) return nullptr;
  // FLINT keeps caches per thread.
  struct Cleanup {
    ~Cleanup() { library->flint_cleanup(); }
  };
  thread_local const Cleanup cleanup;
  (void)&cleanup;
  return &*library;
}

}  // namespace hrm::grading
