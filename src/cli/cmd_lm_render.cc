#include <memory>
#include <optional>

#include "base/files.h"
#include "base/json.h"
#include "cli/libtorch_commands.h"
#include "formats/jsonl.h"
#include "text/chat_template.h"

namespace hrm::cli {
namespace {

struct LmRenderArguments {
  std::filesystem::path model, jinja, file;
  std::string chat_date, chat_variables;
  bool no_prompt = false, cases = false, json = false;
};

text::ChatTemplate template_of(const LmRenderArguments& args) {
  if (args.model.empty() && args.jinja.empty())
    throw bad_input("cli.lm.render", "no template: give a model's folder or --template FILE");
  text::TokenizerConfig config;
  if (!args.model.empty()) config = text::load_tokenizer_config(args.model);
  if (!args.jinja.empty()) {
    config.chat_template = read_file(args.jinja);
    config.tool_template.clear();
  }
  if (config.chat_template.empty() && !args.jinja.empty())
    throw bad_input("cli.lm.render", "{}: is empty", args.jinja.string());
  if (config.chat_template.empty())
    throw bad_input("cli.lm.render", "{}: has no chat template; give one with --template FILE", args.model.string());
  return text::ChatTemplate(config, (args.jinja.empty() ? args.model : args.jinja).string());
}

text::Conversation chat_of(const Json& record, bool prompt, const std::string& place) {
  text::Conversation chat = text::conversation({}, prompt);
  chat.messages = json_field<Json>(record, "messages", place);
  if (!chat.messages.is_array()) throw bad_input("cli.lm.render", "{}: field 'messages' is not a list", place);
  if (record.contains("tools")) chat.tools = record["tools"];
  if (record.contains("documents")) chat.documents = record["documents"];
  if (record.contains("add_generation_prompt"))
    chat.add_generation_prompt = json_field<bool>(record, "add_generation_prompt", place);
  return chat;
}

// A record with its own template: the rendered text, or the error.
Json render_case(const Json& record, const std::string& place) {
  try {
    text::TokenizerConfig config;
    config.chat_template = json_field<std::string>(record, "template", place);
    const auto word = [&](const char* field) {
      return record.contains(field) ? json_field<std::string>(record, field, place) : std::string();
    };
    config.bos_token = word("bos_token");
    config.eos_token = word("eos_token");
    text::ChatSettings settings{.date = word("date"), .variables = record.value("variables", Json::object())};
    return {{"text", text::ChatTemplate(config, place).render(chat_of(record, false, place), settings)}};
  } catch (const Error& error) {
    if (error.exit_code() != 2) throw;
    return {{"error", error.what()}};
  }
}

void render(const LmRenderArguments& args) {
  const text::ChatSettings settings =
      text::chat_settings(args.chat_date, args.chat_variables, "--chat-date, --chat-variables");
  std::optional<text::ChatTemplate> form;
  if (!args.cases) form = template_of(args);
  for (JsonlReader lines(args.file, {.forgive_cut_end = false, .accept_array = true}); lines.next();) {
    if (args.cases) {
      fmt::print("{}\n", printable(render_case(lines.value(), lines.place())));
      continue;
    }
    const std::string text = form->render(chat_of(lines.value(), !args.no_prompt, lines.place()), settings);
    if (args.json)
      fmt::print("{}\n", printable(Json{{"text", text}}));
    else
      fmt::print("{}{}", text, text.ends_with('\n') ? "" : "\n");
  }
}

}  // namespace

void register_lm_render(CLI::App& lm) {
  CLI::App& command = *lm.add_subcommand("render", "Print conversations as a model's chat template renders them.");
  const auto args = std::make_shared<LmRenderArguments>();
  command.add_option("model", args->model, "folder with tokenizer_config.json or chat_template.jinja")
      ->type_name("FOLDER");
  command.add_option("--template", args->jinja, "a Jinja file instead of the folder's")->type_name("FILE");
  command
      .add_option("--file", args->file,
                  "JSON lines with messages, and optionally tools and documents; - is standard input")
      ->required()
      ->type_name("FILE");
  command.add_flag("--no-prompt", args->no_prompt, "end after the last message, without the start of an answer");
  command.add_option("--chat-date", args->chat_date, kChatDateHelp)->type_name("DATE");
  command.add_option("--chat-variables", args->chat_variables, kChatVariablesHelp)->type_name("JSON");
  command.add_flag("--cases", args->cases,
                   "every record has its own template; errors are printed (for testdata/chat/make_cases.py)");
  add_json_flag(command, args->json);
  set_examples(command, {{"hrm lm render models/qwen3 --file chats.jsonl", "what the model reads"},
                         {"hrm lm render models/llama --file chats.jsonl --chat-date 2024-07-26 --json",
                          "a template that writes the date; one text per line"}});
  command.callback([args] { render(*args); });
}

}  // namespace hrm::cli
