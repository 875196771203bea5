# Speeds up builds where the tools exist (ccache, mold or lld) and sets warnings and sanitizers for every target.
find_program(HRM_CCACHE ccache)
if(HRM_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # pch_defines and time_macros let ccache cache targets with precompiled headers.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${HRM_CCACHE})
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-fpch-preprocess)  # for ccache
endif()

find_program(HRM_MOLD mold)
find_program(HRM_LLD ld.lld)
if(HRM_MOLD)
  add_link_options(-fuse-ld=mold)
elseif(HRM_LLD)
  add_link_options(-fuse-ld=lld)
endif()

add_library(hrm_flags INTERFACE)
target_compile_options(hrm_flags INTERFACE -Wall -Wextra -Wshadow -Wno-missing-field-initializers
  # False alarms of GCC 12 on std::string (its bug 105651).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict -Wno-stringop-overflow> $<$<BOOL:${HRM_WERROR}>:-Werror>)
if(HRM_SANITIZE)
  add_compile_options(-fsanitize=${HRM_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${HRM_SANITIZE})
endif()
if(HRM_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
  add_link_options(-fsanitize=fuzzer-no-link)
endif()
