#include <stdlib.h>

#include "tests/unit/host/providers/suites.h"

int
main(void)
{
	Suite *s = suite_create("host/providers");
	SRunner *runner;
	int failed;

	suite_add_tcase(s, msg_provider_tests());
	suite_add_tcase(s, provider_need_tests());
	suite_add_tcase(s, provider_asks_tests());
	suite_add_tcase(s, http_message_tests());
	suite_add_tcase(s, kv_message_tests());
	suite_add_tcase(s, messaging_tests());
	suite_add_tcase(s, source_tests());
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
