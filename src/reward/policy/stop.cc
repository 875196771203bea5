#include "policy/stop.h"

namespace hrm::policy {

bool cut_at_stop(Choice& choice, const std::vector<std::string>& stop) {
  size_t best = std::string::npos;
  const std::string* found = nullptr;
  for (const std::string& candidate : stop) {
    const size_t at = candidate.empty() ? std::string::npos : choice.text.find(candidate);
    if (at == std::string::npos || at > best || (at == best && found && candidate.size() <= found->size())) continue;
    best = at;
    found = &candidate;
  }
  if (!found) return false;
  choice.stop = *found;
  choice.text.resize(best);
  choice.finish = Finish::kStop;
  return true;
}

}  // namespace hrm::policy
