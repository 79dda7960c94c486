# seccomp: profiles, filters for both machines, the census; and the prober, which tries each wall
portcullis_unit(seccomp seccomp_filter seccomp_confine)
target_sources(unit_seccomp PRIVATE support/bpf.c)
set_tests_properties(unit/seccomp PROPERTIES
  ENVIRONMENT "PROFILES=${CMAKE_SOURCE_DIR}/policies;CK_FORK=${portcullis_fork}")
portcullis_fuzz(profile seccomp_filter)
