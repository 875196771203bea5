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

# Just-in-time matrix kernels of the CPU engine, x86-64 only; elsewhere its own vector kernels serve.
find_library(HRM_XSMM_LIBRARY NAMES libxsmm.a PATHS /usr/lib /usr/local/lib)
find_path(HRM_XSMM_INCLUDE libxsmm.h)
if(HRM_XSMM_LIBRARY AND HRM_XSMM_INCLUDE)
  add_library(xsmm STATIC IMPORTED)
  set_target_properties(xsmm PROPERTIES IMPORTED_LOCATION ${HRM_XSMM_LIBRARY}
    INTERFACE_SYSTEM_INCLUDE_DIRECTORIES ${HRM_XSMM_INCLUDE} INTERFACE_COMPILE_DEFINITIONS HRM_XSMM=1
    INTERFACE_LINK_LIBRARIES "${CMAKE_DL_LIBS};m")
else()
  add_library(xsmm INTERFACE)
  message(STATUS "libxsmm not found: the engine uses its own, slower matrix kernels")
endif()

if(HRM_TESTS)
  find_package(GTest REQUIRED)
endif()

if(HRM_TORCH)
  include(libtorch)
endif()
