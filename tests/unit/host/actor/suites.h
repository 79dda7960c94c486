/* suites - the test cases of host/actor, and of the messages of host/proc, which are as pure. */
#ifndef TESTS_UNIT_HOST_ACTOR_SUITES_H
#define TESTS_UNIT_HOST_ACTOR_SUITES_H

#include <check.h>

TCase *call_tests(void);
TCase *msg_runner_tests(void);
TCase *restart_tests(void);

#endif
