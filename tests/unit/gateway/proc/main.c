#include <signal.h>
#include <sodium.h>

#include "tests/unit/gateway/proc/suites.h"

int
main(void)
{
	Suite *s = suite_create("gateway/proc");
	SRunner *runner;
	int failed;

	signal(SIGPIPE, SIG_IGN);
	if (sodium_init() < 0)
		return 1;
	suite_add_tcase(s, nonces_tests());
	suite_add_tcase(s, conns_tests());
	suite_add_tcase(s, people_tests());
	suite_add_tcase(s, snapshot_tests());
	suite_add_tcase(s, messages_tests());
	suite_add_tcase(s, follow_tests());
	suite_add_tcase(s, log_few_tests());
	suite_add_tcase(s, ship_tests());
	suite_add_tcase(s, control_request_tests());
	suite_add_tcase(s, ledger_tests());
	suite_add_tcase(s, exposition_tests());
	suite_add_tcase(s, audit_parts_tests());
	suite_add_tcase(s, ruling_tests());
	suite_add_tcase(s, roster_tests());
	suite_add_tcase(s, numbers_tests());
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
