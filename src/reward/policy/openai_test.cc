#include "policy/openai.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace hrm::policy {
namespace {

Json body_of(const Dialect& dialect, const Request& request) {
  return parse_json(request_body(dialect, request, request.n, 77), "body");
}

TEST(OpenAi, RequestsSayWhatIsWanted) {
  const Request request{
      .prompt = "Q", .n = 3, .max_tokens = 9, .temperature = 0.5, .top_p = 0.9, .stop = {"x"}, .logprobs = true};
  EXPECT_EQ(
      printable(body_of({.model = "m"}, request)),
      R"({"model":"m","prompt":"Q","logprobs":1,"max_tokens":9,"n":3,"temperature":0.5,"top_p":0.9,"seed":77,"stop":["x"]})");
  const Json chat = body_of({.kind = EndpointKind::kChat}, request);
  EXPECT_EQ(printable(chat["messages"]), R"([{"role":"user","content":"Q"}])");
  EXPECT_EQ(chat["logprobs"], true);
  const Json llama = body_of({.kind = EndpointKind::kLlamaCpp}, request);
  EXPECT_EQ(llama["n_predict"], 9);
  EXPECT_EQ(llama["n_cmpl"], 3);
  EXPECT_EQ(llama["top_k"], 0);
  EXPECT_EQ(llama["cache_prompt"], false);
  EXPECT_THROW(request_body({}, {.messages = {{"user", "Q"}}}, 1, 0), Error);
}

TEST(OpenAi, AtMostFourStopStringsAreSentAndAllAreObeyed) {
  const Request request{.prompt = "Q", .stop = {"a", "b", "c", "d", "e", "f"}};
  EXPECT_EQ(body_of({}, request)["stop"], (std::vector<std::string>{"a", "b", "c", "d"}));
  const std::string reply = R"({"choices":[{"text":"1 e 2","finish_reason":"length"}]})";
  const Choice choice = parse_reply({}, request, 1, {reply, "s"}).choices[0];
  EXPECT_EQ(choice.text, "1 ");
  EXPECT_EQ(choice.stop, "e");
}

TEST(OpenAi, FieldsAreAddedLeftOutAndRenamed) {
  const Dialect dialect{.kind = EndpointKind::kChat,
                        .extra = parse_json(R"({"temperature":null,"stop":null,"top_k":20,
                                               "chat_template_kwargs":{"enable_thinking":false}})",
                                            "t"),
                        .renamed = {{"max_tokens", "max_completion_tokens"}}};
  check_fields(dialect);
  const Request request{.prompt = "Q", .max_tokens = 9, .stop = {"x"}};
  const Json body = body_of(dialect, request);
  for (const char* gone : {"temperature", "stop", "max_tokens"}) EXPECT_FALSE(body.contains(gone)) << gone;
  EXPECT_EQ(body["max_completion_tokens"], 9);
  EXPECT_EQ(body["top_k"], 20);
  EXPECT_EQ(body["chat_template_kwargs"]["enable_thinking"], false);
  // Without stop strings a server can only have ended by itself; the text is cut here.
  const auto choice_of = [&](const std::string& text) {
    return parse_reply(dialect, request, 1,
                       {printable({{"choices", {{{"message", {{"content", text}}}, {"finish_reason", "stop"}}}}}), "s"})
        .choices[0];
  };
  EXPECT_EQ(choice_of("a").finish, Finish::kEnd);
  EXPECT_EQ(choice_of("a x b").stop, "x");
  for (const char* wrong : {R"({"max_tokens":5})", R"({"messages":null})", R"({"stream":true})", R"({"n":2})"})
    EXPECT_THROW(check_fields({.extra = parse_json(wrong, "t")}), Error) << wrong;
  EXPECT_THROW(check_fields({.renamed = {{"no_such", "x"}}}), Error);
  EXPECT_THROW(check_fields({.renamed = {{"max_tokens", ""}}}), Error);
  EXPECT_THROW(check_fields({.renamed = {{"max_tokens", "temperature"}}}), Error) << "would send two values";
  EXPECT_NO_THROW(check_fields({.renamed = {{"max_tokens", "n_predict"}}}));
}

