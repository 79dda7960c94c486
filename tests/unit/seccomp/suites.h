#ifndef TESTS_UNIT_SECCOMP_SUITES_H
#define TESTS_UNIT_SECCOMP_SUITES_H

#include <check.h>

TCase *profile_tests(void);
TCase *filter_tests(void);
TCase *census_tests(void);
TCase *policies_tests(void);

#endif
