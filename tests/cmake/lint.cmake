# Debian's python3, not one that PATH finds first: python3-nacl belongs to it.
set(PORTCULLIS_PYTHON /usr/bin/python3)

# portcullis_lint(NAME COMMAND...)
function(portcullis_lint name)
  add_test(NAME lint/${name} COMMAND ${ARGN} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(lint/${name} PROPERTIES LABELS lint TIMEOUT 300
    ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
endfunction()

portcullis_lint(includes ${PORTCULLIS_PYTHON} ${CMAKE_SOURCE_DIR}/scripts/lint-includes)
portcullis_lint(includes_sees_each_arrow ${PORTCULLIS_PYTHON} ${CMAKE_SOURCE_DIR}/tests/support/test_lint_includes.py)
portcullis_lint(scripts ${PORTCULLIS_PYTHON} ${CMAKE_SOURCE_DIR}/tests/support/test_scripts.py)
portcullis_lint(attacks_table ${PORTCULLIS_PYTHON} ${CMAKE_SOURCE_DIR}/tests/support/test_attacks_table.py)
# the tables of docs/ and of the man pages are those of the code, both ways; links lead somewhere
portcullis_lint(pages ${PORTCULLIS_PYTHON} ${CMAKE_SOURCE_DIR}/tests/support/test_pages.py)
portcullis_lint(units ${PORTCULLIS_PYTHON} ${CMAKE_SOURCE_DIR}/tests/support/test_units.py)
set_tests_properties(lint/units PROPERTIES SKIP_RETURN_CODE 77)
# the table of walls in docs/SANDBOX.md is the measured one
portcullis_lint(walls_matrix ${PORTCULLIS_PYTHON} ${CMAKE_SOURCE_DIR}/tests/sandbox/matrix.py lint)
