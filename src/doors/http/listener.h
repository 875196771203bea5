// The socket on which a server listens.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hrm::http {

// Whether only this machine can reach the address. Names are looked up; every address of a name must be in 127.0.0.0/8
// or be ::1. Throws bad_input for a name without an address.
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
