// Replies as servers of many kinds give them, from a server that says what the test tells it.
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "base/signals.h"
#include "policy/caching.h"
#include "policy/http.h"
#include "policy/testing/replies.h"

#if HRM_HTTP
#include <httplib.h>
#include <sys/socket.h>

#include <mutex>
#include <thread>

namespace hrm::policy {
namespace {

using Answer = std::pair<int, std::string>;  // status and body

class ReplyServer {
 public:
  explicit ReplyServer(std::function<Answer(const Json&)> reply) : reply_(std::move(reply)) {
    server_.Post(".*", [this](const httplib::Request& request, httplib::Response& response) {
      const std::lock_guard lock(mutex_);
      bodies_.push_back(Json::parse(request.body));
      paths_.push_back(request.path);
      const Answer answer = reply_(bodies_.back());
      response.status = answer.first;
      if (answer.first / 100 == 3) response.set_header("Location", "http://other.example/v1/chat/completions");
      response.set_content(answer.second, "application/json");
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ~ReplyServer() {
    server_.stop();
    thread_.join();
  }
  ReplyServer(const ReplyServer&) = delete;
  ReplyServer& operator=(const ReplyServer&) = delete;

  std::string url() const { return fmt::format("http://127.0.0.1:{}/v1", port_); }
  std::vector<Json> bodies() const {
    const std::lock_guard lock(mutex_);
    return bodies_;
  }
  std::vector<std::string> paths() const {
    const std::lock_guard lock(mutex_);
    return paths_;
  }

 private:
  std::function<Answer(const Json&)> reply_;
  httplib::Server server_;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::vector<Json> bodies_;
  std::vector<std::string> paths_;
  std::thread thread_;
};

// Texts that depend on prompt, seed and the number of the choice, as a server with sound seeds gives them.
std::string completions(const Json& body) {
  Json choices = Json::array();
  for (int64_t i = 0; i < body.value("n", int64_t{1}); ++i)
    choices.push_back(
        {{"text", fmt::format("{} {}", body["prompt"].get<std::string>(), body["seed"].get<int64_t>() + i)},
         {"finish_reason", "stop"}});
  return printable({{"choices", choices}});
}

HttpOptions to(const ReplyServer& server, Dialect dialect = {}) {
  return {.transport = {.url = server.url(), .connect_seconds = 5, .read_seconds = 5, .total_seconds = 20},
          .dialect = std::move(dialect)};
}

TEST(HttpReplies, ARefusalIsAboutItsRequest) {
  const ReplyServer server([](const Json& body) -> Answer {
    if (body["prompt"] == "long") return {400, R"({"error":{"message":"the prompt is too long"}})"};
    return {200, completions(body)};
  });
  HttpPolicy fresh(to(server)), after(to(server));
  const Request request{.prompt = "q", .n = 3, .seed = 5};
  const std::vector<std::string> wanted = texts(fresh.complete(request));
  EXPECT_NE(fault_of(after.complete({.prompt = "long", .n = 3})).message.find("too long"), std::string::npos);
  EXPECT_EQ(texts(after.complete(request)), wanted);
  EXPECT_EQ(server.bodies().back()["n"], 3) << "still asked for at once";
}

TEST(HttpReplies, ServersThatRefuseManyChoicesAreAskedForFewerInAnyOrderOfRequests) {
  for (const int status : {400, 422, 500, 501}) {
    const ReplyServer server([&](const Json& body) -> Answer {
      if (body.value("n", 1) > 2) return {status, R"({"error":"best_of must be <= 2"})"};
      return {200, completions(body)};
    });
    HttpPolicy policy(to(server)), other(to(server));
    const Request two{.prompt = "q", .n = 2, .seed = 1}, five{.prompt = "q", .n = 5, .seed = 2};
    const auto first_two = texts(policy.complete(two)), then_five = texts(policy.complete(five));
    ASSERT_EQ(then_five.size(), 5u) << status << ": " << then_five[0];
    EXPECT_EQ(texts(other.complete(five)), then_five);
    EXPECT_EQ(texts(other.complete(two)), first_two);
    const size_t before = server.bodies().size();
    EXPECT_EQ(texts(other.complete(five)), then_five);
    EXPECT_EQ(server.bodies().size(), before + 5) << "it is known by now";
  }
}

TEST(HttpReplies, AnAccidentChangesNoSamples) {
  int requests = 0;
  const ReplyServer server([&](const Json& body) -> Answer {
    if (requests++ == 0) return {500, "oops"};
    return {200, completions(body)};
  });
  HttpPolicy policy(to(server));
  const Request request{.prompt = "q", .n = 3};
  const auto first = texts(policy.complete(request));
  EXPECT_EQ(first.size(), 3u);
  EXPECT_EQ(texts(policy.complete(request)), first);
}

TEST(HttpReplies, ErrorsInsideA200AndWordsInFull) {
  struct Case {
    Answer answer;
    std::string words;
    bool temporary;
  };
  const Case cases[] = {
      {{200, R"j({"error":"Unexpected endpoint or method. (POST /x)"})j"},
       "Unexpected endpoint or method. (POST /x)",
       false},
      {{200, R"({"error":{"message":"Provider returned error","code":502,"metadata":{"raw":"upstream overloaded"}}})"},
       "Provider returned error (upstream overloaded)",
       true},
      {{200, R"({"object":"error","message":"no such model","code":404})"}, "no such model", false},
      {{200, R"({"choices":[{"error":{"code":503,"message":"gone"},"finish_reason":"error","text":""}]})"},
       "gone",
       true},
      {{422, R"({"detail":[{"type":"extra_forbidden","loc":["body","seed"],"msg":"Extra inputs are not permitted"}]})"},
       "body.seed: Extra inputs are not permitted",
       false},
      {{422,
        R"({"error":"Input validation error: `best_of` must be > 0 and <= 2. Given: 4, which is too many for it"})"},
       "which is too many for it",
       false},
      {{400, R"({"error":{"message":"Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."}})"},
       "--rename-fields",
       false},
      {{404, R"({"detail":"Not Found"})"}, "ends in /v1", false},
      {{307, ""}, "redirected to 'http://other.example/v1/chat/completions'", false}};
  for (const Case& each : cases) {
    const ReplyServer server([&](const Json&) { return each.answer; });
    const PolicyFault fault = fault_of(HttpPolicy(to(server)).complete({.prompt = "q"}));
    EXPECT_NE(fault.message.find(each.words), std::string::npos) << fault.message;
    EXPECT_EQ(fault.temporary, each.temporary) << fault.message;
    EXPECT_EQ(fault.message.find('\n'), std::string::npos);
  }
}

TEST(HttpReplies, AddressesArePastedAsAWhole) {
  const ReplyServer server([](const Json&) -> Answer {
    return {200, R"({"choices":[{"message":{"content":"hi"},"finish_reason":"stop"}]})"};
  });
  for (const char* end : {"", "/", "/chat/completions", "/chat/completions/"}) {
    HttpOptions options = to(server, {.kind = EndpointKind::kChat});
    options.transport.url += end;
    EXPECT_EQ(texts(HttpPolicy(options).complete({.prompt = "q"}))[0], "hi");
    EXPECT_EQ(server.paths().back(), "/v1/chat/completions");
  }
  HttpOptions other = to(server);
  other.transport.url += "/chat/completions";
  EXPECT_THROW(HttpPolicy{other}, Error) << "is it a chat or not?";
}

TEST(HttpReplies, KeysThatAServerRepeatsAreInNoTextAndNoCache) {
  const std::string key = "sk-echo-1234/5678";
  const ReplyServer server([&](const Json&) -> Answer {
    return {200, R"({"choices":[{"text":"Bearer sk-echo-1234\/5678 is 41","finish_reason":"stop"}]})"};
  });
  const TemporaryFolder folder;
  HttpOptions options = to(server);
  options.api_key = key;
  CachingPolicy policy(std::make_shared<HttpPolicy>(options), folder.path() / "cache");
  EXPECT_EQ(texts(policy.complete({.prompt = "q"}))[0], "Bearer *** is 41");
  EXPECT_EQ(read_file(folder.path() / "cache").find(key), std::string::npos);
  options.api_key = "1";  // no secret, and part of many a text
  EXPECT_EQ(texts(HttpPolicy(options).complete({.prompt = "q"}))[0], "Bearer " + key + " is 41");
}

TEST(HttpReplies, WhatTheServerBrokeOffIsNotRemembered) {
  int requests = 0;
  const ReplyServer server([&](const Json&) -> Answer {
    return {200, fmt::format(R"({{"choices":[{{"text":"a","finish_reason":"{}"}}]}})", requests++ ? "stop" : "abort")};
  });
  const TemporaryFolder folder;
  CachingPolicy policy(std::make_shared<HttpPolicy>(to(server)), folder.path() / "cache");
  EXPECT_EQ(std::get<Response>(policy.complete({.prompt = "q"})).choices[0].finish, Finish::kBroken);
  EXPECT_FALSE(std::get<Response>(policy.complete({.prompt = "q"})).cached);
  EXPECT_TRUE(std::get<Response>(policy.complete({.prompt = "q"})).cached);
}

TEST(HttpReplies, RepliesOfAnyShapeAreReadInLinearTime) {
  std::string keys = R"({"x":{"k0":0)", lists = R"({"x":[0)";
  for (int i = 1; i < 200'000; ++i) {
    keys += fmt::format(R"(,"k{}":{})", i, i);
    lists += ",{},[]";
  }
  const std::string end = R"("choices":[{"text":"four","finish_reason":"stop"}]})";
  for (const std::string& body : {keys + "}," + end, lists + "]," + end}) {
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(parse_reply({}, {}, 1, {body, "s"}).choices[0].text, "four");
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  }
  EXPECT_THROW(parse_reply({}, {}, 1, {lists, "s", 0}), Error) << "no time is left";
  const InterruptScope scope;
  request_interrupt();
  EXPECT_THROW(parse_reply({}, {}, 1, {lists, "s"}), Error);
}

// A server whose headers never end.
TEST(HttpReplies, HeadersAreBounded) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(listener, 1), 0);
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  std::atomic<size_t> sent = 0;
  std::thread flood([&] {
    const int client = accept(listener, nullptr, nullptr);
    const timeval patience = {.tv_sec = 5, .tv_usec = 0};  // a sender may wait minutes for a reader that has gone
    setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    std::string chunk = "HTTP/1.1 200 OK\r\n";
    while (send(client, chunk.data(), chunk.size(), MSG_NOSIGNAL) > 0 && sent < size_t{2} << 30) {
      sent += chunk.size();
      chunk.clear();
      for (int i = 0; i < 400; ++i)
        chunk += "X-Header: a value that goes on for a while, and then for another while\r\n";
    }
    close(client);
  });
  HttpPolicy policy({.transport = {.url = fmt::format("http://127.0.0.1:{}", ntohs(address.sin_port)),
                                   .connect_seconds = 5,
                                   .read_seconds = 30,
                                   .total_seconds = 60}});
  const PolicyFault fault = fault_of(policy.complete({.prompt = "q"}));
  EXPECT_NE(fault.message.find("headers"), std::string::npos) << fault.message;
  flood.join();
  close(listener);
  EXPECT_LT(sent.load(), size_t{256} << 20);
}

}  // namespace
}  // namespace hrm::policy
#endif
