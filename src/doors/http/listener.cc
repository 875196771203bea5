#include "http/listener.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "base/error.h"

namespace hrm::http {
namespace {

using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

Addresses look_up(const std::string& host, uint16_t port) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found);
  if (host.empty() || error != 0)
    throw bad_input("http.listen", "--host '{}' is not an address of this machine: {}; the usual one is 127.0.0.1",
                    host, host.empty() ? "it is empty" : gai_strerror(error));
  return {found, freeaddrinfo};
}

}  // namespace

bool is_loopback(const std::string& host) {
  const Addresses addresses = look_up(host, 0);
  for (const addrinfo* at = addresses.get(); at; at = at->ai_next) {
    if (at->ai_family == AF_INET) {
      const uint32_t ip = ntohl(reinterpret_cast<const sockaddr_in*>(at->ai_addr)->sin_addr.s_addr);
      if (ip >> 24 != 127) return false;
    } else if (at->ai_family != AF_INET6 ||
               !IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6*>(at->ai_addr)->sin6_addr)) {
      return false;
    }
  }
  return true;
}

Listener::Listener(const std::string& host, uint16_t port) {
  const Addresses addresses = look_up(host, port);
  int error = 0;
  for (const addrinfo* at = addresses.get(); at && fd_ < 0; at = at->ai_next) {
    const int fd = socket(at->ai_family, SOCK_STREAM, 0);
    if (fd < 0) {
      error = errno;
      continue;
    }
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    if (bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, 1024) == 0) {
      fd_ = fd;
    } else {
      error = errno;
      ::close(fd);
    }
  }
  if (fd_ < 0)
    throw bad_input("http.listen", "cannot listen on {} port {}: {}; --port 0 picks a free one", host, port,
                    std::strerror(error));
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  getsockname(fd_, reinterpret_cast<sockaddr*>(&bound), &size);
  port_ = ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&bound)->sin6_port
                                            : reinterpret_cast<sockaddr_in*>(&bound)->sin_port);
}

Listener::~Listener() { close(); }

void Listener::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

}  // namespace hrm::http
