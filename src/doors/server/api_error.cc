#include "server/api_error.h"

#include "base/json.h"

namespace hrm::server {

ApiError api_error(const Error& error, std::string field, std::string hint) {
  return ApiError(error.fault() == Fault::kBadInput ? 422 : 500, std::string(error.message()), std::move(field),
                  std::move(hint));
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
