#include <signal.h>

#include "tests/unit/gateway/io/suites.h"

int
main(void)
{
	Suite *s = suite_create("gateway/io");
	SRunner *runner;
	int failed;

	signal(SIGPIPE, SIG_IGN);
	suite_add_tcase(s, frame_tests());
	suite_add_tcase(s, stream_tests());
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
