/*
 * suites - the test cases of policy/core, one function per file.
 */
#ifndef TESTS_UNIT_POLICY_CORE_SUITES_H
#define TESTS_UNIT_POLICY_CORE_SUITES_H

#include <check.h>

TCase *bytes_tests(void);
TCase *buf_tests(void);
TCase *json_tests(void);
TCase *members_tests(void);
TCase *text_tests(void);
TCase *utf8_tests(void);
TCase *wipe_tests(void);

#endif
