# The command line: pure parts by libcheck, the whole of it with a real nats-server behind.
if(TARGET portcullis)
  portcullis_unit(gateway/cli gateway_cli)
  add_test(NAME interop/cli
    COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/cli/test_cli.py $<TARGET_FILE:portcullis>)
  set_tests_properties(interop/cli PROPERTIES LABELS interop TIMEOUT 600
    ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
  add_test(NAME unit/cli_policy
    COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/cli/test_policy.py $<TARGET_FILE:portcullis>)
  set_tests_properties(unit/cli_policy PROPERTIES LABELS unit TIMEOUT 600
    ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
  add_test(NAME unit/cli_actor
    COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/cli/test_actor.py $<TARGET_FILE:portcullis>)
  set_tests_properties(unit/cli_actor PROPERTIES LABELS unit TIMEOUT 600
    ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
  add_test(NAME unit/cli_ctl
    COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/cli/test_ctl.py $<TARGET_FILE:portcullis>)
  set_tests_properties(unit/cli_ctl PROPERTIES LABELS unit TIMEOUT 600
    ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
  add_test(NAME unit/cli_simulate
    COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/cli/test_simulate.py $<TARGET_FILE:portcullis>
      $<TARGET_FILE:auditlog>)
  set_tests_properties(unit/cli_simulate PROPERTIES LABELS unit TIMEOUT 600
    ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
  add_test(NAME unit/cli_audit
    COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/cli/test_audit.py $<TARGET_FILE:portcullis> $<TARGET_FILE:auditlog>)
  set_tests_properties(unit/cli_audit PROPERTIES LABELS unit TIMEOUT 600
    ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
  add_test(NAME unit/cli_learn
    COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/cli/test_learn.py $<TARGET_FILE:portcullis>
      $<TARGET_FILE:auditlog>)
  set_tests_properties(unit/cli_learn PROPERTIES LABELS unit TIMEOUT 600
    ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
  if(TARGET portcullis-gateway)
    add_test(NAME interop/deployment
      COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/cli/test_deployment.py ${CMAKE_BINARY_DIR}/bin)
    set_tests_properties(interop/deployment PROPERTIES LABELS interop TIMEOUT 600
      ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
  endif()
  if(TARGET portcullis-gateway)
    add_test(NAME interop/simulate
      COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/cli/test_simulate_live.py ${CMAKE_BINARY_DIR}/bin)
    set_tests_properties(interop/simulate PROPERTIES LABELS interop TIMEOUT 600
      ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
  endif()
  if(TARGET portcullis-gateway AND TARGET portcullis-host)
    add_test(NAME interop/up
      COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/cli/test_up.py ${CMAKE_BINARY_DIR}/bin)
    set_tests_properties(interop/up PROPERTIES LABELS interop TIMEOUT 600
      ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
  endif()
  if(TARGET portcullis-host)
    add_test(NAME unit/version
      COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/cli/test_version.py ${CMAKE_COMMAND} ${CMAKE_BINARY_DIR}/bin)
    set_tests_properties(unit/version PROPERTIES LABELS unit TIMEOUT 600 SKIP_RETURN_CODE 77
      ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
    add_test(NAME unit/install
      COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/cli/test_install.py ${CMAKE_COMMAND} ${CMAKE_BINARY_DIR})
    set_tests_properties(unit/install PROPERTIES LABELS unit TIMEOUT 600 SKIP_RETURN_CODE 77
      ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
  endif()
  find_program(MANDOC mandoc)
  if(MANDOC)
    add_test(NAME lint/man COMMAND ${MANDOC} -Tlint -W style ${CMAKE_SOURCE_DIR}/docs/man/portcullis.1)
    # these name pages of other packages, which need not be installed
    add_test(NAME lint/man_daemons COMMAND ${MANDOC} -Tlint -W warning
      ${CMAKE_SOURCE_DIR}/docs/man/portcullis-gateway.8 ${CMAKE_SOURCE_DIR}/docs/man/portcullis-host.8)
    set_tests_properties(lint/man lint/man_daemons PROPERTIES LABELS lint TIMEOUT 600)
  endif()
endif()
if(TARGET gateway_cli)
  portcullis_fuzz(learn gateway_cli)
endif()
