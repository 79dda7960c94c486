/*
 * apply - bring a lattice to what a manifest says. First everything is read and compared; then, unless
 * only the difference was asked for, actors and providers are started, and when they are seen to run,
 * and so have ids, the links are put. What it does a second time is nothing.
 *
 * A lock file that forbids what was found ends it before anything is sent.
 */
#include <string.h>

#include "gateway/cli/apply.h"
#include "gateway/cli/verbs_apply.h"
#include "policy/core/members.h"

enum { OUT_MAX = 16 * 1024 * 1024 };

/* phase() - do those steps of a plan that are of links, or those that are not. Return: CLI_OK, the
 * worst of what failed. @n: how many there were. */
static int
phase(struct apply *a, const struct plan *p, bool links, size_t *n)
{
	int worst = CLI_OK;

	for (size_t i = 0; i < p->n; i++) {
		const struct plan_step *s = &p->step[i];
		int r;

		if ((s->link != NULL) != links)
			continue;
		r = apply_step(a, s);
		(*n)++;
		worst = r != CLI_OK ? r : worst;
	}
	return worst;
}

static int
plan_now(struct apply *a, struct plan *p)
{
	if (plan_make(p, a->manifest, &a->found, &a->seen, a->host[0] != '\0' ? a->host : NULL) == 0)
		return CLI_OK;
	cli_error("out of memory");
	return CLI_FAILED;
}

/* show() - the difference, and of the lock file. */
static int
show(struct apply *a, const struct plan *p)
{
	for (size_t i = 0; i < p->n; i++)
		apply_say(a, &p->step[i], "planned");
	if (!a->ctl.json && a->new_pins > 0)
		printf("~ %s: %zu reference%s to pin\n", a->lock_file, a->new_pins, a->new_pins == 1 ? "" : "s");
	return p->n > 0 || a->new_pins > 0 ? CLI_FAILED : CLI_OK;
}

/* cannot() - what no command would bring about, before any is sent. */
static int
cannot(const struct apply *a, const struct plan *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->step[i].what == PLAN_CANNOT)
			cli_error("%s:%u:%u: %s: %s", a->file, p->step[i].actor->at.line,
			    p->step[i].actor->at.col, p->step[i].actor->ref, p->step[i].why);
	return CLI_FAILED;
}

/* links() - now that what they join is there. */
static int
links(struct apply *a, size_t *n)
{
	struct plan p;
	int r = apply_look(a);

	if (r == CLI_OK)
		r = plan_now(a, &p);
	if (r != CLI_OK)
		return r;
	r = phase(a, &p, true, n);
	plan_deinit(&p);
	return r;
}

/* arrive() - providers are there as soon as their host lists them; their ids come with that. */
static int
arrive(struct apply *a)
{
	size_t left = 1;
	int r = CLI_OK;

	for (int64_t ms = 0; r == CLI_OK && left > 0 && ms <= a->ctl.wait_ms; ms += 250) {
		left = 0;
		r = apply_look(a);
		for (size_t i = 0; i < a->manifest->n_links; i++)
			left += manifest_link_actor(&a->manifest->link[i])[0] == '\0' ||
				manifest_link_provider(&a->manifest->link[i])[0] == '\0';
		if (r == CLI_OK && left > 0)
			ctl_next(&a->ctl, 250);
	}
	return r;
}

static int
bring(struct apply *a, const struct plan *p, size_t *n)
{
	int r = p->cannot > 0 ? cannot(a, p) : apply_save(a);
	size_t pins = a->new_pins;

	if (r != CLI_OK)
		return r;
	ctl_listen(&a->ctl);
	r = phase(a, p, false, n);
	if (r == CLI_OK)
		r = arrive(a);
	if (r == CLI_OK && a->new_pins > pins)
		r = apply_save(a);
	if (r == CLI_OK)
		r = links(a, n);
	return r != CLI_OK ? r : apply_settle(a);
}

/* result() - the end of it; JSON is printed whatever came of it. */
static int
result(struct apply *a, size_t n, int r)
{
	struct buf out;

	if (!a->ctl.json) {
		if (r == CLI_OK && n == 0 && a->new_pins == 0)
			puts("nothing to do");
		else if (r == CLI_OK && !a->dry)
			puts(a->ctl.wait_ms > 0 ? "all of it is there" : "sent");
		return r;
	}
	buf_init(&out, OUT_MAX);
	buf_put_u8(&out, '{');
	members_text(&out, "manifest", a->file);
	members_bool(&out, "dry_run", a->dry);
	members_bool(&out, "ok", r == CLI_OK);
	members_int(&out, "pinned", (int64_t)a->new_pins);
	members_array(&out, "steps");
	buf_put(&out, buf_bytes(&a->said));
	buf_put_str(&out, "]}\n");
	if (cli_print(&out) != CLI_OK && r == CLI_OK)
		r = CLI_FAILED;
	buf_deinit(&out);
	return r;
}

static int
run(struct apply *a)
{
	const char *host = cli_value(a->args, "host");
	struct plan p = { 0 };
	size_t n = 0;
	int r = ctl_open(&a->ctl, a->args);

	if (r == CLI_OK && host != NULL)
		r = ctl_host(&a->ctl, host, a->host);
	if (r == CLI_OK)
		r = apply_look(a);
	if (r == CLI_OK)
		r = plan_now(a, &p);
	if (r == CLI_OK)
		r = a->dry ? show(a, &p) : bring(a, &p, &n);
	n += a->dry ? p.n : 0;
	plan_deinit(&p);
	return result(a, n, r);
}

int
cmd_apply(const struct cli_args *args)
{
	struct apply a = { .args = args, .locked = cli_flag(args, "locked"), .dry = cli_flag(args, "dry-run") };
	int r = apply_files(&a);

	if (r == CLI_OK)
		r = run(&a);
	apply_deinit(&a);
	return r;
}
