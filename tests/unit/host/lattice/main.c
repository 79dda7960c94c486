#include <sodium.h>

#include "tests/unit/host/lattice/suites.h"

int
main(void)
{
	static TCase *(*const suites[])(void) = { status_tests, era_tests, pairs_tests, model_tests,
		request_tests, reply_tests, event_tests, links_tests, rpc_tests, rpc_claims_tests,
		rpc_seen_tests, contract_tests, manifest_tests, lock_tests,
		oci_tests, plan_tests };
	Suite *s = suite_create("host/lattice");
	SRunner *runner;
	int failed;

	if (sodium_init() < 0)
		return 1;
	for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++)
		suite_add_tcase(s, suites[i]());
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
