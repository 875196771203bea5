// Stop strings, for policies whose text may still hold them.
#pragma once

#include <string>
#include <vector>

#include "policy/policy.h"

namespace hrm::policy {

// Cuts the text before the earliest of the stop strings that it holds (of two at one place the longer) and says so in
// `finish` and `stop`; log-probabilities and tokens are left to the caller. False, and nothing changed, if there is
// none. Empty stop strings are ignored.
bool cut_at_stop(Choice& choice, const std::vector<std::string>& stop);

}  // namespace hrm::policy
