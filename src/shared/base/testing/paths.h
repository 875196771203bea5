// What tests of every room share: where the golden values and data lie. Test code only.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>

namespace hrm {

// The source tree that the tests were built from.
std::filesystem::path source_folder();

// $HRM_SHARED, else the folder `shared` beside the source tree.
std::filesystem::path shared_folder();

// Small golden values that are part of the project.
std::filesystem::path testdata_folder();

}  // namespace hrm

// First line of a test that needs a file or folder of shared_folder().
#define HRM_SKIP_WITHOUT(path) \
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "skipped: " << (path).string() << " is absent (set HRM_SHARED)"
