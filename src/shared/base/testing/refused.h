// Refusals in tests of every room: input that the user can correct gives exit code 2 and one line. Test code only.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/error.h"

namespace hrm {

// The message with which the call refuses its input; "accepted" if it does not.
template <typename Call>
std::string refusal(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 2) << error.what();
    EXPECT_EQ(std::string_view(error.what()).find('\n'), std::string_view::npos) << "one line: " << error.what();
    return error.what();
  }
  return "accepted";
}

// Expects that the call refuses its input, with a message that contains each of the parts.
template <typename Call>
void expect_refused(Call&& call, std::initializer_list<std::string_view> parts) {
  const std::string message = refusal(call);
  for (const std::string_view part : parts) EXPECT_NE(message.find(part), std::string::npos) << part << "\n" << message;
}

template <typename Call>
void expect_refused(Call&& call, std::string_view part) {
  expect_refused(call, {part});
}

}  // namespace hrm
