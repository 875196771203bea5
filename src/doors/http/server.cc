#include "http/server.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "http/connection.h"

namespace hrm::http {
namespace detail {

enum class Part { kAnswer, kBegin, kChunk, kEnd };
struct Item {
  uint64_t connection;
  Part part;
  Response response;
  std::string bytes;
};

// Answers on their way to the server's thread.
struct Outbox {
  std::mutex mutex;
  std::vector<Item> items;
  int wake[2] = {-1, -1};

  Outbox() {
    if (pipe(wake) != 0) throw failure("http.server", "cannot open a pipe: too many open files?");
    for (const int fd : wake) {
      fcntl(fd, F_SETFL, O_NONBLOCK);
      fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
  }
  ~Outbox() {
    for (const int fd : wake) ::close(fd);
  }
  void post(Item item) {
    const std::lock_guard lock(mutex);
    items.push_back(std::move(item));
    if (items.size() > 1) return;
    [[maybe_unused]] const ssize_t written = write(wake[1], "", 1);  // a full pipe wakes too
  }
  std::vector<Item> take() {
    const std::lock_guard lock(mutex);
    char drop[64];
    while (read(wake[0], drop, sizeof drop) > 0) {
    }
    return std::exchange(items, {});
  }
};

}  // namespace detail

using detail::Item;
using detail::Part;

Exchange::~Exchange() {
  if (!answered_) reply({.status = 500, .type = "text/plain", .body = "the request was lost\n"});
}

void Exchange::reply(Response response) {
  if (!answered_.exchange(true)) outbox_->post({connection_, Part::kAnswer, std::move(response), {}});
}

void Exchange::begin_stream(Response head) {
  if (!answered_.exchange(true)) outbox_->post({connection_, Part::kBegin, std::move(head), {}});
}

void Exchange::send(std::string_view bytes) {
  if (!gone_) outbox_->post({connection_, Part::kChunk, {}, std::string(bytes)});
}

void Exchange::finish() { outbox_->post({connection_, Part::kEnd, {}, {}}); }

namespace {

// As many sockets as wanted, or as the system gives; beside them 64 files of the program itself.
size_t connections_that_fit(size_t wanted) {
  constexpr size_t kOwn = 64 + 64;  // connections that are being refused too
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
  if (limit.rlim_cur < wanted + kOwn) {
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, wanted + kOwn);
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
  }
  if (limit.rlim_cur >= wanted + kOwn) return wanted;
  const size_t fit = limit.rlim_cur > 2 * kOwn ? limit.rlim_cur - kOwn : kOwn;
  log_warning("the system allows {} open files, so at most {} connections instead of {}", limit.rlim_cur, fit, wanted);
  return fit;
}

}  // namespace

class Server::Loop {
 public:
  Loop(ServerOptions options, Handler handler)
      : options_(std::move(options)),
        handler_(std::move(handler)),
        listener_(options_.host, options_.port),
        port_(listener_.port()),
        outbox_(std::make_shared<detail::Outbox>()) {
    options_.connections = connections_that_fit(options_.connections);
  }

  uint16_t port() const { return port_; }
  const ServerCounts& counts() const { return counts_; }

  void run(const std::function<bool()>& stop) {
    while (true) {
      const Clock::time_point now = Clock::now();
      if (!stopping_ && stop()) begin_to_stop(now);
      if (stopping_ && (connections_.empty() || now > drained_by_)) break;
      wait(now);
      deliver();
      remove_closed();
    }
    connections_.clear();
    counts_.open = 0;
  }

 private:
  static constexpr size_t kRefusedAtOnce = 64;

  void begin_to_stop(Clock::time_point now) {
    stopping_ = true;
    drained_by_ = now + options_.drain;
    listener_.close();
    for (auto& [id, connection] : connections_) {
      connection->close_after_this();
      if (connection->idle())
        connection->broken();
      else if (connection->stage() == Connection::Stage::kReading)
        connection->refuse(503, "the server is shutting down");
    }
    remove_closed();
  }

  void wait(Clock::time_point now) {
    polled_.clear();
    ids_.clear();
    polled_.push_back({.fd = outbox_->wake[0], .events = POLLIN, .revents = 0});
    const bool accepts =
        !stopping_ && now >= accept_again_ && connections_.size() < options_.connections + kRefusedAtOnce;
    polled_.push_back({.fd = accepts ? listener_.fd() : -1, .events = POLLIN, .revents = 0});
    Clock::time_point next = now + std::chrono::milliseconds(200);
    for (auto& [id, connection] : connections_) {
      next = std::min(next, connection->deadline());
      polled_.push_back({.fd = connection->fd(), .events = connection->wanted_events(), .revents = 0});
      ids_.push_back(id);
    }
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(std::max(next - now, Clock::duration::zero()));
    if (poll(polled_.data(), polled_.size(), static_cast<int>(wait.count())) <= 0)
      for (pollfd& entry : polled_) entry.revents = 0;
    const Clock::time_point then = Clock::now();
    for (size_t i = 0; i < ids_.size(); ++i) handle(*connections_.at(ids_[i]), polled_[i + 2].revents, then);
    if (polled_[1].revents != 0) accept_clients(then);
  }

