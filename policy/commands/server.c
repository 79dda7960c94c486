/*
 * server - see server.h. A row is a space by its first tokens; the token behind them is the
 * lattice.
 *
 * wadm subscribes once for all lattices (`wadm.api.>`), and has streams listen on `wadm.cmd.*`,
 * `wadm.evt.*.>` and the like; so a pattern may leave the lattice open. The queue group of its API
 * is part of the row: a plain subscription beside it would hear every manifest.
 */
#include "policy/commands/server.h"

#include "policy/commands/token.h"

struct server_row {
	enum verb bundle;
	const char *prefix;
	const char *queue;   /* NULL: plain */
	const char *lattice; /* what governs it when the subject names none; NULL: the next token */
	bool publish;        /* may be published to as well */
};

static const struct server_row rows[] = {
	{ VERB_SERVE_WADM, "wadm.api", "wadm_server", NULL, false },
	{ VERB_SERVE_WADM, "wadm.cmd", NULL, NULL, false },
	{ VERB_SERVE_WADM, "wadm.evt", NULL, NULL, true },
	{ VERB_SERVE_WADM, "wadm.status", NULL, NULL, true },
	{ VERB_SERVE_WADM, "wadm.notify", NULL, NULL, true },
	{ VERB_SERVE_WADM, "wasmbus.evt", NULL, NULL, false },
	{ VERB_SERVE_WADM, "$KV.wadm_state", NULL, "wadm", false },
	{ VERB_SERVE_WADM, "$KV.wadm_manifests", NULL, "wadm", false },
	{ VERB_SERVE_OPERATOR, "runtime.operator", NULL, "runtime", false },
};

/* Is @asked in the space of the row? */
static bool
row_fits(const struct server_row *row, struct bytes asked, struct bytes *lattice)
{
	struct bytes want = bytes_str(row->prefix), w = BYTES_NULL, token = BYTES_NULL;

	while (token_cut(&want, &w))
		if (!token_cut(&asked, &token) || !bytes_eq(token, w))
			return false;
	if (!token_cut(&asked, &token))
		return false;
	if (row->lattice != NULL)
		*lattice = bytes_str(row->lattice);
	else if (token_wild(token))
		*lattice = BYTES_LIT("*");
	else if (command_lattice_ok(token))
		*lattice = token;
	else
		return false;
	return true;
}

enum verb
server_subscribe(struct bytes pattern, struct bytes queue, struct bytes *lattice)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (bytes_eq(queue, bytes_str(rows[i].queue)) &&
		    row_fits(&rows[i], pattern, lattice))
			return rows[i].bundle;
	return VERB_NONE;
}

enum verb
server_publish(struct bytes subject, struct bytes *lattice)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].publish && row_fits(&rows[i], subject, lattice))
			return rows[i].bundle;
	return VERB_NONE;
}

uint64_t
server_commands(const struct command *c)
{
	switch (c->verb) {
	case VERB_HOST_EVENT:
		return VERB_BIT(VERB_SERVE);
	case VERB_WADM_COMMAND:
		return VERB_BIT(VERB_SERVE_WADM);
	case VERB_STATE_WRITE: /* of the buckets that belong to no lattice */
		return c->lattice.len == 0 ? VERB_BIT(VERB_SERVE_WADM) : 0;
	default:
		return 0;
	}
}
