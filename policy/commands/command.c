/*
 * command - see command.h. The table of every subject that commands a lattice.
 *
 * A subject is a command when it lies in one of the control spaces, whether or not anybody would
 * understand it there: what lies in a space and in no row is VERB_UNKNOWN and is denied. The spaces
 * are therefore the promise (minted logins are denied all of them), the rows only name what is in
 * them. Token counts are exact, because hosts cut prefixes off and skip tokens without looking.
 *
 * A row is written with captures: %l lattice, %h host, %o object, %_ any one token, %r one or more
 * tokens (the object). Where each row comes from is in docs/COMMANDS.md.
 */
#include "policy/commands/command.h"

#include "policy/commands/prefix.h"
#include "policy/commands/token.h"

struct row {
	const char *front; /* what stands there as it is */
	size_t len;
	const char *rest; /* from the first capture on */
	enum dialect dialect;
	enum verb verb;
};

#define ROW(front, rest, dialect, verb)                                                            \
	{                                                                                          \
		front, sizeof(front) - 1, rest, dialect, verb                                      \
	}

/* After wasmbus.ctl.L, dialects A (wasmCloud 0.18) and B (0.50 to 0.82). */
static const struct row rows_v0[] = {
	ROW("get.hosts", "", DIALECT_A, VERB_HOST_LIST),
	ROW("events", "", DIALECT_A, VERB_HOST_EVENT),
	ROW("ping.hosts", "", DIALECT_B, VERB_HOST_LIST),
	ROW("get.claims", "", DIALECT_AB, VERB_CLAIMS_GET),
	ROW("get.links", "", DIALECT_AB, VERB_LINK_GET),
	ROW("get.config.", "%o", DIALECT_B, VERB_CONFIG_GET),
	ROW("get.config.", "%o.%_", DIALECT_B, VERB_CONFIG_GET),
	ROW("get.", "%h.inv", DIALECT_AB, VERB_HOST_INVENTORY),
	ROW("auction.actor", "", DIALECT_AB, VERB_ACTOR_AUCTION),
	ROW("auction.provider", "", DIALECT_AB, VERB_PROVIDER_AUCTION),
	ROW("cmd.", "%h.la", DIALECT_AB, VERB_ACTOR_START),
	ROW("cmd.", "%h.sa", DIALECT_AB, VERB_ACTOR_STOP),
	ROW("cmd.", "%h.upd", DIALECT_AB, VERB_ACTOR_UPDATE),
	ROW("cmd.", "%h.lp", DIALECT_AB, VERB_PROVIDER_START),
	ROW("cmd.", "%h.sp", DIALECT_AB, VERB_PROVIDER_STOP),
	ROW("cmd.", "%h.scale", DIALECT_B, VERB_ACTOR_SCALE),
	ROW("cmd.", "%h.stop", DIALECT_B, VERB_HOST_STOP),
	ROW("linkdefs.put", "", DIALECT_B, VERB_LINK_PUT),
	ROW("linkdefs.del", "", DIALECT_B, VERB_LINK_DEL),
	ROW("labels.", "%h.put", DIALECT_B, VERB_LABEL_PUT),
	ROW("labels.", "%h.del", DIALECT_B, VERB_LABEL_DEL),
	ROW("registries.put", "", DIALECT_B, VERB_REGISTRY_PUT),
	ROW("config.put.", "%o.%_", DIALECT_B, VERB_CONFIG_PUT),
	ROW("config.del.", "%o.%_", DIALECT_B, VERB_CONFIG_DEL),
	ROW("config.clear.", "%o", DIALECT_B, VERB_CONFIG_DEL),
};

