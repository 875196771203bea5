#include "cli/policy_options.h"

#include "base/error.h"
#include "cli/field_options.h"
#include "cli/libtorch_commands.h"
#include "text/chat_template.h"
#include "worlds/arithmetic_policy.h"

namespace hrm::cli {
namespace {

constexpr std::string_view kLocal = "local:";

}  // namespace

void add_endpoint_options(CLI::App& command, policy::EndpointOptions& options) { add_field_options(command, options); }

void add_policy_options(CLI::App& command, PolicyChoice& choice) {
  command
      .add_option("--policy", choice.spec,
                  "instead of an endpoint: local:MODEL, a language model in this process (folder, .gguf file or run of "
                  "hrm lm train), or arithmetic[:slip=0.1,repair=0.3,wander=0.3]")
      ->type_name("SPEC");
  command.add_option("--chat-date", choice.chat_date, fmt::format("local models: {}", kChatDateHelp))
      ->type_name("DATE");
  command.add_option("--chat-variables", choice.chat_variables, fmt::format("local models: {}", kChatVariablesHelp))
      ->type_name("JSON");
  add_endpoint_options(command, choice.endpoint);
}

void add_problem_options(CLI::App& command, AskedProblems& problems) {
  command.add_option("problems", problems.file, "JSON lines with question and answer (GSM8K, MATH, .zst); - is stdin")
      ->type_name("FILE")
      ->required();
  command.add_option("--limit", problems.limit, "only the first N problems")->type_name("N");
  command.add_option("--in-flight", problems.in_flight, "maximum number of simultaneous requests")
      ->type_name("N")
      ->capture_default_str();
  command.add_option("--prompt-file", problems.prompt_file, "file with the prompt template (see --prompt)")
      ->type_name("FILE");
  command.add_flag("--skip-bad", problems.skip_bad, "leave out and list problems that cannot be read");
}

void check_continuation(const PolicyChoice& choice, const steps::StepSettings& settings) {
  const policy::Continuation how = choice.endpoint.continuation;
  if (how == policy::Continuation::kUser || settings.steps_end_prompt()) return;
  throw bad_input("cli.policy",
                  "--continuation {} needs a prompt template that ends with {{steps}}: here the steps are inside the "
                  "user's message and cannot be continued; change the template or use --continuation user",
                  name_of_enum(how));
}

policy::PolicyStack open_policy(const PolicyChoice& choice, uint64_t seed) {
  const bool chat_given = !choice.chat_date.empty() || !choice.chat_variables.empty();
  if (chat_given && !choice.spec.starts_with(kLocal))
    throw bad_input("cli.policy",
                    "--chat-date and --chat-variables are for --policy local:MODEL; an endpoint takes them as "
                    "--extra-fields '{{\"chat_template_kwargs\": {{...}}}}'");
  if (choice.spec.empty()) {
    if (choice.endpoint.endpoint.empty())
      throw bad_input("cli.policy", "no policy: give --endpoint, or --policy arithmetic");
    return policy::make_policy(choice.endpoint, seed);
  }
  if (!choice.endpoint.endpoint.empty()) throw bad_input("cli.policy", "give --policy or --endpoint, not both");
  if (const auto arithmetic = worlds::arithmetic_policy_settings(choice.spec))
    return policy::wrap_policy(std::make_shared<worlds::ArithmeticPolicy>(*arithmetic), choice.endpoint);
  if (choice.spec.starts_with(kLocal))
    return policy::wrap_policy(open_local_policy(choice.spec.substr(kLocal.size()),
                                                 text::chat_settings(choice.chat_date, choice.chat_variables,
                                                                     "--chat-date, --chat-variables")),
                               choice.endpoint);
  throw bad_input("cli.policy", "--policy {}: expected local:MODEL or arithmetic[:slip=0.1,...]", choice.spec);
}

}  // namespace hrm::cli
