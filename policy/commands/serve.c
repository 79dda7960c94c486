/*
 * serve - see serve.h. A row is a pattern with %l for the lattice and %h for the host's own id;
 * what is asked for has to be a subset of it. The lattice token must be literal, the id token one
 * of the host's own. Queue groups are part of the row: joining another group of the same subject
 * would take commands away from the hosts that wait in the right one.
 *
 * RPC is granted as one space per lattice, since calls go to actor and provider keys that no
 * credential lists. wasmCloud 1.x component calls (L.ID.wrpc...) begin with the lattice's name and
 * are left to publish and subscribe rules.
 */
#include "policy/commands/serve.h"

struct serve_row {
	const char *pattern;
	const char *queue; /* NULL: plain; "*": plain or any group; else a group's name, with %l */
	bool command;
};

static const struct serve_row subscriptions[] = {
	/* A and B: every host hears these */
	{ "wasmbus.ctl.%l.ping.hosts", NULL, true },
	{ "wasmbus.ctl.%l.get.hosts", NULL, true },
	{ "wasmbus.ctl.%l.get.claims", NULL, true },
	{ "wasmbus.ctl.%l.get.links", NULL, true },
	{ "wasmbus.ctl.%l.auction.>", NULL, true },
	{ "wasmbus.ctl.%l.registries.put", NULL, true },
	/* ours: besides the group that answers, to learn; hosts of 0.5x learned from a bucket */
	{ "wasmbus.ctl.%l.linkdefs.*", NULL, true },
	{ "wasmbus.rpc.%l.links", NULL, true },
	{ "wasmbus.rpc.%l.remlinks", NULL, true },
	/* A and B: one host of the group hears these (0.5x-0.63 one group, 0.78 and later a group
	   each) */
	{ "wasmbus.ctl.%l.linkdefs.*", "wasmbus.ctl.%l", true },
	{ "wasmbus.ctl.%l.get.*", "wasmbus.ctl.%l", true },
	{ "wasmbus.ctl.%l.linkdefs.*", "wasmbus.ctl.%l.linkdefs", true },
	{ "wasmbus.ctl.%l.get.*", "wasmbus.ctl.%l.get", true },
	{ "wasmbus.ctl.%l.config.>", "wasmbus.ctl.%l.config", true },
	{ "wasmbus.ctl.%l.get.config.>", "wasmbus.ctl.%l.get.config", true },
	/* A and B: this host */
	{ "wasmbus.ctl.%l.cmd.%h.*", NULL, true },
	{ "wasmbus.ctl.%l.get.%h.inv", NULL, true },
	{ "wasmbus.ctl.%l.labels.%h.*", NULL, true },
	/* C */
	{ "wasmbus.ctl.v1.%l.host.ping", NULL, true },
	{ "wasmbus.ctl.v1.%l.component.auction", NULL, true },
	{ "wasmbus.ctl.v1.%l.provider.auction", NULL, true },
	{ "wasmbus.ctl.v1.%l.registry.put", NULL, true },
	{ "wasmbus.ctl.v1.%l.link.*", "wasmbus.ctl.v1.%l.link", true },
	{ "wasmbus.ctl.v1.%l.claims.get", "wasmbus.ctl.v1.%l.claims", true },
	{ "wasmbus.ctl.v1.%l.config.>", "wasmbus.ctl.v1.%l.config", true },
	{ "wasmbus.ctl.v1.%l.component.*.%h", NULL, true },
	{ "wasmbus.ctl.v1.%l.provider.*.%h", NULL, true },
	{ "wasmbus.ctl.v1.%l.label.*.%h", NULL, true },
	{ "wasmbus.ctl.v1.%l.host.*.%h", NULL, true },
	/* D */
	{ "runtime.host.%h.>", NULL, true },
	/* RPC: A queues on the subject itself, B on "rpc" or on it */
	{ "wasmbus.rpc.%l.>", "*", false },
};

static const struct serve_row publications[] = {
	{ "wasmbus.evt.%l", NULL, false },
	{ "wasmbus.evt.%l.>", NULL, false },
	{ "wasmbus.rpcevt.%l", NULL, false },
	{ "wasmbus.cfg.%l.req", NULL, false },
	{ "wasmbus.rpc.%l.>", NULL, false },
	{ "runtime.operator.heartbeat.%h", NULL, false },
};

static const char *const watched[] = {
	"wasmbus.ctl.v1.%l.>",
	"wasmbus.ctl.%l.>",
	"wasmbus.rpc.%l.links",
	"wasmbus.rpc.%l.remlinks",
	"runtime.host.>",
	"wadm.api.%l.>",
	"wadm.cmd.%l",
	"lc.%l.>",
	"$KV.LATTICEDATA_%l.>",
	"$KV.CONFIGDATA_%l.>",
};

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

const char *
serve_pattern(enum serve_list list, size_t i, const char **queue)
{
	*queue = NULL;
	if (list == SERVE_WATCHES)
		return i < N_OF(watched) ? watched[i] : NULL;
	if (list == SERVE_PUBLISHES)
		return i < N_OF(publications) ? publications[i].pattern : NULL;
	if (i >= N_OF(subscriptions))
		return NULL;
	*queue = subscriptions[i].queue;
	return subscriptions[i].pattern;
}

static bool
cut(struct bytes *s, struct bytes *token)
{
	size_t dot = bytes_find(*s, '.');

	if (s->len == 0)
		return false;
	*token = bytes_upto(*s, dot);
	*s = dot < s->len ? bytes_from(*s, dot + 1) : BYTES_NULL;
	return true;
}

