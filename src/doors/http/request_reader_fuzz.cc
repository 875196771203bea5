// Any bytes from a client: requests or one fault, the same ones however the bytes are cut.
#include <cstdlib>

#include "http/message.h"

using hrm::http::Request;
using hrm::http::RequestReader;

namespace {

constexpr hrm::http::ReadLimits kLimits{.head_bytes = 512, .headers = 8, .body_bytes = 256};

struct Found {
  std::vector<Request> requests;
  int fault = 0;
};

Found read(std::string_view bytes, size_t piece) {
  RequestReader reader(kLimits);
  Found found;
  for (size_t at = 0; at < bytes.size(); at += piece) {
    reader.add(bytes.substr(at, piece));
    while (auto request = reader.take()) found.requests.push_back(std::move(*request));
    reader.take_continue();
  }
  if (reader.fault()) found.fault = reader.fault()->status;
  return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Found whole = read(bytes, size + 1), single = read(bytes, 1);
  if (whole.requests.size() != single.requests.size()) std::abort();
  if ((whole.fault == 0) != (single.fault == 0)) std::abort();
  for (size_t i = 0; i < whole.requests.size(); ++i) {
    const Request &a = whole.requests[i], &b = single.requests[i];
    if (a.path != b.path || a.body != b.body || a.headers.size() != b.headers.size()) std::abort();
    if (a.body.size() > kLimits.body_bytes || !a.path.starts_with('/')) std::abort();
  }
  return 0;
}
