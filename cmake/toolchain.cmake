# Speeds up builds where the tools exist (ccache, mold or lld) and sets warnings and sanitizers for every target.
include(CheckLinkerFlag)

find_program(HRM_CCACHE ccache)
if(HRM_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # The sloppiness lets ccache cache targets with precompiled headers; the base folder lets two checkouts share entries.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${HRM_CCACHE})
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-fpch-preprocess)  # for ccache
else()
  add_compile_options("SHELL:-Xclang -fno-pch-timestamp")  # likewise
endif()

foreach(linker IN ITEMS mold lld)  # older compilers know only some of them
  check_linker_flag(CXX -fuse-ld=${linker} HRM_LINKS_WITH_${linker})
  if(HRM_LINKS_WITH_${linker})
    add_link_options(-fuse-ld=${linker})
    break()
  endif()
endforeach()

add_library(hrm_flags INTERFACE)
target_compile_options(hrm_flags INTERFACE -Wall -Wextra -Wshadow -Wno-missing-field-initializers
  # False alarms of GCC 12 on std::string (its bugs 105651 and 105329); clang checks bounds as well.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict -Wno-stringop-overflow>
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-array-bounds>
  # In a unity build all files but one count as headers, and a header's class may not have members of unnamed namespaces.
  $<$<AND:$<BOOL:${HRM_UNITY}>,$<CXX_COMPILER_ID:GNU>>:-Wno-subobject-linkage>
  # libstdc++'s stable_sort calls what it declares deprecated itself, and clang says so; GCC checks our own calls.
  $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations> $<$<BOOL:${HRM_WERROR}>:-Werror>)

if(HRM_SANITIZE)
  add_compile_options(-fsanitize=${HRM_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${HRM_SANITIZE})
endif()
if(HRM_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "HRM_FUZZ needs clang: -DCMAKE_CXX_COMPILER=clang++ (scripts/setup --asan installs one)")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
  add_link_options(-fsanitize=fuzzer-no-link)
endif()

# A program that needs nothing but the C library at run time, so that a copy of the file is an installation.
# All builds compile with the same flags, so that ccache compiles most files once for the release and the lite build.
if(NOT HRM_SANITIZE)
  add_compile_options(-ffunction-sections -fdata-sections)
endif()
if(HRM_STANDALONE)
  add_link_options(-Wl,--gc-sections -static-libgcc -static-libstdc++)
endif()
