/* The suites of this room's runner; each test_*.c gives one. */
#ifndef TESTS_UNIT_POLICY_IDENTITY_SUITES_H
#define TESTS_UNIT_POLICY_IDENTITY_SUITES_H

#include <check.h>

TCase *base_tests(void);
TCase *nkey_tests(void);
TCase *creds_tests(void);
TCase *identity_tests(void);
TCase *trust_tests(void);
TCase *seen_tests(void);
TCase *scope_tests(void);
TCase *mint_tests(void);
TCase *stamp_tests(void);
TCase *stamp_batch_tests(void);
TCase *wascap_tests(void);
TCase *issuers_tests(void);

#endif
