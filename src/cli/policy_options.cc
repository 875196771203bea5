#include "cli/policy_options.h"

#include "base/error.h"
#include "cli/field_options.h"
#include "worlds/arithmetic_policy.h"

#if HRM_TORCH
#include "language/local_policy.h"
#endif

namespace hrm::cli {
namespace {

constexpr std::string_view kLocal = "local:";

std::shared_ptr<policy::Policy> open_local(const std::string& spec) {
#if HRM_TORCH
  return language::open_local_policy(spec.substr(kLocal.size()));
#else
  throw bad_input("cli.policy", "--policy {}: this build has no libtorch: configure with -DHRM_TORCH=ON", spec);
#endif
}

}  // namespace

void add_endpoint_options(CLI::App& command, policy::EndpointOptions& options) { add_field_options(command, options); }

void add_policy_options(CLI::App& command, PolicyChoice& choice) {
  command
      .add_option("--policy", choice.spec,
                  "instead of an endpoint: local:MODEL, a language model in this process (folder, .gguf file or run of "
                  "hrm lm train), or arithmetic[:slip=0.1,repair=0.3,wander=0.3]")
      ->type_name("SPEC");
  add_endpoint_options(command, choice.endpoint);
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
  if (choice.spec.empty()) {
    if (choice.endpoint.endpoint.empty())
      throw bad_input("cli.policy", "no policy: give --endpoint, or --policy arithmetic");
    return policy::make_policy(choice.endpoint, seed);
  }
  if (!choice.endpoint.endpoint.empty()) throw bad_input("cli.policy", "give --policy or --endpoint, not both");
  if (const auto arithmetic = worlds::arithmetic_policy_settings(choice.spec))
    return policy::wrap_policy(std::make_shared<worlds::ArithmeticPolicy>(*arithmetic), choice.endpoint);
  if (choice.spec.starts_with(kLocal)) return policy::wrap_policy(open_local(choice.spec), choice.endpoint);
  throw bad_input("cli.policy", "--policy {}: expected local:MODEL or arithmetic[:slip=0.1,...]", choice.spec);
}

}  // namespace hrm::cli
