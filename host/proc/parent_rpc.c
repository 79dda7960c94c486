/*
 * parent_rpc - calls over the network: invocations out, signed with the cluster's key; invocations
 * in, of which nothing counts before host/lattice/rpc.c has judged them: who signed, for which two
 * addresses, over which body, when, and that it was not heard before. Links are enforced where a
 * call arrives, too: the sender's word that it was allowed to ask is a stranger's.
 */
#include <stdio.h>

#include "host/proc/parent_priv.h"

enum { SEEN_IDS = 65536, IN_MS = 10000, LINES_PER_S = 20, LEAVE_MS = 2000 };

struct rpc_ear {
	struct rpc_ear *next;
	uint32_t sub;
	struct rpc_entity who; /* slices of ->text */
	uint8_t *text;
	void (*left)(void *ctx);
	void *ctx;
	bool asking, dead;
};

/* An answer that is owed to somebody on the network. */
struct owed {
	struct owed *next;
	char id[RPC_ID + 1], *reply;
	enum rpc_form form;
};

static struct {
	struct rpc_seen *seen;
	struct nkey issuer[RPC_ISSUERS];
	size_t n_issuers;
	struct buf out, room, subject, claims;
	int64_t second;
	unsigned lines;
	size_t leaving; /* ears that are being closed */
} self;

/* form() - of this lattice. */
static enum rpc_form
form(void)
{
	return host.dialect == DIALECT_A ? RPC_R18 : RPC_OTP;
}

int
rpc_begin(void)
{
	int64_t now_s = now_ms() / 1000;

	buf_init(&self.out, LINK_BODY_MAX);
	buf_init(&self.room, RPC_MAX);
	buf_init(&self.subject, LINK_SUBJECT_MAX);
	buf_init(&self.claims, RPC_CLAIMS);
	self.issuer[self.n_issuers++] = host.dialect == DIALECT_A ? host.key.pub : host.cluster.pub;
	for (size_t i = 0; i < host.conf->n_clusters && self.n_issuers < RPC_ISSUERS; i++)
		self.issuer[self.n_issuers++] = host.conf->cluster[i];
	/* what is older than we are may be a copy of what was heard before we began */
	if (rpc_seen_new(&self.seen, SEEN_IDS, RPC_WINDOW_S, now_s) == 0)
		return 0;
	log_event(LOG_FTL, "out_of_memory");
	return -1;
}

/* ---- out ---- */

static void
on_answer(void *ctx, enum link_outcome outcome, struct bytes body)
{
	struct call *c = ctx;
	struct rpc_response res;
	const char *why = NULL;
	int r;

	if (outcome != LINK_OK) {
		calls_end(c, outcome == LINK_TIMEOUT ? PROVIDER_LATE : PROVIDER_NOBODY,
		    outcome == LINK_TIMEOUT ? BYTES_LIT("no answer in time")
		    : outcome == LINK_NO_RESPONDERS
			? BYTES_LIT("no host of the lattice runs it")
			: BYTES_LIT("the connection to the lattice is down"));
		return;
	}
	buf_reset(&self.room);
	r = rpc_response_read(&res, body, &self.room, &why);
	if (r != 0)
		calls_end(c, PROVIDER_FAILED, bytes_str(why));
	else if (res.failed)
		calls_end(c, PROVIDER_FAILED, res.error);
	else
		calls_end(c, PROVIDER_OK, res.msg);
}

void
rpc_send(struct call *c)
{
	char id[MODEL_ID + 1], jti[MODEL_ID + 1];
	uint64_t now = uv_now(&host.loop);
	struct rpc_invocation inv = { .form = form(),
		.origin = c->from,
		.target = c->to,
		.operation = c->operation,
		.msg = c->payload,
		.host = bytes_str(host.id) };

	id_new(id);
	id_new(jti);
	inv.id = bytes_str(id);
	buf_reset(&self.claims);
	buf_reset(&self.out);
	buf_reset(&self.subject);
	rpc_claims_put(&self.claims, &inv, now_ms() / 1000, jti,
	    inv.form == RPC_R18 ? &host.key : &host.cluster);
	inv.claims = buf_bytes(&self.claims);
	rpc_invocation_put(&self.out, &inv);
	rpc_subject(&self.subject, bytes_str(host.conf->lattice), &c->to);
	if (buf_failed(&self.claims) || buf_failed(&self.out) || buf_failed(&self.subject)) {
		calls_end(
		    c, PROVIDER_FAILED, BYTES_LIT("the request is too large for the lattice"));
		return;
	}
	if (link_ask(WIRE_RPC, buf_bytes(&self.subject), buf_bytes(&self.out),
		c->due_ms > now ? (uint32_t)(c->due_ms - now) : 1, on_answer, c) != 0)
		calls_end(c, PROVIDER_NOBODY, BYTES_LIT("the connection to the lattice is down"));
}

