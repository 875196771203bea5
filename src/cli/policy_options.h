// The flags of a policy, the same for every command that uses one.
#pragma once

#include "cli/command.h"
#include "policy/endpoint.h"
#include "steps/step_settings.h"

namespace hrm::cli {

// One flag per field of EndpointOptions: `api_key_variable` is --api-key-variable. `options` must outlive the command.
void add_endpoint_options(CLI::App& command, policy::EndpointOptions& options);

// An endpoint, or a policy of another kind behind the same cache and meter.
struct PolicyChoice {
  policy::EndpointOptions endpoint;
  std::string spec;                       // arithmetic[:slip=0.1,...]; empty: the endpoint
  std::string chat_date, chat_variables;  // of local models
};
void add_policy_options(CLI::App& command, PolicyChoice& choice);  // --policy, and the flags of an endpoint

// The problems that a policy is asked, and how many of them at a time.
struct AskedProblems {
  std::filesystem::path file, prompt_file;
  uint64_t limit = 0;
  int64_t in_flight = 8;
  bool skip_bad = false;
};
void add_problem_options(CLI::App& command, AskedProblems& problems);

// Throws bad_input if a chat is to continue steps that its template puts into the middle of the user's message.
void check_continuation(const PolicyChoice& choice, const steps::StepSettings& settings);
// seed: of the jitter of pauses. Throws bad_input if none is named, or two.
policy::PolicyStack open_policy(const PolicyChoice& choice, uint64_t seed);

}  // namespace hrm::cli
