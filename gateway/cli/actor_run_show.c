/*
 * actor_run_show - see actor_run_show.h. What a guest said is shown escaped, whatever it is shown
 * to.
 */
#include "gateway/cli/actor_run_show.h"

enum { NS_PER_US = 1000 };

void
actor_put_shown(FILE *to, struct bytes s)
{
	for (size_t i = 0; i < s.len; i++) {
		if ((s.ptr[i] >= 0x20 && s.ptr[i] < 0x7f) || (s.ptr[i] == '\n' && to == stdout))
			fputc(s.ptr[i], to);
		else
			fprintf(to, "\\x%02x", s.ptr[i]);
	}
}

void
actor_on_log(void *ctx, struct bytes line)
{
	(void)ctx;
	fputs("log       ", stderr);
	actor_put_shown(stderr, line);
	fputc('\n', stderr);
}

void
actor_say_walls(const struct cell_walls *w)
{
	for (unsigned i = 0; i < WALL_COUNT; i++)
		fprintf(stderr, "wall      %-16s %s\n", wall_name((enum wall)i),
		    (w->walls & WALL_BIT(i)) != 0 ? "yes" : "no");
	for (int i = 0; i < ENCLOSE_N; i++) {
		int e = w->enclose_error[i];

		fprintf(stderr, "wall      %-16s %s%s\n", enclose_name((enum enclosure)(ENCLOSE_USER + i)),
		    e == 0 ? "yes" : "no: ",
		    e == 0	     ? ""
		    : e == ECANCELED ? "not asked for"
		    : e == EALREADY  ? "root becomes another user without"
		    : i == ENCLOSE_OWN_USER - ENCLOSE_USER ? "it takes root and a range of users known here"
				     : strerror(e));
	}
	fprintf(stderr, "forbidden %s\n",
	    w->listener ? "calls are reported, then it is killed"
			: "calls kill it unseen: no listener here");
	fprintf(stderr, "landlock  version %u\nuser      %u\n", w->landlock_abi, (unsigned)w->uid);
}

void
actor_say_costs(const char *of, const struct cell_result *got)
{
	fprintf(stderr, "%-9s %llu us wall, %llu us processor, %lld fuel, %llu bytes of memory\n",
	    of, (unsigned long long)got->wall_ns / NS_PER_US,
	    (unsigned long long)got->cpu_ns / NS_PER_US, (long long)got->outcome.fuel,
	    (unsigned long long)got->outcome.memory);
	if (got->outcome.lines_dropped > 0)
		fprintf(stderr, "%-9s %u log lines above the limit were dropped\n", of,
		    got->outcome.lines_dropped);
}

int
actor_say_end(const struct cell_result *got)
{
	const struct actor_outcome *o = &got->outcome;

	if (got->end != CELL_ANSWERED) {
		cli_error("%s: %s", cell_end_name(got->end), got->why);
		return CLI_FAILED;
	}
	if (o->answer == ACTOR_ERROR)
		cli_error("%s", o->why);
	else
		cli_error("%s: %s", actor_answer_name(o->answer), o->why);
	if (o->answer != ACTOR_DONE && o->out.len > 0) {
		fputs("its words ", stderr);
		actor_put_shown(stderr, o->out);
		fputc('\n', stderr);
	}
	return CLI_FAILED;
}
