# Every third-party library, named once. All but libtorch are Debian packages, listed in scripts/packages.txt.
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)            # text formatting
find_package(nlohmann_json REQUIRED)  # JSON
find_package(yaml-cpp REQUIRED)       # the authors' configuration files
find_package(CLI11 REQUIRED)          # command line
find_package(zstd REQUIRED)           # compressed puzzle files (.csv.zst, .npy.zst)

if(HRM_TESTS)
  find_package(GTest REQUIRED)
endif()

if(HRM_TORCH)
  include(libtorch)
endif()
