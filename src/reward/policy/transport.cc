#include "policy/transport.h"

#include "base/clock.h"
#include "base/error.h"

#if HRM_HTTP
#include <fcntl.h>
#include <httplib.h>
#include <openssl/x509.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include "base/signals.h"
#include "policy/received_bytes.h"
#endif

namespace hrm::policy {

Address parse_address(const std::string& url) {
  const auto wrong = [&](std::string_view what) {
    return bad_input("policy.http", "endpoint '{}': {}, expected for instance http://127.0.0.1:8080/v1", url, what);
  };
  Address address{.secure = url.starts_with("https://")};
  if (!address.secure && !url.starts_with("http://")) throw wrong("begins with neither http:// nor https://");
  for (const char c : url)
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f) throw wrong("contains a blank or control character");
  if (url.find_first_of("?#@") != std::string::npos) throw wrong("contains one of ? # @");
  const size_t host_at = address.secure ? 8 : 7;
  const size_t slash = std::min(url.find('/', host_at), url.size());
  address.origin = url.substr(0, slash);
  address.path = url.substr(slash);
  while (address.path.ends_with('/')) address.path.pop_back();
  const std::string authority = address.origin.substr(host_at);
  const size_t colon = authority.ends_with(']') ? std::string::npos : authority.rfind(':');
  const std::string host = authority.substr(0, colon);
  if (host.empty()) throw wrong("has no host");
  if (host.front() != '[' && host.find(':') != std::string::npos) throw wrong("IPv6 addresses need brackets");
  if (colon != std::string::npos) {
    const std::string port = authority.substr(colon + 1);
    if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != std::string::npos ||
        std::stoi(port) < 1 || std::stoi(port) > 65535)
      throw wrong(fmt::format("invalid port '{}'", port));
  }
  address.loopback = host == "localhost" || host == "[::1]" || host.starts_with("127.");
  return address;
}

