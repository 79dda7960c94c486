#ifndef TESTS_UNIT_GATEWAY_NATS_SUITES_H
#define TESTS_UNIT_GATEWAY_NATS_SUITES_H

#include <check.h>

TCase *parser_tests(void);
TCase *segments_tests(void);
TCase *writer_tests(void);
TCase *row_tests(void);
TCase *header_tests(void);
TCase *connect_tests(void);
TCase *info_tests(void);

#endif
