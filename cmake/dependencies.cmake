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

find_package(ZLIB REQUIRED)           # gzip and zip: puzzle and row files as people download them

# The four that are shared libraries in Debian, under the names that the rooms use: with HRM_STANDALONE their archives.
function(hrm_library name shared archive)
  add_library(${name} INTERFACE)
  if(HRM_STANDALONE)
    find_library(HRM_ARCHIVE_${name} ${archive})
    mark_as_advanced(HRM_ARCHIVE_${name})
    if(HRM_ARCHIVE_${name})
      set(shared ${HRM_ARCHIVE_${name}})
    elseif(name STREQUAL hrm_fmt)
      hrm_fmt_archive(shared)
    else()
      message(STATUS "${archive} not found: the program will need the shared library")
    endif()
  endif()
  target_link_libraries(${name} INTERFACE ${shared})
endfunction()

# Debian 12 has no libfmt.a; its headers hold the code.
function(hrm_fmt_archive result)
  set(sources ${CMAKE_CURRENT_SOURCE_DIR}/cmake)
  try_compile(HRM_FMT_ARCHIVE ${CMAKE_BINARY_DIR}/fmt_archive
    SOURCES ${sources}/fmt_archive.cc ${sources}/fmt_archive_check.cc
    CMAKE_FLAGS -DCMAKE_CXX_STANDARD=20)
  set(${result} fmt::fmt-header-only PARENT_SCOPE)
  if(HRM_FMT_ARCHIVE)
    add_library(hrm_fmt_archive STATIC ${sources}/fmt_archive.cc)
    set(${result} hrm_fmt_archive PARENT_SCOPE)
  endif()
endfunction()

hrm_library(hrm_fmt fmt::fmt libfmt.a)
# Also with the archive, where it changes nothing: the release and the lite build compile with the same flags.
target_compile_definitions(hrm_fmt INTERFACE FMT_SHARED)
hrm_library(hrm_yaml yaml-cpp libyaml-cpp.a)
hrm_library(hrm_zstd zstd::libzstd_shared libzstd.a)
hrm_library(hrm_zlib ZLIB::ZLIB libz.a)

# Exact and ball arithmetic for grading (LGPL): not linked but loaded on first use, by the name of the file found here or
# by those of known releases (grading/exact_library.cc).
add_library(hrm_flint INTERFACE)
target_link_libraries(hrm_flint INTERFACE ${CMAKE_DL_LIBS})
foreach(library IN ITEMS flint arb)
  string(TOUPPER ${library} name)
  find_library(HRM_${name}_LIBRARY NAMES ${library} flint-${library})
  mark_as_advanced(HRM_${name}_LIBRARY)
  set(file "")
  if(HRM_${name}_LIBRARY)
    get_filename_component(file ${HRM_${name}_LIBRARY} REALPATH)
    get_filename_component(file ${file} NAME)
  endif()
  target_compile_definitions(hrm_flint INTERFACE HRM_${name}_FILE="${file}")
endforeach()

# Regular expressions of tokenizers and step formats; Unicode normalization. Debian ships both archives.
find_library(HRM_PCRE2 pcre2-8 REQUIRED)
find_library(HRM_UTF8PROC utf8proc REQUIRED)
hrm_library(hrm_pcre2 ${HRM_PCRE2} libpcre2-8.a)
target_compile_definitions(hrm_pcre2 INTERFACE PCRE2_CODE_UNIT_WIDTH=8)
hrm_library(hrm_utf8proc ${HRM_UTF8PROC} libutf8proc.a)

# Hashes of tree nodes: headers alone.
find_path(HRM_XXHASH_INCLUDE xxhash.h REQUIRED)
add_library(hrm_xxhash INTERFACE)
target_include_directories(hrm_xxhash SYSTEM INTERFACE ${HRM_XXHASH_INCLUDE})
target_compile_definitions(hrm_xxhash INTERFACE XXH_INLINE_ALL)

# HTTP and HTTPS, both ways. Debian has it as a shared library only: a standalone program goes without, and says so.
add_library(hrm_httplib INTERFACE)
if(HRM_STANDALONE)
  target_compile_definitions(hrm_httplib INTERFACE HRM_HTTP=0)
else()
  find_library(HRM_HTTPLIB cpp-httplib)
  find_package(OpenSSL REQUIRED)
  target_compile_definitions(hrm_httplib INTERFACE HRM_HTTP=1 CPPHTTPLIB_OPENSSL_SUPPORT)
  target_link_libraries(hrm_httplib INTERFACE $<$<BOOL:${HRM_HTTPLIB}>:${HRM_HTTPLIB}> OpenSSL::SSL OpenSSL::Crypto)
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
  # Several processes: the wheel holds Gloo and c10d, but not Gloo's headers, which c10d's include.
  find_path(HRM_GLOO_INCLUDE gloo/config.h)
  mark_as_advanced(HRM_GLOO_INCLUDE)
  if(HRM_GLOO_INCLUDE)
    set(HRM_GLOO ON)
  else()
    message(STATUS "libgloo-dev not found: hrm runs as one process, and says so where WORLD_SIZE is above 1")
  endif()
endif()
