/*
 * request_words - what a host listens to, and with which words a body is refused. Clients and tests
 * of the time compare these texts, so they are those of the hosts, letter by letter.
 *
 * Sources: wasmcloud-otp v0.63.2 control_interface/{host_server,lattice_server}.ex; wasmCloud
 * v0.82.0 crates/host/src/wasmbus/mod.rs (labels, config); wasmCloud v0.18.2
 * crates/wasmcloud-host/src/control_interface/handlers.rs.
 */
#include <stdio.h>

#include "host/lattice/request_priv.h"
#include "policy/commands/prefix.h"
#include "policy/core/shown.h"

struct words {
	enum verb verb;
	const char *a, *b; /* NULL: hosts of this dialect say nothing */
	bool a_goes_on;
};

static const struct words words[] = {
	{ VERB_ACTOR_AUCTION, NULL, "Invalid JSON request for actor auction", false },
	{ VERB_PROVIDER_AUCTION, NULL, "Invalid JSON request to auction provider", false },
	{ VERB_ACTOR_START, "Bad StartActor command received", "Invalid launch actor JSON request",
	    true },
	{ VERB_ACTOR_STOP, "Failed to deserialize stop actor command",
	    "Invalid request to stop actor", false },
	{ VERB_ACTOR_SCALE, NULL, "Invalid scale actor JSON request", false },
	{ VERB_ACTOR_UPDATE, NULL, "Invalid JSON request to update actor", false },
	{ VERB_PROVIDER_START, "Bad StartProvider command received",
	    "Improperly formed start provider command JSON", true },
	{ VERB_PROVIDER_STOP, "Failed to deserialize stop provider command",
	    "Invalid JSON request for stop provider", false },
	{ VERB_HOST_STOP, NULL, "Unable to parse stop host command", false },
	{ VERB_LINK_PUT, NULL, "Invalid link definition put request", false },
	{ VERB_LINK_DEL, NULL, "Invalid link definition removal request", false },
	{ VERB_REGISTRY_PUT, NULL, "Failed to update registry credential map", false },
	{ VERB_LABEL_PUT, NULL, "Invalid label put request", false },
	{ VERB_LABEL_DEL, NULL, "Invalid label removal request", false },
	{ VERB_CONFIG_PUT, NULL, "Invalid config put request", false },
	{ VERB_CONFIG_DEL, NULL, "Invalid config removal request", false },
};

enum { N_WORDS = sizeof(words) / sizeof(words[0]) };

static const struct words *
find(enum verb verb)
{
	for (size_t i = 0; i < N_WORDS; i++)
		if (words[i].verb == verb)
			return &words[i];
	return NULL;
}

const char *
request_invalid(enum dialect dialect, enum verb verb)
{
	const struct words *w = find(verb);
	const char *s = NULL;

	if (w != NULL)
		s = dialect == DIALECT_A ? w->a : w->b;
	return s != NULL ? s : "unsupported subject";
}

bool
request_says_why(enum verb verb)
{
	const struct words *w = find(verb);

	return w != NULL && w->a_goes_on;
}

/* A's clients show these texts to people; B's hosts say nothing where NULL stands. */
static const struct {
	enum verb verb;
	enum request_problem problem;
	const char *a, *b; /* %1: the reference or key, %2: the link name */
} problems[] = {
	{ VERB_ACTOR_START, REQUEST_THERE,
	    "Actor with image ref '%1' is already running on this host", NULL },
	{ VERB_ACTOR_STOP, REQUEST_NOT_THERE,
	    "Actor is either not running on this host or host controller unresponsive", NULL },
	{ VERB_PROVIDER_START, REQUEST_THERE,
	    "Provider with image ref '%1' is already running on this host.",
	    "Provider with that link name is already running on this host" },
	{ VERB_PROVIDER_STOP, REQUEST_NOT_THERE, "Provider %1/%2 is not running on this host",
	    NULL },
};

static void
fill(struct buf *b, const struct request *q, const char *form)
{
	for (; *form != 0; form++) {
		if (form[0] != '%') {
			buf_put_u8(b, (uint8_t)*form);
			continue;
		}
		form++;
		if (*form == '2')
			buf_put_shown(b, q->link_name);
		else
			buf_put_shown(b, q->ref.len != 0 ? q->ref : q->key);
	}
}

