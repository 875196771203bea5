#include "http/message.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace hrm::http {
namespace {

constexpr size_t kLongestTarget = size_t{8} << 10, kLongestChunkLine = 256, kLongestTrailer = size_t{8} << 10;

bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

std::string lower_ascii(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// Is `word` one of the comma-separated words of a header, in any case?
bool has_word(std::string_view list, std::string_view word) {
  const std::string lower = lower_ascii(list);
  std::string_view rest = lower;
  while (true) {
    const size_t comma = rest.find(',');
    if (trimmed(rest.substr(0, comma)) == word) return true;
    if (comma == std::string_view::npos) return false;
    rest.remove_prefix(comma + 1);
  }
}

}  // namespace

std::string_view Request::header(std::string_view lower_name) const {
  for (const Header& header : headers)
    if (header.name == lower_name) return header.value;
  return {};
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      unsigned value = 0;
      if (i + 2 >= text.size()) return std::nullopt;
      const auto [end, error] = std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16);
      if (error != std::errc() || end != text.data() + i + 3) return std::nullopt;
      c = static_cast<char>(value);
      i += 2;
    }
    if (is_control(c)) return std::nullopt;
    decoded += c;
  }
  return decoded;
}

void RequestReader::add(std::string_view bytes) {
  if (fault_) return;
  bytes_.erase(0, at_);  // what has been read, so that only an unfinished head or line is kept
  scanned_ -= std::min(scanned_, at_);
  at_ = 0;
  bytes_ += bytes;
}

std::optional<Request> RequestReader::take() {
  while (!fault_ && !whole_ && step()) {
  }
  if (fault_ || !whole_) return std::nullopt;
  whole_ = false;
  state_ = State::kHead;
  bytes_.erase(0, at_);
  at_ = scanned_ = 0;
  return std::exchange(request_, {});
}

bool RequestReader::refuse(int status, std::string message) {
  fault_ = ReadFault{status, std::move(message)};
  return false;
}

bool RequestReader::finish() {
  whole_ = true;
  continue_ = false;
  return true;
}

// The next line without its end; nullopt if it is not whole yet, or too long (a fault).
std::optional<std::string_view> RequestReader::line(size_t longest) {
  const std::string_view rest = std::string_view(bytes_).substr(at_);
  const size_t end = rest.substr(0, longest + 2).find('\n');
  if (end == std::string_view::npos) {
    if (rest.size() > longest + 1)
      refuse(400, fmt::format("a line of the chunked body is longer than {} bytes", longest));
    return std::nullopt;
  }
  at_ += end + 1;
  std::string_view found = rest.substr(0, end);
  if (found.ends_with('\r')) found.remove_suffix(1);
  return found;
}

bool RequestReader::step() {
  switch (state_) {
    case State::kHead:
      return read_head();
    case State::kBody:
    case State::kChunk: {
      const size_t taken = std::min(wanted_, bytes_.size() - at_);
      request_.body.append(bytes_, at_, taken);
      at_ += taken;
      wanted_ -= taken;
      if (at_ == bytes_.size()) bytes_.clear(), at_ = 0;
      if (wanted_ > 0) return false;
      if (state_ == State::kBody) return finish();
      state_ = State::kChunkEnd;
      return true;
    }
    case State::kChunkSize:
      return read_chunk_size();
    case State::kChunkEnd: {
      const auto end = line(0);
      if (!end) return false;
      if (!end->empty()) return refuse(400, "a chunk of the body is longer than its size says");
      state_ = State::kChunkSize;
      return true;
    }
    case State::kTrailer: {
      const auto field = line(kLongestTrailer);
      if (!field) return false;
      if (field->empty()) return finish();
      trailer_ += field->size();
      if (trailer_ > kLongestTrailer) return refuse(431, "the trailer of the body is too long");
      return true;
    }
  }
  return false;
}

bool RequestReader::read_chunk_size() {
  const auto found = line(kLongestChunkLine);
  if (!found) return false;
  const std::string_view digits = trimmed(found->substr(0, found->find(';')));
  uint64_t size = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size, 16);
  if (digits.empty() || digits.size() > 8 || error != std::errc() || end != digits.data() + digits.size())
    return refuse(400, "the size of a chunk of the body is no hexadecimal number");
  if (size > limits_.body_bytes - request_.body.size())
    return refuse(413, fmt::format("the body is larger than {} bytes", limits_.body_bytes));
  wanted_ = size;
  state_ = size == 0 ? State::kTrailer : State::kChunk;
  trailer_ = 0;
  return true;
}

bool RequestReader::read_head() {
  while (at_ < bytes_.size() && (bytes_[at_] == '\r' || bytes_[at_] == '\n')) ++at_;  // RFC 9112, 2.2
  scanned_ = std::max(scanned_, at_);
  size_t end = std::string::npos;
  for (; end == std::string::npos && scanned_ < bytes_.size(); ++scanned_) {
    if (bytes_[scanned_] != '\n') continue;
    const std::string_view behind = std::string_view(bytes_).substr(scanned_ + 1, 2);
    if (behind.starts_with('\n')) {
      end = scanned_ + 2;
    } else if (behind == "\r\n") {
      end = scanned_ + 3;
    } else if (behind.empty() || behind == "\r") {
      break;  // the empty line may still come
    }
  }
  const size_t size = (end == std::string::npos ? bytes_.size() : end) - at_;
  if (size > limits_.head_bytes)
    return refuse(431, fmt::format("request line and headers are longer than {} bytes", limits_.head_bytes));
  if (end == std::string::npos) return false;

  std::string_view head = std::string_view(bytes_).substr(at_, size);
  for (bool first = true; !head.empty(); first = false) {
    const size_t line_end = head.find('\n');
    std::string_view line = head.substr(0, line_end);
    head.remove_prefix(line_end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) break;
    if (!(first ? parse_request_line(line) : parse_header(line))) return false;
  }
  at_ = scanned_ = end;
  return parse_framing();
}

