#include "tests/unit/policy/commands/suites.h"

int
main(void)
{
	Suite *s = suite_create("policy/commands");
	SRunner *runner;
	int failed;

	suite_add_tcase(s, command_tests());
	suite_add_tcase(s, verb_tests());
	suite_add_tcase(s, serve_tests());
	suite_add_tcase(s, report_tests());
	suite_add_tcase(s, state_tests());
	suite_add_tcase(s, guarded_tests());
	suite_add_tcase(s, prefix_tests());
	suite_add_tcase(s, server_tests());
	suite_add_tcase(s, reading_tests());
	suite_add_tcase(s, fixture_tests());
	suite_add_tcase(s, image_tests());
	suite_add_tcase(s, dialect_a_tests());
	suite_add_tcase(s, dialect_b_tests());
	suite_add_tcase(s, dialect_c_tests());
	suite_add_tcase(s, dialect_d_tests());
	suite_add_tcase(s, wadm_tests());
	suite_add_tcase(s, store_tests());
	suite_add_tcase(s, jetstream_tests());
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
