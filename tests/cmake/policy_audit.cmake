portcullis_unit(policy/audit policy_audit)
portcullis_fuzz(audit_record policy_audit)
portcullis_fuzz(audit_inspect policy_audit)
portcullis_fuzz(audit_note policy_audit)
portcullis_fuzz(audit_proof policy_audit)

# What appending and verifying cost. Not a test by itself: bench_audit [RECORDS]
add_executable(bench_audit bench/bench_audit.c)
target_link_libraries(bench_audit PRIVATE policy_audit portcullis_flags)

# Another reader, another language, the same log.
add_test(NAME differential/audit_log COMMAND ${CMAKE_SOURCE_DIR}/tests/differential/audit_log.py
  ${CMAKE_SOURCE_DIR}/tests/vectors/audit)
set_tests_properties(differential/audit_log PROPERTIES LABELS unit TIMEOUT 600)

# Writes logs for tests of whatever reads them.
add_executable(auditlog support/auditlog.c support/auditlog_made.c support/audit_writer.c)
target_link_libraries(auditlog PRIVATE policy_audit policy_commands policy_core portcullis_flags PkgConfig::SODIUM)
