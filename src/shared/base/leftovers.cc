#include "base/leftovers.h"

#include <signal.h>

#include <cerrno>
#include <charconv>
#include <string>
#include <system_error>
#include <vector>

namespace hrm {
namespace {

namespace fs = std::filesystem;

bool is_dead_process(std::string_view digits) {
  pid_t id = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), id);
  return error == std::errc() && end == digits.data() + digits.size() && id > 0 && ::kill(id, 0) != 0 && errno == ESRCH;
}

}  // namespace

void remove_leftovers(const fs::path& folder, std::string_view prefix) {
  std::error_code error;
  std::vector<fs::path> dead;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with(prefix) && is_dead_process(std::string_view(name).substr(prefix.size())))
      dead.push_back(entry->path());
  }
  for (const fs::path& path : dead) fs::remove_all(path, error);
}

}  // namespace hrm
