#include <sodium.h>

#include "tests/unit/policy/core/suites.h"

int
main(void)
{
	Suite *s = suite_create("policy/core");
	SRunner *runner;
	int failed;

	if (sodium_init() < 0)
		return 1;
	suite_add_tcase(s, bytes_tests());
	suite_add_tcase(s, buf_tests());
	suite_add_tcase(s, json_tests());
	suite_add_tcase(s, members_tests());
	suite_add_tcase(s, text_tests());
	suite_add_tcase(s, utf8_tests());
	suite_add_tcase(s, wipe_tests());
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
