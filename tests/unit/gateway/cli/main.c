#include <sodium.h>

#include "tests/unit/gateway/cli/suites.h"

int
main(void)
{
	Suite *s = suite_create("gateway/cli");
	SRunner *runner;
	int failed;

	if (sodium_init() < 0)
		return 1;
	suite_add_tcase(s, args_tests());
	suite_add_tcase(s, audit_tests());
	suite_add_tcase(s, files_tests());
	suite_add_tcase(s, learn_tests());
	suite_add_tcase(s, stand_in_tests());
	suite_add_tcase(s, up_child_tests());
	suite_add_tcase(s, values_tests());
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
