// The yardstick of hrm's request rate: one blocking socket per request under way, the same bytes over and over, replies
// only skipped. Prints JSON with requests_per_second.
//
//   load_generator PORT [--requests N] [--in-flight N] [--n N] [--prompt-bytes N]
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace {

int connect_to(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 ? fd : -1;
}

bool exchange(int fd, const std::string& request) {
  if (send(fd, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) return false;
  std::string reply;
  std::array<char, 65536> buffer;
  size_t wanted = 0;
  while (wanted == 0 || reply.size() < wanted) {
    const ssize_t n = recv(fd, buffer.data(), buffer.size(), 0);
    if (n <= 0) return false;
    reply.append(buffer.data(), static_cast<size_t>(n));
    const size_t head = wanted ? 0 : reply.find("\r\n\r\n");
    if (wanted || head == std::string::npos) continue;
    const size_t length = reply.find("Content-Length: ");
    if (length > head) return false;
    wanted = head + 4 + std::stoul(reply.substr(length + 16));
  }
  return reply.starts_with("HTTP/1.1 200");
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("the rate of requests that a server gives to a client that does no work");
  int port = 0, n = 5;
  int64_t requests = 2000;
  size_t in_flight = 16, prompt_bytes = 600;
  app.add_option("port", port)->required();
  app.add_option("--requests", requests);
  app.add_option("--in-flight", in_flight);
  app.add_option("--n", n);
  app.add_option("--prompt-bytes", prompt_bytes);
  CLI11_PARSE(app, argc, argv);

  const std::string body =
      fmt::format(R"({{"model":"default","prompt":"{}","max_tokens":256,"n":{},"temperature":0.7,"seed":1}})",
                  std::string(prompt_bytes, 'x'), n);
  const std::string request = fmt::format(
      "POST /v1/completions HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
      port, body.size(), body);
  std::atomic<int64_t> next = 0, failed = 0;
  const auto begin = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (size_t t = 0; t < in_flight; ++t)
    threads.emplace_back([&] {
      int fd = -1;
      while (next++ < requests) {
        if (fd < 0) fd = connect_to(port);
        if (fd >= 0 && exchange(fd, request)) continue;
        ++failed;
        if (fd >= 0) close(fd);
        fd = -1;
      }
      if (fd >= 0) close(fd);
    });
  for (std::thread& thread : threads) thread.join();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  fmt::print("{{\"requests\": {}, \"failed\": {}, \"seconds\": {:.4f}, \"requests_per_second\": {:.2f}}}\n", requests,
             failed.load(), seconds, static_cast<double>(requests) / seconds);
  return failed > 0;
}
