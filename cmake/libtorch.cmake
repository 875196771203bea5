# Target `libtorch`: headers and libraries of a libtorch of at least HRM_TORCH_MINIMUM.
#
# Torch's own package files are not used: a CUDA build's ask for an installed CUDA toolkit, which a program that only
# calls ATen does not need, and they search for MKL, Caffe2 and Python on every configuration.
# Looked for in: LIBTORCH or Torch_DIR (-D, or the environment of the first configuration), else CMAKE_PREFIX_PATH and
# the wheel that scripts/setup puts into .venv. Each may name libtorch's root or its share/cmake/Torch.
set(HRM_TORCH_MINIMUM 2.11)
set(LIBTORCH "$ENV{LIBTORCH}" CACHE PATH "Folder of a libtorch; empty: the one in .venv")
set(Torch_DIR "$ENV{Torch_DIR}" CACHE PATH "share/cmake/Torch of a libtorch, the usual name of LIBTORCH")

set(hrm_torch_places ${LIBTORCH} ${Torch_DIR})
if(hrm_torch_places)
  set(hrm_torch_given "among ${hrm_torch_places}")
else()
  file(GLOB hrm_torch_wheels ${CMAKE_SOURCE_DIR}/.venv/lib/python3*/site-packages/torch)
  set(hrm_torch_places ${CMAKE_PREFIX_PATH} ${hrm_torch_wheels})
  set(hrm_torch_given "in .venv or CMAKE_PREFIX_PATH")
endif()

unset(hrm_torch_root)
foreach(place IN LISTS hrm_torch_places)
  string(REGEX REPLACE "/share/cmake(/Torch)?/?$" "" place "${place}")
  if(NOT hrm_torch_root AND EXISTS ${place}/include/ATen/ATen.h AND EXISTS ${place}/lib/libtorch_cpu.so)
    file(REAL_PATH ${place} hrm_torch_root)
  endif()
endforeach()
if(NOT hrm_torch_root)
  message(FATAL_ERROR "libtorch not found ${hrm_torch_given}: run scripts/setup, or name one with "
                      "-DLIBTORCH=<folder that holds include/ and lib/>, or build without it: -DHRM_TORCH=OFF")
endif()

file(GLOB hrm_torch_version_header ${hrm_torch_root}/include/torch/headeronly/version.h
     ${hrm_torch_root}/include/torch/csrc/api/include/torch/version.h)
set(hrm_torch_version 0)
foreach(header IN LISTS hrm_torch_version_header)
  file(STRINGS ${header} numbers REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) [0-9]+")
  if(numbers)
    string(REGEX REPLACE "[^0-9]*([0-9]+)[^0-9]*;[^0-9]*([0-9]+)[^0-9]*;[^0-9]*([0-9]+).*" "\\1.\\2.\\3"
           hrm_torch_version "${numbers}")
  endif()
endforeach()
if(hrm_torch_version VERSION_LESS HRM_TORCH_MINIMUM)
  message(FATAL_ERROR "${hrm_torch_root}: libtorch ${hrm_torch_version}, at least ${HRM_TORCH_MINIMUM} is needed")
endif()

# libtorch ships headers of another fmt than the one we link; ours must be found first.
get_target_property(hrm_fmt_include fmt::fmt INTERFACE_INCLUDE_DIRECTORIES)
list(APPEND hrm_fmt_include /usr/include)
find_path(HRM_FMT_INCLUDE fmt/format.h PATHS ${hrm_fmt_include} NO_DEFAULT_PATH REQUIRED)
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/fmt_first)
file(CREATE_LINK ${HRM_FMT_INCLUDE}/fmt ${CMAKE_BINARY_DIR}/fmt_first/fmt SYMBOLIC)

add_library(libtorch INTERFACE)
target_include_directories(libtorch SYSTEM INTERFACE
  ${CMAKE_BINARY_DIR}/fmt_first ${hrm_torch_root}/include ${hrm_torch_root}/include/torch/csrc/api/include)
set(hrm_torch_libraries ${hrm_torch_root}/lib/libtorch_cpu.so ${hrm_torch_root}/lib/libc10.so)
set(hrm_torch_kind "CPU")
if(EXISTS ${hrm_torch_root}/lib/libtorch_cuda.so)
  # Nothing refers to a symbol of the CUDA backend: it registers itself when it is loaded, so the linker must keep it.
  list(PREPEND hrm_torch_libraries -Wl,--push-state,--no-as-needed ${hrm_torch_root}/lib/libtorch_cuda.so
       ${hrm_torch_root}/lib/libc10_cuda.so -Wl,--pop-state)
  set(hrm_torch_kind "CPU and CUDA")
endif()
target_link_libraries(libtorch INTERFACE ${hrm_torch_libraries})
# The wheel's libraries find their own neighbors (CUDA, OpenMP) when they are loaded, not when we link.
target_link_options(libtorch INTERFACE -Wl,--allow-shlib-undefined)
message(STATUS "libtorch ${hrm_torch_version} (${hrm_torch_kind}): ${hrm_torch_root}")
