// Folders of training runs below one folder, and their logs (docs/formats/run-folder.md), for the page.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/json.h"

namespace hrm::server {

class Runs {
 public:
  // Throws bad_input if `folder` is not a folder.
  explicit Runs(std::filesystem::path folder);

  // {"runs": [{"name", "bytes", "seconds_ago"}]}: the folder itself (".") and the folders in it that contain a
  // log.jsonl, at most 1000, by name.
  Json list() const;
  // Bytes of a run's log from `offset` on, at most 1 MiB, cut after the last whole line. Throws ApiError 404 for a name
  // that list() does not return, 422 for an offset beyond the end.
  std::string log(const std::string& name, uint64_t offset) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace hrm::server
