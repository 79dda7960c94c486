#include <signal.h>

#include "tests/unit/gateway/relay/suites.h"

int
main(void)
{
	Suite *s = suite_create("gateway/relay");
	SRunner *runner;
	int failed;

	signal(SIGPIPE, SIG_IGN);
	suite_add_tcase(s, subs_tests());
	suite_add_tcase(s, grants_tests());
	suite_add_tcase(s, inbox_tests());
	suite_add_tcase(s, order_tests());
	suite_add_tcase(s, barrier_tests());
	suite_add_tcase(s, broker_tests());
	suite_add_tcase(s, pace_tests());
	suite_add_tcase(s, relay_tests());
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