/* ---- in ---- */

/* say_refused() - a flood of forgeries must not fill the log. */
static void
say_refused(
    const struct rpc_ear *ear, const struct rpc_invocation *inv, int answer, const char *why)
{
	int64_t now_s = now_ms() / 1000;
	struct log_line l;

	if (now_s != self.second) {
		self.second = now_s;
		self.lines = 0;
	}
	if (self.lines++ >= LINES_PER_S)
		return;
	log_begin(&l, LOG_WRN, "invocation_refused");
	log_bytes(&l, "target", ear->who.key);
	if (inv != NULL)
		log_bytes(&l, "origin", inv->origin.key);
	log_word(&l, "reason", rpc_word(answer));
	if (why != NULL)
		log_str(&l, "why", why);
	log_end(&l);
}

static bool
same(const struct rpc_entity *a, const struct rpc_entity *b)
{
	return bytes_eq(a->key, b->key) && bytes_eq(a->link, b->link);
}

/* linked() - may it ask this of us at all? Between an actor and a provider there must be a link. */
static bool
linked(const struct rpc_entity *from, const struct rpc_entity *to)
{
	bool provider_asks = from->contract.len > 0, provider_asked = to->contract.len > 0;

	if (provider_asks && provider_asked)
		return false;
	if (provider_asks)
		return model_linked(host.model, to->key, from->key, from->link);
	if (provider_asked)
		return model_linked(host.model, from->key, to->key, to->link);
	return true;
}

static void
respond(const struct owed *o, enum provider_answer end, struct bytes out)
{
	struct rpc_response res = {
		.form = o->form, .id = bytes_str(o->id), .failed = end != PROVIDER_OK
	};

	if (res.failed)
		res.error = out.len > 0 ? out : BYTES_LIT("failed");
	else
		res.msg = out;
	buf_reset(&self.out);
	rpc_response_put(&self.out, &res);
	if (buf_failed(&self.out)) {
		res = (struct rpc_response){ .form = o->form,
			.id = bytes_str(o->id),
			.failed = true,
			.error = BYTES_LIT("the answer is too large for the lattice") };
		buf_reset(&self.out);
		rpc_response_put(&self.out, &res);
	}
	(void)link_pub(WIRE_RPC, bytes_str(o->reply), BYTES_NULL, buf_bytes(&self.out));
}

static void
on_done(void *ctx, enum provider_answer end, struct bytes out)
{
	struct owed *o = ctx;

	respond(o, end, out);
	free(o->reply);
	free(o);
}

/* owe() - NULL: nobody waits, or no memory. */
static struct owed *
owe(const struct rpc_invocation *inv, struct bytes reply)
{
	struct owed *o = calloc(1, sizeof(*o));

	if (o == NULL)
		return NULL;
	o->reply = strndup((const char *)reply.ptr, reply.len);
	o->form = inv->form;
	snprintf(o->id, sizeof(o->id), "%.*s", (int)inv->id.len, (const char *)inv->id.ptr);
	if (o->reply != NULL)
		return o;
	free(o);
	return NULL;
}

/* take() - one that is believed. */
static void
take_call(const struct rpc_ear *ear, const struct rpc_invocation *inv, struct bytes reply)
{
	struct owed *o = reply.len > 0 ? owe(inv, reply) : NULL;
	struct call c = { .from = inv->origin,
		.to = ear->who,
		.operation = inv->operation,
		.payload = inv->msg,
		.depth = 1,
		.due_ms = uv_now(&host.loop) + IN_MS,
		.remote = true,
		.done = o != NULL ? on_done : NULL,
		.ctx = o };

	calls_make(&c);
}

