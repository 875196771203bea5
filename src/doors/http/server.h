// An HTTP/1.1 server for many connections: one thread waits on all sockets (poll); requests may be
// answered from any thread. A slow or silent client costs only the memory for its bytes.
//
// Why not a library: Debian has cpp-httplib only as a shared library, which the single-file program cannot link, and it
// uses a thread per connection for as long as the client keeps it open.
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
  std::chrono::milliseconds idle{60'000};     // an open connection without a request
  std::chrono::milliseconds head{15'000};     // from a request's first byte to the end of its headers
  std::chrono::milliseconds whole{60'000};    // ... to the end of its body
  std::chrono::milliseconds stalled{30'000};  // an answer of which the client reads nothing
  std::chrono::milliseconds drain{60'000};    // for running requests when the server stops
  size_t unsent = size_t{8} << 20;            // bytes by which a client may lag behind a stream
  // The body when the server itself refuses a request (400, 408, 413, 431, 501, 503, ...).
  std::function<Response(int status, std::string_view message)> refusal;
};

struct ServerCounts {
  std::atomic<uint64_t> accepted{0}, refused{0}, dropped{0};  // dropped: clients that stalled or went away
  std::atomic<int64_t> open{0};
};

namespace detail {
struct Outbox;
}

// Sends the answer of a request. Any thread; the answering code keeps it alive. If it is destroyed without an answer,
// it sends 500.
class Exchange {
 public:
  Exchange(std::shared_ptr<detail::Outbox> outbox, uint64_t connection)
      : outbox_(std::move(outbox)), connection_(connection) {}
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  void reply(Response response);       // once, and without a stream
  void begin_stream(Response head);    // its body is not sent
  void send(std::string_view bytes);   // REQUIRES: begin_stream()
  void finish();                       // of a stream
  bool gone() const { return gone_; }  // the client disconnected: further work is wasted
  void set_gone() { gone_ = true; }    // by the server

 private:
  std::shared_ptr<detail::Outbox> outbox_;
  uint64_t connection_;
  std::atomic<bool> gone_{false}, answered_{false};
};

// Called on the server's thread: must pass the work on and return at once.
using Handler = std::function<void(Request, std::shared_ptr<Exchange>)>;

class Server {
 public:
  // Opens the socket. Throws bad_input as Listener does.
  Server(ServerOptions options, Handler handler);
  ~Server();

  uint16_t port() const;
  const ServerCounts& counts() const;
  // Serves until stop() is true; it is called at least every 200 ms. Then new connections and requests are refused, and
  // running requests are finished within `drain`.
  void run(const std::function<bool()>& stop);

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace hrm::http
