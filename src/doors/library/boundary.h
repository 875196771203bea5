// The border of the C interface: exceptions become a status and a text, messages are kept for hrm_take_messages(), and
// arguments are checked.
#pragma once

#include <hrm/hrm.h>

#include <atomic>
#include <cstring>
#include <functional>
#include <string_view>

#include "base/error.h"

struct hrm_stop {
  std::atomic<bool> set{false};
};

namespace hrm::library {

// Thrown to end a call with HRM_STOPPED.
struct Stopped {};

// Runs the body of a function of the interface. Sets *error, unless it is null, as hrm.h says.
hrm_status guarded(char** error, const std::function<void()>& body) noexcept;

// A copy for hrm_free(). Throws std::bad_alloc.
char* copied(std::string_view text);

// Throws bad_input unless there is one. name: of the parameter.
template <typename T>
T& required(T* argument, std::string_view name) {
  if (!argument) throw bad_input("library", "{} is NULL", name);
  return *argument;
}

inline std::string_view text_or(const char* text, std::string_view otherwise = {}) { return text ? text : otherwise; }

// Options of a caller who may give none. Throws bad_input where they do not have the size that this library knows.
template <typename T>
T options_or(const T* given, const T& defaults, std::string_view name) {
  if (!given) return defaults;
  if (given->size != sizeof(T))
    throw bad_input("library",
                    "{}: size {}, expected {}: initialize it with its macro, and use the hrm.h of this library", name,
                    given->size, sizeof(T));
  return *given;
}

inline bool is_set(const hrm_stop* stop) { return stop && stop->set; }

}  // namespace hrm::library
