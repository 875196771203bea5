// The socket on which a server waits.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hrm::http {

// Can the address be reached from this machine alone? Names are looked up; every address they stand for must be one of
// 127.0.0.0/8 or ::1. Throws bad_input on a name that has no address.
bool is_loopback(const std::string& host);

class Listener {
 public:
  // port 0: any free one. Throws bad_input if the name has no address or the port is taken or not allowed.
  Listener(const std::string& host, uint16_t port);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  int fd() const { return fd_; }
  uint16_t port() const { return port_; }
  void close();

 private:
  int fd_ = -1;
  uint16_t port_ = 0;
};

}  // namespace hrm::http
