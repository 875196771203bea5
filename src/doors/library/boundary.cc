#include "library/boundary.h"

#include <fmt/format.h>

#include <cstdlib>
#include <deque>
#include <exception>
#include <filesystem>
#include <new>
#include <string>

#include "base/messages.h"
#include "base/terminal.h"
#include "base/waiting.h"

namespace hrm::library {
namespace {

constexpr size_t kMessages = 100;
thread_local std::deque<std::string> messages;

void keep(std::string_view line) noexcept {
  try {
    messages.push_back(visible_text(line, LineBreaks::kShow));
    if (messages.size() > kMessages) messages.pop_front();
  } catch (const std::bad_alloc&) {  // a message less
  }
}

hrm_status refuse(char** error, hrm_status status, std::string_view text) noexcept {
  if (!error) return status;
  try {
    *error = copied(visible_text(text, LineBreaks::kShow));
  } catch (const std::bad_alloc&) {  // the status has to do
  }
  return status;
}

std::string words_of(const std::filesystem::filesystem_error& fault) noexcept {
  try {
    return fmt::format("{}: {}", fault.path1().string(), fault.code().message());
  } catch (const std::exception&) {
    return {};
  }
}

}  // namespace

char* copied(std::string_view text) {
  char* copy = static_cast<char*>(std::malloc(text.size() + 1));
  if (!copy) throw std::bad_alloc();
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  return copy;
}

// The texts are those of cli/main.cc.
hrm_status guarded(char** error, const std::function<void()>& body) noexcept {
  if (error) *error = nullptr;
  try {
    const MessageScope scope(keep);
    body();
    return HRM_OK;
  } catch (const Stopped&) {
    return refuse(error, HRM_STOPPED, "stopped");
  } catch (const Interrupted& fault) {
    return refuse(error, HRM_STOPPED, fault.what());
  } catch (const Error& fault) {
    return refuse(error, fault.fault() == Fault::kBadInput ? HRM_BAD_INPUT : HRM_FAILURE, fault.what());
  } catch (const std::filesystem::filesystem_error& fault) {
    return refuse(error, HRM_BAD_INPUT, words_of(fault));
  } catch (const std::bad_alloc&) {
    return refuse(error, HRM_FAILURE, "out of memory: try a smaller batch");
  } catch (const std::exception& fault) {
    return refuse(error, HRM_FAILURE, fault.what());
  } catch (...) {
    return refuse(error, HRM_FAILURE, "an error without a text");
  }
}

}  // namespace hrm::library

using namespace hrm::library;

const char* hrm_version(void) { return HRM_VERSION; }
int hrm_has_libtorch(void) { return HRM_TORCH; }
void hrm_free(void* memory) { std::free(memory); }

char* hrm_take_messages(void) {
  if (messages.empty()) return nullptr;
  char* text = nullptr;
  guarded(nullptr, [&] {
    std::string all;
    for (const std::string& line : messages) all += (all.empty() ? "" : "\n") + line;
    text = copied(all);
  });
  messages.clear();
  return text;
}

hrm_stop* hrm_stop_new(void) { return new (std::nothrow) hrm_stop; }
void hrm_stop_set(hrm_stop* stop) {
  if (stop) stop->set = true;
}
void hrm_stop_free(hrm_stop* stop) { delete stop; }
