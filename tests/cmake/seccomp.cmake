# seccomp: profiles, filters for both machines, the census; and the prober, which tries each wall
portcullis_unit(seccomp seccomp_filter seccomp_confine)
target_sources(unit_seccomp PRIVATE support/bpf.c)
set_tests_properties(unit/seccomp PROPERTIES
  ENVIRONMENT "PROFILES=${CMAKE_SOURCE_DIR}/policies;CK_FORK=${portcullis_fork}")
portcullis_fuzz(profile seccomp_filter)

# the prober, without sanitizers (their profile is wider): as who runs the tests, as nobody, as in a container
if(NOT PORTCULLIS_SANITIZE)
  add_executable(prober sandbox/prober.c)
  target_link_libraries(prober PRIVATE seccomp_filter seccomp_confine portcullis_flags)
  seccomp_filters(prober edge verifier signer dispatcher auditor compiler shipper metrics
    provider_httpserver provider_keyvalue provider_logging provider_messaging)
  foreach(how self nobody container)
    add_test(NAME sandbox/${how} COMMAND ${CMAKE_SOURCE_DIR}/tests/sandbox/probe ${how} $<TARGET_FILE:prober>)
    set_tests_properties(sandbox/${how} PROPERTIES LABELS sandbox TIMEOUT 600 SKIP_RETURN_CODE 77)
  endforeach()
endif()
