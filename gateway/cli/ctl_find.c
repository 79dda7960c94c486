/*
 * ctl_find - which host, actor or provider a word means. Keys have 56 letters and nobody likes to type
 * them: the beginning of a host's key or its name will do, an actor's name or call alias, and for a
 * provider its contract, or the last word of that (httpserver). A word that means two of them means none.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/cli/ctl.h"

enum { KEY_LEN = 56, FRONT_MIN = 4, SLOW_MS = 3000 };

struct search {
	const char *given;
	char kind; /* 'N', 'M', 'V' */
	char found[CTL_KEY];
	size_t matches, all;
};

static bool
is_key(const char *s, char kind)
{
	return s[0] == kind && strlen(s) == KEY_LEN &&
	    strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == KEY_LEN;
}

/* note() - one more that fits; the same key told twice is one. */
static void
note(struct search *s, const char *key)
{
	if (!is_key(key, s->kind) || strcmp(key, s->found) == 0)
		return;
	s->matches++;
	strcpy(s->found, key);
}

static void
on_host(void *ctx, const struct control_reply *r)
{
	struct search *s = ctx;
	char id[CTL_KEY], name[128];

	control_text(r, 0, "id", id, sizeof(id));
	control_text(r, 0, "friendly_name", name, sizeof(name));
	s->all++;
	if (s->given == NULL || strcmp(s->given, name) == 0 ||
	    (strlen(s->given) >= FRONT_MIN && strncmp(s->given, id, strlen(s->given)) == 0))
		note(s, id);
}

/* patiently() - whoever is meant may be slow, or far: wait longer for more answers. Return: how long before. */
static int64_t
patiently(struct ctl *c)
{
	int64_t quiet_ms = c->quiet_ms;

	c->quiet_ms = SLOW_MS;
	return quiet_ms;
}

int
ctl_host(struct ctl *c, const char *given, char out[CTL_KEY])
{
	struct search s = { .given = given, .kind = 'N' };

	if (given != NULL && is_key(given, 'N')) {
		strcpy(out, given);
		return CLI_OK;
	}
	if (ctl_gather(c, "ping.hosts", NULL, on_host, &s) < 0)
		return CLI_FAILED;
	if (s.matches == 0 && s.all > 0) {
		int64_t quiet_ms = patiently(c);

		if (ctl_gather(c, "ping.hosts", NULL, on_host, &s) < 0)
			return CLI_FAILED;
		c->quiet_ms = quiet_ms;
	}
	if (s.matches == 1) {
		strcpy(out, s.found);
		return CLI_OK;
	}
	if (s.all == 0)
		cli_error("no host answers in lattice `%s'", c->lattice);
	else if (given == NULL)
		cli_error("there are %zu hosts: say which one with --host", s.all);
	else
		cli_error(s.matches == 0 ? "no host is called `%s'" : "`%s' fits more than one host", given);
	cli_try("portcullis ctl get hosts");
	return CLI_FAILED;
}

/* is_contract() - wasmcloud:httpserver, or httpserver alone. */
static bool
is_contract(const char *given, const char *contract)
{
	const char *word = strrchr(contract, ':');

	return contract[0] != '\0' &&
	    (strcmp(given, contract) == 0 || (word != NULL && strcmp(given, word + 1) == 0));
}

/* on_list() - claims, or what an inventory lists; they call the key by other names. */
static void
on_list(struct search *s, const struct control_reply *r, const char *list, const char *id)
{
	char key[CTL_KEY], name[256], alias[256], contract[256];
	size_t n, at = ctl_list(r, 0, list, &n);

	for (size_t i = 0; i < n; i++, at = r->json.tok[at].next) {
		control_text(r, at, id, key, sizeof(key));
		control_text(r, at, "name", name, sizeof(name));
		control_text(r, at, "call_alias", alias, sizeof(alias));
		control_text(r, at, "contract_id", contract, sizeof(contract));
		s->all++;
		if (strcmp(s->given, name) == 0 || strcmp(s->given, alias) == 0 ||
		    (s->kind == 'V' && is_contract(s->given, contract)))
			note(s, key);
	}
}

static void
on_any_host(void *ctx, const struct control_reply *r)
{
	struct ctl_hosts *h = ctx;

	if (h->n < CTL_HOSTS)
		control_text(r, 0, "id", h->id[h->n++], CTL_KEY);
}

int
ctl_hosts(struct ctl *c, struct ctl_hosts *h)
{
	h->n = 0;
	return ctl_gather(c, "ping.hosts", NULL, on_any_host, h) < 0 ? CLI_FAILED : CLI_OK;
}

/* on_all_hosts() - one host answers for the claims, and a host knows what runs on itself: the rest says so too. */
static void
on_all_hosts(struct ctl *c, struct search *s)
{
	autofree(mem_freep) struct ctl_hosts *h = malloc(sizeof(*h));
	struct control_reply r;
	char tail[CTL_KEY + 16];

	if (h == NULL || ctl_hosts(c, h) != CLI_OK)
		return;
	for (size_t i = 0; i < h->n; i++) {
		if (!is_key(h->id[i], 'N'))
			continue;
		snprintf(tail, sizeof(tail), "get.%s.inv", h->id[i]);
		if (ctl_ask(c, tail, NULL, &r) == CLI_OK)
			on_list(s, &r, s->kind == 'M' ? "actors" : "providers", "id");
		control_reply_deinit(&r);
	}
}

int
ctl_key(struct ctl *c, char kind, const char *given, char out[CTL_KEY])
{
	const char *what = kind == 'M' ? "actor" : "provider";
	struct search s = { .given = given, .kind = kind };
	struct control_reply r;
	int e;

	if (is_key(given, kind)) {
		strcpy(out, given);
		return CLI_OK;
	}
	e = ctl_ask(c, "get.claims", NULL, &r);
	if (e == CLI_OK)
		on_list(&s, &r, "claims", "sub");
	control_reply_deinit(&r);
	if (e != CLI_OK)
		return e;
	if (s.matches == 0)
		on_all_hosts(c, &s);
	if (s.matches == 0) {
		int64_t quiet_ms = patiently(c);

		on_all_hosts(c, &s);
		c->quiet_ms = quiet_ms;
	}
	if (s.matches == 1) {
		strcpy(out, s.found);
		return CLI_OK;
	}
	cli_error(s.matches == 0 ? "the lattice knows no %s `%s'" : "more than one %s is called `%s': give its key", what,
	    given);
	cli_try("portcullis ctl get claims");
	return CLI_FAILED;
}
