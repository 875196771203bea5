// Where the messages of base/log.h go, for callers that keep their own standard error clean.
#pragma once

#include <functional>
#include <string_view>

namespace hrm {

// While alive, messages of this thread go to `sink`, one line each without its end, and not to standard error. Scopes
// nest: the innermost one gets them. The sink must not throw.
class MessageScope {
 public:
  explicit MessageScope(std::function<void(std::string_view line)> sink);
  ~MessageScope();
  MessageScope(const MessageScope&) = delete;
  MessageScope& operator=(const MessageScope&) = delete;

 private:
  const std::function<void(std::string_view line)> sink_;
  const std::function<void(std::string_view line)>* const outer_;
};

}  // namespace hrm