TEST(OpenAi, PromptsWithABegunAnswerAreChatsThatContinueIt) {
  const Request request{.prompt = "Q?\nFirst.\n", .begun = 7};
  const Json flags = body_of({.kind = EndpointKind::kChat, .continuation = Continuation::kFlags}, request);
  EXPECT_EQ(printable(flags["messages"]),
            R"([{"role":"user","content":"Q?\n"},{"role":"assistant","content":"First.\n"}])");
  EXPECT_EQ(flags["continue_final_message"], true);
  const Json user = body_of({.kind = EndpointKind::kChat}, request)["messages"];
  ASSERT_EQ(user.size(), 1u);
  EXPECT_NE(user[0]["content"].get<std::string>().find("Continue it exactly"), std::string::npos);
  EXPECT_EQ(body_of({}, request)["prompt"], "Q?\nFirst.\n");
}

TEST(OpenAi, EndsOfEveryNameAndTextsOfEveryForm) {
  const auto choice_of = [](const std::string& rest, const Request& request = {}) {
    return parse_reply({.kind = EndpointKind::kChat}, request, 1, {R"({"choices":[{)" + rest + "}]}", "s"}).choices[0];
  };
  const std::pair<const char*, Finish> ends[] = {
      {"null", Finish::kEnd},          {"\"stop\"", Finish::kEnd},          {"\"eos_token\"", Finish::kEnd},
      {"\"end_turn\"", Finish::kEnd},  {"\"tool_calls\"", Finish::kEnd},    {"\"STOP\"", Finish::kEnd},
      {"\"length\"", Finish::kLength}, {"\"MAX_TOKENS\"", Finish::kLength}, {"\"model_length\"", Finish::kLength},
      {"\"abort\"", Finish::kBroken},  {"\"error\"", Finish::kBroken},      {"\"content_filter\"", Finish::kBroken},
      {"\"SAFETY\"", Finish::kBroken}};
  for (const auto& [reason, finish] : ends) {
    const Choice choice = choice_of(fmt::format(R"("message":{{"content":"a"}},"finish_reason":{})", reason));
    EXPECT_EQ(choice.finish, finish) << reason;
    EXPECT_EQ(choice.text, "a") << reason;
  }
  const std::pair<const char*, const char*> texts[] = {
      {R"("message":{"content":null,"reasoning":"hm"},"finish_reason":"length")", ""},
      {R"("message":{"content":null,"reasoning_content":"hm"},"finish_reason":"stop")", ""},
      {R"("message":{"reasoning":"hm"},"finish_reason":"stop")", ""},
      {R"("message":{"content":null,"refusal":"no"},"finish_reason":"stop")", ""},
      {R"("message":{"role":"assistant"},"finish_reason":"content_filter")", ""},
      {R"("message":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},
          {"type":"text","text":"It is "},{"type":"text","text":"42."}]},"finish_reason":"stop")",
       "It is 42."},
      {R"("message":{"content":["a",{"text":"b"}]},"finish_reason":"stop")", "ab"}};
  for (const auto& [choice, text] : texts) EXPECT_EQ(choice_of(choice).text, text) << choice;
  // A word for the end in the field of the stop string names none.
  const Request stops{.stop = {"x", "y"}};
  const Choice unknown = choice_of(R"("message":{"content":"a"},"finish_reason":"stop","stop_reason":"stop")", stops);
  EXPECT_EQ(unknown.finish, Finish::kStop);
  EXPECT_EQ(unknown.stop, "");
  const std::string older = R"({"content":"a","stopped_eos":false,"stopped_word":true,"stopping_word":"x"})";
  EXPECT_EQ(parse_reply({.kind = EndpointKind::kLlamaCpp}, stops, 1, {older, "s"}).choices[0].stop, "x");
  const std::string full = R"({"choices":[{"text":"a","finish_reason":null}],"usage":{"completion_tokens":16}})";
  EXPECT_EQ(parse_reply({}, {.max_tokens = 16}, 1, {full, "s"}).choices[0].finish, Finish::kLength);
  EXPECT_EQ(parse_reply({}, {.max_tokens = 17}, 1, {full, "s"}).choices[0].finish, Finish::kEnd);
}

