#ifndef TESTS_UNIT_GATEWAY_AUTH_SUITES_H
#define TESTS_UNIT_GATEWAY_AUTH_SUITES_H

#include <check.h>

TCase *sources_tests(void);
TCase *tally_tests(void);

#endif
