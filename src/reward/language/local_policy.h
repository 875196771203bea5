// A language model in this process as a policy (policy/policy.h): it can replace a server.
//
// One separate thread draws tokens for all pending requests (language/generator.h).
#pragma once

#include <filesystem>
#include <memory>

#include "language/generator.h"
#include "policy/policy.h"

namespace hrm::language {

class LocalPolicy final : public policy::Policy {
 public:
  // name: of the model, in stores and caches. Throws bad_input as Generator does.
  LocalPolicy(ModelBundle bundle, std::string name, const GeneratorOptions& options = {});
  ~LocalPolicy() override;

  // Messages are rendered by the model's chat template. A request that the model cannot serve is a lasting PolicyFault.
  policy::Reply complete(const policy::Request& request) override;
  std::string name() const override;

 private:
  struct Worker;
  std::unique_ptr<Worker> worker_;
};

struct LocalPolicyOptions {
  LoadOptions load;
  size_t threads = 0;  // aten::use_machine()
  int64_t rows = 64;
  text::ChatSettings chat = {};
};

// path: as load_bundle() takes it, or the run folder of `hrm lm train`.
std::shared_ptr<LocalPolicy> open_local_policy(const std::filesystem::path& path,
                                               const LocalPolicyOptions& options = {});

}  // namespace hrm::language
