# libhrm: the room `library` with all that it needs as one shared library, which shows the functions of hrm/hrm.h alone.
# Installed with its headers, a CMake package (find_package(hrm), target hrm::hrm) and a pkg-config file. As a part of a
# Python wheel (pyproject.toml) it is one file without a version in its name.
include(CMakePackageConfigHelpers)

add_library(hrm_shared SHARED $<TARGET_OBJECTS:hrm_library>)
target_link_libraries(hrm_shared PRIVATE hrm_library hrm_flags)
target_include_directories(hrm_shared INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_compile_features(hrm_shared INTERFACE cxx_std_17)  # of the headers for C++
set_target_properties(hrm_shared PROPERTIES
  OUTPUT_NAME hrm EXPORT_NAME hrm LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
if(NOT APPLE)
  file(WRITE ${CMAKE_BINARY_DIR}/hrm.map "{ global: hrm_*; local: *; };\n")
  target_link_options(hrm_shared PRIVATE
    -Wl,--version-script=${CMAKE_BINARY_DIR}/hrm.map -Wl,--gc-sections -Wl,--as-needed -Wl,-z,defs)
endif()
if(HRM_STANDALONE)
  # Debian's libyaml-cpp.a, made for programs, wants this variable of the C library where only a program can have it.
  target_sources(hrm_shared PRIVATE ${CMAKE_SOURCE_DIR}/cmake/standalone_library.cc)
  if(TARGET hrm_fmt_archive)
    hrm_relocate(hrm_fmt_archive)
  endif()
endif()

if(SKBUILD)
  install(TARGETS hrm_shared LIBRARY DESTINATION hrm_cpp COMPONENT python)
  return()
endif()

string(REGEX MATCH "^[0-9]+\\.[0-9]+" hrm_abi ${PROJECT_VERSION})  # before 1.0.0 the minor version counts
set_target_properties(hrm_shared PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${hrm_abi})
install(TARGETS hrm_shared EXPORT hrm LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/hrm DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

set(hrm_package ${CMAKE_INSTALL_LIBDIR}/cmake/hrm)
install(EXPORT hrm NAMESPACE hrm:: FILE hrmTargets.cmake DESTINATION ${hrm_package})
file(WRITE ${CMAKE_BINARY_DIR}/hrmConfig.cmake "include(\${CMAKE_CURRENT_LIST_DIR}/hrmTargets.cmake)\n")
write_basic_package_version_file(${CMAKE_BINARY_DIR}/hrmConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/hrmConfig.cmake ${CMAKE_BINARY_DIR}/hrmConfigVersion.cmake DESTINATION ${hrm_package})

file(RELATIVE_PATH hrm_up /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)  # an installed tree may be moved
configure_file(${CMAKE_SOURCE_DIR}/cmake/hrm.pc.in ${CMAKE_BINARY_DIR}/hrm.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/hrm.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
