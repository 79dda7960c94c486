/*
 * parent_asks - what an actor asks its host: another actor by key or alias, or a capability by its
 * contract. The contract must be among those signed into the module, and a link must join the two;
 * who asks is what the host knows, not what the guest says. Logging and numbers need no link: the
 * host answers.
 */
#include <sodium.h>
#include <stdio.h>

#include "host/lattice/contract.h"
#include "host/proc/parent_cells.h"

enum { ASK_ROOM = PROVIDER_PAYLOAD, WORDS = 1024 };

/* Whom to tell. */
struct asked {
	uint64_t cell;
	const struct contract_row *row; /* NULL: an actor was asked */
	size_t len;
	uint8_t payload[]; /* as the guest gave it */
};

static struct buf room;

static void
fail(uint64_t cell, const char *words)
{
	cells_answer(cell, false, bytes_str(words));
}

static void
on_done(void *ctx, enum provider_answer end, struct bytes out)
{
	struct asked *a = ctx;
	struct contract_said said = { .payload = out };
	int r = 0;

	buf_reset(&room);
	if (end == PROVIDER_OK && a->row != NULL)
		r = contract_answer_actor(a->row, bytes_of(a->payload, a->len), out, &room, &said);
	if (end != PROVIDER_OK)
		cells_answer(a->cell, false, out.len > 0 ? out : BYTES_LIT("failed"));
	else if (r != 0)
		fail(a->cell, r > 0 && said.why != NULL ? said.why : "the answer cannot be read");
	else
		cells_answer(a->cell, true, said.payload);
	free(a);
}

static struct asked *
remember(uint64_t cell, const struct contract_row *row, struct bytes payload)
{
	struct asked *a = malloc(sizeof(*a) + payload.len);

	if (a == NULL)
		return NULL;
	*a = (struct asked){ cell, row, payload.len };
	if (payload.len > 0)
		memcpy(a->payload, payload.ptr, payload.len);
	return a;
}

static void
make(struct call *c, uint64_t cell, const struct contract_row *row, struct bytes asked)
{
	struct asked *a = remember(cell, row, asked);

	if (a == NULL) {
		fail(cell, "out of memory");
		return;
	}
	c->done = on_done;
	c->ctx = a;
	calls_make(c);
}

/* deny() - and why, for the actor's owner: in its answer, in the log, and as an event. */
static void
deny(const struct model_actor *a, uint64_t cell, struct bytes contract, struct bytes link)
{
	char words[WORDS], name[MODEL_NAME + 1];
	struct event e = {
		.kind = EVENT_ACTOR_DENIED, .actor = a, .contract = name, .reason = words
	};
	struct log_line l;
	struct buf b;

	buf_init(&b, WORDS - 1);
	model_diagnose(host.model, bytes_str(a->claims.sub), contract, link, &b);
	snprintf(words, sizeof(words), "%.*s", (int)b.len, b.len > 0 ? (const char *)b.ptr : "");
	snprintf(name, sizeof(name), "%.*s", (int)contract.len, (const char *)contract.ptr);
	buf_deinit(&b);
	fail(cell, words[0] != '\0' ? words : "there is no link");
	/* one that asks in a loop fills neither the log nor the lattice */
	if (!actors_may_say(a))
		return;
	log_begin(&l, LOG_WRN, "actor_denied");
	log_word(&l, "actor", a->claims.sub);
	log_bytes(&l, "contract", contract);
	log_bytes(&l, "link", link);
	log_str(&l, "why", words);
	log_end(&l);
	events_tell(&e);
}

/* ask_capability() - by contract and link name. */
static void
ask_capability(
    const struct model_actor *a, uint64_t cell, struct call *c, const struct actor_ask *ask)
{
	struct bytes name = ask->binding.len > 0 ? ask->binding : BYTES_LIT("default");
	struct contract_said said = {
		.contract = ask->space, .operation = ask->operation, .payload = ask->payload
	};
	const struct model_link *link;
	int r;

	if (!model_claims_has_cap(&a->claims, ask->space)) {
		deny(a, cell, ask->space, name);
		return;
	}
	buf_reset(&room);
	r = contract_from_actor(a->era, ask->space, ask->operation, ask->payload, &room, &said);
	if (r != 0) {
		fail(cell, said.why != NULL ? said.why : "the contract has no such operation");
		return;
	}
	link = model_link(host.model, bytes_str(a->claims.sub), said.contract, name);
	if (link == NULL && contract_builtin(said.contract)) {
		builtin_answer(a, cell, &said, ask->payload);
		return;
	}
	if (link == NULL) {
		deny(a, cell, said.contract, name);
		return;
	}
	c->to = (struct rpc_entity){ bytes_str(link->provider), bytes_str(link->contract),
		bytes_str(link->name) };
	c->operation = said.operation;
	c->payload = said.payload;
	make(c, cell, said.row, ask->payload);
}

/* actor_named() - the key of another actor: said, or by its alias here. Empty: it names none. */
static struct bytes
actor_named(struct bytes space)
{
	const struct model_actor *m;
	struct nkey key;

	if (space.len == NKEY_TEXT_LEN && nkey_parse(&key, space) == 0 && key.type == NKEY_MODULE)
		return space;
	m = model_actor_by_alias(host.model, space);
	return m != NULL ? bytes_str(m->claims.sub) : BYTES_NULL;
}

void
asks_take(const struct model_actor *a, const char *instance, uint64_t id, uint32_t depth,
    uint64_t due_ms, const struct actor_ask *ask)
{
	struct call c = {
		.from = { .key = bytes_str(a->claims.sub) }, .depth = depth, .due_ms = due_ms
	};
	struct bytes key;

	(void)instance;
	if (ask == NULL)
		return;
	if (room.max == 0)
		buf_init(&room, ASK_ROOM);
	key = actor_named(ask->space);
	if (key.len == 0) {
		ask_capability(a, id, &c, ask);
		return;
	}
	c.to = (struct rpc_entity){ .key = key };
	c.operation = ask->operation;
	c.payload = ask->payload;
	make(&c, id, NULL, ask->payload);
}
