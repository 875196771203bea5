// An HTTP/1.1 server for many connections: one thread waits on all sockets (poll), and whoever answers a request does
// so from any thread. A slow or silent client costs memory for its bytes and nothing else.
//
// Why not a library: Debian has cpp-httplib as a shared library alone, which the program in one file cannot link, and
// it gives each connection a thread for as long as the client keeps it open.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "http/listener.h"
#include "http/message.h"

namespace hrm::http {

struct ServerOptions {
  std::string host = "127.0.0.1";
  uint16_t port = 8080;
  ReadLimits read;
  size_t connections = 1024;  // beyond it a new client gets 503, after the connection that has been idle longest
  std::chrono::milliseconds idle{60'000};     // a kept connection without a request
  std::chrono::milliseconds head{15'000};     // from a request's first byte to the end of its headers
  std::chrono::milliseconds whole{60'000};    // ... to the end of its body
  std::chrono::milliseconds stalled{30'000};  // an answer of which the client takes nothing
  std::chrono::milliseconds drain{60'000};    // for requests that run when the server is told to stop
  size_t unsent = size_t{8} << 20;            // bytes of a stream that a client may lag after
  // What stands in the body when the server itself refuses a request (400, 408, 413, 431, 501, 503, ...).
  std::function<Response(int status, std::string_view message)> refusal;
};

struct ServerCounts {
  std::atomic<uint64_t> accepted{0}, refused{0}, dropped{0};  // dropped: clients that stalled or went away
  std::atomic<int64_t> open{0};
};

namespace detail {
struct Outbox;
}

// A request's way back to its client. Any thread; kept alive by whoever answers. Destroyed without an answer it sends
// 500.
class Exchange {
 public:
  Exchange(std::shared_ptr<detail::Outbox> outbox, uint64_t connection)
      : outbox_(std::move(outbox)), connection_(connection) {}
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  void reply(Response response);       // once, and no stream beside it
  void begin_stream(Response head);    // its body is not sent
  void send(std::string_view bytes);   // REQUIRES: begin_stream()
  void finish();                       // of a stream
  bool gone() const { return gone_; }  // the client has left: further work is wasted
  void set_gone() { gone_ = true; }    // by the server

 private:
  std::shared_ptr<detail::Outbox> outbox_;
  uint64_t connection_;
  std::atomic<bool> gone_{false}, answered_{false};
};

// Called on the server's thread: must hand the work on and return at once.
using Handler = std::function<void(Request, std::shared_ptr<Exchange>)>;

class Server {
 public:
  // Opens the socket. Throws bad_input as Listener does.
  Server(ServerOptions options, Handler handler);
  ~Server();

  uint16_t port() const;
  const ServerCounts& counts() const;
  // Serves until stop() is true, which is asked at least every 200 ms. Then new connections and requests are refused,
  // and what runs is finished, for at most `drain`.
  void run(const std::function<bool()>& stop);

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace hrm::http