static void
refuse(const struct rpc_invocation *inv, struct bytes reply, const char *words)
{
	struct owed *o = reply.len > 0 ? owe(inv, reply) : NULL;

	if (o != NULL)
		on_done(o, PROVIDER_FAILED, bytes_str(words));
}

static void
on_invocation(void *ctx, const struct link_msg *m)
{
	struct rpc_trust t = { .form = form(),
		.issuer = self.issuer,
		.n = self.n_issuers,
		.now_s = now_ms() / 1000,
		.seen = self.seen };
	const struct rpc_ear *ear = ctx;
	struct rpc_invocation inv = { 0 };
	const char *why = NULL;
	int r;

	buf_reset(&self.room);
	r = rpc_invocation_read(&inv, m->body, &self.room, &why);
	if (r == 0)
		r = rpc_judge(&inv, &t, &why);
	if (r == 0 && !same(&inv.target, &ear->who))
		r = RPC_OTHER_ADDRESS;
	if (r == RPC_CHUNKED) {
		refuse(&inv, m->reply,
		    "bodies in pieces are not taken: send at most 1 MiB in one message");
	} else if (r != 0) {
		/* no answer: who is not believed learns nothing but that nobody speaks with him */
		say_refused(ear, r == RPC_BAD ? NULL : &inv, r, why);
		return;
	} else if (!linked(&inv.origin, &ear->who)) {
		say_refused(ear, &inv, RPC_OTHER_ADDRESS, "no link between them");
		refuse(&inv, m->reply, "there is no link between these two");
	} else {
		take_call(ear, &inv, m->reply);
	}
}

/* ---- listening ---- */

struct rpc_ear *
rpc_listen(const struct rpc_entity *e)
{
	struct rpc_ear *ear = calloc(1, sizeof(*ear));
	char queue[LINK_SUBJECT_MAX + 1];
	struct bytes parts[] = { e->key, e->contract, e->link };
	uint8_t *at;

	if (ear == NULL)
		return NULL;
	ear->text = at = malloc(e->key.len + e->contract.len + e->link.len + 1);
	for (size_t i = 0; at != NULL && i < 3; i++) {
		if (parts[i].len > 0)
			memcpy(at, parts[i].ptr, parts[i].len);
		*(i == 0     ? &ear->who.key
		    : i == 1 ? &ear->who.contract
			     : &ear->who.link) = bytes_of(at, parts[i].len);
		at += parts[i].len;
	}
	buf_reset(&self.subject);
	rpc_queue(&self.subject, form(), bytes_str(host.conf->lattice), e);
	snprintf(
	    queue, sizeof(queue), "%.*s", (int)self.subject.len, (const char *)self.subject.ptr);
	buf_reset(&self.subject);
	rpc_subject(&self.subject, bytes_str(host.conf->lattice), e);
	buf_put_u8(&self.subject, '\0');
	if (ear->text != NULL && !buf_failed(&self.subject))
		ear->sub =
		    link_sub(WIRE_RPC, (const char *)self.subject.ptr, queue, on_invocation, ear);
	if (ear->sub != 0)
		return ear;
	log_event(LOG_ERR, "not_subscribed");
	free(ear->text);
	free(ear);
	return NULL;
}

static void
ear_free(struct rpc_ear *ear)
{
	free(ear->text);
	free(ear);
}

/* on_left() - the server has answered behind our word: what it sent before has come. */
static void
on_left(void *ctx, enum link_outcome outcome, struct bytes body)
{
	struct rpc_ear *ear = ctx;

	(void)outcome;
	(void)body;
	ear->asking = false;
	self.leaving--;
	if (ear->dead)
		ear_free(ear);
	else
		ear->left(ear->ctx);
}

void
rpc_leave(struct rpc_ear *ear, void (*left)(void *ctx), void *ctx)
{
	ear->left = left;
	ear->ctx = ctx;
	link_leave(ear->sub);
	ear->asking = link_ask(WIRE_RPC, BYTES_NULL, BYTES_NULL, LEAVE_MS, on_left, ear) == 0;
	if (ear->asking)
		self.leaving++;
	else
		left(ctx);
}

bool
rpc_left(void)
{
	return self.leaving == 0;
}

void
rpc_deaf(struct rpc_ear *ear)
{
	if (ear == NULL)
		return;
	link_unsub(ear->sub);
	ear->dead = true;
	if (!ear->asking)
		ear_free(ear);
}