bool RequestReader::parse_request_line(std::string_view line) {
  const size_t first = line.find(' '), last = line.rfind(' ');
  if (first == std::string_view::npos || first == last)
    return refuse(400, "the request line is not METHOD PATH HTTP/1.1");
  const std::string_view method = line.substr(0, first), version = line.substr(last + 1);
  std::string_view target = line.substr(first + 1, last - first - 1);
  if (!is_token(method) || method.size() > 32) return refuse(400, "the request line begins with no method");
  if (version != "HTTP/1.1" && version != "HTTP/1.0")
    return refuse(version.starts_with("HTTP/") ? 505 : 400, "only HTTP/1.1 and HTTP/1.0 are spoken here");
  if (target.size() > kLongestTarget)
    return refuse(414, fmt::format("the path is longer than {} bytes", kLongestTarget));
  if (target.starts_with("http://") || target.starts_with("https://")) {
    const size_t path = target.find('/', target.find("://") + 3);
    target = path == std::string_view::npos ? "/" : target.substr(path);
  }
  if (target == "*") target = "/";
  const size_t query = target.find('?');
  auto path = percent_decode(target.substr(0, query));
  if (!target.starts_with('/') || !path || target.find(' ') != std::string_view::npos)
    return refuse(400, "the path of the request cannot be read");
  request_.method = method;
  request_.path = std::move(*path);
  if (query != std::string_view::npos) request_.query = target.substr(query + 1);
  request_.http_1_0 = version == "HTTP/1.0";
  return true;
}

bool RequestReader::parse_header(std::string_view line) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon)))
    return refuse(400, "a header is not NAME: VALUE");
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (std::ranges::any_of(value, [](char c) { return is_control(c) && c != '\t'; }))
    return refuse(400, "a header holds a control character");
  if (request_.headers.size() == limits_.headers)
    return refuse(431, fmt::format("more than {} headers", limits_.headers));
  request_.headers.push_back({lower_ascii(line.substr(0, colon)), std::string(value)});
  return true;
}

bool RequestReader::parse_framing() {
  const auto count = [&](std::string_view name) {
    return std::ranges::count(request_.headers, name,
                              [](const Header& header) -> std::string_view { return header.name; });
  };
  if (count("host") != 1 && !request_.http_1_0) return refuse(400, "HTTP/1.1 wants one Host header");
  const std::string_view connection = request_.header("connection");
  request_.keep_alive = request_.http_1_0 ? has_word(connection, "keep-alive") : !has_word(connection, "close");

  const bool chunked = count("transfer-encoding") > 0;
  if (chunked) {
    if (count("content-length") > 0 || request_.http_1_0 || count("transfer-encoding") > 1)
      return refuse(400, "Transfer-Encoding stands beside Content-Length, twice, or in HTTP/1.0");
    if (lower_ascii(request_.header("transfer-encoding")) != "chunked")
      return refuse(501, "the only Transfer-Encoding that is read is chunked");
    state_ = State::kChunkSize;
  } else if (count("content-length") > 0) {
    const std::string_view text = request_.header("content-length");
    uint64_t length = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    const bool digits = !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
    if (count("content-length") > 1 || !digits) return refuse(400, "Content-Length is not one whole number");
    if (error != std::errc() || length > limits_.body_bytes)
      return refuse(413,
                    fmt::format("the body has {} bytes, more than the {} that are taken", text, limits_.body_bytes));
    wanted_ = length;
    state_ = State::kBody;
    if (length == 0) return finish();
  } else {
    return finish();
  }
  continue_ = !request_.http_1_0 && lower_ascii(request_.header("expect")) == "100-continue";
  return true;
}

std::string_view status_text(int status) {
  constexpr std::pair<int, std::string_view> kTexts[] = {{100, "Continue"},
                                                         {200, "OK"},
                                                         {204, "No Content"},
                                                         {304, "Not Modified"},
                                                         {400, "Bad Request"},
                                                         {401, "Unauthorized"},
                                                         {403, "Forbidden"},
                                                         {404, "Not Found"},
                                                         {405, "Method Not Allowed"},
                                                         {408, "Request Timeout"},
                                                         {413, "Content Too Large"},
                                                         {414, "URI Too Long"},
                                                         {415, "Unsupported Media Type"},
                                                         {422, "Unprocessable Content"},
                                                         {429, "Too Many Requests"},
                                                         {431, "Request Header Fields Too Large"},
                                                         {500, "Internal Server Error"},
                                                         {501, "Not Implemented"},
                                                         {503, "Service Unavailable"},
                                                         {505, "HTTP Version Not Supported"}};
  for (const auto& [code, text] : kTexts)
    if (code == status) return text;
  return "Unknown";
}

std::string write_head(const Response& response, std::optional<size_t> length, bool keep_alive, bool chunked) {
  std::string head = fmt::format("HTTP/1.1 {} {}\r\n", response.status, status_text(response.status));
  if (!response.type.empty()) head += fmt::format("Content-Type: {}\r\n", response.type);
  for (const Header& header : response.headers) head += fmt::format("{}: {}\r\n", header.name, header.value);
  if (length)
    head += fmt::format("Content-Length: {}\r\n", *length);
  else if (chunked)
    head += "Transfer-Encoding: chunked\r\n";
  head += keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  return head;
}

std::string write_chunk(std::string_view bytes) { return fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes); }

}  // namespace hrm::http
