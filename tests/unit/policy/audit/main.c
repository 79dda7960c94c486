#include <sodium.h>

#include "tests/unit/policy/audit/suites.h"

int
main(void)
{
	Suite *s = suite_create("policy/audit");
	SRunner *runner;
	int failed;

	if (sodium_init() < 0)
		return 1;
	suite_add_tcase(s, record_tests());
	suite_add_tcase(s, merkle_tests());
	suite_add_tcase(s, note_tests());
	suite_add_tcase(s, redact_tests());
	suite_add_tcase(s, segment_tests());
	suite_add_tcase(s, inspect_tests());
	suite_add_tcase(s, tamper_tests());
	suite_add_tcase(s, campaign_tests());
	suite_add_tcase(s, proof_tests());
	suite_add_tcase(s, audit_vector_tests());
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
