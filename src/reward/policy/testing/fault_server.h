// A server of scripted completions that misbehaves as told: test code only, on raw sockets, for the ways that an HTTP
// library would not let it fail. Answers POST .../completions, .../chat/completions and .../completion.
#pragma once

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/fields.h"
#include "base/json.h"
#include "base/rng.h"
#include "policy/scripted.h"

namespace hrm::policy {

enum class Misdeed {
  kNone,
  kRefuse,   // resets the connection before it reads
  kStall,    // reads, then says nothing for stall_seconds
  kDrop,     // closes in the middle of the body
  kBusy,     // 429 with Retry-After
  kError,    // 500
  kGarbage,  // 200 with bytes that are not JSON
  kCutJson,  // 200 with half of the JSON, whole as HTTP
  kSlow,     // one byte every slow_seconds
  kFewer,    // one choice less than requested, at least one
  kMore,     // one choice more
  kHuge,     // 200 with huge_bytes
  kReject,   // 400
};

inline EnumNames<Misdeed> enum_names(Misdeed) {
  static constexpr std::pair<Misdeed, std::string_view> kNames[] = {
      {Misdeed::kNone, "none"},       {Misdeed::kRefuse, "refuse"}, {Misdeed::kStall, "stall"},
      {Misdeed::kDrop, "drop"},       {Misdeed::kBusy, "busy"},     {Misdeed::kError, "error"},
      {Misdeed::kGarbage, "garbage"}, {Misdeed::kCutJson, "cut"},   {Misdeed::kSlow, "slow"},
      {Misdeed::kFewer, "fewer"},     {Misdeed::kMore, "more"},     {Misdeed::kHuge, "huge"},
      {Misdeed::kReject, "reject"},
  };
  return kNames;
}

class FaultServer {
 public:
  struct Options {
    Script script;
    std::vector<Misdeed> schedule = {};      // of the first requests, in the order of their arrival
    std::map<Misdeed, double> chances = {};  // of every later one, by the seed and its number
    uint64_t seed = 0;
    int port = 0;  // 0: any that is free
    double stall_seconds = 2, slow_seconds = 0.02, delay_seconds = 0;
    size_t huge_bytes = size_t{1} << 22;
    std::string retry_after = "0";
    bool keeps_stop = false, names_stop = true;  // in the text; in stop_reason
    std::string expected_key = {};               // 401 for a request without this bearer token
    bool one_choice = false;                     // gives one choice, whatever n is
    bool refuses_n = false;                      // 400 where n is more than one
  };

  explicit FaultServer(Options options) : options_(std::move(options)), policy_(options_.script) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(options_.port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener_, 512) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      throw failure("fault_server", "cannot listen on port {}", options_.port);
    port_ = ntohs(address.sin_port);
    accepting_ = std::thread([this] { accept_all(); });
  }
  ~FaultServer() {
    ends_ = true;
    accepting_.join();
    close(listener_);
    for (std::thread& thread : serving_) thread.join();
  }
  FaultServer(const FaultServer&) = delete;
  FaultServer& operator=(const FaultServer&) = delete;

  std::string url() const { return fmt::format("http://127.0.0.1:{}/v1", port_); }
  int64_t requests() const { return requests_; }        // whole ones that were read, and refused connections
  int64_t connections() const { return connections_; }  // accepted
  int64_t misdeeds() const { return misdeeds_; }
  Json last_body() const {
    const std::lock_guard lock(mutex_);
    return last_body_;
  }

 private:
  using Clock = std::chrono::steady_clock;

