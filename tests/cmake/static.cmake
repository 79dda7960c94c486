# Static analysis: what it finds is mended, or explained in tests/static/explained.
foreach(tool cppcheck gcc)
  add_test(NAME static/${tool}
    COMMAND ${PORTCULLIS_PYTHON} ${CMAKE_SOURCE_DIR}/scripts/analyze -B ${CMAKE_BINARY_DIR} ${tool})
  set_tests_properties(static/${tool} PROPERTIES LABELS static TIMEOUT 1200 RUN_SERIAL TRUE)
endforeach()
