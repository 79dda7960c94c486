#include "tests/unit/seccomp/suites.h"

int
main(void)
{
	Suite *s = suite_create("seccomp");
	SRunner *runner;
	int failed;

	suite_add_tcase(s, profile_tests());
	suite_add_tcase(s, filter_tests());
	suite_add_tcase(s, census_tests());
	suite_add_tcase(s, policies_tests());
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