static bool
same_but_for_case(struct bytes a, struct bytes b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		uint8_t x = a.ptr[i], y = b.ptr[i];

		if (x >= 'A' && x <= 'Z')
			x = (uint8_t)(x | 0x20);
		if (y >= 'A' && y <= 'Z')
			y = (uint8_t)(y | 0x20);
		if (x != y)
			return false;
	}
	return true;
}

/* A key has one spelling; the other cases of it are names nobody has. */
static bool
key_misspelt(struct bytes id)
{
	bool small = false;

	for (size_t i = 0; i < id.len; i++)
		small |= id.ptr[i] >= 'a' && id.ptr[i] <= 'z';
	return id.len == 56 && (id.ptr[0] | 0x20) == 'n' && small;
}

bool
serve_is_own(const struct serve_host *who, struct bytes id)
{
	if (key_misspelt(id))
		return false;
	for (size_t i = 0; i < who->n; i++)
		if (same_but_for_case(who->ids[i], id))
			return true;
	return false;
}

/*
 * Is token @t inside token @w of a row? A lattice capture may be the end of a token
 * ("LATTICEDATA_%l"). @any_lattice lets "*" stand for the lattice.
 */
static bool
token_fits(struct bytes t, struct bytes w, bool any_lattice, struct bytes *lattice)
{
	if (w.len >= 2 && bytes_is(bytes_from(w, w.len - 2), "%l")) {
		struct bytes prefix = bytes_upto(w, w.len - 2);

		if (!bytes_starts(t, prefix))
			return false;
		*lattice = bytes_from(t, prefix.len);
		if (any_lattice && prefix.len == 0 && bytes_is(*lattice, "*"))
			return true;
		return command_lattice_ok(*lattice);
	}
	if (bytes_is(w, "%h"))
		return !bytes_is(t, "*") && !bytes_is(t, ">");
	if (bytes_is(t, ">"))
		return false;
	return bytes_is(w, "*") || bytes_eq(t, w);
}

/* Is @asked a subset of the row? @host gets the id it names, @lattice the lattice. */
static bool
row_fits(const char *row, struct bytes asked, bool any_lattice, struct bytes *lattice,
    struct bytes *host)
{
	struct bytes want = bytes_str(row), w = BYTES_NULL, t = BYTES_NULL;

	*lattice = BYTES_LIT("runtime"); /* a row without a lattice is dialect D's */
	*host = BYTES_NULL;
	for (;;) {
		bool more_w = cut(&want, &w), more_t = cut(&asked, &t);

		if (!more_w || !more_t)
			return more_w == more_t;
		if (bytes_is(w, ">"))
			return true;
		if (!token_fits(t, w, any_lattice, lattice))
			return false;
		if (bytes_is(w, "%h"))
			*host = t;
	}
}

/* Is @queue the group @want with its %l replaced by @lattice? */
static bool
group_is(const char *want, struct bytes queue, struct bytes lattice)
{
	const char *at;
	struct bytes head;

	if (want == NULL)
		return queue.len == 0;
	if (want[0] == '*')
		return true;
	at = strstr(want, "%l");
	head = bytes_of(want, at != NULL ? (size_t)(at - want) : strlen(want));
	if (!bytes_starts(queue, head))
		return false;
	queue = bytes_from(queue, head.len);
	if (at == NULL)
		return queue.len == 0;
	return bytes_starts(queue, lattice) && bytes_is(bytes_from(queue, lattice.len), at + 2);
}

enum serve_answer
serve_subscribe(struct bytes pattern, struct bytes queue, const struct serve_host *who,
    struct bytes *lattice, bool *command)
{
	enum serve_answer answer = SERVE_NOT;
	struct bytes l, host;

	for (size_t i = 0; i < N_OF(subscriptions); i++) {
		const struct serve_row *row = &subscriptions[i];

		if (!row_fits(row->pattern, pattern, false, &l, &host) ||
		    !group_is(row->queue, queue, l))
			continue;
		*lattice = l;
		*command = row->command;
		if (host.len == 0 || serve_is_own(who, host))
			return SERVE_OWN;
		answer = SERVE_ANOTHER_HOST;
	}
	return answer;
}

struct bytes
serve_host_in(struct bytes pattern)
{
	struct bytes lattice, host;

	for (size_t i = 0; i < N_OF(subscriptions); i++)
		if (row_fits(subscriptions[i].pattern, pattern, false, &lattice, &host) &&
		    host.len != 0)
			return host;
	return BYTES_NULL;
}

enum serve_answer
serve_publish(struct bytes subject, const struct serve_host *who, struct bytes *lattice)
{
	enum serve_answer answer = SERVE_NOT;
	struct bytes l, host;

	for (size_t i = 0; i < N_OF(publications); i++) {
		if (!row_fits(publications[i].pattern, subject, false, &l, &host))
			continue;
		*lattice = l;
		if (host.len == 0 || serve_is_own(who, host))
			return SERVE_OWN;
		answer = SERVE_ANOTHER_HOST;
	}
	return answer;
}

bool
serve_watch(struct bytes pattern, struct bytes *lattice)
{
	struct bytes host;

	for (size_t i = 0; i < N_OF(watched); i++)
		if (row_fits(watched[i], pattern, true, lattice, &host))
			return true;
	return false;
}
