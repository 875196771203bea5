// HTTP and HTTPS POST requests to one server, for policy/http.h.
//
// Connections are kept alive and shared among the callers, one request at a time on each. Limits hold against any
// server: `total` ends a request that comes byte by byte, `max_reply_bytes` one that does not end, `max_head_bytes` one
// whose headers do not. interrupted() ends all that are under way within a tenth of a second.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "policy/policy.h"

namespace hrm::policy {

struct TransportOptions {
  std::string url;  // http(s)://host[:port][/path]
  double connect_seconds = 10;
  double read_seconds = 300;  // without a byte
  double total_seconds = 600;
  size_t max_reply_bytes = size_t{64} << 20;
  size_t max_head_bytes = size_t{1} << 20;  // and at most max_reply_bytes; looked at every 20 ms
  bool verify_certificate = true;
  std::string ca_file;  // trusted certificates in PEM, in place of the system's
};

struct HttpReply {
  int status = 0;
  std::string body, retry_after, location;
};

class Transport {
 public:
  // Throws bad_input for a malformed address or a missing file, and in a build without HTTP.
  explicit Transport(TransportOptions options);
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  // Blocks until there is a reply of any status, or a fault (temporary, but for a certificate that does not hold). path
  // is absolute; the path of the address is not put before it. Any number of threads at once.
  using Headers = std::vector<std::pair<std::string, std::string>>;
  std::variant<HttpReply, PolicyFault> post(const std::string& path, const Headers& headers, const std::string& body);

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

struct Address {
  std::string origin;  // scheme://host[:port]
  std::string path;    // "" or "/v1", without a slash at the end
  bool secure = false, loopback = false;
};

// Throws bad_input for text that is not an http(s) address, and for one with a user name, query or fragment.
Address parse_address(const std::string& url);

}  // namespace hrm::policy