  void handle(Connection& connection, short events, Clock::time_point now) {
    using Stage = Connection::Stage;
    if (events & (POLLERR | POLLNVAL)) {
      connection.broken();
    } else if ((events & POLLHUP) && !(events & POLLIN)) {
      connection.broken();
    } else {
      if (events & POLLIN) connection.readable(now);
      if ((events & POLLOUT) && connection.stage() != Stage::kClosed) connection.writable(now);
    }
    serve(connection);
    if (connection.stage() == Stage::kClosed || now < connection.deadline()) return;
    if (!connection.idle() && connection.stage() != Stage::kLinger) ++counts_.dropped;
    connection.expire(now);
  }

  void serve(Connection& connection) {
    while (auto request = connection.take_request()) {
      if (stopping_) {
        connection.refuse(503, "the server is shutting down");
        return;
      }
      auto exchange = std::make_shared<Exchange>(outbox_, connection.id());
      connection.start(exchange);
      handler_(std::move(*request), std::move(exchange));
    }
  }

  // The answers that have come. A kept connection may have its next request at hand.
  void deliver() {
    for (Item& item : outbox_->take()) {
      const auto at = connections_.find(item.connection);
      if (at == connections_.end()) continue;
      Connection& connection = *at->second;
      const bool was_open = connection.stage() != Connection::Stage::kClosed;
      if (stopping_) connection.close_after_this();
      if (item.part == Part::kAnswer) connection.answer(item.response);
      if (item.part == Part::kBegin) connection.begin(item.response);
      if (item.part == Part::kChunk) connection.chunk(item.bytes);
      if (item.part == Part::kEnd) connection.end();
      if (was_open && connection.stage() == Connection::Stage::kClosed) ++counts_.dropped;
      serve(connection);
    }
  }

  void accept_clients(Clock::time_point now) {
    while (connections_.size() < options_.connections + kRefusedAtOnce) {
      const int fd = accept(listener_.fd(), nullptr, nullptr);
      if (fd < 0) {
        // Out of files or memory: the client waits in the queue of the system, and the loop must not spin.
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
          accept_again_ = now + std::chrono::milliseconds(100);
        return;
      }
      fcntl(fd, F_SETFL, O_NONBLOCK);
      fcntl(fd, F_SETFD, FD_CLOEXEC);
      const int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      if (connections_.size() >= options_.connections) end_longest_idle();
      const bool room = connections_.size() < options_.connections;
      const uint64_t id = next_id_++;
      auto& connection = *connections_.emplace(id, std::make_unique<Connection>(fd, id, options_)).first->second;
      ++counts_.accepted;
      counts_.open = static_cast<int64_t>(connections_.size());
      if (room) continue;
      ++counts_.refused;
      connection.refuse(503, "too many connections");
    }
  }

  void end_longest_idle() {
    auto longest = connections_.end();
    for (auto at = connections_.begin(); at != connections_.end(); ++at)
      if (at->second->idle() && (longest == connections_.end() || at->second->since() < longest->second->since()))
        longest = at;
    if (longest != connections_.end()) connections_.erase(longest);
  }

  void remove_closed() {
    std::erase_if(connections_, [](const auto& entry) { return entry.second->stage() == Connection::Stage::kClosed; });
    counts_.open = static_cast<int64_t>(connections_.size());
  }

  ServerOptions options_;
  Handler handler_;
  Listener listener_;
  const uint16_t port_;
  std::shared_ptr<detail::Outbox> outbox_;
  std::unordered_map<uint64_t, std::unique_ptr<Connection>> connections_;
  uint64_t next_id_ = 1;
  std::vector<pollfd> polled_;
  std::vector<uint64_t> ids_;  // of polled_, from the third entry on
  bool stopping_ = false;
  Clock::time_point drained_by_, accept_again_;
  ServerCounts counts_;
};

Server::Server(ServerOptions options, Handler handler)
    : loop_(std::make_unique<Loop>(std::move(options), std::move(handler))) {}
Server::~Server() = default;

uint16_t Server::port() const { return loop_->port(); }
const ServerCounts& Server::counts() const { return loop_->counts(); }
void Server::run(const std::function<bool()>& stop) { loop_->run(stop); }

}  // namespace hrm::http
