/*
 * config_limits - `limits { }` in gateway.conf: the ceilings of everything that can grow. Each has
 * a default, so none of them is ever absent; where the default is 0 there is none, and
 * docs/LIMITS.md says why.
 */
#include "gateway/proc/config_priv.h"

#define AT(field) offsetof(struct config, field)
#define CEILING(field) offsetof(struct config, ceilings.field)

#define GIB (UINT64_C(1) << 30)
#define MILLION UINT64_C(1000000)

static const struct config_number limits[] = {
	{ "edges", AT(edges), UNIT_COUNT, 1, 64, 1, false },
	{ "max_connections", AT(max_connections), UNIT_COUNT, 1, 1000000, 65536, false },
	{ "max_subscriptions", AT(max_subscriptions), UNIT_COUNT, 1, 1000000, 8192, false },
	{ "max_control_line", AT(max_control_line), UNIT_SIZE, 512, 1 * MIB, 4 * KIB, false },
	{ "max_connect", AT(max_connect), UNIT_SIZE, 1 * KIB, 256 * KIB, 16 * KIB, false },
	{ "max_payload", AT(max_payload), UNIT_SIZE, 1 * KIB, 64 * MIB, 1 * MIB, false },
	{ "max_command", AT(max_command), UNIT_SIZE, 1 * KIB, 1 * MIB, 256 * KIB, false },
	{ "max_pending", AT(max_pending), UNIT_SIZE, 16 * KIB, 1024 * MIB, 1 * MIB, false },
	{ "auth_timeout", AT(auth_timeout_ms), UNIT_TIME, 50, 1 * MINUTE, 2 * SEC, false },
	{ "ping_interval", AT(ping_interval_ms), UNIT_TIME, 50, 1 * HOUR, 2 * MINUTE, false },
	{ "ping_max", AT(ping_max), UNIT_COUNT, 1, 100, 2, false },
	{ "write_deadline", AT(write_deadline_ms), UNIT_TIME, 50, 10 * MINUTE, 10 * SEC, false },
	{ "drain", AT(drain_ms), UNIT_TIME, 0, 10 * MINUTE, 5 * SEC, false },
	{ "lame_duck_grace", AT(lame_duck_grace_ms), UNIT_TIME, 0, 10 * MINUTE, 10 * SEC, false },
	{ "lame_duck_duration", AT(lame_duck_duration_ms), UNIT_TIME, 0, 24 * HOUR, 2 * MINUTE,
	    false },
	{ "max_listener_connections", CEILING(max_listener_connections), UNIT_COUNT, 0, MILLION, 0,
	    true },
	{ "max_preauth", CEILING(max_preauth), UNIT_COUNT, 1, MILLION, 16384, true },
	{ "max_preauth_bytes", CEILING(max_preauth_bytes), UNIT_SIZE, 64 * KIB, 64 * GIB, 64 * MIB,
	    true },
	{ "max_source_preauth", CEILING(max_source_preauth), UNIT_COUNT, 0, MILLION, 4096, true },
	{ "max_source_connections", CEILING(max_source_connections), UNIT_COUNT, 0, MILLION, 0,
	    true },
	{ "max_memory", CEILING(max_memory), UNIT_SIZE, 4 * MIB, 1024 * GIB, 1 * GIB, true },
	{ "max_account_connections", CEILING(max_account_connections), UNIT_COUNT, 0, 100 * MILLION,
	    0, true },
	{ "max_user_connections", CEILING(max_user_connections), UNIT_COUNT, 0, 100 * MILLION, 0,
	    true },
	{ "max_account_subscriptions", CEILING(max_account_subscriptions), UNIT_COUNT, 0,
	    1000 * MILLION, MILLION, true },
	{ "max_publish_rate", CEILING(max_publish_rate), UNIT_COUNT, 0, 1000 * MILLION, 0, true },
	{ "max_publish_bytes", CEILING(max_publish_bytes), UNIT_SIZE, 0, 1024 * GIB, 0, true },
	{ "max_user_publish_rate", CEILING(max_user_publish_rate), UNIT_COUNT, 0, 1000 * MILLION, 0,
	    true },
	{ "max_user_publish_bytes", CEILING(max_user_publish_bytes), UNIT_SIZE, 0, 1024 * GIB, 0,
	    true },
	{ "max_commands", CEILING(max_commands), UNIT_COUNT, 1, MILLION, 16384, true },
	{ "max_user_commands", CEILING(max_user_commands), UNIT_COUNT, 0, MILLION, 4096, true },
	{ "max_command_memory", CEILING(max_command_memory), UNIT_SIZE, 2 * MIB, 64 * GIB,
	    256 * MIB, true },
	{ "penalty_failed", CEILING(penalty_failed), UNIT_TIME, 0, 1 * HOUR, 5 * SEC, true },
	{ "penalty_garbage", CEILING(penalty_garbage), UNIT_TIME, 0, 1 * HOUR, 5 * SEC, true },
	{ "penalty_timeout", CEILING(penalty_timeout), UNIT_TIME, 0, 1 * HOUR, 10 * SEC, true },
	{ "penalty_silent", CEILING(penalty_silent), UNIT_TIME, 0, 1 * HOUR, 1 * SEC, true },
	{ "penalty_min", CEILING(penalty_min), UNIT_TIME, 0, 1 * HOUR, 15 * SEC, true },
	{ "penalty_max", CEILING(penalty_max), UNIT_TIME, 0, 24 * HOUR, 10 * MINUTE, true },
};

/* read_exempt() - one network of the list. */
static void
read_exempt(struct config_reader *rd, const struct text_node *v)
{
	struct ceilings *c = &rd->c->ceilings;

	if (c->n_exempt == CEILINGS_EXEMPT) {
		text_error(rd->r, rd->t, v, "more than %d networks", CEILINGS_EXEMPT);
		rd->bad = true;
	} else if (v->kind != TEXT_WORD || !cidr_parse(&c->exempt[c->n_exempt], v->text)) {
		text_error(
		    rd->r, rd->t, v, "not a network: write \"10.0.0.0/8\" or \"2001:db8::/32\"");
		rd->bad = true;
	} else {
		c->n_exempt++;
	}
}

/*
 * read_exempts() - who has no penalty. This machine, when nothing is said: everything on it shares
 * one address, so whoever runs here could lock out the hosts that do.
 */
static void
read_exempts(struct config_reader *rd, struct text_node *s)
{
	static const char *const preset[] = { "127.0.0.0/8", "::1/128" };
	struct text_node *e = s != NULL ? text_find(s, "exempt") : NULL, *v;
	struct ceilings *c = &rd->c->ceilings;

	if (e == NULL) {
		for (size_t i = 0; i < COUNT(preset); i++)
			c->n_exempt +=
			    cidr_parse(&c->exempt[c->n_exempt], bytes_str(preset[i])) ? 1 : 0;
		return;
	}
	if (e->kind != TEXT_ENTRY || e->op != TEXT_EQ || e->child == NULL) {
		text_error(rd->r, rd->t, e, "exempt takes `=` and a network or a list of them");
		rd->bad = true;
		return;
	}
	if (e->child->kind != TEXT_LIST) {
		read_exempt(rd, e->child);
		return;
	}
	for (v = e->child->child; v != NULL; v = v->next)
		read_exempt(rd, v);
}

void
config_limits(struct config_reader *rd)
{
	struct text_node *s = config_section(rd, "limits");

	config_numbers(rd, s, limits, COUNT(limits));
	rd->c->connections_asked = s != NULL && text_find(s, "max_connections") != NULL;
	read_exempts(rd, s);
}
