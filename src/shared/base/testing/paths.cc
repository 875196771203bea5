#include <cstdlib>

#include "base/testing/paths.h"

namespace hrm {

std::filesystem::path source_folder() { return HRM_SOURCE_DIR; }

std::filesystem::path shared_folder() {
  if (const char* given = std::getenv("HRM_SHARED")) return given;
  return source_folder() / ".." / "shared";
}

std::filesystem::path testdata_folder() { return source_folder() / "testdata"; }

}  // namespace hrm
