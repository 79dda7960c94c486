/*
 * edge_limits - what happens when there is too much of something. The order in which we shed is
 * fixed: whoever has not come in yet is turned away first, then who has not logged in, then who
 * holds most of what waits; one with commands under way comes last of all. docs/LIMITS.md has it in
 * words.
 */
#include <sodium.h>

#include "gateway/io/log.h"
#include "gateway/proc/edge_priv.h"

enum {
	SHED_LOOKED_AT = 64, /* of those who wait longest */
	SHED_AT_ONCE = 16,   /* so that the others do not wait for it */
};

void
edge_limit(enum limit l, const struct limit_who *who)
{
	limit_met(&edge.limit_log, edge.past.limit, l, who, edge_now_ms());
}

void
edge_on_limit(struct relay *r, enum limit l)
{
	edge_limit(l, &(struct limit_who){ .client = r->id,
			  .source = r->source,
			  .account = r->identity != NULL ? r->identity->account : NULL,
			  .user = r->identity != NULL ? r->identity->user : NULL });
}

static size_t
all_held(void)
{
	return edge.room.held[STREAM_EARLY] + edge.room.held[STREAM_KNOWN];
}

bool
edge_overloaded(void)
{
	uint64_t most = edge.child.setup.ceilings.max_memory;

	return all_held() > most / 4 * 3;
}

/* ---- those who have not logged in ---- */

void
edge_proved(struct client *c)
{
	if (!c->early)
		return;
	c->early = false;
	TAILQ_REMOVE(&edge.early, c, early_link);
	edge.n_early--;
	sources_proved(c->source);
}

/* cheaper() - is @a given up before @b? One that is ending anyway, then one of the source with
 * most. */
static bool
cheaper(const struct client *a, const struct client *b)
{
	if (b == NULL || a->relay.ending != b->relay.ending)
		return b == NULL || a->relay.ending;
	return sources_early(a->source) > sources_early(b->source);
}

/* may_shed() - whom the verifier is asked about is about to be known: his is not the place to save.
 */
static bool
may_shed(const struct client *c)
{
	return !c->dropped && (c->relay.ending || c->relay.handshake.state == HANDSHAKE_NEW);
}

static void
drop(struct client *c, const char *why)
{
	c->dropped = true;
	relay_drop(&c->relay, "maximum connections exceeded", why);
}

/* early_victim() - of those who wait longest, the one whose source has most of them. */
static struct client *
early_victim(void)
{
	struct client *c, *victim = NULL;
	int n = 0;

	TAILQ_FOREACH(c, &edge.early, early_link)
	{
		if (n++ == SHED_LOOKED_AT)
			break;
		if (may_shed(c) && cheaper(c, victim))
			victim = c;
	}
	return victim;
}

bool
edge_shed_early(void)
{
	struct client *c = early_victim();

	if (c == NULL)
		return false;
	edge_on_limit(&c->relay, LIMIT_SHED);
	drop(c, "shed");
	return true;
}

/* shed_early_bytes() - until they hold no more than @most. */
static void
shed_early_bytes(uint64_t most)
{
	size_t held = edge.room.held[STREAM_EARLY];
	struct client *c;

	TAILQ_FOREACH(c, &edge.early, early_link)
	{
		size_t its = stream_held(&c->relay.client.stream);

		if (held <= most)
			return;
		if (its == 0 || c->dropped)
			continue;
		held -= its;
		edge_on_limit(&c->relay, LIMIT_SHED);
		drop(c, "shed");
	}
}

/* ---- memory ---- */

/* largest() - who holds most; one with commands under way only when there is no other. */
static struct client *
largest(bool commanding)
{
	struct client *victim = NULL;
	size_t most = 0;

	for (struct relay *r = edge.relays; r != NULL; r = r->next) {
		struct client *c = (struct client *)r;

		if (c->dropped || (r->commands_out > 0) != commanding || relay_held(r) <= most)
			continue;
		most = relay_held(r);
		victim = c;
	}
	return victim;
}

