#ifndef TESTS_UNIT_GATEWAY_PROC_SUITES_H
#define TESTS_UNIT_GATEWAY_PROC_SUITES_H

#include <check.h>

TCase *nonces_tests(void);
TCase *conns_tests(void);
TCase *people_tests(void);
TCase *snapshot_tests(void);
TCase *messages_tests(void);
TCase *follow_tests(void);
TCase *log_few_tests(void);
TCase *ship_tests(void);
TCase *control_request_tests(void);
TCase *ledger_tests(void);
TCase *exposition_tests(void);
TCase *audit_parts_tests(void);
TCase *ruling_tests(void);
TCase *roster_tests(void);
TCase *numbers_tests(void);

#endif
