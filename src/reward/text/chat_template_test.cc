#include "text/chat_template.h"

#include <gtest/gtest.h>

#include <chrono>

#include "base/error.h"
#include "base/files.h"
#include "text/testing/tokenizers.h"
#include "text/tokenizer_config.h"

namespace hrm::text {
namespace {

const std::vector<ChatMessage> kTurn = {{"user", " Hi\n"}, {"assistant", "Yes?"}};

ChatTemplate made(const std::string& jinja) {
  TokenizerConfig config;
  config.chat_template = jinja;
  config.bos_token = "<s>";
  config.eos_token = "</s>";
  return ChatTemplate(config, "tokenizer_config.json");
}

std::string rendered(const std::string& jinja, const ChatSettings& settings = {}, const jinja::Limits& limits = {}) {
  return made(jinja).render(conversation(kTurn, true), settings, limits);
}

// What is said where a template is refused, which must be one line that names the place.
std::string refusal(const std::string& jinja, const jinja::Limits& limits = {}) {
  try {
    return "rendered: " + rendered(jinja, {}, limits);
  } catch (const Error& e) {
    const std::string what = e.what();
    EXPECT_EQ(e.exit_code(), 2);
    EXPECT_NE(what.find("tokenizer_config.json: line "), std::string::npos) << what;
    EXPECT_EQ(what.find('\n'), std::string::npos) << what;
    return what;
  }
}

void expect_template_refused(const std::string& jinja, const std::string& part) {
  const std::string what = refusal(jinja);
  EXPECT_NE(what.find(part), std::string::npos) << jinja << "\n" << what;
}

TEST(ChatTemplateParity, RendersEveryCaseLikeTheReference) {
  const auto folder = shared_folder() / "fixtures/language";
  HRM_SKIP_WITHOUT(folder);
  const Json templates = read_json(folder / "chat_templates.json");
  const Tokenizer tokenizer = Tokenizer::load(folder / "tokenizer_qwen2");
  size_t cases = 0;
  for (const Json& line : read_lines(folder / "chat_cases.jsonl")) {
    const ChatTemplate chat =
        made(json_field<std::string>(templates, json_field<std::string>(line, "template", "case"), "templates"));
    Conversation all = conversation({}, json_field<bool>(line, "add_generation_prompt", "case"));
    all.messages = line["messages"];
    const std::string text = chat.render(all);
    EXPECT_EQ(text, json_field<std::string>(line, "text", "case"));
    EXPECT_EQ(tokenizer.encode(text), json_field<std::vector<int32_t>>(line, "ids", "case"));
    ++cases;
  }
  EXPECT_GE(cases, 168u);
}

TEST(ChatTemplateGolden, WritesAndRefusesWhatJinja2Does) {
  const std::vector<Json> lines = read_lines(testdata_folder() / "chat/cases.jsonl");
  const Json& head = lines.at(0);
  const ChatSettings settings{.date = head["date"].get<std::string>(), .variables = Json::object()};
  size_t texts = 0, refusals = 0;
  for (size_t i = 1; i < lines.size(); ++i) {
    const Json& line = lines[i];
    const bool named = line.contains("name");
    const std::string jinja =
        (named ? head["templates"][line["name"].get<std::string>()] : line["template"]).get<std::string>();
    Conversation chat = conversation({}, line.value("prompt", false));
    chat.messages = head["conversations"][line["conversation"].get<size_t>()];
    if (line.value("tools", false)) chat.tools = head["tools"];
    ChatSettings with = settings;
    if (line.contains("variables")) with.variables = line["variables"];
    try {
      const std::string text = made(jinja).render(chat, with);
      EXPECT_FALSE(line.contains("refused")) << jinja << "\nbecame: " << text;
      EXPECT_EQ(text, line.value("text", "")) << jinja;
      ++texts;
    } catch (const Error& e) {
      EXPECT_TRUE(line.contains("refused")) << jinja << "\n" << e.what() << "\nexpected: " << line.value("text", "");
      EXPECT_EQ(e.exit_code(), 2);
      ++refusals;
    }
  }
  EXPECT_GE(texts, 900u);
  EXPECT_GE(refusals, 500u);
}

TEST(ChatTemplateParity, FoldersSayWhichTheirsIs) {
  const auto folder = shared_folder() / "fixtures/language/tokenizer_qwen2";
  HRM_SKIP_WITHOUT(folder);
  const TokenizerConfig config = load_tokenizer_config(folder);
  EXPECT_EQ(config.eos_token, "<|im_end|>");
  EXPECT_EQ(config.pad_token, "<|endoftext|>");
  EXPECT_EQ(config.bos_token, "");
  EXPECT_EQ(ChatTemplate(config, "x").render(conversation(kTurn, true)),
            ChatTemplate::chatml().render(conversation(kTurn, true)));
}

TEST(ChatTemplate, ChatMlIsWhatModelsWithoutATemplateLearned) {
  EXPECT_EQ(ChatTemplate::chatml().render(conversation(kTurn, true)),
            "<|im_start|>user\n Hi\n<|im_end|>\n<|im_start|>assistant\nYes?<|im_end|>\n<|im_start|>assistant\n");
}

TEST(ChatTemplate, TheDayIsGivenOrTheTemplateIsRefused) {
  const std::string today = "{{ strftime_now('%A, %d %b %Y %H:%M') }}";
  expect_template_refused(today, "--chat-date");
  EXPECT_EQ(rendered(today, {.date = "2024-07-26"}), "Friday, 26 Jul 2024 00:00");
  EXPECT_EQ(rendered(today, {.date = "2000-02-29T23:59"}), "Tuesday, 29 Feb 2000 23:59");
  EXPECT_EQ(rendered("{{ strftime_now('%j %y %% %f|%Z|%-d') }}", {.date = "2023-12-31T01:02:03"}),
            "365 23 % 000000||31");
  EXPECT_EQ(rendered("{{ strftime_now('') }}{{ strftime_now is defined }}", {.date = "2024-01-01"}), "True");
  for (const char* bad :
       {"2024-02-30", "26 Jul 2024", "2024-7-26", "2024-07-26T24:00", "0000-01-01", "2024-07-26T", "x"})
    EXPECT_THROW(rendered("a", {.date = bad}), Error) << bad;
}

TEST(ChatTemplate, VariablesAndToolsAreFound) {
  EXPECT_EQ(rendered("{{ enable_thinking }}{{ bos_token }}", {.date = "", .variables = {{"enable_thinking", false}}}),
            "False<s>");
  EXPECT_THROW(rendered("a", {.date = "", .variables = {1}}), Error);
  EXPECT_THROW(chat_settings("", "{1", "--chat-variables"), Error);
  EXPECT_EQ(chat_settings("", R"({"a": 1})", "x").variables["a"], 1);
  TokenizerConfig config;
  config.chat_template = "plain{{ tools is none }}";
  config.tool_template = "{{ tools[0].name }}";
  const ChatTemplate chat(config, "x");
  Conversation with = conversation(kTurn, false);
  EXPECT_EQ(chat.render(with), "plainTrue");
  with.tools = {{{"name", "add"}}};
  EXPECT_EQ(chat.render(with), "add");
}

TEST(ChatTemplate, ErrorsNameLineAndConstruct) {
  expect_template_refused("\n\n{{ messages | nothing }}", "line 3 of the chat template: filter 'nothing'");
  expect_template_refused("{% if true %}\n{{ messages[0].content.encode() }}{% endif %}",
                          "line 2 of the chat template: 'encode(...)'");
  expect_template_refused("a\n{{ raise_exception('Roles must alternate') }}",
                          "line 2 of the chat template: 'raise_exception(...)': "
                          "the template refuses this conversation: Roles must alternate");
  expect_template_refused("{{ nobody.role }}", "'.role': 'nobody' is undefined");
  expect_template_refused("{{ 1 is odder }}", "test 'odder'");
  expect_template_refused("{{ 'a' + 1 }}", "'+': str + int is not possible");
  expect_template_refused("{% include 'x' %}", "line 1 of the chat template: the statement 'include' is not supported");
  expect_template_refused("{% for m in messages %}\n\n", "a block that does not end");
  expect_template_refused("{{ messages.append(1) }}", "not safe");
  expect_template_refused("{{ ''.__class__.__mro__ }}", "not safe");
  expect_template_refused("{{ self.block() }}", "self");
  expect_template_refused("{{ [1] | random }}", "filter 'random'");
}

TEST(ChatTemplate, WhatPythonAndJinjaWrite) {
  EXPECT_EQ(rendered("{{ '\u0663' | int }} {{ '\u0663' | float }} {{ ' \u0661\u0662 ' | int }}"), "3 3.0 12");
  EXPECT_EQ(rendered("{{ '%05.2x' % 10 }} {{ '%#06x' % 10 }} {{ '%08.0e' % 0.0 }}"), "0000a 0x000a 0000e+00");
  EXPECT_EQ(rendered("{% print 1, 2 %}"), "12");
  EXPECT_EQ(rendered("{% set d = {'__k': 1} %}{{ d.__k }}"), "1");
  EXPECT_EQ(rendered("{{ tools is defined }}"), "True");
  expect_template_refused("{% print 1 2 %}", "','");
  expect_template_refused("x{% print , 1 %}", "','");
}

TEST(ChatTemplate, ADateIsWrittenAsAWholeOrNotAtAll) {
  const ChatSettings settings{.date = "2024-07-26", .variables = Json::object()};
  EXPECT_EQ(rendered("{{ strftime_now('%d %b %Y') }}", settings), "26 Jul 2024");
  EXPECT_THROW(rendered("{{ strftime_now('%Y' ~ 'x' * 5000) }}", settings), Error);
  EXPECT_THROW(rendered("{{ strftime_now('%Y\\0 x') }}", settings), Error);
}

// Each of these would take minutes, gigabytes or the stack.
TEST(ChatTemplate, WorkIsBounded) {
  const std::vector<std::pair<std::string, std::string>> greedy = {
      {"{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", "steps"},
      {"{{ 'abcdefgh' * 99999999999 }}", "bytes"},
      {"{{ 'abcdefgh' * 999999999999999 }}", "too long"},
      {"{% set n = namespace(t='abcdefgh') %}{% for i in range(99) %}{% set n.t = n.t + n.t %}{% endfor %}", "bytes"},
      {"{% macro f(n) %}{{ f(n + 1) }}{% endmacro %}{{ f(0) }}", "deep"},
      {"{% set n = namespace(l=[]) %}{% for i in range(9999) %}{% set n.l = [n.l] %}{% endfor %}", "deep"},
      {"{{ 'a' | map(*(['map'] * 99999)) | list }}", "steps"},
      {"{{ 'a' | map(*(['map'] * 1500)) | list }}", "deep"},
      {"{% set x = [[]] * 999 %}{% set x = [x] * 999 %}{% set x = [x] * 999 %}{{ [x] * 999 }}", "too large"},
      {"{% set x = [[]] * 999 %}{% set x = [x] * 999 %}{% for i in range(9999) %}{{ x == [[[]] * 999] * 999 }}{% "
       "endfor %}",
       "steps"},
      {std::string(5000, '(') + "1" + std::string(5000, ')'), "rendered"},
      {"{{ " + std::string(5000, '(') + "1" + std::string(5000, ')') + " }}", "nested"},
      {"{{ 1" +
           [] {
             std::string s;
             for (int i = 0; i < 5000; ++i) s += " + 1";
             return s;
           }() +
           " }}",
       "nested"},
      {"{{ x" +
           [] {
             std::string s;
             for (int i = 0; i < 5000; ++i) s += "[0]";
             return s;
           }() +
           " }}",
       "nested"},
      {[] {
         std::string s;
         for (int i = 0; i < 5000; ++i) s += "{% if 1 %}";
         return s;
       }(),
       "nested"},
      {"{{ 'x'.center(99999999999) }}", "too large"},
      {"{{ ('%.1000000d' * 4000) % ((1,) * 4000) }}", "steps"},
      {"{% set a = 'a' * 1000000 %}{% for i in range(99) %}{{ ('a' * 500000 + 'b') in a }}{% endfor %}", "steps"},
      {"{% set a = 'a' * 1000000 %}{% for i in range(99) %}{{ a.find('a' * 500000 + 'b') }}{% endfor %}", "steps"},
      {"{% set x = ((1,) * 100,) * 100 %}{% set y = ((1,) * 100,) * 100 %}{% for i in range(999) %}"
       "{{ (([x, y] * 9) | max) == 1 }}{% endfor %}",
       "steps"},
      {"{% set n = namespace(t=(1, 2)) %}{% for i in range(24) %}{% set n.t = (n.t, n.t) %}{% endfor %}"
       "{% for i in range(9999) %}{{ {}.get(n.t) }}{{ {}[n.t] }}{% endfor %}",
       "steps"},
      {"{{ '%99999999999d' % 1 }}", "width"},
      {"{{ range(100001) }}", "range of more than"},
      {"{{ 9223372036854775807 + 1 }}", "beyond 64 bits"},
      {"{{ 7 ** 7 ** 7 }}", "beyond 64 bits"},
      {"{{ 'a' | replace('', 'b' * 99999) | replace('', 'b' * 99999) | replace('', 'b' * 99999) }}", "bytes"},
      {"{% set n = namespace() %}{% set n.n = n %}{% macro m() %}{% set n.m = m %}{% endmacro %}{{ m() }}", "rendered"},
  };
  for (const auto& [jinja, part] : greedy) {
    const auto begin = std::chrono::steady_clock::now();
    const std::string what = refusal(jinja, {.steps = 2'000'000, .bytes = 1 << 27});
    EXPECT_NE(what.find(part), std::string::npos) << jinja.substr(0, 80) << "\n" << what.substr(0, 300);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20)) << jinja.substr(0, 80);
  }
}

