#include "tests/unit/gateway/nats/suites.h"

int
main(void)
{
	Suite *s = suite_create("gateway/nats");
	SRunner *runner;
	int failed;

	suite_add_tcase(s, parser_tests());
	suite_add_tcase(s, segments_tests());
	suite_add_tcase(s, writer_tests());
	suite_add_tcase(s, row_tests());
	suite_add_tcase(s, header_tests());
	suite_add_tcase(s, connect_tests());
	suite_add_tcase(s, info_tests());
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