/* After wasmbus.ctl.v1.L, dialect C (wasmCloud 1.x). */
static const struct row rows_v1[] = {
	ROW("host.ping", "", DIALECT_C, VERB_HOST_LIST),
	ROW("host.get.", "%h", DIALECT_C, VERB_HOST_INVENTORY),
	ROW("host.stop.", "%h", DIALECT_C, VERB_HOST_STOP),
	ROW("claims.get", "", DIALECT_C, VERB_CLAIMS_GET),
	ROW("link.get", "", DIALECT_C, VERB_LINK_GET),
	ROW("link.put", "", DIALECT_C, VERB_LINK_PUT),
	ROW("link.del", "", DIALECT_C, VERB_LINK_DEL),
	ROW("config.get.", "%o", DIALECT_C, VERB_CONFIG_GET),
	ROW("config.put.", "%o", DIALECT_C, VERB_CONFIG_PUT),
	ROW("config.del.", "%o", DIALECT_C, VERB_CONFIG_DEL),
	ROW("component.auction", "", DIALECT_C, VERB_ACTOR_AUCTION),
	ROW("provider.auction", "", DIALECT_C, VERB_PROVIDER_AUCTION),
	ROW("component.scale.", "%h", DIALECT_C, VERB_ACTOR_SCALE),
	ROW("component.update.", "%h", DIALECT_C, VERB_ACTOR_UPDATE),
	ROW("provider.start.", "%h", DIALECT_C, VERB_PROVIDER_START),
	ROW("provider.stop.", "%h", DIALECT_C, VERB_PROVIDER_STOP),
	ROW("label.put.", "%h", DIALECT_C, VERB_LABEL_PUT),
	ROW("label.del.", "%h", DIALECT_C, VERB_LABEL_DEL),
	ROW("registry.put", "", DIALECT_C, VERB_REGISTRY_PUT),
};

/* After wasmbus.rpc.L: in dialect A links are not on the control prefix. */
static const struct row rows_rpc[] = {
	ROW("links", "", DIALECT_A, VERB_LINK_PUT),
	ROW("remlinks", "", DIALECT_A, VERB_LINK_DEL),
};

/* After runtime.host, dialect D (wasmCloud 2.x). */
static const struct row rows_runtime[] = {
	ROW("", "%h.heartbeat", DIALECT_D, VERB_HOST_HEARTBEAT_GET),
	ROW("", "%h.workload.start", DIALECT_D, VERB_WORKLOAD_START),
	ROW("", "%h.workload.stop", DIALECT_D, VERB_WORKLOAD_STOP),
	ROW("", "%h.workload.status", DIALECT_D, VERB_WORKLOAD_STATUS),
};

/* After wadm.api.L. */
static const struct row rows_wadm[] = {
	ROW("model.put", "", DIALECT_WADM, VERB_MANIFEST_PUT),
	ROW("model.get", "", DIALECT_WADM, VERB_MANIFEST_GET),
	ROW("model.list", "", DIALECT_WADM, VERB_MANIFEST_GET),
	ROW("model.get.", "%o", DIALECT_WADM, VERB_MANIFEST_GET),
	ROW("model.versions.", "%o", DIALECT_WADM, VERB_MANIFEST_GET),
	ROW("model.history.", "%o", DIALECT_WADM, VERB_MANIFEST_GET),
	ROW("model.status.", "%o", DIALECT_WADM, VERB_MANIFEST_GET),
	ROW("model.del.", "%o", DIALECT_WADM, VERB_MANIFEST_DEL),
	ROW("model.deploy.", "%o", DIALECT_WADM, VERB_MANIFEST_DEPLOY),
	ROW("model.undeploy.", "%o", DIALECT_WADM, VERB_MANIFEST_UNDEPLOY),
};

/* After a bucket whose name says the lattice, and after lc.L. */
static const struct row rows_state[] = {
	ROW("", "%r", DIALECT_KV, VERB_STATE_WRITE),
};

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

struct captures {
	struct bytes host, object;
};

/* Does it begin as the row does? Two of its letters tell most rows apart. */
static inline bool
front_is(const struct row *row, struct bytes tail)
{
	size_t n = row->len;

	return n == 0 || (tail.len >= n && tail.ptr[n - 1] == (uint8_t)row->front[n - 1] &&
			     tail.ptr[0] == (uint8_t)row->front[0] &&
			     memcmp(tail.ptr, row->front, n) == 0);
}

/* The rest of a row against the rest of a subject; fills the captures. */
static bool
rest_is(const char *rest, struct bytes tail, struct captures *got)
{
	size_t at = 0, start;

	*got = (struct captures){ BYTES_NULL, BYTES_NULL };
	for (const char *w = rest; *w != '\0'; w++) {
		if (*w != '%') {
			if (at == tail.len || tail.ptr[at++] != (uint8_t)*w)
				return false;
			continue;
		}
		start = at;
		w++;
		while (at < tail.len && (tail.ptr[at] != '.' || *w == 'r'))
			at++;
		if (at == start)
			return false;
		if (*w == 'h')
			got->host = bytes_of(tail.ptr + start, at - start);
		else if (*w == 'o' || *w == 'r')
			got->object = bytes_of(tail.ptr + start, at - start);
	}
	return at == tail.len;
}

