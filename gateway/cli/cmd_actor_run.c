/*
 * actor run - one actor, one operation, in a cell as the host makes it (host/proc/cell.h).
 *
 * This process is the host of the cell: it believes nothing the runner says but what a guest may
 * say, and shows it escaped.
 */
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gateway/cli/actor_key.h"
#include "gateway/cli/files.h"
#include "gateway/cli/verbs_actor_run.h"
#include "host/proc/cell.h"
#include "policy/identity/wascap_module.h"

enum { MODULE_MAX = 6 * 1024 * 1024, NS_PER_US = 1000, NS_PER_S = 1000000000 };

struct plan {
	struct actor_limits limits;
	struct cell_budget budget;
	bool explain;
};

/* put_shown() - bytes for a terminal: printable ASCII and line feeds, everything else as \xNN. */
static void
put_shown(FILE *to, struct bytes s)
{
	for (size_t i = 0; i < s.len; i++) {
		if ((s.ptr[i] >= 0x20 && s.ptr[i] < 0x7f) || (s.ptr[i] == '\n' && to == stdout))
			fputc(s.ptr[i], to);
		else
			fprintf(to, "\\x%02x", s.ptr[i]);
	}
}

static int
budget_one(struct plan *p, const char *text)
{
	static const char *const names[] = { "fuel", "cpu", "wall", "memory", "response", "calls",
		"lines" };
	const char *eq = strchr(text, '=');
	char *end = NULL;
	long long v = eq != NULL ? strtoll(eq + 1, &end, 10) : -1;
	size_t i = 0, n = sizeof(names) / sizeof(names[0]);

	while (i < n && (eq == NULL || strlen(names[i]) != (size_t)(eq - text) ||
			    strncmp(names[i], text, (size_t)(eq - text)) != 0))
		i++;
	if (i == n || v < 0 || end == eq + 1 || *end != '\0' || (i > 0 && v > UINT32_MAX)) {
		cli_error("--budget: `%s' is not NAME=NUMBER with one of fuel, cpu, wall, memory, "
			  "response, calls, lines",
		    text);
		return CLI_USAGE;
	}
	uint32_t *const small[] = { NULL, &p->budget.cpu_ms, &p->budget.wall_ms,
		&p->limits.memory_pages, &p->limits.response, &p->limits.asks,
		&p->limits.log_lines };

	if (i == 0)
		p->budget.fuel = p->limits.call_fuel = p->limits.init_fuel = v;
	else
		*small[i] = (uint32_t)v;
	return 0;
}

static int
plan_of(const struct cli_args *a, struct plan *p)
{
	const char *text;

	p->limits = actor_limits_default();
	p->budget = (struct cell_budget){ p->limits.call_fuel, 5000, 10000 };
	p->explain = cli_flag(a, "explain");
	for (size_t i = 0; (text = cli_value_nth(a, "budget", i)) != NULL; i++) {
		int r = budget_one(p, text);

		if (r != 0)
			return r;
	}
	if (actor_limits_sane(&p->limits))
		return 0;
	cli_error(
	    "--budget: more than a cell can hold (16 MiB of response, 65535 pages of memory)");
	return CLI_USAGE;
}

static int
read_file(const char *path, struct buf *out)
{
	int r = file_read(AT_FDCWD, path, out);

	if (r == 0)
		return 0;
	cli_error("%s: %s", path, r == -EFBIG ? "too large" : strerror(-r));
	return CLI_FAILED;
}

static int
on_ask(void *ctx, const struct actor_ask *ask, struct buf *into, bool *ok)
{
	const struct plan *p = ctx;
	const struct bytes names[] = { ask->binding, ask->space, ask->operation };

	*ok = false;
	buf_put_str(into, "nothing is linked");
	if (!p->explain)
		return 0;
	fputs("asked     ", stderr);
	for (size_t i = 0; i < 3; i++) {
		put_shown(stderr, names[i]);
		fputc(i < 2 ? ' ' : '\n', stderr);
	}
	return 0;
}

static void
on_log(void *ctx, struct bytes line)
{
	(void)ctx;
	fputs("log       ", stderr);
	put_shown(stderr, line);
	fputc('\n', stderr);
}

static void
say_walls(const struct cell_walls *w)
{
	for (unsigned i = 0; i < WALL_COUNT; i++)
		fprintf(stderr, "wall      %-16s %s\n", wall_name((enum wall)i),
		    (w->walls & WALL_BIT(i)) != 0 ? "yes" : "no");
	fprintf(stderr, "forbidden %s\n",
	    w->listener ? "calls are reported, then it is killed"
			: "calls kill it unseen: no listener here");
	fprintf(stderr, "landlock  version %u\nuser      %u\n", w->landlock_abi, (unsigned)w->uid);
}

