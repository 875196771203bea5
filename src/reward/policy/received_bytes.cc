#include "policy/received_bytes.h"

#include <linux/tcp.h>  // not <netinet/tcp.h>, whose structure ends before the count
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace hrm::policy {

uint64_t read_bytes(int socket) {
  tcp_info info = {};
  socklen_t size = sizeof info;
  int unread = 0;
  if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 || ioctl(socket, FIONREAD, &unread) != 0) return 0;
  const auto waiting = static_cast<uint64_t>(unread);
  return info.tcpi_bytes_received > waiting ? info.tcpi_bytes_received - waiting : 0;
}

}  // namespace hrm::policy
