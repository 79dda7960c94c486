/* The suites of this room's runner; each test_*.c gives one. */
#ifndef TESTS_UNIT_POLICY_AUDIT_SUITES_H
#define TESTS_UNIT_POLICY_AUDIT_SUITES_H

#include <check.h>

TCase *record_tests(void);
TCase *merkle_tests(void);
TCase *note_tests(void);
TCase *redact_tests(void);
TCase *segment_tests(void);
TCase *inspect_tests(void);
TCase *tamper_tests(void);
TCase *campaign_tests(void);
TCase *proof_tests(void);
TCase *audit_vector_tests(void);

#endif