/* The row for what follows the prefix, or VERB_UNKNOWN. */
static int
find_row(const struct row *rows, size_t n, struct bytes tail, struct command *c)
{
	struct captures got;

	c->verb = VERB_UNKNOWN;
	for (size_t i = 0; i < n; i++) {
		if (!front_is(&rows[i], tail) ||
		    !rest_is(rows[i].rest, bytes_from(tail, rows[i].len), &got))
			continue;
		c->host = got.host;
		c->object = got.object;
		c->verb = rows[i].verb;
		c->dialect = rows[i].dialect;
		break;
	}
	c->mutating = command_verb_mutates(c->verb);
	return 0;
}

/* As find_row() behind a lattice token, which is cut off first and has to be a possible name. */
static int
find_in_lattice(const struct row *rows, size_t n, struct bytes tail, struct command *c)
{
	if (!token_cut(&tail, &c->lattice) || !command_lattice_ok(c->lattice))
		return find_row(NULL, 0, tail, c);
	return find_row(rows, n, tail, c);
}

static int
classify_ctl(struct bytes tail, struct command *c)
{
	if (token_skip(&tail, "v1"))
		return find_in_lattice(rows_v1, N_OF(rows_v1), tail, c);
	return find_in_lattice(rows_v0, N_OF(rows_v0), tail, c);
}

/* wadm executes whatever lands on wadm.cmd.L with its own credentials: one verb, no tail. */
static int
classify_wadm(struct bytes tail, bool api, struct command *c)
{
	if (api)
		return find_in_lattice(rows_wadm, N_OF(rows_wadm), tail, c);
	if (!token_cut(&tail, &c->lattice) || !command_lattice_ok(c->lattice) || tail.len != 0)
		return find_row(NULL, 0, tail, c);
	c->verb = VERB_WADM_COMMAND;
	c->dialect = DIALECT_WADM;
	c->mutating = true;
	return 0;
}

/* A key-value subject after "$KV.": the bucket decides. */
static int
classify_bucket(struct bytes tail, struct command *c)
{
	static const struct bytes lattice = { (const uint8_t *)"LATTICEDATA_", 12 };
	static const struct bytes config = { (const uint8_t *)"CONFIGDATA_", 11 };
	struct bytes bucket;

	if (!token_cut(&tail, &bucket))
		return COMMAND_NOT;
	if (bytes_starts(bucket, BYTES_LIT("wadm_")))
		return find_row(rows_state, N_OF(rows_state), tail, c);
	if (bytes_starts(bucket, lattice))
		c->lattice = bytes_from(bucket, lattice.len);
	else if (bytes_starts(bucket, config))
		c->lattice = bytes_from(bucket, config.len);
	else
		return COMMAND_NOT;
	if (!command_lattice_ok(c->lattice))
		return find_row(NULL, 0, tail, c);
	return find_row(rows_state, N_OF(rows_state), tail, c);
}

/* The spaces whose first token may be an account's. */
static int
classify_prefixed(struct bytes account, struct bytes rest, struct command *c)
{
	bool api;

	if (token_skip(&rest, "wasmbus")) {
		if (!token_skip(&rest, "ctl"))
			return COMMAND_NOT;
		c->account = account;
		return classify_ctl(rest, c);
	}
	if (!token_skip(&rest, "wadm"))
		return COMMAND_NOT;
	api = token_skip(&rest, "api");
	if (!api && !token_skip(&rest, "cmd"))
		return COMMAND_NOT;
	c->account = account;
	return classify_wadm(rest, api, c);
}

static int
classify_wasmbus(struct bytes rest, struct command *c)
{
	struct bytes lattice;

	if (token_skip(&rest, "ctl"))
		return classify_ctl(rest, c);
	if (!token_skip(&rest, "rpc") || !token_cut(&rest, &lattice))
		return COMMAND_NOT;
	if (!bytes_is(rest, "links") && !bytes_is(rest, "remlinks"))
		return COMMAND_NOT;
	c->lattice = lattice;
	if (!command_lattice_ok(lattice))
		return find_row(NULL, 0, rest, c);
	return find_row(rows_rpc, N_OF(rows_rpc), rest, c);
}