static void
relieve(uint64_t most)
{
	size_t held = all_held(), freed = 0;

	for (int i = 0; i < SHED_AT_ONCE && held - freed > most; i++) {
		struct client *c = largest(false);

		if (c == NULL)
			c = largest(true);
		if (c == NULL)
			return;
		freed += relay_held(&c->relay);
		freed = freed < held ? freed : held;
		edge_on_limit(&c->relay, LIMIT_MEMORY);
		c->dropped = true;
		relay_drop(&c->relay, NULL, "memory");
	}
}

static void
look(uv_prepare_t *p)
{
	const struct ceilings *m = &edge.child.setup.ceilings;

	(void)p;
	if (edge.room.held[STREAM_EARLY] > m->max_preauth_bytes)
		shed_early_bytes(m->max_preauth_bytes);
	if (all_held() <= m->max_memory)
		return;
	shed_early_bytes(0);
	relieve(m->max_memory);
}

/* ---- faults of sources ---- */

static const struct {
	const char *why;
	enum source_fault fault;
} faults[] = {
	{ "auth_timeout", SOURCE_TIMED_OUT },
	{ "client_closed", SOURCE_SILENT },
	{ "client_gone", SOURCE_SILENT },
	/* each may be the signer's limit, or a setting forgotten; each costs us something */
	{ "tls_failed", SOURCE_SILENT },
	{ "tls_required", SOURCE_SILENT },
	{ "no_connect", SOURCE_GARBAGE },
	{ "bad_connect", SOURCE_GARBAGE },
	{ "bad_protocol", SOURCE_GARBAGE },
	{ "bad_handshake", SOURCE_GARBAGE },
	{ "spoke_out_of_turn", SOURCE_GARBAGE },
	{ "no_responders_without_headers", SOURCE_GARBAGE },
	{ "anonymous", SOURCE_FAILED },
	{ "password_login", SOURCE_FAILED },
	{ "nkey_without_jwt", SOURCE_FAILED },
	{ "no_signature", SOURCE_FAILED },
};

void
edge_fault(const char *source, enum source_fault fault)
{
	struct log_line l;

	if (!sources_fault(edge.sources, source, fault, edge_now_ms()))
		return;
	if (!log_few(&edge.penalty_lines, "source_penalised", edge_now_ms()))
		return;
	log_begin(&l, LOG_WRN, "source_penalised");
	log_str(&l, "source", source);
	log_num(&l, "ms", (int64_t)sources_penalty_ms(edge.sources, source, edge_now_ms()));
	log_end(&l);
}

void
edge_fault_of(const struct relay *r, const char *why)
{
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (strcmp(why, faults[i].why) == 0)
			edge_fault(r->source, faults[i].fault);
}

void
edge_limits_start(void)
{
	const struct ceilings *m = &edge.child.setup.ceilings;
	struct sources_rules rules = {
		.cost_ms = { [SOURCE_FAILED] = m->penalty_failed,
		    [SOURCE_GARBAGE] = m->penalty_garbage,
		    [SOURCE_TIMED_OUT] = m->penalty_timeout,
		    [SOURCE_SILENT] = m->penalty_silent },
		.min_ms = m->penalty_min,
		.max_ms = m->penalty_max,
		.max_early = m->max_source_preauth,
		.max_all = m->max_source_connections,
		.n_exempt = m->n_exempt,
	};
	uint8_t key[SOURCES_KEY];

	memcpy(rules.exempt, m->exempt, sizeof(rules.exempt));
	randombytes_buf(key, sizeof(key));
	edge.sources = sources_new(&rules, key);
	edge.accounts = tally_new(key, 0);
	edge.users = tally_new(key, sizeof(struct pace));
	if (edge.sources == NULL || edge.accounts == NULL || edge.users == NULL)
		child_fatal(&edge.child, "out of memory", 0);
	uv_prepare_init(&edge.child.loop, &edge.looks);
	uv_prepare_start(&edge.looks, look);
}