TEST(ChatTemplate, ALongConversationIsNoBound) {
  Conversation chat = conversation({}, true);
  for (int i = 0; i < 2000; ++i)
    chat.messages.push_back({{"role", i % 2 == 0 ? "user" : "assistant"}, {"content", std::string(2000, 'x')}});
  EXPECT_GT(ChatTemplate::chatml().render(chat).size(), 4'000'000u);
}

TEST(TokenizerConfig, ReadsTheFormsThatAreInUse) {
  const TemporaryFolder folder;
  EXPECT_EQ(load_tokenizer_config(folder.path()).chat_template, "");
  const auto path = folder.path() / "tokenizer_config.json";
  write_json(path, {{"bos_token", {{"content", "<s>"}}},
                    {"eos_token", nullptr},
                    {"chat_template",
                     {{{"name", "rag"}, {"template", "r"}},
                      {{"name", "default"}, {"template", "d"}},
                      {{"name", "tool_use"}, {"template", "t"}}}}});
  EXPECT_EQ(load_tokenizer_config(folder.path()).bos_token, "<s>");
  EXPECT_EQ(load_tokenizer_config(folder.path()).chat_template, "d");
  EXPECT_EQ(load_tokenizer_config(folder.path()).tool_template, "t");
  write_file_atomic(folder.path() / "chat_template.jinja", std::string_view("j"));
  EXPECT_EQ(load_tokenizer_config(folder.path()).chat_template, "j");
  write_json(path, {{"bos_token", 7}});
  EXPECT_THROW(load_tokenizer_config(folder.path()), Error);
}

