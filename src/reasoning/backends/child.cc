#include "backends/child.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <exception>
#include <string>

#include "base/error.h"
#include "base/files.h"

namespace hrm::backends {
namespace {

constexpr std::string_view kInChild = "backends.run_in_child";

// The value, or the fault: {"fault": 0 or 1, "where": ..., "message": ...}.
Json outcome(const std::function<Json()>& work) {
  try {
    return {{"value", work()}};
  } catch (const Error& error) {
    return {
        {"fault", error.fault() == Fault::kBadInput ? 0 : 1}, {"where", error.where()}, {"message", error.message()}};
  } catch (const std::exception& error) {
    return {{"fault", 1}, {"where", kInChild}, {"message", error.what()}};
  }
}

std::string read_all(int file) {
  std::string text;
  char buffer[4096];
  for (ssize_t n; (n = read(file, buffer, sizeof buffer)) != 0;) {
    if (n < 0 && errno != EINTR) break;
    if (n > 0) text.append(buffer, static_cast<size_t>(n));
  }
  return text;
}

// An Error that was thrown in the child, thrown again.
Error rethrown(const Json& json) {
  return Error(json["fault"] == 0 ? Fault::kBadInput : Fault::kFailure, json["where"].get<std::string>(),
               json["message"].get<std::string>());
}

}  // namespace

ChildResult run_in_child(const std::function<Json()>& work) {
  int ends[2];
  if (pipe(ends) != 0) throw failure(kInChild, "cannot create a pipe");
  const pid_t child = fork();
  if (child < 0) throw failure(kInChild, "cannot create a process");
  if (child == 0) {
    close(ends[0]);
    write_all(ends[1], outcome(work).dump(-1, ' ', false, Json::error_handler_t::replace));
    _exit(0);  // neither the parent's buffers nor its destructors are ours
  }
  close(ends[1]);
  const std::string text = read_all(ends[0]);
  close(ends[0]);
  int status = 0;
  rusage usage{};
  while (wait4(child, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status))
    throw failure(kInChild, "a measurement was killed by signal {}{}", WTERMSIG(status),
                  WTERMSIG(status) == SIGKILL ? ": out of memory? Try a smaller batch" : "");
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) throw failure(kInChild, "a measurement ended without a result");
  if (json.contains("fault")) throw rethrown(json);
  return {.value = json["value"], .peak_mib = static_cast<double>(usage.ru_maxrss) / 1024};
}

}  // namespace hrm::backends
