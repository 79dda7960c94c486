# Random permission sets and operations to nats-server and to the gateway, side by side. The control
# run puts the server beside itself: what differs there is the test's own doing.
function(portcullis_differential name)
  add_test(NAME interop/differential_${name}
    COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/differential/run.py ${ARGN})
  set_tests_properties(interop/differential_${name} PROPERTIES LABELS interop TIMEOUT 600 SKIP_RETURN_CODE 77
    ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
endfunction()

portcullis_differential(control --control)
if(EXISTS ${CMAKE_SOURCE_DIR}/gateway/main.c)
  portcullis_differential(gateway --gateway ${CMAKE_BINARY_DIR})
endif()

add_test(NAME interop/differential_rules
  COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/differential/test_rules.py)
set_tests_properties(interop/differential_rules PROPERTIES LABELS interop TIMEOUT 600
  ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
