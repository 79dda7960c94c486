#ifndef TESTS_UNIT_HOST_DAEMON_SUITES_H
#define TESTS_UNIT_HOST_DAEMON_SUITES_H

#include <check.h>

TCase *beneath_tests(void);
TCase *hostconf_tests(void);
TCase *msg_link_tests(void);
TCase *users_tests(void);

#endif
