# Every third-party library, named once. All are Debian packages (scripts/setup installs them) except libtorch.
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)            # text formatting
find_package(nlohmann_json REQUIRED)  # JSON
find_package(yaml-cpp REQUIRED)       # the authors' configuration files
find_package(CLI11 REQUIRED)          # command line

if(HRM_TESTS)
  find_package(GTest REQUIRED)
endif()

if(HRM_TORCH)
  # A given libtorch (-DTorch_DIR=... or CMAKE_PREFIX_PATH), else the wheel in the virtual environment of scripts/setup.
  file(GLOB HRM_VENV_TORCH ${CMAKE_SOURCE_DIR}/.venv/lib/python3*/site-packages/torch/share/cmake)
  list(APPEND CMAKE_PREFIX_PATH ${HRM_VENV_TORCH})
  find_package(Torch QUIET)
  if(NOT Torch_FOUND)
    message(FATAL_ERROR "libtorch not found: run scripts/setup, or set -DTorch_DIR=<libtorch>/share/cmake/Torch, "
                        "or build without it: -DHRM_TORCH=OFF")
  endif()
endif()
