#include "tests/unit/policy/rules/suites.h"

int
main(void)
{
	Suite *s = suite_create("policy/rules");
	SRunner *runner;
	int failed;

	suite_add_tcase(s, subject_tests());
	suite_add_tcase(s, glob_tests());
	suite_add_tcase(s, trie_tests());
	suite_add_tcase(s, compile_tests());
	suite_add_tcase(s, guard_tests());
	suite_add_tcase(s, vars_tests());
	suite_add_tcase(s, snapshot_tests());
	suite_add_tcase(s, rights_tests());
	suite_add_tcase(s, grant_tests());
	suite_add_tcase(s, narrow_tests());
	suite_add_tcase(s, upstream_tests());
	suite_add_tcase(s, where_tests());
	suite_add_tcase(s, vector_tests());
	suite_add_tcase(s, docs_tests());
	suite_add_tcase(s, expect_tests());
	suite_add_tcase(s, rate_tests());
	suite_add_tcase(s, window_tests());
	suite_add_tcase(s, bounds_tests());
	suite_add_tcase(s, explain_tests());
	suite_add_tcase(s, lint_tests());
	suite_add_tcase(s, diff_tests());
	suite_add_tcase(s, agree_tests());
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
