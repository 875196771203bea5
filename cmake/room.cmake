# hrm_room(NAME [TORCH] USES room... LIBS target...)
#
# One static library per room of ARCHITECTURE.md from src/NAME/*.cc, one test program from src/NAME/*_test.cc and one
# fuzz program per src/NAME/*_fuzz.cc. USES is the row of the table: the only rooms that NAME may include
# (scripts/check_layers reads these calls).
function(hrm_room name)
  cmake_parse_arguments(ROOM "TORCH" "" "USES;LIBS" ${ARGN})
  if(ROOM_TORCH AND NOT HRM_TORCH)
    return()
  endif()
  set(folder ${CMAKE_SOURCE_DIR}/src/${name})
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cc)
  set(tests ${sources})
  set(fuzzers ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cc$")
  list(FILTER sources EXCLUDE REGEX "_(test|fuzz)\\.cc$")
  if(NOT sources)
    return()
  endif()

  add_library(hrm_${name} STATIC ${sources})
  target_include_directories(hrm_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_compile_definitions(hrm_${name} PUBLIC HRM_TORCH=$<BOOL:${HRM_TORCH}>)
  list(TRANSFORM ROOM_USES PREPEND hrm_ OUTPUT_VARIABLE uses)
  target_link_libraries(hrm_${name} PUBLIC ${uses} ${ROOM_LIBS} Threads::Threads PRIVATE hrm_flags)
  hrm_precompile(hrm_${name} ${ROOM_TORCH})

  if(HRM_TESTS AND tests)
    add_executable(hrm_${name}_test ${tests})
    target_link_libraries(hrm_${name}_test PRIVATE hrm_${name} hrm_flags GTest::gtest_main)
    target_compile_definitions(hrm_${name}_test PRIVATE HRM_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    hrm_precompile(hrm_${name}_test ${ROOM_TORCH} <gtest/gtest.h>)
    set_property(GLOBAL APPEND PROPERTY HRM_TEST_PROGRAMS hrm_${name}_test)
  endif()

  foreach(fuzzer IN LISTS fuzzers)
    get_filename_component(program ${fuzzer} NAME_WE)
    if(HRM_FUZZ)
      add_executable(${program} ${fuzzer})
      target_link_libraries(${program} PRIVATE hrm_${name} hrm_flags)
      target_link_options(${program} PRIVATE -fsanitize=fuzzer)
    endif()
  endforeach()
endfunction()

function(hrm_precompile target torch)
  target_precompile_headers(${target} PRIVATE
    <algorithm> <cstdint> <filesystem> <functional> <map> <memory> <span> <string> <vector> <fmt/format.h>
    <nlohmann/json.hpp> ${ARGN})
  if(torch)
    target_precompile_headers(${target} PRIVATE <ATen/ATen.h> <torch/csrc/autograd/generated/variable_factories.h>)
  endif()
endfunction()