TEST(TokenizerConfig, ClassesHaveTokensOfTheirOwn) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "tokenizer_config.json";
  const auto bos = [&](const Json& json) {
    write_json(path, json);
    return load_tokenizer_config(folder.path()).bos_token;
  };
  EXPECT_EQ(bos({{"tokenizer_class", "GPT2Tokenizer"}}), "<|endoftext|>");
  EXPECT_EQ(bos({{"tokenizer_class", "LlamaTokenizerFast"}}), "<s>");
  EXPECT_EQ(bos({{"tokenizer_class", "PreTrainedTokenizerFast"}}), "");
  EXPECT_EQ(bos({{"tokenizer_class", "LlamaTokenizer"}, {"bos_token", nullptr}}), "");
  EXPECT_EQ(bos({{"tokenizer_class", "LlamaTokenizer"}, {"bos_token", "<b>"}}), "<b>");
  write_json(folder.path() / "special_tokens_map.json", {{"bos_token", {{"content", "<m>"}}}});
  EXPECT_EQ(bos({{"tokenizer_class", "LlamaTokenizer"}, {"bos_token", "<b>"}}), "<m>");
  EXPECT_EQ(bos({{"tokenizer_class", "LlamaTokenizer"}}), "<m>");
  EXPECT_EQ(bos({{"bos_token", "<b>"}, {"added_tokens_decoder", Json::object()}}), "<b>");
  std::filesystem::remove(folder.path() / "special_tokens_map.json");
  write_json(folder.path() / "config.json", {{"model_type", "gpt2"}});
  EXPECT_EQ(bos(Json::object()), "<|endoftext|>");
  EXPECT_EQ(bos({{"tokenizer_class", "PreTrainedTokenizerFast"}}), "");
  write_json(folder.path() / "config.json", {{"model_type", "llama"}});
  EXPECT_EQ(bos(Json::object()), "");
  write_file_atomic(folder.path() / "tokenizer.json", std::string_view(R"({"pre_tokenizer": {"type": "ByteLevel"}})"));
  EXPECT_EQ(bos({{"tokenizer_class", "LlamaTokenizer"}}), "");
}

}  // namespace
}  // namespace hrm::text
