/* suites - the test cases of policy/commands. */
#ifndef TESTS_UNIT_POLICY_COMMANDS_SUITES_H
#define TESTS_UNIT_POLICY_COMMANDS_SUITES_H

#include <check.h>

TCase *command_tests(void);
TCase *verb_tests(void);
TCase *serve_tests(void);

#endif
