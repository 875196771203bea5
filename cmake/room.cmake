# hrm_room(WING/NAME LEVEL n [TORCH] [USES room...] [LIBS target...] [TORCH_SOURCES name...] [TORCH_AWARE name...]
#          [PRECOMPILE header...] [OPTIONS option...])
#
# One static library per room of ARCHITECTURE.md from src/WING/NAME/*.cc, one test program from its *_test.cc, one fuzz
# program per *_fuzz.cc, and a program hrm from its main.cc. The wing is the include root: "puzzles/sudoku.h" is
# src/reasoning/puzzles/sudoku.h. A wing that is one room, like cli, is written without a slash. LEVEL and USES are the
# row of the table: the only rooms, all of a lower level, that NAME may include (scripts/check_layers reads these calls).
# TORCH rooms may include libtorch and are left out of a build without it, as are the TORCH_SOURCES of other rooms.
# Only TORCH_AWARE sources and the tests beside them know which build it is (HRM_TORCH, 0 or 1): ccache shares all others between both.
# A room with PRECOMPILE headers or with OPTIONS for the compiler has its own precompiled header.
#
# With HRM_UNITY the compiler gets the files of a room up to eight at a time: templates that several of them use are then
# instantiated once. So names at file level must differ within a room (tests apart from what they test).
#
# What is tested is optimized and instrumented in full; its tests build in half the time without.
set(HRM_TEST_OPTIONS $<$<CONFIG:Release>:-O1> $<$<CONFIG:RelWithDebInfo>:-O0>)
if(HRM_FUZZ)
  list(APPEND HRM_TEST_OPTIONS -fno-sanitize=fuzzer-no-link)
endif()

