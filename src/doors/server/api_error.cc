#include "server/api_error.h"

#include "base/json.h"

namespace hrm::server {

std::string words_of(const Error& error) {
  std::string_view text = error.what();
  const size_t end = text.find("] ");
  if (text.starts_with('[') && end != std::string_view::npos) text.remove_prefix(end + 2);
  return std::string(text);
}

ApiError api_error(const Error& error, std::string field, std::string hint) {
  return ApiError(error.fault() == Fault::kBadInput ? 422 : 500, words_of(error), std::move(field), std::move(hint));
}

http::Response to_response(const ApiError& error) {
  const Json body = {{"error",
                      {{"message", error.what()},
                       {"field", error.field.empty() ? Json(nullptr) : Json(error.field)},
                       {"hint", error.hint.empty() ? Json(nullptr) : Json(error.hint)}}}};
  http::Response response{.status = error.status, .body = printable(body) + "\n"};
  if (error.retry_after > 0) response.headers.push_back({"Retry-After", std::to_string(error.retry_after)});
  if (error.status == 401) response.headers.push_back({"WWW-Authenticate", "Bearer"});
  return response;
}

}  // namespace hrm::server
