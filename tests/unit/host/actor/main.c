#include <stdlib.h>

#include "tests/unit/host/actor/suites.h"

int
main(void)
{
	Suite *s = suite_create("host/actor");
	SRunner *runner;
	int failed;

	suite_add_tcase(s, call_tests());
	suite_add_tcase(s, msg_runner_tests());
	suite_add_tcase(s, restart_tests());
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
