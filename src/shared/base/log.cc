#include "base/log.h"

#include <atomic>

#include "base/terminal.h"

namespace hrm {
namespace {

std::atomic<Verbosity> level{Verbosity::kNormal};

}  // namespace

void set_verbosity(Verbosity verbosity) { level = verbosity; }

namespace detail {

void log_line(Verbosity least, std::string_view prefix, std::string_view message) {
  if (level.load() >= least) write_message(fmt::format("{}{}", prefix, message));
}

}  // namespace detail
}  // namespace hrm