  bool readable(int socket, int milliseconds = 50) const {
    pollfd poll_for = {.fd = socket, .events = POLLIN, .revents = 0};
    return poll(&poll_for, 1, milliseconds) > 0;
  }
  void accept_all() {
    while (!ends_) {
      if (!readable(listener_)) continue;
      const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) continue;
      ++connections_;
      serving_.emplace_back([this, socket] {
        while (!ends_ && serve(socket)) {
        }
        close(socket);
      });
    }
  }
  void wait(double seconds) const {
    const auto end = Clock::now() + std::chrono::duration<double>(seconds);
    while (!ends_ && Clock::now() < end)
      std::this_thread::sleep_for(
          std::min<std::chrono::duration<double>>(end - Clock::now(), std::chrono::milliseconds(20)));
  }
  bool send_all(int socket, std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t n = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(n));
    }
    return true;
  }

  // The head of a request and its body; nullopt if the client went away.
  std::optional<std::pair<std::string, std::string>> read_request(int socket) const {
    std::string bytes;
    size_t head = std::string::npos, wanted = 0;
    while (head == std::string::npos || bytes.size() < wanted) {
      if (ends_) return std::nullopt;
      if (!readable(socket)) continue;
      std::array<char, 65536> buffer;
      const ssize_t n = recv(socket, buffer.data(), buffer.size(), 0);
      if (n <= 0) return std::nullopt;
      bytes.append(buffer.data(), static_cast<size_t>(n));
      if (head != std::string::npos || (head = bytes.find("\r\n\r\n")) == std::string::npos) continue;
      const size_t at = bytes.find("Content-Length: ");
      wanted = head + 4 + (at < head ? std::stoul(bytes.substr(at + 16)) : 0);
    }
    return std::pair(bytes.substr(0, head + 2), bytes.substr(head + 4));
  }

  Misdeed next_misdeed() {
    const auto number = static_cast<size_t>(requests_++);
    Misdeed misdeed = Misdeed::kNone;
    if (number < options_.schedule.size()) {
      misdeed = options_.schedule[number];
    } else {
      double draw = Rng(options_.seed, {number}).uniform();
      for (const auto& [candidate, chance] : options_.chances)
        if (misdeed == Misdeed::kNone && (draw -= chance) < 0) misdeed = candidate;
    }
    misdeeds_ += misdeed != Misdeed::kNone;
    return misdeed;
  }

  static std::string head_of(int status, size_t length, std::string_view more = "") {
    return fmt::format("HTTP/1.1 {} X\r\nContent-Type: application/json\r\n{}Content-Length: {}\r\n\r\n", status, more,
                       length);
  }
  bool answer(int socket, int status, std::string_view body, std::string_view more = "") const {
    return send_all(socket, head_of(status, body.size(), more) + std::string(body));
  }

  Json choice_json(const Choice& choice, size_t index, bool chat, bool llamacpp) const {
    const std::string text = choice.text + (options_.keeps_stop ? choice.stop : "");
    if (llamacpp)
      return {{"index", index},
              {"content", text},
              {"tokens_predicted", choice.tokens},
              {"tokens_evaluated", 5},
              {"stop_type", choice.finish == Finish::kLength ? "limit"
                            : choice.stop.empty()            ? "eos"
                                                             : "word"},
              {"stopping_word", choice.stop}};
    Json json = {{"index", index}};
    if (chat)
      json["message"] = {{"role", "assistant"}, {"content", text}};
    else
      json["text"] = text;
    json["finish_reason"] = choice.finish == Finish::kLength ? "length" : "stop";
    if (options_.names_stop) json["stop_reason"] = choice.stop.empty() ? Json() : Json(choice.stop);
    return json;
  }

  std::string completion(const std::string& head, const Json& body, Misdeed misdeed) {
    Request request;
    const bool llamacpp = head.find("/completion ") != std::string::npos;
    request.prompt = body.value("prompt", "");
    if (body.contains("messages"))
      for (const Json& message : body["messages"]) request.messages.push_back({message["role"], message["content"]});
    request.n = body.value(llamacpp ? "n_cmpl" : "n", int64_t{1});
    if (misdeed == Misdeed::kFewer) request.n = std::max<int64_t>(1, request.n - 1);
    if (misdeed == Misdeed::kMore) ++request.n;
    if (options_.one_choice) request.n = 1;
    request.max_tokens = body.value(llamacpp ? "n_predict" : "max_tokens", int64_t{16});
    request.stop = body.value("stop", std::vector<std::string>());
    request.seed = body.value("seed", uint64_t{0});
    const Response response = std::get<Response>(policy_.complete(request));
    Json choices = Json::array();
    int64_t tokens = 0;
    for (const Choice& choice : response.choices) {
      choices.push_back(choice_json(choice, choices.size(), !request.messages.empty(), llamacpp));
      tokens += choice.tokens;
    }
    if (llamacpp) return printable(request.n == 1 ? choices[0] : choices);
    return printable({{"choices", choices}, {"usage", {{"prompt_tokens", 5}, {"completion_tokens", tokens}}}});
  }

  // One request; whether the connection may carry another.
  bool serve(int socket) {
    if (!readable(socket)) return true;
    Misdeed misdeed = Misdeed::kNone;
    const auto request = read_request(socket);
    if (!request) return false;
    misdeed = next_misdeed();
    if (misdeed == Misdeed::kRefuse) {
      const linger reset = {.l_onoff = 1, .l_linger = 0};
      setsockopt(socket, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
      return false;
    }
    const auto& [head, text] = *request;
    const Json body = Json::parse(text, nullptr, false);
    if (body.is_discarded()) return answer(socket, 400, R"({"error": {"message": "no JSON"}})");
    {
      const std::lock_guard lock(mutex_);
      last_body_ = body;
    }
    if (!options_.expected_key.empty() &&
        head.find("Authorization: Bearer " + options_.expected_key + "\r\n") == std::string::npos)
      return answer(socket, 401, printable({{"error", {{"message", "wrong key in: " + head}}}}));
    if (options_.refuses_n && body.value("n", 1) > 1) return answer(socket, 400, R"({"error": "n must be 1"})");
    if (options_.delay_seconds > 0) wait(options_.delay_seconds);
    return misbehave(socket, misdeed, completion(head, body, misdeed));
  }

  bool misbehave(int socket, Misdeed misdeed, const std::string& good) const {
    switch (misdeed) {
      case Misdeed::kStall:
        wait(options_.stall_seconds);
        return false;
      case Misdeed::kDrop:
        send_all(socket, head_of(200, good.size()) + good.substr(0, good.size() / 2));
        return false;
      case Misdeed::kBusy:
        return answer(socket, 429, R"({"error": {"message": "too many requests"}})",
                      fmt::format("Retry-After: {}\r\n", options_.retry_after));
      case Misdeed::kError:
        return answer(socket, 500, "Internal\nServer Error");
      case Misdeed::kGarbage:
        return answer(socket, 200, "<html>\x01 it works \xff</html>");
      case Misdeed::kCutJson:
        return answer(socket, 200, good.substr(0, good.size() / 2));
      case Misdeed::kSlow:
        for (const char c : head_of(200, good.size()) + good) {
          if (ends_ || !send_all(socket, std::string_view(&c, 1))) return false;
          wait(options_.slow_seconds);
        }
        return true;
      case Misdeed::kHuge:
        return answer(socket, 200, std::string(options_.huge_bytes, '['));
      case Misdeed::kReject:
        return answer(socket, 400, R"({"error": {"message": "the prompt is too long"}})");
      default:
        return answer(socket, 200, good);
    }
  }

  Options options_;
  ScriptedPolicy policy_;
  int listener_ = -1, port_ = 0;
  std::atomic<bool> ends_ = false;
  std::atomic<int64_t> requests_ = 0, connections_ = 0, misdeeds_ = 0;
  mutable std::mutex mutex_;
  Json last_body_;
  std::thread accepting_;
  std::vector<std::thread> serving_;
};

}  // namespace hrm::policy