function(hrm_room place)
  cmake_parse_arguments(ROOM "TORCH" "LEVEL" "USES;LIBS;TORCH_SOURCES;TORCH_AWARE;PRECOMPILE;OPTIONS" ${ARGN})
  set(folder ${CMAKE_SOURCE_DIR}/src/${place})
  get_filename_component(name ${folder} NAME)
  get_filename_component(root ${folder} DIRECTORY)
  if(ROOM_TORCH AND NOT HRM_TORCH)
    return()
  endif()
  set(torch "")
  if(ROOM_TORCH)
    set(torch "_torch")
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cc)
  set(tests ${sources})
  set(fuzzers ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cc$")
  list(FILTER sources EXCLUDE REGEX "_(test|fuzz)\\.cc$|/main\\.cc$")
  if(NOT HRM_TORCH)
    foreach(source IN LISTS ROOM_TORCH_SOURCES)
      list(REMOVE_ITEM sources ${folder}/${source}.cc)
    endforeach()
  endif()
  if(NOT sources)
    return()
  endif()

  add_library(hrm_${name} STATIC ${sources})
  target_include_directories(hrm_${name} PUBLIC ${root})
  foreach(source IN LISTS ROOM_TORCH_AWARE)
    set_property(SOURCE ${folder}/${source}.cc APPEND PROPERTY COMPILE_DEFINITIONS HRM_TORCH=$<BOOL:${HRM_TORCH}>)
  endforeach()
  foreach(used IN LISTS ROOM_USES)
    if(TARGET hrm_${used})  # not where a TORCH room is left out
      target_link_libraries(hrm_${name} PUBLIC hrm_${used})
    endif()
  endforeach()
  target_link_libraries(hrm_${name} PUBLIC ${ROOM_LIBS} Threads::Threads PRIVATE hrm_flags)
  target_compile_options(hrm_${name} PRIVATE ${ROOM_OPTIONS})
  hrm_relocate(hrm_${name})
  hrm_unite(hrm_${name} "${sources}" APART ${ROOM_TORCH_SOURCES})
  if(ROOM_PRECOMPILE OR ROOM_OPTIONS)
    hrm_precompile(hrm_${name} "${torch}_${name}" LIBS ${ROOM_LIBS} HEADERS ${ROOM_PRECOMPILE} OPTIONS ${ROOM_OPTIONS})
  else()
    hrm_precompile(hrm_${name} "${torch}")
  endif()

  if(EXISTS ${folder}/main.cc)
    add_executable(hrm ${folder}/main.cc)
    target_link_libraries(hrm PRIVATE hrm_${name} hrm_flags)
    target_compile_definitions(hrm PRIVATE HRM_VERSION="${PROJECT_VERSION}")
    install(TARGETS hrm COMPONENT program)
  endif()

  if(HRM_TESTS AND tests)
    add_executable(hrm_${name}_test ${tests})
    hrm_test_paths()
    target_link_libraries(hrm_${name}_test PRIVATE hrm_${name} hrm_test_paths hrm_flags GTest::gtest_main)
    target_compile_options(hrm_${name}_test PRIVATE ${HRM_TEST_OPTIONS})
    if(ROOM_TORCH_AWARE)
      target_compile_definitions(hrm_${name}_test PRIVATE HRM_TORCH=$<BOOL:${HRM_TORCH}>)
    endif()
    hrm_precompile(hrm_${name}_test "${torch}_test")
    hrm_unite(hrm_${name}_test "${tests}")
    set_property(GLOBAL APPEND PROPERTY HRM_TEST_PROGRAMS hrm_${name}_test)
  endif()

  if(HRM_FUZZ)
    foreach(fuzzer IN LISTS fuzzers)
      get_filename_component(program ${fuzzer} NAME_WE)
      add_executable(${program} ${fuzzer})
      target_link_libraries(${program} PRIVATE hrm_${name} hrm_flags)
      target_link_options(${program} PRIVATE -fsanitize=fuzzer)
      set_property(GLOBAL APPEND PROPERTY HRM_FUZZ_PROGRAMS ${program})
    endforeach()
  endif()
endfunction()

# Groups of the files that are compiled as one. Sources with their own options or definitions stay alone (CMake sees to
# that). APART: names of sources that only some builds have; in separate groups, so that the others are the same in all.
function(hrm_unite target sources)
  if(NOT HRM_UNITY)
    return()
  endif()
  cmake_parse_arguments(UNITE "" "" "APART" ${ARGN})
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  set(common_count 0)
  set(apart_count 0)
  foreach(source IN LISTS sources)
    get_filename_component(name ${source} NAME_WE)
    set(kind common)
    if(name IN_LIST UNITE_APART)
      set(kind apart)
    endif()
    math(EXPR group "${${kind}_count} / 8")
    math(EXPR ${kind}_count "${${kind}_count} + 1")
    set_property(SOURCE ${source} PROPERTY UNITY_GROUP ${kind}${group})
  endforeach()
endfunction()

# Where tests find the source tree: the only object with its path in it, so that two checkouts share all others in ccache.
function(hrm_test_paths)
  if(NOT TARGET hrm_test_paths)
    add_library(hrm_test_paths STATIC ${CMAKE_SOURCE_DIR}/src/shared/base/testing/paths.cc)
    target_include_directories(hrm_test_paths PRIVATE ${CMAKE_SOURCE_DIR}/src/shared)
    target_link_libraries(hrm_test_paths PRIVATE GTest::gtest hrm_flags)
    target_compile_definitions(hrm_test_paths PRIVATE HRM_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  endif()
endfunction()

# Code that can also stand in libhrm (library.cmake), in every build, so that ccache compiles it once for all of them. Its
# symbols are hidden, so it is as fast as in a program.
function(hrm_relocate target)
  set_target_properties(${target} PROPERTIES
    POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
endfunction()

# Precompiled headers, shared by all targets of one kind ("", _test, _torch, _torch_test, or a room's own): one costs about
# six seconds and 100 MB, so not one per target.
function(hrm_precompile target kind)
  cmake_parse_arguments(OWN "" "" "LIBS;HEADERS;OPTIONS" ${ARGN})
  set(carrier hrm_pch${kind})
  if(NOT TARGET ${carrier})
    file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/pch.cc CONTENT "")  # not written anew, which would rebuild everything
    add_library(${carrier} OBJECT ${CMAKE_BINARY_DIR}/pch.cc)
    target_link_libraries(${carrier} PRIVATE hrm_flags hrm_fmt nlohmann_json::nlohmann_json Threads::Threads ${OWN_LIBS})
    target_compile_options(${carrier} PRIVATE ${OWN_OPTIONS})
    target_precompile_headers(${carrier} PRIVATE
      <algorithm> <cstdint> <filesystem> <functional> <map> <memory> <span> <string> <vector> <fmt/format.h>
      <nlohmann/json.hpp> ${OWN_HEADERS})
    if(kind MATCHES "torch")
      target_link_libraries(${carrier} PRIVATE libtorch)
      target_precompile_headers(${carrier} PRIVATE <ATen/ATen.h>)
    endif()
    if(kind MATCHES "test")
      target_link_libraries(${carrier} PRIVATE GTest::gtest)
      target_compile_options(${carrier} PRIVATE ${HRM_TEST_OPTIONS})
      target_precompile_headers(${carrier} PRIVATE <gtest/gtest.h>)
    else()
      hrm_relocate(${carrier})
    endif()
  endif()
  target_precompile_headers(${target} REUSE_FROM ${carrier})
endfunction()

# The page of a server room and its contract, as bytes in the program (embed.cmake).
function(hrm_embed_page target folder)
  set(out ${CMAKE_BINARY_DIR}/page_assets.cc)
  file(GLOB files CONFIGURE_DEPENDS ${folder}/page/*)
  add_custom_command(OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DFOLDER=${folder} -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${files} ${folder}/openapi.json ${CMAKE_SOURCE_DIR}/cmake/embed.cmake VERBATIM)
  target_sources(${target} PRIVATE ${out})
endfunction()

# test_programs.txt and fuzz_programs.txt in the build folder: what scripts/run_tests and scripts/run_fuzzers run, one
# path per line. Call once, after the last room.
function(hrm_write_program_lists)
  foreach(kind IN ITEMS TEST FUZZ)
    get_property(programs GLOBAL PROPERTY HRM_${kind}_PROGRAMS)
    set(paths "")
    foreach(program IN LISTS programs)
      string(APPEND paths "$<TARGET_FILE:${program}>\n")
    endforeach()
    string(TOLOWER ${kind} file)
    file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/${file}_programs.txt CONTENT "${paths}")
  endforeach()
endfunction()
