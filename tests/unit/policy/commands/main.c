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
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
