/* suites - the test cases of host/pack. */
#ifndef TESTS_UNIT_HOST_PACK_SUITES_H
#define TESTS_UNIT_HOST_PACK_SUITES_H

#include <check.h>

TCase *pack_tests(void);

#endif
