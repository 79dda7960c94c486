/* suites - the test cases of host/lattice. */
#ifndef TESTS_UNIT_HOST_LATTICE_SUITES_H
#define TESTS_UNIT_HOST_LATTICE_SUITES_H

#include <check.h>

TCase *status_tests(void);
TCase *era_tests(void);
TCase *pairs_tests(void);
TCase *model_tests(void);
TCase *request_tests(void);
TCase *reply_tests(void);
TCase *event_tests(void);
TCase *links_tests(void);
TCase *rpc_tests(void);
TCase *rpc_claims_tests(void);
TCase *rpc_seen_tests(void);
TCase *contract_tests(void);
TCase *manifest_tests(void);
TCase *lock_tests(void);
TCase *oci_tests(void);
TCase *plan_tests(void);

#endif
