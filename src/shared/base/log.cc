#include "base/log.h"

#include <atomic>
#include <utility>

#include "base/messages.h"
#include "base/terminal.h"

namespace hrm {
namespace {

std::atomic<Verbosity> level{Verbosity::kNormal};
thread_local const std::function<void(std::string_view)>* sink_of_thread = nullptr;

}  // namespace

void set_verbosity(Verbosity verbosity) { level = verbosity; }

namespace detail {

void log_line(Verbosity least, std::string_view prefix, std::string_view message) {
  if (level.load() < least) return;
  const std::string line = fmt::format("{}{}", prefix, message);
  if (sink_of_thread)
    (*sink_of_thread)(line);
  else
    write_message(line);
}

}  // namespace detail

MessageScope::MessageScope(std::function<void(std::string_view line)> sink)
    : sink_(std::move(sink)), outer_(sink_of_thread) {
  sink_of_thread = &sink_;
}
MessageScope::~MessageScope() { sink_of_thread = outer_; }

}  // namespace hrm
