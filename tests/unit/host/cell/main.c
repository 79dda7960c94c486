#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/proc/runner_priv.h"
#include "tests/unit/host/cell/suites.h"

/* native() - what somebody does who broke out of the engine, while the guest says a line. */
static int
native(void *ctx, struct bytes line)
{
	(void)ctx;
	(void)line;
	return (int)syscall(SYS_setsid);
}

/* taken_over() - a runner as it is, but for that. */
static void
taken_over(void)
{
	const struct actor_ops ops = { NULL, NULL, native };
	struct actor_outcome got;
	struct actor_world world;
	struct runner r;

	runner_take(&r);
	runner_lock(&r);
	runner_begin(&r, &world);
	if (actor_new(r.module, &r.limits, &ops, &world, &r.actor, &got) != 0)
		exit(1);
	runner_narrow(&r);
	if (actor_init(r.actor, &got) != 0)
		exit(1);
	runner_tell(&r, MSG_READY, &got);
	runner_answer(&r);
}

int
main(int argc, char **argv)
{
	SRunner *runner;
	Suite *s;
	int failed;

	runner_role(argc, argv);
	if (argc == 2 && strcmp(argv[1], "taken") == 0)
		taken_over();
	s = suite_create("host/cell");
	suite_add_tcase(s, cell_step_tests());
	suite_add_tcase(s, cell_zygote_tests());
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
