// What tests of policies look for in a reply. Test code only.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "policy/policy.h"

namespace hrm::policy {

// Of the choices, or the fault's message alone.
inline std::vector<std::string> texts(const Reply& reply) {
  std::vector<std::string> all;
  if (const auto* fault = std::get_if<PolicyFault>(&reply)) return {fault->message};
  for (const Choice& choice : std::get<Response>(reply).choices) all.push_back(choice.text);
  return all;
}

// The fault; a failure of the test where there is none.
inline PolicyFault fault_of(const Reply& reply) {
  if (const auto* fault = std::get_if<PolicyFault>(&reply)) return *fault;
  ADD_FAILURE() << "a reply: " << fmt::format("{}", fmt::join(texts(reply), " | "));
  return {};
}

}  // namespace hrm::policy