TEST(OpenAi, BegunAnswersAreContinuedInThreeWays) {
  const Request request{.messages = {{"system", "S"}, {"user", "Q"}, {"assistant", "# Step 1: a"}}};
  const Json user = body_of({.kind = EndpointKind::kChat}, request)["messages"];
  ASSERT_EQ(user.size(), 2u);
  EXPECT_TRUE(user[1]["content"].get<std::string>().starts_with("Q\n\n"));
  EXPECT_TRUE(user[1]["content"].get<std::string>().ends_with("\n\n# Step 1: a"));
  const Json flags = body_of({.kind = EndpointKind::kChat, .continuation = Continuation::kFlags}, request);
  EXPECT_EQ(flags["messages"].size(), 3u);
  EXPECT_EQ(flags["continue_final_message"], true);
  EXPECT_EQ(flags["add_generation_prompt"], false);
  const Json prefill = body_of({.kind = EndpointKind::kChat, .continuation = Continuation::kPrefill}, request);
  EXPECT_EQ(prefill["messages"].size(), 3u);
  EXPECT_FALSE(prefill.contains("continue_final_message"));
  // llama.cpp repeats what it continued.
  const std::string reply = R"({"choices":[{"message":{"content":"# Step 1: a b"},"finish_reason":"length"}]})";
  EXPECT_EQ(parse_reply({.kind = EndpointKind::kChat, .continuation = Continuation::kPrefill}, request, 1, {reply, "s"})
                .choices[0]
                .text,
            " b");
}

TEST(OpenAi, ChoicesAreSortedByIndexAndTokensShared) {
  const std::string reply = R"({"choices":[{"index":1,"text":"ab","finish_reason":"length"},
    {"index":0,"text":"abcdef","finish_reason":"stop"}],"usage":{"prompt_tokens":4,"completion_tokens":11}})";
  const Response response = parse_reply({}, {.n = 2}, 2, {reply, "s"});
  EXPECT_EQ(response.choices[0].text, "abcdef");
  EXPECT_EQ(response.choices[0].finish, Finish::kEnd);
  EXPECT_EQ(response.choices[1].finish, Finish::kLength);
  EXPECT_EQ(response.choices[0].tokens + response.choices[1].tokens, 11);
  EXPECT_TRUE(response.choices[0].tokens_estimated);
  EXPECT_EQ(parse_reply({}, {}, 1, {reply, "s"}).choices.size(), 1u);
  // One that wrote nothing beside others is empty, and an end that is not named is one.
  const std::string calls = R"({"choices":[{"message":{"content":null},"finish_reason":"tool_calls"},
    {"message":{"content":"42"}},{"message":{"content":null,"reasoning":null},"finish_reason":"stop"}]})";
  const Response some = parse_reply({.kind = EndpointKind::kChat}, {.n = 3}, 3, {calls, "s"});
  EXPECT_EQ(some.choices[0].text + "|" + some.choices[1].text + "|" + some.choices[2].text, "|42|");
  EXPECT_EQ(some.choices[1].finish, Finish::kEnd);
  const std::string one = R"({"choices":[{"text":"ab","finish_reason":"length"}],"usage":{"completion_tokens":3}})";
  EXPECT_EQ(parse_reply({}, {}, 1, {one, "s"}).choices[0].tokens, 3);
  EXPECT_FALSE(parse_reply({}, {}, 1, {one, "s"}).choices[0].tokens_estimated);
  // llama.cpp reports one choice's tokens for all of them.
  std::string llama = reply;
  llama.insert(1, R"("timings":{},)");
  EXPECT_EQ(parse_reply({}, {.n = 2}, 2, {llama, "s"}).choices[0].tokens, 2);
}

