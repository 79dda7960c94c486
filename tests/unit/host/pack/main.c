#include "tests/unit/host/pack/suites.h"

int
main(void)
{
	Suite *s = suite_create("host/pack");
	SRunner *runner;
	int failed;

	suite_add_tcase(s, pack_tests());
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
