/* suites - the cases of each file. */
#ifndef TESTS_UNIT_GATEWAY_TLS_SUITES_H
#define TESTS_UNIT_GATEWAY_TLS_SUITES_H

#include <check.h>

TCase *peer_cases(void);

#endif
