#ifndef TESTS_UNIT_GATEWAY_RELAY_SUITES_H
#define TESTS_UNIT_GATEWAY_RELAY_SUITES_H

#include <check.h>

TCase *subs_tests(void);
TCase *grants_tests(void);
TCase *inbox_tests(void);
TCase *order_tests(void);
TCase *barrier_tests(void);
TCase *broker_tests(void);
TCase *pace_tests(void);
TCase *relay_tests(void);

#endif
