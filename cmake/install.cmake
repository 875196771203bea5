# What `make install` and the packages hold beside the program (component "program"): recipes, the bundled model, pages,
# and the manual pages and completions that the program writes itself.
install(DIRECTORY configs models DESTINATION ${CMAKE_INSTALL_DATADIR}/hrm COMPONENT program)
install(FILES LICENSE README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)

set(hrm_pages ${CMAKE_BINARY_DIR}/share)
install(CODE "
  file(REMOVE_RECURSE \"${hrm_pages}\")
  execute_process(COMMAND \"$<TARGET_FILE:hrm>\" help --quiet --write \"${hrm_pages}\" RESULT_VARIABLE failed)
  if(failed)
    message(FATAL_ERROR \"hrm help --write ${hrm_pages} failed: \${failed}\")
  endif()" COMPONENT program)
install(DIRECTORY ${hrm_pages}/ DESTINATION ${CMAKE_INSTALL_DATADIR} COMPONENT program)
