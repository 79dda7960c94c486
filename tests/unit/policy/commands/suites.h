/* suites - the test cases of policy/commands. */
#ifndef TESTS_UNIT_POLICY_COMMANDS_SUITES_H
#define TESTS_UNIT_POLICY_COMMANDS_SUITES_H

#include <check.h>

TCase *command_tests(void);
TCase *verb_tests(void);
TCase *serve_tests(void);
TCase *guarded_tests(void);
TCase *prefix_tests(void);
TCase *server_tests(void);
TCase *reading_tests(void);
TCase *fixture_tests(void);
TCase *report_tests(void);
TCase *state_tests(void);
TCase *image_tests(void);
TCase *dialect_a_tests(void);
TCase *dialect_b_tests(void);
TCase *dialect_c_tests(void);
TCase *dialect_d_tests(void);
TCase *wadm_tests(void);
TCase *store_tests(void);
TCase *jetstream_tests(void);

#endif
