#include <sodium.h>

#include "tests/unit/policy/identity/suites.h"

int
main(void)
{
	Suite *s = suite_create("policy/identity");
	SRunner *runner;
	int failed;

	if (sodium_init() < 0)
		return 1;
	suite_add_tcase(s, base_tests());
	suite_add_tcase(s, nkey_tests());
	suite_add_tcase(s, creds_tests());
	suite_add_tcase(s, identity_tests());
	suite_add_tcase(s, trust_tests());
	suite_add_tcase(s, seen_tests());
	suite_add_tcase(s, scope_tests());
	suite_add_tcase(s, mint_tests());
	suite_add_tcase(s, stamp_tests());
	suite_add_tcase(s, stamp_batch_tests());
	suite_add_tcase(s, wascap_tests());
	suite_add_tcase(s, issuers_tests());
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