TEST(OpenAi, LogProbabilitiesEndWithTheText) {
  const Request request{.stop = {"# END!", "x"}, .logprobs = true};
  const std::string legacy = R"({"choices":[{"text":"ab # END!","finish_reason":"stop",
    "logprobs":{"tokens":["ab"," ","# END!"],"token_logprobs":[-0.5,-0.25,-2]}}],"usage":{"completion_tokens":3}})";
  const Choice choice = parse_reply({}, request, 1, {legacy, "s"}).choices[0];
  EXPECT_EQ(choice.text, "ab ");
  EXPECT_EQ(choice.logprobs, (std::vector<float>{-0.5f, -0.25f}));
  EXPECT_EQ(choice.tokens, 2);
  const std::string chat = R"({"choices":[{"message":{"content":"ab"},"finish_reason":"length",
    "logprobs":{"content":[{"token":"a","logprob":-1},{"token":"b","logprob":-2}]}}]})";
  EXPECT_EQ(parse_reply({.kind = EndpointKind::kChat}, request, 1, {chat, "s"}).choices[0].logprobs.size(), 2u);
}

TEST(OpenAi, RepliesThatAreNoneAreNamed) {
  const auto fault = [](std::string_view body, EndpointKind kind = EndpointKind::kCompletions) -> std::string {
    try {
      parse_reply({.kind = kind}, {}, 1, {body, "http://x"});
    } catch (const Error& error) {
      return error.what();
    }
    return "none";
  };
  const std::pair<std::string, std::string> cases[] = {
      {"", "not valid JSON"},
      {"[]", "expected an object"},
      {"{}", "field 'choices' is missing or null, expected a list"},
      {R"({"choices":{}})", "expected a list"},
      {R"({"choices":[]})", "no choices"},
      {R"({"choices":[1]})", "not an object"},
      {R"({"choices":[{"text":null,"finish_reason":"stop"}]})", "'text' is missing or null"},
      {R"({"choices":[{"text":null},{"text":null}]})", "'text' is missing or null"},
      {R"({"errors":[{"message":"bad key"}]})", "(bad key)"},
      {R"({"code":1001,"msg":"Header bad"})", "(Header bad)"},
      {R"({"base_resp":{"status_code":1008,"status_msg":"no balance"},"choices":null})", "(no balance)"},
      {R"({"choices":[{"text":"a","finish_reason":7}]})", "'finish_reason'"},
      {std::string(100000, '['), "nested deeper"}};
  for (const auto& [body, text] : cases) {
    EXPECT_NE(fault(body).find(text), std::string::npos) << body.substr(0, 60) << ": " << fault(body);
    EXPECT_NE(fault(body).find("http://x"), std::string::npos);
    EXPECT_EQ(fault(body).find('\n'), std::string::npos);
  }
  EXPECT_NE(fault(R"({"choices":[{"message":{"content":null},"finish_reason":"tool_calls"}]})", EndpointKind::kChat)
                .find("'content' is missing or null"),
            std::string::npos);
}

TEST(OpenAi, ErrorsAndRetryAfter) {
  EXPECT_EQ(error_text(R"({"error":{"message":"no\nmodel"}})"), "no model");
  EXPECT_EQ(error_text(R"({"error":"plain"})"), "plain");
  EXPECT_EQ(error_text(R"({"detail":"not found"})"), "not found");
  EXPECT_EQ(error_text("<html>"), "<html>");
  EXPECT_EQ(parse_retry_after("12", 0), 12);
  EXPECT_EQ(parse_retry_after("1.5", 0), 1.5);
  EXPECT_EQ(parse_retry_after("-3", 0), 0);
  EXPECT_EQ(parse_retry_after("soon", 0), 0);
  EXPECT_EQ(parse_retry_after("Thu, 01 Jan 1970 00:01:40 GMT", 40), 60);
  EXPECT_EQ(parse_retry_after("Thu, 01 Jan 1970 00:01:40 GMT", 400), 0);
  EXPECT_EQ(parse_retry_after("inf", 0), 0);
}

}  // namespace
}  // namespace hrm::policy
