#include <sodium.h>
#include <stdlib.h>

#include "tests/unit/host/daemon/suites.h"

int
main(void)
{
	SRunner *runner;
	Suite *s;
	int failed;

	if (sodium_init() < 0)
		return 1;
	s = suite_create("host/daemon");
	suite_add_tcase(s, beneath_tests());
	suite_add_tcase(s, hostconf_tests());
	suite_add_tcase(s, msg_link_tests());
	suite_add_tcase(s, users_tests());
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
