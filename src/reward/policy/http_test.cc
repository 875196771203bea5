#include "policy/http.h"

#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "base/files.h"
#include "base/signals.h"
#include "base/threads.h"
#include "policy/endpoint.h"
#include "policy/testing/fault_server.h"
#include "policy/testing/replies.h"

namespace hrm::policy {
namespace {

using M = Misdeed;

std::string steps(const Request&, int64_t, Rng& rng) {
  return fmt::format("# Step 1: it is {} # Step 2: then # END!", rng.below(1000000));
}

FaultServer::Options serves(std::vector<Misdeed> schedule = {}) {
  return {.script = steps, .schedule = std::move(schedule)};
}

HttpOptions quick(const std::string& url) {
  return {.transport = {.url = url, .connect_seconds = 2, .read_seconds = 1, .total_seconds = 1.5}};
}

const Request kFive{.prompt = "Question", .n = 5, .stop = {"# END!", "# Step 2"}, .seed = 9};

class HttpTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!HRM_HTTP) GTEST_SKIP() << "skipped: built without HTTP";
  }
};

TEST_F(HttpTest, EveryKindOfEndpointGivesItsChoices) {
  const FaultServer server(serves());
  std::set<std::string> seen;
  for (const EndpointKind kind : {EndpointKind::kCompletions, EndpointKind::kChat, EndpointKind::kLlamaCpp}) {
    HttpOptions options = quick(server.url());
    options.dialect.kind = kind;
    HttpPolicy policy(options);
    const Reply reply = policy.complete(kFive);
    ASSERT_TRUE(std::holds_alternative<Response>(reply)) << texts(reply)[0];
    const Response& response = std::get<Response>(reply);
    ASSERT_EQ(response.choices.size(), 5u);
    EXPECT_EQ(response.prompt_tokens, 5);
    for (const Choice& choice : response.choices) {
      EXPECT_TRUE(choice.text.starts_with("# Step 1: it is ")) << choice.text;
      EXPECT_EQ(choice.finish, Finish::kStop);
      EXPECT_EQ(choice.stop, "# Step 2");
      EXPECT_NEAR(static_cast<double>(choice.tokens), 6, 1);
    }
    EXPECT_EQ(texts(policy.complete(kFive)), texts(reply));
    EXPECT_TRUE(seen.insert(policy.name()).second);
  }
  EXPECT_EQ(server.connections(), 3);  // kept alive
}

TEST_F(HttpTest, StopStringsAreFoundWhetherKeptDroppedOrNamed) {
  const auto ask = [](bool keeps, bool names, std::vector<std::string> stop) {
    FaultServer::Options options = serves();
    options.keeps_stop = keeps;
    options.names_stop = names;
    const FaultServer server(options);
    return std::get<Response>(HttpPolicy(quick(server.url())).complete({.prompt = "q", .stop = std::move(stop)}))
        .choices[0];
  };
  for (const bool names : {false, true}) {
    const Choice kept = ask(true, names, {"# END!", "# Step 2"});
    EXPECT_EQ(kept.stop, "# Step 2");
    EXPECT_EQ(kept.text.find("# Step 2"), std::string::npos);
  }
  EXPECT_EQ(ask(false, true, {"# END!", "# Step 2"}).stop, "# Step 2");
  EXPECT_EQ(ask(false, false, {"# Step 2"}).stop, "# Step 2");
  const Choice unknown = ask(false, false, {"# END!", "# Step 2"});
  EXPECT_EQ(unknown.stop, "");
  EXPECT_EQ(unknown.finish, Finish::kStop);
  EXPECT_EQ(ask(false, true, {"no such"}).finish, Finish::kEnd);
}

TEST_F(HttpTest, TooFewAndTooManyChoicesAreMended) {
  for (const auto& [misdeed, one, refuses] : {std::tuple(M::kFewer, false, false),
                                              {M::kMore, false, false},
                                              {M::kNone, true, false},
                                              {M::kNone, false, true}}) {
    FaultServer::Options options = serves({misdeed});
    options.one_choice = one;
    options.refuses_n = refuses;
    const FaultServer server(options);
    HttpPolicy policy(quick(server.url()));
    const std::vector<std::string> given = texts(policy.complete(kFive));
    ASSERT_EQ(given.size(), 5u) << given[0];
    EXPECT_EQ(std::set(given.begin(), given.end()).size(), 5u);
  }
}

