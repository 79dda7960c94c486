#ifndef TESTS_UNIT_GATEWAY_IO_SUITES_H
#define TESTS_UNIT_GATEWAY_IO_SUITES_H

#include <check.h>

TCase *frame_tests(void);
TCase *stream_tests(void);

#endif
