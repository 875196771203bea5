#include "http/connection.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace hrm::http {
namespace {

constexpr std::chrono::milliseconds kLingerTime{2'000};
constexpr size_t kReadBytes = size_t{64} << 10;

#ifdef MSG_NOSIGNAL
constexpr int kSendFlags = MSG_NOSIGNAL;
#else
constexpr int kSendFlags = 0;
#endif

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

}  // namespace

Connection::Connection(int fd, uint64_t id, const ServerOptions& options)
    : options_(options),
      fd_(fd),
      id_(id),
      since_(Clock::now()),
      begun_(since_),
      progress_(since_),
      reader_(options.read) {}

Connection::~Connection() { close(); }

void Connection::close() {
  if (exchange_) exchange_->set_gone();
  exchange_.reset();
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  stage_ = Stage::kClosed;
}

void Connection::set_stage(Stage stage, Clock::time_point now) {
  stage_ = stage;
  since_ = now;
}

short Connection::wanted_events() const {
  short events = 0;
  if (!end_of_input_ && (stage_ == Stage::kReading || stage_ == Stage::kLinger)) events |= POLLIN;
  if (sent_ < out_.size()) events |= POLLOUT;
  return events;
}

Clock::time_point Connection::deadline() const {
  if (sent_ < out_.size()) return progress_ + options_.stalled;
  switch (stage_) {
    case Stage::kReading:
      if (!reader_.begun()) return since_ + options_.idle;
      return begun_ + (reader_.in_body() ? options_.whole : options_.head);
    case Stage::kLinger:
      return since_ + kLingerTime;
    case Stage::kRunning:
    case Stage::kClosing:
    case Stage::kClosed:
      break;
  }
  return Clock::time_point::max();
}

void Connection::readable(Clock::time_point now) {
  char buffer[kReadBytes];
  const ssize_t size = recv(fd_, buffer, sizeof buffer, 0);
  if (size < 0) {
    if (!would_block()) close();
    return;
  }
  if (size == 0) {
    end_of_input_ = true;
    // A half-closed client still reads: what it asked for is answered. One that owes the rest of a request gets none.
    if (stage_ != Stage::kRunning && stage_ != Stage::kClosing) close();
    return;
  }
  if (stage_ == Stage::kLinger) return;
  if (!reader_.begun()) begun_ = now;
  reader_.add({buffer, static_cast<size_t>(size)});
}

std::optional<Request> Connection::take_request() {
  if (stage_ != Stage::kReading) return std::nullopt;
  auto request = reader_.take();
  if (reader_.take_continue()) push("HTTP/1.1 100 Continue\r\n\r\n");
  if (const auto& fault = reader_.fault()) {
    refuse(fault->status, fault->message);
    return std::nullopt;
  }
  if (!request) return std::nullopt;
  keep_ = request->keep_alive;
  http_1_0_ = request->http_1_0;
  head_only_ = request->method == "HEAD";
  set_stage(Stage::kRunning, Clock::now());
  return request;
}

void Connection::refuse(int status, std::string_view message) {
  keep_ = false;
  head_only_ = false;
  set_stage(Stage::kRunning, Clock::now());
  answer(options_.refusal ? options_.refusal(status, message)
                          : Response{.status = status, .type = "text/plain", .body = std::string(message) + "\n"});
}

void Connection::push(std::string_view bytes) {
  if (stage_ == Stage::kClosed) return;
  if (sent_ == out_.size()) out_.clear(), sent_ = 0, progress_ = Clock::now();
  // A client that always lags a little would otherwise keep all that it has been sent.
  if (sent_ >= kReadBytes && 2 * sent_ >= out_.size()) out_.erase(0, sent_), sent_ = 0;
  out_ += bytes;
  writable(Clock::now());
}

void Connection::answer(const Response& response) {
  if (stage_ != Stage::kRunning) return;
  std::string all =
      write_head(response, response.status == 304 ? std::nullopt : std::optional(response.body.size()), keep_, false);
  if (!head_only_) all += response.body;
  exchange_.reset();
  set_stage(Stage::kClosing, Clock::now());
  push(all);
}

void Connection::begin(const Response& head) {
  if (stage_ != Stage::kRunning) return;
  chunked_ = !http_1_0_;
  if (http_1_0_) keep_ = false;
  push(write_head(head, std::nullopt, keep_, chunked_));
}

void Connection::chunk(std::string_view bytes) {
  if (stage_ != Stage::kRunning || bytes.empty()) return;
  push(chunked_ ? write_chunk(bytes) : std::string(bytes));
  if (stage_ == Stage::kRunning && out_.size() - sent_ > options_.unsent) close();
}

void Connection::end() {
  if (stage_ != Stage::kRunning) return;
  exchange_.reset();
  set_stage(Stage::kClosing, Clock::now());
  push(chunked_ ? kLastChunk : "");
}

void Connection::writable(Clock::time_point now) {
  while (sent_ < out_.size()) {
    const ssize_t size = send(fd_, out_.data() + sent_, out_.size() - sent_, kSendFlags);
    if (size < 0) {
      if (!would_block()) close();
      return;
    }
    sent_ += static_cast<size_t>(size);
    progress_ = now;
  }
  // A long stream does not keep what it has sent, nor a kept connection the room of a large answer.
  if (out_.capacity() > kReadBytes) std::string().swap(out_);
  out_.clear();
  sent_ = 0;
  if (stage_ == Stage::kClosing) answered();
}

void Connection::answered() {
  if (keep_ && !end_of_input_) return set_stage(Stage::kReading, begun_ = Clock::now());
  if (end_of_input_) return close();
  shutdown(fd_, SHUT_WR);
  set_stage(Stage::kLinger, Clock::now());
}

void Connection::broken() { close(); }

void Connection::expire(Clock::time_point) {
  if (stage_ == Stage::kReading && reader_.begun() && sent_ == out_.size())
    return refuse(408, "the request did not arrive in time");
  close();
}

}  // namespace hrm::http