TEST_F(HttpTest, FaultsAreOneLineWithThePlaceAndWhatWasExpected) {
  const std::map<Misdeed, std::string> expected = {{M::kRefuse, "closed before the reply was complete"},
                                                   {M::kStall, "no byte for 1 s"},
                                                   {M::kDrop, "closed before the reply was complete"},
                                                   {M::kBusy, "status 429 (too many requests), expected 200"},
                                                   {M::kError, "status 500 (Internal?Server Error)"},
                                                   {M::kGarbage, "not valid JSON"},
                                                   {M::kCutJson, "not valid JSON"},
                                                   {M::kSlow, "no complete reply within 1.5 s"},
                                                   {M::kHuge, "nested deeper"},
                                                   {M::kReject, "the prompt is too long"}};
  for (const auto& [misdeed, text] : expected) {
    FaultServer::Options options = serves({misdeed});
    options.retry_after = "7";
    const FaultServer server(options);
    HttpPolicy policy(quick(server.url()));
    const PolicyFault fault = fault_of(policy.complete({.prompt = "q"}));
    EXPECT_NE(fault.message.find(text), std::string::npos) << fault.message;
    EXPECT_NE(fault.message.find("http://127.0.0.1:"), std::string::npos) << fault.message;
    EXPECT_EQ(fault.message.find('\n'), std::string::npos) << fault.message;
    EXPECT_EQ(fault.temporary, misdeed != M::kReject);
    EXPECT_EQ(fault.retry_after, misdeed == M::kBusy ? 7 : 0);
    const std::vector<std::string> after = texts(policy.complete({.prompt = "q"}));
    EXPECT_TRUE(after[0].starts_with("# Step 1")) << after[0];  // the policy is as good as new
  }
}

TEST_F(HttpTest, RepliesBeyondTheLimitAreCutOff) {
  const FaultServer server(serves({M::kHuge}));
  HttpOptions options = quick(server.url());
  options.transport.max_reply_bytes = 100000;
  EXPECT_NE(fault_of(HttpPolicy(options).complete({})).message.find("exceeds 100000 bytes"), std::string::npos);
}

TEST_F(HttpTest, ClosedPortsAreNamed) {
  std::string url;
  {
    const FaultServer server(serves());
    url = server.url();
  }
  const PolicyFault fault = fault_of(HttpPolicy(quick(url)).complete({}));
  EXPECT_NE(fault.message.find("cannot connect"), std::string::npos) << fault.message;
  EXPECT_TRUE(fault.temporary);
}

TEST_F(HttpTest, AnInterruptEndsRequestsUnderWay) {
  FaultServer::Options options = serves({M::kStall});
  options.stall_seconds = 30;
  const FaultServer server(options);
  HttpOptions patient = quick(server.url());
  patient.transport.read_seconds = patient.transport.total_seconds = 60;
  HttpPolicy policy(patient);
  const InterruptScope scope;
  std::thread other([] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    request_interrupt();
  });
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_NE(fault_of(policy.complete({})).message.find("interrupted"), std::string::npos);
  other.join();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST_F(HttpTest, TheKeyIsSentAndNeverShown) {
  FaultServer::Options options = serves();
  options.expected_key = "sk-right";
  const FaultServer server(options);
  HttpOptions http = quick(server.url());
  http.api_key = "sk-right";
  EXPECT_EQ(texts(HttpPolicy(http).complete(kFive)).size(), 5u);
  http.api_key = "sk-wrong";
  const PolicyFault fault = fault_of(HttpPolicy(http).complete({}));
  EXPECT_FALSE(fault.temporary);
  EXPECT_EQ(fault.message.find("sk-wrong"), std::string::npos) << fault.message;
  EXPECT_NE(fault.message.find("status 401"), std::string::npos) << fault.message;
  http.api_key = "sk\r\nHost: x";
  EXPECT_THROW(HttpPolicy{http}, Error);
}

