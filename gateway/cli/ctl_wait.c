/* ctl_wait - see ctl_wait.h. */
#include "gateway/cli/ctl_wait.h"

#include <string.h>

#include "gateway/io/clock.h"

enum { LOOK_MS = 1000 };

enum seen {
	SEEN_NOT = 0, /* not there yet */
	SEEN_GONE,    /* not there */
	SEEN_WAITS,   /* there, not yet as wanted */
	SEEN_FAILED,
	SEEN_THERE,
};

struct look {
	enum seen seen;
	int64_t running;
	char state[32], reason[CTL_TEXT], retry[64];
};

static bool
is(const struct control_reply *r, size_t at, const char *key, const char *wanted)
{
	char value[1024];

	return key == NULL || strcmp(control_text(r, at, key, value, sizeof(value)), wanted) == 0;
}

/* state_of() - "" when the host says none, which is as good as running. */
static bool
runs(const struct control_reply *r, size_t at)
{
	char state[32];

	control_text(r, at, "state", state, sizeof(state));
	return state[0] == '\0' || strcmp(state, "running") == 0;
}

static int64_t
running_instances(const struct control_reply *r, size_t at)
{
	size_t n, i = ctl_list(r, at, "instances", &n);
	int64_t running = 0;

	for (; n > 0; n--, i = r->json.tok[i].next)
		running += runs(r, i);
	return running;
}

/* look_at() - the one element that is meant. */
static void
look_at(struct look *l, const struct ctl_goal *g, const struct control_reply *r, size_t at)
{
	control_text(r, at, "state", l->state, sizeof(l->state));
	control_text(r, at, "reason", l->reason, sizeof(l->reason));
	control_text(r, at, "next_retry", l->retry, sizeof(l->retry));
	l->running = running_instances(r, at);
	if (strcmp(l->state, "failed") == 0)
		l->seen = g->count == 0 ? SEEN_WAITS : SEEN_FAILED;
	else if (g->count < 0 ? runs(r, at) : g->count > 0 && l->running == g->count)
		l->seen = SEEN_THERE;
	else
		l->seen = SEEN_WAITS;
}

static struct look
look(const struct ctl_goal *g, const struct control_reply *r)
{
	struct look l = { .seen = g->count == 0 ? SEEN_GONE : SEEN_NOT };
	size_t n, at = ctl_list(r, 0, g->list, &n);

	for (; n > 0; n--, at = r->json.tok[at].next)
		if (is(r, at, g->key, g->is) && is(r, at, g->key2, g->is2))
			look_at(&l, g, r, at);
	if (l.seen == SEEN_WAITS && g->count == 0 && l.running == 0 && strcmp(g->list, "actors") == 0 &&
	    (l.state[0] == '\0' || strcmp(l.state, "stopped") == 0))
		l.seen = SEEN_GONE;
	return l;
}

static int
done(const struct ctl *c, const struct ctl_goal *g, const struct look *l)
{
	if (c->json)
		return CLI_OK;
	if (g->count > 1)
		printf("%s: %lld instances run\n", g->what, (long long)g->count);
	else
		printf("%s %s\n", g->what, g->count == 0 ? "is gone" : strcmp(g->list, "links") == 0 ? "holds" : "runs");
	(void)l;
	return CLI_OK;
}

static int
failed(const struct ctl_goal *g, const struct look *l)
{
	cli_error("%s failed: %s", g->what, l->reason[0] != '\0' ? l->reason : "the host says no reason");
	if (l->retry[0] != '\0')
		cli_note("the host tries again at %s", l->retry);
	return CLI_FAILED;
}

int
ctl_wait(struct ctl *c, const struct ctl_goal *g)
{
	int64_t until = clock_mono_ns() / 1000000 + c->wait_ms;
	char tail[CTL_KEY + 16];
	struct look l = { 0 };

	if (c->wait_ms == 0) {
		if (!c->json)
			printf("%s: accepted by %s\n", g->what, g->host);
		return CLI_OK;
	}
	snprintf(tail, sizeof(tail), "get.%s.inv", g->host);
	for (;;) {
		struct control_reply r;
		int e = ctl_ask(c, tail, NULL, &r);

		if (e == CLI_OK)
			l = look(g, &r);
		control_reply_deinit(&r);
		if (e != CLI_OK)
			return e;
		if (l.seen == SEEN_THERE || l.seen == SEEN_GONE)
			return done(c, g, &l);
		if (l.seen == SEEN_FAILED)
			return failed(g, &l);
		if (clock_mono_ns() / 1000000 >= until)
			break;
		ctl_next(c, LOOK_MS);
	}
	if (l.seen == SEEN_NOT)
		cli_error("%s: accepted, but after %lld s nothing of it is seen on %s", g->what,
		    (long long)c->wait_ms / 1000, g->host);
	else
		cli_error("%s: after %lld s it is `%s', %lld running", g->what, (long long)c->wait_ms / 1000,
		    l.state[0] != '\0' ? l.state : "there", (long long)l.running);
	cli_try("portcullis ctl get inventory %s", g->host);
	return CLI_FAILED;
}
