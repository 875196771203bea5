// HTTP/1.1 messages (RFC 9112) as bytes: requests in, answers out. No sockets, no threads.
//
// Read strictly where a loose reading is how requests are smuggled: one Content-Length, never beside
// Transfer-Encoding, no folded headers, no blanks before a colon, no control characters. Bodies may be chunked; chunk
// extensions and trailers are read and dropped. Every part has a limit, and reading takes time in proportion to the
// bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hrm::http {

struct Header {
  std::string name, value;  // of requests: the name in lower case
};

struct Request {
  std::string method, path, query;  // path: percent-decoded, begins with '/'; query: as sent
  std::vector<Header> headers;
  std::string body;
  bool keep_alive = true;
  bool http_1_0 = false;  // knows no chunks

  std::string_view header(std::string_view lower_name) const;  // empty if it is missing
};

struct Response {
  int status = 200;
  std::string type = "application/json";
  std::string body;
  std::vector<Header> headers;
};

// Why a request cannot be read. The connection must be closed after the answer.
struct ReadFault {
  int status = 400;
  std::string message;
};

struct ReadLimits {
  size_t head_bytes = size_t{16} << 10;
  size_t headers = 100;
  size_t body_bytes = size_t{8} << 20;
};

// Requests from bytes as they arrive. Bytes after a request (pipelining) wait for the next one.
class RequestReader {
 public:
  explicit RequestReader(const ReadLimits& limits) : limits_(limits) {}

  void add(std::string_view bytes);
  // The next request, once it is whole. After a fault no more are read.
  std::optional<Request> take();
  const std::optional<ReadFault>& fault() const { return fault_; }
  bool begun() const { return state_ != State::kHead || at_ < bytes_.size(); }  // part of a request is here
  bool in_body() const { return state_ != State::kHead; }
  size_t held() const { return bytes_.size(); }  // bytes kept of those that were added
  // True once per request whose client waits for "100 Continue" before it sends the body.
  bool take_continue() { return std::exchange(continue_, false); }

 private:
  enum class State { kHead, kBody, kChunkSize, kChunk, kChunkEnd, kTrailer };

  bool step();  // false: more bytes are needed, or there is a fault
  bool read_head();
  bool read_chunk_size();
  bool finish();
  bool refuse(int status, std::string message);
  bool parse_request_line(std::string_view line);
  bool parse_header(std::string_view line);
  bool parse_framing();
  std::optional<std::string_view> line(size_t longest);

  ReadLimits limits_;
  std::string bytes_;
  size_t at_ = 0, scanned_ = 0;  // of bytes_: taken, looked through for the end of the head
  State state_ = State::kHead;
  Request request_;
  size_t wanted_ = 0;  // bytes of the body or chunk that are missing
  size_t trailer_ = 0;
  bool whole_ = false, continue_ = false;
  std::optional<ReadFault> fault_;
};

// "Not Found"; "Unknown" for a status that has no name here.
std::string_view status_text(int status);

// Status line and headers with the empty line. length: of the body; nullopt: chunked, or until the connection closes
// for HTTP/1.0.
std::string write_head(const Response& response, std::optional<size_t> length, bool keep_alive, bool chunked);
std::string write_chunk(std::string_view bytes);  // REQUIRES: not empty
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

// "a%20b" -> "a b"; nullopt on a broken escape or a decoded control character.
std::optional<std::string> percent_decode(std::string_view text);

}  // namespace hrm::http
