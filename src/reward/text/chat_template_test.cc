#include "text/chat_template.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/testing/refused.h"
#include "text/testing/tokenizers.h"
#include "text/tokenizer_config.h"

namespace hrm::text {
namespace {

const std::vector<ChatMessage> kTurn = {{"user", " Hi\n"}, {"assistant", "Yes?"}};

void expect_refused(std::string_view jinja, const std::string& part) {
  hrm::expect_refused([&] { ChatTemplate::recognize(jinja, "tokenizer_config.json"); },
                      {part, "tokenizer_config.json", "ChatML or Llama 3"});
}

TEST(ChatTemplateParity, RendersEveryCaseLikeTheReference) {
  const auto folder = shared_folder() / "fixtures/language";
  HRM_SKIP_WITHOUT(folder);
  const Json templates = read_json(folder / "chat_templates.json");
  const Tokenizer tokenizer = Tokenizer::load(folder / "tokenizer_qwen2");
  size_t cases = 0;
  for (const Json& line : read_lines(folder / "chat_cases.jsonl")) {
    const auto name = json_field<std::string>(line, "template", "case");
    const auto chat = ChatTemplate::recognize(json_field<std::string>(templates, name, "templates"), name);
    std::vector<ChatMessage> messages;
    for (const Json& message : line["messages"]) messages.push_back({message["role"], message["content"]});
    const std::string text = chat.render(messages, json_field<bool>(line, "add_generation_prompt", "case"));
    EXPECT_EQ(text, json_field<std::string>(line, "text", "case"));
    EXPECT_EQ(tokenizer.encode(text), json_field<std::vector<int32_t>>(line, "ids", "case"));
    ++cases;
  }
  EXPECT_GE(cases, 168u);
}

TEST(ChatTemplateParity, FoldersSayWhichTheirsIs) {
  const auto folder = shared_folder() / "fixtures/language/tokenizer_qwen2";
  HRM_SKIP_WITHOUT(folder);
  const TokenizerConfig config = load_tokenizer_config(folder);
  EXPECT_EQ(config.eos_token, "<|im_end|>");
  EXPECT_EQ(config.pad_token, "<|endoftext|>");
  EXPECT_EQ(config.bos_token, "");
  EXPECT_EQ(ChatTemplate::recognize(config.chat_template, "x").name(), "chatml");
}

TEST(ChatTemplate, Llama3StripsContents) {
  const std::string expected =
      "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>"
      "<|start_header_id|>assistant<|end_header_id|>\n\nYes?<|eot_id|><|start_header_id|>assistant<|end_header_id|>"
      "\n\n";
  EXPECT_EQ(ChatTemplate::named("llama3").render(kTurn, true), expected);
  const auto found = ChatTemplate::recognize(
      "{% for message in messages %}{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n' "
      "+ "
      "message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}"
      "{% endif %}{{ content }}{% endfor %}",
      "x");
  EXPECT_EQ(found.name(), "llama3");
  EXPECT_EQ(found.render(kTurn, true), expected);
}

TEST(ChatTemplate, ADefaultSystemMessageIsTakenOver) {
  const auto found = ChatTemplate::recognize(
      "{% if messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou help.<|im_end|>\n' }}{% endif %}"
      "{% for m in messages %}{{'<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>' + '\n'}}{% endfor %}",
      "x");
  EXPECT_EQ(found.default_system(), "You help.");
  EXPECT_EQ(found.render(std::vector<ChatMessage>{{"user", "a"}}, false),
            "<|im_start|>system\nYou help.<|im_end|>\n<|im_start|>user\na<|im_end|>\n");
  EXPECT_EQ(found.render(std::vector<ChatMessage>{{"system", "b"}}, false), "<|im_start|>system\nb<|im_end|>\n");
  EXPECT_EQ(ChatTemplate::named("chatml").default_system(), "");
}

// The marks of the program that comes with Llama 3.1 and 3.2; the latter asks the clock where there is one.
std::string dated_program(std::string_view today) {
  return fmt::format(
      R"({{% set date_string = {} %}}{{{{ bos_token }}}}{{% if tools %}}{{{{ raise_exception("no tools") }}}}{{% endif %}})"
      R"({{% set system_message = "" %}}<|start_header_id|>system<|end_header_id|>Cutting Knowledge Date: December 2023\n)"
      R"({{{{ "Today Date: " + date_string + "\n\n" }}}}{{{{ message['content'] | trim }}}}<|eot_id|>)",
      today);
}

TEST(ChatTemplate, Llama31WritesDatesIntoTheSystemMessage) {
  const std::string head =
      "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nCutting Knowledge Date: December 2023\n"
      "Today Date: 26 Jul 2024\n\n";
  const std::string turn = "<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>";
  for (const char* today :
       {R"("26 Jul 2024")", R"(strftime_now("%d %b %Y") %}{% else %}{% set date_string = "26 Jul 2024")"}) {
    const auto found = ChatTemplate::recognize(dated_program(today), "x");
    EXPECT_EQ(found.name(), "llama3");
    EXPECT_EQ(found.render(std::vector<ChatMessage>{{"user", " Hi\n"}}, false), head + turn);
    EXPECT_EQ(found.render(std::vector<ChatMessage>{{"system", " Be kind. "}, {"user", "Hi"}}, true),
              head + "Be kind." + turn + "<|start_header_id|>assistant<|end_header_id|>\n\n");
    EXPECT_THROW(found.render(std::vector<ChatMessage>{{"ipython", "1"}}, false), Error);
  }
  expect_refused(dated_program(R"("26 Jul 2024")") + "{{ content.split('</think>')[-1] }}", "reasoning");
}

TEST(ChatTemplate, ToolMessagesAreRefusedWhereTheyHaveAFormOfTheirOwn) {
  const auto found = ChatTemplate::recognize("<|im_start|> <|im_end|> {% if tools %}{% endif %} loop.last", "x");
  EXPECT_NO_THROW(found.render(kTurn, true));
  EXPECT_THROW(found.render(std::vector<ChatMessage>{{"tool", "a"}}, true), Error);
}

TEST(ChatTemplate, SimpleProgramsMustWriteTheFormExactly) {
  const std::string loop = "{% for message in messages %}", end = "{% endfor %}";
  const std::string prompt = "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";
  const std::string usual = "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}";
  const std::vector<std::string> sound_ones = {
      loop + usual + end + prompt,
      loop + "{{ \"<|im_start|>\" ~ message.role ~ \"\\n\" ~ message.content ~ \"<|im_end|>\\n\" }}" + end,
      "{%- for message in messages %}\n    {{- '<|im_start|>' + message.role + '\n' + message.content + "
      "'<|im_end|>\n' "
      "}}\n{%- endfor %}\n{%- if add_generation_prompt %}\n    {{- '<|im_start|>assistant\n' }}\n{%- endif %}\n",
      loop +
          "{% if message['role'] == 'user' %}{{ '<|im_start|>user\n' + message['content'] + '<|im_end|>\n' }}"
          "{% else %}" +
          usual + "{% endif %}" + end,
      "{# a comment #}{% set all = messages %}{% for m in all %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}"
      "<|im_end|>\n{{ '' }}{% endfor %}"};
  for (const std::string& sound : sound_ones)
    EXPECT_EQ(ChatTemplate::recognize(sound, "x").render(kTurn, false),
              ChatTemplate::named("chatml").render(kTurn, false))
        << sound;

  const auto with = [&](const std::string& written) { return loop + written + end + prompt; };
  const std::vector<std::string> others = {
      with("{% if message['role'] == 'user' %}{{ '<|im_start|>user\nQuestion: ' + message['content'] + '<|im_end|>\n' "
           "}}{% else %}" +
           usual + "{% endif %}"),
      with("{% if message['role'] == 'user' %}{{ '<|im_start|>human\n' + message['content'] + '<|im_end|>\n' }}"
           "{% else %}" +
           usual + "{% endif %}"),
      with("{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' }}"),
      with("{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + ' <|im_end|>\n' }}"),
      with("{{ '<|im_start|>' + message['content'] + '\n' + message['role'] + '<|im_end|>\n' }}"),
      with("{{ '<|im_start|>' + message['role'] | upper + '\n' + message['content'] + '<|im_end|>\n' }}"),
      with("{{ '<|im_start|>' + message['role'] + '\n' + message['content'][:9] + '<|im_end|>\n' }}"),
      with("{{ bos_token + '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"),
      "Be brief.\n" + with(usual),
      with(usual + "\n\n"),
      "{% for message in messages[1:] %}" + usual + end,
      "{% for message in messages | reverse %}" + usual + end,
      "{% for message in messages %}{% if message['role'] == 'user' %}{{ '<|im_start|>user\n' + message['content'] + "
      "'<|im_end|>\n' }}{% endif %}{% endfor %}"};
  for (const std::string& other : others) expect_refused(other, "");
}

TEST(ChatTemplate, RefusesWhatItDoesNotKnow) {
  expect_refused("[INST] {{ message }} [/INST]", "neither ChatML nor Llama 3");
  expect_refused("", "neither");
  expect_refused("<|im_start|><|im_end|>{{ content.split('</think>')[-1] }}", "reasoning");
  expect_refused("<|start_header_id|><|end_header_id|><|eot_id|>Cutting Knowledge Date", "dates");
  expect_refused("<|start_header_id|><|end_header_id|><|eot_id|>{{ strftime_now('%d %b %Y') }}", "today's date");
  expect_refused("<|im_start|><|im_end|>{% if loop.last %}", "last message");
  expect_refused("<|im_start|><|im_end|>{% if role != 'system' %}{{ x }}", "without a system message");
  EXPECT_THROW(ChatTemplate::named("alpaca"), Error);
}

TEST(TokenizerConfig, ReadsTheFormsThatAreInUse) {
  const TemporaryFolder folder;
  EXPECT_EQ(load_tokenizer_config(folder.path()).chat_template, "");
  const auto path = folder.path() / "tokenizer_config.json";
  write_json(path,
             {{"bos_token", {{"content", "<s>"}}},
              {"eos_token", nullptr},
              {"chat_template", {{{"name", "rag"}, {"template", "r"}}, {{"name", "default"}, {"template", "d"}}}}});
  EXPECT_EQ(load_tokenizer_config(folder.path()).bos_token, "<s>");
  EXPECT_EQ(load_tokenizer_config(folder.path()).chat_template, "d");
  write_file_atomic(folder.path() / "chat_template.jinja", std::string_view("j"));
  EXPECT_EQ(load_tokenizer_config(folder.path()).chat_template, "j");
  write_json(path, {{"bos_token", 7}});
  EXPECT_THROW(load_tokenizer_config(folder.path()), Error);
}

}  // namespace
}  // namespace hrm::text
