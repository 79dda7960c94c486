#include <stdlib.h>

#include "host/proc/runner.h"
#include "tests/unit/host/cell/suites.h"

int
main(int argc, char **argv)
{
	SRunner *runner;
	Suite *s;
	int failed;

	runner_role(argc, argv);
	s = suite_create("host/cell");
	suite_add_tcase(s, cell_step_tests());
	suite_add_tcase(s, cell_zygote_tests());
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