// Whatever the server does, every request of the whole stack gets the reply that a sound server would have given.
TEST_F(HttpTest, TheStackGetsEveryReplyFromServersThatFailHalfOfTheTime) {
  const TemporaryFolder folder;
  FaultServer::Options bad = serves();
  bad.chances = {{M::kRefuse, 0.06},  {M::kDrop, 0.06},    {M::kBusy, 0.08},  {M::kError, 0.06},
                 {M::kGarbage, 0.06}, {M::kCutJson, 0.06}, {M::kFewer, 0.06}, {M::kMore, 0.06}};
  FaultServer::Options worse = bad;
  worse.seed = 1;
  const FaultServer sound(serves()), first(bad), second(worse);
  EndpointOptions options;
  options.endpoint = {first.url(), second.url()};
  options.cache = (folder.path() / "cache").string();
  options.attempts = 30;
  options.longest_pause = 0.01;
  const PolicyStack stack = make_policy(options);
  HttpPolicy reference(quick(sound.url()));
  parallel_for(120, 6, [&](size_t i) {
    Request request{.prompt = "q", .n = 1, .stop = {"# END!", "# Step 2"}, .seed = i};
    EXPECT_EQ(texts(stack.policy->complete(request)), texts(reference.complete(request)));
  });
  EXPECT_GT(first.misdeeds() + second.misdeeds(), 30);
  EXPECT_EQ(stack.meter->usage().failed, 0);
  EXPECT_GT(stack.meter->usage().faults, 0);
  EXPECT_EQ(stack.meter->usage().requests, 120);
}

TEST(Transport, AddressesAreChecked) {
  for (const char* wrong :
       {"", "localhost:80", "ftp://x", "http://", "http://:80", "http://x:", "http://x:0", "http://x:99999",
        "http://x:y", "http://a b", "http://u@x", "http://x/?q", "http://::1/", "http://x/\n"})
    EXPECT_THROW(parse_address(wrong), Error) << wrong;
  EXPECT_EQ(parse_address("http://127.0.0.1:8080").path, "");
  EXPECT_EQ(parse_address("https://api.x.com/v1/").path, "/v1");
  EXPECT_EQ(parse_address("https://[::1]:443/v1").origin, "https://[::1]:443");
  EXPECT_TRUE(parse_address("http://[::1]").loopback);
}

TEST(Endpoint, SettingsAreChecked) {
  EndpointOptions options;
  EXPECT_THROW(make_policy(options), Error);
  options.endpoint = {"http://127.0.0.1:1"};
  options.api_key_variable = "HRM_TEST_NO_SUCH_KEY";
  EXPECT_THROW(make_policy(options), Error);
  options.api_key_variable = "";
  options.attempts = 0;
  EXPECT_THROW(make_policy(options), Error);
  options.attempts = 1;
  options.continuation = Continuation::kFlags;
  EXPECT_THROW(make_policy(options), Error) << "for chats alone";
  options.kind = EndpointKind::kChat;
  EXPECT_NO_THROW(make_policy(options));
  for (const char* wrong : {"[1]", "top_k=1", "{\"stream\":true}"}) {
    options.extra_fields = wrong;
    EXPECT_THROW(make_policy(options), Error) << wrong;
  }
  options.extra_fields = "";
  options.rename_fields = {"max_tokens"};
  EXPECT_THROW(make_policy(options), Error);
  const TemporaryFolder folder;
  write_file_atomic(folder.path() / "t.json", R"({"": ["four"]})");
  EndpointOptions script;
  script.endpoint = {"script:" + (folder.path() / "t.json").string()};
  const PolicyStack stack = make_policy(script);
  EXPECT_EQ(texts(stack.policy->complete({.prompt = "2+2"})), std::vector<std::string>{"four"});
  EXPECT_EQ(stack.meter->usage().tokens, 1);
}

}  // namespace
}  // namespace hrm::policy