void
request_words(const struct request *q, enum request_problem problem, const char *detail,
    char out[REQUEST_ERROR])
{
	const char *form = NULL;
	struct buf b;

	for (size_t i = 0; i < sizeof(problems) / sizeof(problems[0]); i++)
		if (problems[i].verb == q->verb && problems[i].problem == problem)
			form = q->dialect == DIALECT_A ? problems[i].a : problems[i].b;
	buf_init(&b, REQUEST_ERROR - 1);
	if (form != NULL) {
		fill(&b, q, form);
	} else {
		if (q->verb == VERB_ACTOR_UPDATE && q->dialect == DIALECT_B)
			buf_put_str(&b, "Unable to perform live update: ");
		buf_put_shown(&b, bytes_upto(bytes_str(detail), REQUEST_ERROR / 2));
	}
	if (buf_failed(&b))
		snprintf(out, REQUEST_ERROR, "%s", detail);
	else
		snprintf(
		    out, REQUEST_ERROR, "%.*s", (int)b.len, b.len != 0 ? (const char *)b.ptr : "");
	buf_deinit(&b);
}

struct listen {
	enum dialect dialect; /* DIALECT_AB: both */
	const char *tail;     /* %h: our host id */
	bool queue;
	bool v1; /* under wasmbus.ctl.v1.L */
};

static const struct listen listens[] = {
	{ DIALECT_A, "get.hosts", false, false },
	{ DIALECT_B, "ping.hosts", false, false },
	{ DIALECT_B, "registries.put", false, false },
	{ DIALECT_AB, "auction.actor", false, false },
	{ DIALECT_AB, "auction.provider", false, false },
	{ DIALECT_AB, "cmd.%h.*", false, false },
	{ DIALECT_AB, "get.%h.inv", false, false },
	{ DIALECT_B, "labels.%h.*", false, false },
	/* plain in A: there every host answers; of B's only one of the group does */
	{ DIALECT_A, "get.claims", false, false },
	{ DIALECT_A, "get.links", false, false },
	{ DIALECT_B, "get.*", true, false },
	{ DIALECT_B, "linkdefs.*", true, false },
	{ DIALECT_B, "linkdefs.*", false, false }, /* to learn: an answer is the group's alone */
	{ DIALECT_AB, "host.ping", false, true },
	{ DIALECT_AB, "host.get.%h", false, true },
};

static void
put_tail(
    struct buf *b, const struct request_self *self, const struct listen *l, struct bytes prefix)
{
	const char *h = strstr(l->tail, "%h");

	buf_put(b, prefix);
	buf_put_str(b, l->v1 ? ".v1." : ".");
	buf_put(b, self->lattice);
	buf_put_u8(b, '.');
	if (h == NULL) {
		buf_put_str(b, l->tail);
		return;
	}
	buf_put(b, bytes_of(l->tail, (size_t)(h - l->tail)));
	buf_put(b, self->host);
	buf_put_str(b, h + 2);
}

/* under() - everything, under one control prefix. */
static void
under(const struct request_self *self, struct bytes prefix,
    void (*add)(void *ctx, struct bytes subject, struct bytes queue), void *ctx)
{
	struct buf subject, queue;

	buf_init(&subject, 1024);
	buf_init(&queue, 1024);
	buf_put(&queue, prefix);
	buf_put_u8(&queue, '.');
	buf_put(&queue, self->lattice);
	for (size_t i = 0; i < sizeof(listens) / sizeof(listens[0]); i++) {
		const struct listen *l = &listens[i];

		if (l->dialect != DIALECT_AB && l->dialect != self->dialect)
			continue;
		buf_reset(&subject);
		put_tail(&subject, self, l, prefix);
		if (!buf_failed(&subject) && !buf_failed(&queue))
			add(ctx, buf_bytes(&subject), l->queue ? buf_bytes(&queue) : BYTES_NULL);
	}
	buf_deinit(&queue);
	buf_deinit(&subject);
}

void
request_subjects(const struct request_self *self,
    void (*add)(void *ctx, struct bytes subject, struct bytes queue), void *ctx)
{
	under(self, BYTES_LIT("wasmbus.ctl"), add, ctx);
	for (size_t i = 0; self->prefixes != NULL && i < self->prefixes->n; i++)
		under(self, self->prefixes->item[i], add, ctx);
}

void
request_subjects_rpc(const struct request_self *self,
    void (*add)(void *ctx, struct bytes subject, struct bytes queue), void *ctx)
{
	static const char *const tails[] = { ".links", ".remlinks" };
	struct buf b;

	if (self->dialect != DIALECT_A)
		return;
	buf_init(&b, 1024);
	for (size_t i = 0; i < 2; i++) {
		buf_reset(&b);
		buf_put_str(&b, "wasmbus.rpc.");
		buf_put(&b, self->lattice);
		buf_put_str(&b, tails[i]);
		if (!buf_failed(&b))
			add(ctx, buf_bytes(&b), BYTES_NULL);
	}
	buf_deinit(&b);
}
