// What a request is refused with: {"error": {"message", "field", "hint"}}, in the words of the command line.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "base/error.h"
#include "http/message.h"

namespace hrm::server {

class ApiError : public std::runtime_error {
 public:
  // field: "puzzles[2]", "" where none is to blame. hint: a way out; may be empty.
  ApiError(int http_status, const std::string& message, std::string field_name = {}, std::string way_out = {})
      : std::runtime_error(message), status(http_status), field(std::move(field_name)), hint(std::move(way_out)) {}

  int status;
  std::string field, hint;
  int retry_after = 0;  // seconds; 0: no such header
};

// Bad input becomes 422, a failure 500.
ApiError api_error(const Error& error, std::string field, std::string hint = {});

http::Response to_response(const ApiError& error);

}  // namespace hrm::server