#if HRM_HTTP
namespace {

using TransferClock = std::chrono::steady_clock;

TransferClock::duration seconds(double value) {
  return std::chrono::duration_cast<TransferClock::duration>(std::chrono::duration<double>(value));
}

// httplib writes to sockets that may be closed. The signal is kept from this thread alone, so that the program still
// ends quietly when its standard output does.
class NoSigpipe {
 public:
  NoSigpipe() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~NoSigpipe() {
    if (sigismember(&before_, SIGPIPE)) return;
    constexpr timespec kNow = {};
    while (sigtimedwait(&pipe_, nullptr, &kNow) == SIGPIPE) {
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  NoSigpipe(const NoSigpipe&) = delete;
  NoSigpipe& operator=(const NoSigpipe&) = delete;

 private:
  sigset_t pipe_, before_;
};

// One connection. abort() may come from another thread at any moment: it shuts down a descriptor of our own of the same
// socket, since httplib may close its own, and another file get the same number, in that very moment.
class Connection {
 public:
  Connection(const TransportOptions& options, const std::string& origin) : client(origin) {
    const auto set = [](double value, auto&& call) {
      const auto whole = static_cast<time_t>(value);
      call(whole, static_cast<time_t>((value - static_cast<double>(whole)) * 1e6));
    };
    set(options.connect_seconds, [&](time_t s, time_t us) { client.set_connection_timeout(s, us); });
    set(options.read_seconds, [&](time_t s, time_t us) { client.set_read_timeout(s, us); });
    set(options.read_seconds, [&](time_t s, time_t us) { client.set_write_timeout(s, us); });
    client.set_keep_alive(true);
    client.set_tcp_nodelay(true);
    client.enable_server_certificate_verification(options.verify_certificate);
    if (!options.ca_file.empty()) client.set_ca_cert_path(options.ca_file.c_str());
    client.set_socket_options([this](auto socket) { watch(socket); });
  }
  ~Connection() { watch(-1); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void begin() {
    const std::lock_guard lock(mutex_);
    aborted_ = head_too_large_ = false;
    before_ = socket_ >= 0 ? read_bytes(socket_) : 0;
    body_bytes = 0;
  }
  void abort() {
    const std::lock_guard lock(mutex_);
    aborted_ = true;
    if (socket_ >= 0) shutdown(socket_, SHUT_RDWR);
  }
  bool aborted() {
    const std::lock_guard lock(mutex_);
    return aborted_;
  }

  // Aborts where what was read beyond the body (headers, marks of chunks) exceeds the limit, and eight times the body.
  void check_head(size_t most) {
    const std::lock_guard lock(mutex_);
    if (aborted_ || socket_ < 0) return;
    const uint64_t read = read_bytes(socket_), body = body_bytes;
    if (read < before_ + body) return;
    if (read - before_ - body <= most + 8 * body) return;
    aborted_ = head_too_large_ = true;
    shutdown(socket_, SHUT_RDWR);
  }
  bool head_too_large() {
    const std::lock_guard lock(mutex_);
    return head_too_large_;
  }
  std::atomic<uint64_t> body_bytes = 0;

  httplib::Client client;
  bool used = false;  // has carried a request: the server may have closed it since

 private:
  void watch(int socket) {
    const std::lock_guard lock(mutex_);
    if (socket_ >= 0) close(socket_);
    socket_ = socket >= 0 ? fcntl(socket, F_DUPFD_CLOEXEC, 0) : -1;
    before_ = 0;
    if (aborted_ && socket_ >= 0) shutdown(socket_, SHUT_RDWR);
  }

  std::mutex mutex_;
  int socket_ = -1;
  uint64_t before_ = 0;  // read on this connection before the request
  bool aborted_ = false, head_too_large_ = false;
};

// Aborts connections whose time is over or whose headers do not end, and all of them when the program is asked to stop.
class Watch {
 public:
  explicit Watch(size_t max_head_bytes) : max_head_bytes_(max_head_bytes), thread_([this] { run(); }) {}
  ~Watch() {
    {
      const std::lock_guard lock(mutex_);
      ends_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  void add(Connection& connection, TransferClock::time_point end) {
    const std::lock_guard lock(mutex_);
    running_.emplace(end, &connection);
    if (running_.size() == 1) changed_.notify_all();
  }
  void remove(Connection& connection, TransferClock::time_point end) {
    const std::lock_guard lock(mutex_);
    running_.erase({end, &connection});
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (!ends_) {
      if (running_.empty()) {
        changed_.wait(lock);
        continue;
      }
      const auto now = TransferClock::now();
      const bool all = interrupted();
      for (const auto& [end, connection] : running_) {
        if (all || end <= now)
          connection->abort();
        else
          connection->check_head(max_head_bytes_);
      }
      changed_.wait_for(lock, std::chrono::milliseconds(20));
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::pair<TransferClock::time_point, Connection*>> running_;
  bool ends_ = false;
  const size_t max_head_bytes_;
  std::thread thread_;
};

// result: OpenSSL's of the chain of certificates. Where that holds, it is the host that is another one.
std::string certificate_fault(long result) {
  std::string_view way_out = "the certificate does not name this host: use the name that it names";
  if (result == X509_V_ERR_CERT_HAS_EXPIRED || result == X509_V_ERR_CERT_NOT_YET_VALID)
    way_out = "renew it; or is the clock of this machine wrong?";
  else if (result != X509_V_OK)
    way_out = "--ca-file names the certificate to trust for a server that the system does not know";
  return fmt::format("checking the certificate failed{}; {}",
                     result == X509_V_OK ? "" : fmt::format(" ({})", X509_verify_cert_error_string(result)), way_out);
}

}  // namespace

struct Transport::Implementation {
  TransportOptions options;
  std::string origin;
  std::mutex mutex;
  std::vector<std::unique_ptr<Connection>> idle;
  Watch watch;

  explicit Implementation(TransportOptions given)
      : options(std::move(given)), watch(std::min(options.max_head_bytes, options.max_reply_bytes)) {}

  std::unique_ptr<Connection> take() {
    {
      const std::lock_guard lock(mutex);
      if (!idle.empty()) {
        auto connection = std::move(idle.back());
        idle.pop_back();
        return connection;
      }
    }
    auto connection = std::make_unique<Connection>(options, origin);
    if (!connection->client.is_valid())
      throw bad_input("policy.http", "endpoint '{}' cannot be used: is the address or the CA file wrong?", options.url);
    return connection;
  }

  void give_back(std::unique_ptr<Connection> connection) {
    connection->used = true;
    const std::lock_guard lock(mutex);
    idle.push_back(std::move(connection));
  }

  std::string describe(httplib::Error error, bool timed_out, double took, bool too_large) const {
    using E = httplib::Error;
    if (too_large) return fmt::format("the reply exceeds {} bytes", options.max_reply_bytes);
    if (interrupted()) return "interrupted";
    if (timed_out) return fmt::format("no complete reply within {} s (the limit of a request)", options.total_seconds);
    if (error == E::Connection)
      return took >= 0.9 * options.connect_seconds ? fmt::format("no connection within {} s", options.connect_seconds)
                                                   : "cannot connect: is the server running?";
    if (error == E::Read && took >= 0.99 * options.read_seconds)
      return fmt::format("no byte for {} s", options.read_seconds);
    if (error == E::Read || error == E::Write) return "the connection was closed before the reply was complete";
    if (error == E::SSLLoadingCerts || error == E::SSLConnection)
      return fmt::format("{} failed", error == E::SSLConnection ? "the TLS handshake (is it an https server?)"
                                                                : "loading the CA certificates");
    return httplib::to_string(error);
  }
};

Transport::Transport(TransportOptions options) {
  const std::string origin = parse_address(options.url).origin;
  for (const double value : {options.connect_seconds, options.read_seconds, options.total_seconds})
    if (!(value > 0 && value < 1e9))
      throw bad_input("policy.http", "a time limit of {} s: expected more than 0", value);
  if (!options.ca_file.empty() && access(options.ca_file.c_str(), R_OK) != 0)
    throw bad_input("policy.http", "CA file '{}' cannot be read", options.ca_file);
  implementation_ = std::make_unique<Implementation>(std::move(options));
  implementation_->origin = origin;
}

Transport::~Transport() = default;

std::variant<HttpReply, PolicyFault> Transport::post(const std::string& path, const Headers& headers,
                                                     const std::string& body) {
  const NoSigpipe guard;
  Implementation& impl = *implementation_;
  const auto begin = TransferClock::now();
  const auto end = begin + seconds(impl.options.total_seconds);
  for (;;) {
    auto connection = impl.take();
    httplib::Request request;
    request.method = "POST";
    request.path = path;
    request.body = body;
    request.set_header("Content-Type", "application/json");
    for (const auto& [name, value] : headers) request.set_header(name, value);
    HttpReply reply;
    bool too_large = false;
    request.content_receiver = [&](const char* data, size_t size, auto, auto) {
      too_large = reply.body.size() + size > impl.options.max_reply_bytes;
      connection->body_bytes += size;
      if (!too_large) reply.body.append(data, size);
      return !too_large;
    };
    httplib::Response response;
    auto error = httplib::Error::Success;
    const auto attempt = TransferClock::now();
    connection->begin();
    impl.watch.add(*connection, end);
    const bool sent = connection->client.send(request, response, error);
    impl.watch.remove(*connection, end);
    const bool aborted = connection->aborted();
    if (sent && !aborted) {
      reply.status = response.status;
      reply.retry_after = response.get_header_value("Retry-After");
      reply.location = response.get_header_value("Location");
      impl.give_back(std::move(connection));
      return reply;
    }
    // A kept connection that the server closed in the meantime says nothing about the server.
    const bool stale = connection->used && response.status == -1 && !aborted && !interrupted() &&
                       (error == httplib::Error::Read || error == httplib::Error::Write);
    if (stale && seconds_since(attempt) < 0.9 * impl.options.read_seconds) continue;
    if (connection->head_too_large()) return PolicyFault{.message = "the headers of the reply do not end"};
    if (error == httplib::Error::SSLServerVerification)
      return PolicyFault{.message = certificate_fault(connection->client.get_openssl_verify_result()),
                         .temporary = false};
    return PolicyFault{.message = impl.describe(error, aborted, seconds_since(attempt), too_large)};
  }
}

#else

struct Transport::Implementation {};

Transport::Transport(TransportOptions options) {
  throw bad_input("policy.http",
                  "endpoint '{}': this program was built without HTTP; build hrm without -DHRM_STANDALONE=ON (make)",
                  options.url);
}

Transport::~Transport() = default;

std::variant<HttpReply, PolicyFault> Transport::post(const std::string&, const Headers&, const std::string&) {
  return PolicyFault{};
}

#endif

}  // namespace hrm::policy