static void
say_costs(const char *of, const struct cell_result *got)
{
	fprintf(stderr, "%-9s %llu us wall, %llu us processor, %lld fuel, %llu bytes of memory\n",
	    of, (unsigned long long)got->wall_ns / NS_PER_US,
	    (unsigned long long)got->cpu_ns / NS_PER_US, (long long)got->outcome.fuel,
	    (unsigned long long)got->outcome.memory);
	if (got->outcome.lines_dropped > 0)
		fprintf(stderr, "%-9s %u log lines above the limit were dropped\n", of,
		    got->outcome.lines_dropped);
}

/* say_end() - why there is no answer. */
static int
say_end(const struct cell_result *got)
{
	const struct actor_outcome *o = &got->outcome;

	if (got->end != CELL_ANSWERED) {
		cli_error("%s: %s", cell_end_name(got->end), got->why);
		return CLI_FAILED;
	}
	cli_error("%s: %s", actor_answer_name(o->answer), o->why);
	if (o->answer == ACTOR_ERROR && o->out.len > 0) {
		fputs("its words ", stderr);
		put_shown(stderr, o->out);
		fputc('\n', stderr);
	}
	return CLI_FAILED;
}

static int
say_answer(struct bytes out)
{
	if (isatty(STDOUT_FILENO)) {
		put_shown(stdout, out);
		putchar('\n');
	} else if (out.len > 0) {
		fwrite(out.ptr, 1, out.len, stdout);
	}
	return fflush(stdout) == 0 ? CLI_OK : CLI_FAILED;
}

static void
world_now(struct actor_world *w)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	w->now_ns = (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
	randombytes_buf(w->seed, sizeof(w->seed));
}

static int
run(const struct plan *p, struct bytes module, const char *operation, struct bytes data)
{
	struct cell_options o = { .module = module,
		.limits = p->limits,
		.birth = p->budget,
		.ops = { (void *)(uintptr_t)p, on_ask, on_log } };
	struct cell_result got;
	struct cell *c = NULL;
	int r;

	world_now(&o.world);
	r = cell_start(&o, &c, &got);
	if (r < 0) {
		cli_error("the cell cannot be started: %s", strerror(-r));
		return CLI_FAILED;
	}
	if (r > 0)
		return say_end(&got);
	if (p->explain) {
		say_walls(cell_walls(c));
		say_costs("start", &got);
	}
	world_now(&o.world);
	cell_call(c, bytes_str(operation), data, &o.world, &p->budget, &got);
	if (p->explain)
		say_costs("call", &got);
	r = got.end == CELL_ANSWERED && got.outcome.answer == ACTOR_DONE
		? say_answer(got.outcome.out)
		: say_end(&got);
	cell_stop(c);
	return r;
}

/* admit() - is it signed by somebody who is trusted, now, and unchanged? Nothing of it runs before.
 */
static int
admit(const struct cli_args *a, struct bytes module)
{
	struct actor_trust trust = { 0 };
	struct wascap_trust t = { 0 };
	struct wascap w = { 0 };
	char why[WHY_MAX] = "";
	int r;

	if (cli_flag(a, "unsigned"))
		return 0;
	r = actor_trust_load(&trust, a);
	if (r != 0)
		return r;
	t = (struct wascap_trust){ trust.key, trust.n, (int64_t)time(NULL) };
	r = wascap_module_admit(&w, module, &t, why);
	wascap_deinit(&w);
	if (r == 0)
		return 0;
	cli_error("%s: %s", r > 0 ? wascap_code(r) : "failed", r > 0 ? why : strerror(-r));
	cli_try("--trust ACCOUNT believes an issuer; --unsigned runs what nobody has vouched for");
	return CLI_FAILED;
}

int
cmd_actor_run(const struct cli_args *a)
{
	const char *data = cli_value(a, "data");
	struct buf module, payload;
	struct plan p;
	int r = plan_of(a, &p);

	if (r != 0)
		return r;
	buf_init(&module, MODULE_MAX);
	buf_init(&payload, ACTOR_MAX_AREA);
	r = read_file(a->args[0], &module);
	if (r == 0)
		r = admit(a, buf_bytes(&module));
	if (r == 0 && data != NULL && data[0] == '@')
		r = read_file(data + 1, &payload);
	else if (r == 0 && data != NULL)
		buf_put_str(&payload, data);
	if (r == 0)
		r = run(&p, buf_bytes(&module), a->args[1], buf_bytes(&payload));
	buf_deinit(&module);
	buf_deinit(&payload);
	return r;
}
