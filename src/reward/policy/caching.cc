#include "policy/caching.h"

#include <algorithm>

#include "base/error.h"
#include "base/log.h"
#include "formats/bytes.h"
#include "policy/reply_record.h"

namespace hrm::policy {
namespace {

// nullopt if the file has been damaged since it was opened: the request is then asked anew.
std::optional<Response> stored_reply(const RecordLog& log, uint64_t at, size_t choices) {
  try {
    const std::string bytes = log.read(at);
    std::optional<ReplyRecord> record = decode_reply(bytes_of(bytes));
    if (!record || record->response.choices.size() != choices) return std::nullopt;
    return std::move(record->response);
  } catch (const Error& error) {
    log_warning("{}: the request is sent again", error.what());
    return std::nullopt;
  }
}

// What the server broke off is not remembered: asked again, it may be whole.
bool is_whole(const Response& response) {
  return std::ranges::none_of(response.choices, [](const Choice& c) { return c.finish == Finish::kBroken; });
}

Reply as_cached(Reply reply) {
  if (auto* response = std::get_if<Response>(&reply)) response->cached = true;
  return reply;
}

}  // namespace

CachingPolicy::CachingPolicy(std::shared_ptr<Policy> inner, const std::filesystem::path& path)
    : inner_(std::move(inner)) {
  log_ = std::make_unique<RecordLog>(path, kReplyLogKind, [this](std::span<const std::byte> payload, uint64_t at) {
    if (const auto key = decode_reply_key(payload)) stored_[*key] = at;
  });
  const RecordLogReport& report = log_->report();
  if (report.damaged_places > 0)
    log_warning("{}: {} damaged places ({} bytes) are skipped; {} replies are intact", path.string(),
                report.damaged_places, report.damaged_bytes, report.records);
}

Reply CachingPolicy::complete(const Request& request) {
  const RequestKey key = request_key(inner_->name(), request);
  std::promise<Reply> promise;
  {
    std::unique_lock lock(mutex_);
    if (const auto at = stored_.find(key); at != stored_.end()) {
      const uint64_t place = at->second;
      lock.unlock();
      if (auto response = stored_reply(*log_, place, static_cast<size_t>(request.n)))
        return as_cached(*std::move(response));
      lock.lock();
    }
    if (const auto at = under_way_.find(key); at != under_way_.end()) {
      const std::shared_future<Reply> future = at->second;
      lock.unlock();
      return as_cached(future.get());
    }
    under_way_.emplace(key, promise.get_future().share());
  }
  try {
    Reply reply = inner_->complete(request);
    const auto* response = std::get_if<Response>(&reply);
    if (response && !is_whole(*response)) response = nullptr;
    const uint64_t at = response ? log_->append(bytes_of(encode_reply(key, *response))) : 0;
    promise.set_value(reply);
    const std::lock_guard lock(mutex_);
    if (response) stored_[key] = at;
    under_way_.erase(key);
    return reply;
  } catch (...) {
    promise.set_exception(std::current_exception());
    const std::lock_guard lock(mutex_);
    under_way_.erase(key);
    throw;
  }
}

}  // namespace hrm::policy