/* $JS.API.$KV.B... and $JS.D.API.$KV.B..., the writes of a client that names a JetStream domain. */
static int
classify_js(struct bytes rest, struct command *c)
{
	struct bytes with_domain = rest, domain;

	if (token_skip(&rest, "API") && token_skip(&rest, "$KV"))
		return classify_bucket(rest, c);
	if (token_cut(&with_domain, &domain) && token_skip(&with_domain, "API") &&
	    token_skip(&with_domain, "$KV"))
		return classify_bucket(with_domain, c);
	return COMMAND_NOT;
}

/* By the first token; everything that is data leaves after a glance at its length. */
static int
classify_first(struct bytes first, struct bytes rest, struct command *c)
{
	switch (first.len) {
	case 2:
		if (bytes_is(first, "lc"))
			return find_in_lattice(rows_state, N_OF(rows_state), rest, c);
		break;
	case 3:
		if (bytes_is(first, "$KV"))
			return classify_bucket(rest, c);
		if (bytes_is(first, "$JS"))
			return classify_js(rest, c);
		break;
	case 4:
		if (!bytes_is(first, "wadm"))
			break;
		if (token_skip(&rest, "api"))
			return classify_wadm(rest, true, c);
		if (token_skip(&rest, "cmd"))
			return classify_wadm(rest, false, c);
		break;
	case 7:
		if (bytes_is(first, "wasmbus"))
			return classify_wasmbus(rest, c);
		if (bytes_is(first, "runtime") && token_skip(&rest, "host"))
			return find_row(rows_runtime, N_OF(rows_runtime), rest, c);
		break;
	default:
		break;
	}
	return COMMAND_NOT;
}

int
command_classify(struct bytes subject, struct command *c)
{
	struct bytes rest = subject, first;

	*c = (struct command){ 0 };
	if (!token_cut(&rest, &first))
		return COMMAND_NOT;
	if (classify_first(first, rest, c) == 0)
		return 0;
	/* an account in front: X.wasmbus.ctl, X.wadm.api, X.wadm.cmd */
	if (rest.len == 0 || rest.ptr[0] != 'w')
		return COMMAND_NOT;
	return classify_prefixed(first, rest, c);
}

int
command_classify_under(const struct prefixes *set, struct bytes subject, struct command *c)
{
	struct bytes tail;

	if (set->n == 0 || !prefix_tail(set, subject, &tail))
		return command_classify(subject, c);
	*c = (struct command){ 0 };
	return classify_ctl(tail, c);
}

struct bytes
command_lattice(const struct command *c)
{
	if (c->lattice.len != 0)
		return c->lattice;
	return c->dialect == DIALECT_KV ? BYTES_LIT("wadm") : BYTES_LIT("runtime");
}

bool
command_lattice_stand_in(struct bytes name)
{
	return bytes_is(name, "runtime") || bytes_is(name, "wadm");
}

bool
command_lattice_ok(struct bytes name)
{
	static const char *const words[] = { "v1", "get", "cmd", "auction", "config", "labels",
		"linkdefs", "ping", "registries", "wasmbus", "wadm", "runtime", "lc", "lattice",
		"wasmcloud" };

	if (name.len == 0 || name.ptr[0] == '_')
		return false;
	for (size_t i = 0; i < name.len; i++) {
		uint8_t ch = name.ptr[i];

		if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
			(ch >= '0' && ch <= '9') || ch == '-' || ch == '_'))
			return false;
	}
	for (size_t i = 0; i < N_OF(words); i++)
		if (words[i][0] == (char)name.ptr[0] && bytes_is(name, words[i]))
			return false;
	return true;
}

uint64_t
command_may_be(const struct command *c)
{
	uint64_t set = VERB_BIT(c->verb);

	/* B and C stop an actor by scaling to 0; in C scale is also the only start there is. */
	if (c->verb == VERB_ACTOR_SCALE)
		set |= VERB_BIT(VERB_ACTOR_STOP) | VERB_BIT(VERB_ACTOR_START);
	return set;
}
