// One client: the bytes received, the bytes to send, and the deadline. Used only by the server's thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "http/message.h"
#include "http/server.h"

namespace hrm::http {

using Clock = std::chrono::steady_clock;

class Connection {
 public:
  enum class Stage {
    kReading,  // waits for a request, or for the rest of one
    kRunning,  // a request is being answered
    kClosing,  // the rest is sent, then the connection closes
    kLinger,   // all is sent; further input is dropped, so that the client can read the answer
    kClosed,
  };

  Connection(int fd, uint64_t id, const ServerOptions& options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int fd() const { return fd_; }
  uint64_t id() const { return id_; }
  Stage stage() const { return stage_; }
  bool idle() const { return stage_ == Stage::kReading && !reader_.begun(); }
  Clock::time_point since() const { return since_; }
  short wanted_events() const;
  Clock::time_point deadline() const;

  // A complete request, once per request.
  std::optional<Request> take_request();
  void start(std::shared_ptr<Exchange> exchange) { exchange_ = std::move(exchange); }
  void readable(Clock::time_point now);
  void writable(Clock::time_point now);
  void broken();                                      // the other side has reset the connection
  void expire(Clock::time_point now);                 // the deadline has passed
  void refuse(int status, std::string_view message);  // and close
  void close_after_this() { keep_ = false; }

  // The parts of an answer.
  void answer(const Response& response);
  void begin(const Response& head);
  void chunk(std::string_view bytes);
  void end();

 private:
  void set_stage(Stage stage, Clock::time_point now);
  void push(std::string_view bytes);
  void answered();
  void close();

  const ServerOptions& options_;
  int fd_;
  uint64_t id_;
  Stage stage_ = Stage::kReading;
  Clock::time_point since_, begun_, progress_;  // in this stage; first byte of the request; last byte that was sent
  RequestReader reader_;
  std::shared_ptr<Exchange> exchange_;  // of the running request
  bool keep_ = true, http_1_0_ = false, head_only_ = false, chunked_ = false;
  bool end_of_input_ = false;
  std::string out_;
  size_t sent_ = 0;  // of out_
};

}  // namespace hrm::http
