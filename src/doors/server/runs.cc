#include "server/runs.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <vector>

#include "server/api_error.h"

namespace hrm::server {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostRuns = 1000;
constexpr uint64_t kMostBytes = uint64_t{1} << 20;
constexpr const char* kLog = "log.jsonl";

}  // namespace

Runs::Runs(fs::path folder) : folder_(std::move(folder)) {
  std::error_code ignored;
  if (!fs::is_directory(folder_, ignored))
    throw bad_input("server.runs", "--runs {} is no folder: give the one that holds run folders", folder_.string());
}

Json Runs::list() const {
  std::error_code error;
  std::vector<std::pair<std::string, fs::path>> found;
  if (fs::is_regular_file(folder_ / kLog, error)) found.emplace_back(".", folder_ / kLog);
  for (fs::directory_iterator at(folder_, error), end; !error && at != end; at.increment(error))
    if (fs::is_regular_file(at->path() / kLog, error))
      found.emplace_back(at->path().filename().string(), at->path() / kLog);
  std::ranges::sort(found);
  if (found.size() > kMostRuns) found.resize(kMostRuns);
  Json runs = Json::array();
  for (const auto& [name, log] : found) {
    std::error_code gone;
    const uintmax_t bytes = fs::file_size(log, gone);
    if (gone) continue;
    const auto age = std::chrono::duration<double>(fs::file_time_type::clock::now() - fs::last_write_time(log, gone));
    runs.push_back({{"name", name}, {"bytes", bytes}, {"seconds_ago", std::max(0.0, age.count())}});
  }
  return {{"runs", std::move(runs)}};
}

std::string Runs::log(const std::string& name, uint64_t offset) const {
  const bool plain = !name.empty() && name != ".." && name.find('/') == std::string::npos;
  const fs::path file = name == "." ? folder_ / kLog : folder_ / name / kLog;
  std::error_code error;
  if (!plain || !fs::is_regular_file(file, error))
    throw ApiError(404, fmt::format("no run '{}'", name), "name", "GET /v1/runs lists the runs");
  const uintmax_t size = fs::file_size(file, error);
  if (error || offset > size)
    throw ApiError(422, fmt::format("offset {} is beyond the {} bytes of the log", offset, size), "offset",
                   "read from 0 again: the run has begun anew");
  std::ifstream stream(file, std::ios::binary);
  stream.seekg(static_cast<std::streamoff>(offset));
  std::string text(std::min<uint64_t>(kMostBytes, size - offset), '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(std::max<std::streamsize>(0, stream.gcount())));
  const size_t end = text.rfind('\n');
  text.resize(end == std::string::npos ? 0 : end + 1);  // the rest is being written
  return text;
}

}  // namespace hrm::server
