# Embeds text files into a library as one generated .cpp.
# culprit_embed(TARGET NAME HEADER FILES…) defines `std::span<const EmbeddedFile> NAME()` in namespace culprit, files in order of name.
function(culprit_embed target name)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp)
  list(SORT ARGN)
  string(JOIN "|" joined ${ARGN})
  add_custom_command(
    OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DNAME=${name} "-DFILES=${joined}" -P ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/embed_script.cmake
    DEPENDS ${ARGN} ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/embed_script.cmake
    VERBATIM)
  target_sources(${target} PRIVATE ${out})
endfunction()
