# The command line: pure parts by libcheck, the whole of it with a real nats-server behind.
if(TARGET portcullis)
  portcullis_unit(gateway/cli gateway_cli)
  add_test(NAME interop/cli
    COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/cli/test_cli.py $<TARGET_FILE:portcullis>)
  set_tests_properties(interop/cli PROPERTIES LABELS interop TIMEOUT 120
    ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
endif()
