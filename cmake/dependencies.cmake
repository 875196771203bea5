# Every third-party library, named once. All but libtorch are Debian packages, listed in scripts/packages.txt.
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)            # text formatting
find_package(nlohmann_json REQUIRED)  # JSON
find_package(yaml-cpp REQUIRED)       # the authors' configuration files
find_package(CLI11 REQUIRED)          # command line
find_package(zstd QUIET)              # compressed puzzle files (.csv.zst, .npy.zst)
if(NOT TARGET zstd::libzstd_shared)   # Ubuntu 22.04's package has no CMake files
  find_library(HRM_ZSTD zstd REQUIRED)
  add_library(zstd::libzstd_shared SHARED IMPORTED)
  set_target_properties(zstd::libzstd_shared PROPERTIES IMPORTED_LOCATION ${HRM_ZSTD})
endif()

if(HRM_TESTS)
  find_package(GTest REQUIRED)
endif()

if(HRM_TORCH)
  include(libtorch)
endif()
