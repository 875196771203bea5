// What tests of every room share: where the golden values and data lie. Test code only.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace hrm {

// $HRM_SHARED, else the folder `shared` beside the source tree.
inline std::filesystem::path shared_folder() {
  if (const char* given = std::getenv("HRM_SHARED")) return given;
  return std::filesystem::path(HRM_SOURCE_DIR) / ".." / "shared";
}

// Small golden values that are part of the project.
inline std::filesystem::path testdata_folder() { return std::filesystem::path(HRM_SOURCE_DIR) / "testdata"; }

}  // namespace hrm

// First line of a test that needs a file or folder of shared_folder().
#define HRM_SKIP_WITHOUT(path) \
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "skipped: " << (path).string() << " is absent (set HRM_SHARED)"
