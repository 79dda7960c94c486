#ifndef TESTS_UNIT_GATEWAY_CLI_SUITES_H
#define TESTS_UNIT_GATEWAY_CLI_SUITES_H

#include <check.h>

TCase *args_tests(void);
TCase *audit_tests(void);
TCase *files_tests(void);
TCase *learn_tests(void);
TCase *stand_in_tests(void);
TCase *up_child_tests(void);
TCase *values_tests(void);

#endif
