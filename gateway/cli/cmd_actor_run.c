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

#include "gateway/cli/actor_budget.h"
#include "gateway/cli/actor_links.h"
#include "gateway/cli/actor_payload.h"
#include "gateway/cli/actor_run_show.h"
#include "gateway/cli/actor_trust.h"
#include "gateway/cli/files.h"
#include "gateway/cli/verbs_actor_run.h"
#include "host/proc/users.h"
#include "policy/identity/wascap_module.h"

enum { MODULE_MAX = 6 * 1024 * 1024, NS_PER_S = 1000000000, TIMES_MAX = 1000000 };

struct plan {
	const struct cli_args *args;
	struct actor_budget budget;
	struct actor_links links;
	struct actor_trust trust;
	struct wascap claims;
	struct buf module, payload;
	long times;
	bool explain;
};

static int
read_file(const char *path, struct buf *out)
{
	int r = file_read(AT_FDCWD, path, out);

	if (r == 0)
		return 0;
	cli_error("%s: %s", path, r == -EFBIG ? "too large" : strerror(-r));
	return CLI_FAILED;
}

static void
world_now(struct actor_world *w)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	w->now_ns = (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
	randombytes_buf(w->seed, sizeof(w->seed));
}

/* call() - one operation, and what came of it. */
static int
call(struct plan *p, struct cell *c)
{
	struct actor_world world;
	struct cell_result got;
	int r;

	world_now(&world);
	cell_call(c, bytes_str(p->args->args[1]), buf_bytes(&p->payload), &world, &p->budget.budget,
	    &got);
	if (p->explain)
		actor_say_costs("call", &got);
	if (got.end == CELL_ANSWERED && got.outcome.answer == ACTOR_DONE)
		r = actor_payload_say(p->args, got.outcome.out);
	else
		r = actor_say_end(&got);
	actor_links_say(&p->links);
	return r;
}

/* call_each() - once with each --data; once without any. */
static int
call_each(struct plan *p, struct cell *c)
{
	size_t i = 0;
	int r;

	do {
		r = actor_payload_load(&p->payload, p->args, i++);
		if (r == CLI_OK)
			r = call(p, c);
	} while (r == CLI_OK && cli_value_nth(p->args, "data", i) != NULL);
	return r;
}

static int
run(struct plan *p)
{
	struct cell_options o = { .module = buf_bytes(&p->module),
		.limits = p->budget.limits,
		.birth = p->budget.budget,
		.ops = { &p->links, actor_links_ask, actor_on_log } };
	static struct users users;
	struct cell_result got;
	struct cell *c = NULL;
	int r;

	world_now(&o.world);
	/* one of its own, in case somebody else runs one, or a host does */
	users_begin(&users, (struct users_range){ USERS_FIRST, USERS_N });
	o.user = users_take(&users, USERS_RUNNERS, randombytes_random());
	r = cell_start(&o, &c, &got);
	if (r < 0) {
		cli_error("the cell cannot be started: %s", strerror(-r));
		return CLI_FAILED;
	}
	if (r > 0)
		return actor_say_end(&got);
	if (p->explain) {
		actor_say_walls(cell_walls(c));
		actor_say_costs("start", &got);
	}
	for (long i = 0; r == CLI_OK && i < p->times; i++)
		r = call_each(p, c);
	cell_stop(c);
	return r;
}

/* component() - a form of WebAssembly that is not a module, said as such. */
static bool
component(struct bytes file)
{
	if (!bytes_starts(file, BYTES_LIT("\0asm")) || file.len < 8 ||
	    (file.ptr[6] == 0 && file.ptr[7] == 0))
		return false;
	cli_error(
	    "a WebAssembly component; actors here are core modules (version 1) that speak waPC "
	    "under `wapc' or `wasmbus'");
	cli_try("build for wasm32-unknown-unknown or wasm32-wasi (preview 1), without wasm-tools "
		"component new");
	return true;
}

/* admit() - is it signed by somebody who is trusted, now, and unchanged? Nothing of it runs before.
 */
static int
admit(struct plan *p)
{
	struct wascap_trust t = { 0 };
	char why[WHY_MAX] = "";
	int r;

	if (component(buf_bytes(&p->module)))
		return CLI_FAILED;
	if (cli_flag(p->args, "unsigned"))
		return 0;
	t = actor_trust_at(&p->trust, (int64_t)time(NULL));
	r = wascap_module_admit(&p->claims, buf_bytes(&p->module), &t, why);
	if (r == 0) {
		p->links.claims = &p->claims;
		return 0;
	}
	cli_error("%s: %s", r > 0 ? wascap_code(r) : "failed", r > 0 ? why : strerror(-r));
	if (r == WASCAP_ISSUER || r == WASCAP_UNSIGNED)
		cli_try("--trust ACCOUNT believes an issuer; --unsigned runs what nobody has "
			"vouched for");
	return CLI_FAILED;
}

static int
plan_of(struct plan *p)
{
	const char *times = cli_value(p->args, "times");
	char *end = NULL;
	int r = actor_budget_load(&p->budget, p->args);

	p->explain = p->links.explain = cli_flag(p->args, "explain");
	p->budget.budget.fresh = cli_flag(p->args, "fresh");
	p->times = times != NULL ? strtol(times, &end, 10) : 1;
	if (r == 0 && times != NULL &&
	    (end == times || *end != '\0' || p->times < 1 || p->times > TIMES_MAX)) {
		cli_error("--times: `%s' is not a number from 1 to %d", times, TIMES_MAX);
		return CLI_USAGE;
	}
	if (r == 0)
		r = actor_trust_load(&p->trust, p->args);
	if (r == 0)
		r = actor_links_load(&p->links, p->args);
	for (size_t i = 0; r == 0 && cli_value_nth(p->args, "data", i) != NULL; i++)
		r = actor_payload_load(&p->payload, p->args, i); /* before anything runs */
	return r;
}

int
cmd_actor_run(const struct cli_args *a)
{
	struct plan *p = calloc(1, sizeof(*p));
	int r;

	if (p == NULL) {
		cli_error("out of memory");
		return CLI_FAILED;
	}
	p->args = a;
	buf_init(&p->module, MODULE_MAX);
	buf_init(&p->payload, ACTOR_MAX_AREA);
	r = plan_of(p);
	if (r == 0)
		r = read_file(a->args[0], &p->module);
	if (r == 0)
		r = admit(p);
	if (r == 0)
		r = run(p);
	actor_links_deinit(&p->links);
	actor_trust_deinit(&p->trust);
	wascap_deinit(&p->claims);
	buf_deinit(&p->module);
	buf_deinit(&p->payload);
	free(p);
	return r;
}
