// The module's two sides: what it asks of the program around it (page/instance.js), and how an error leaves it.
#pragma once

#include <string_view>

#include "web/session.h"

namespace hrm::web {

// An event of a session; data is JSON.
void tell(std::string_view event, std::string_view data);
// A line for the console.
void note(std::string_view line);
// Hands {"message", "field", "hint"} to the host, which throws it to its caller and drops the instance.
[[noreturn]] void fail(std::string_view message, const Session::Blame& blame);

// What the error that is being thrown is about.
Session::Blame blame();

}  // namespace hrm::web
