/*
 * auditor_peers - who is who by the verifier's word, which commands are under way by the dispatcher's, and
 * who of them speaks. Before the log is open nobody is heard; before the verifier has named everybody who
 * is there, no edge.
 *
 * A dispatcher that dies takes the outcomes of its commands along: they are closed as unknown. An auditor
 * that takes the place of another is told by the dispatcher which commands are not to be closed so.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gateway/io/log.h"
#include "gateway/proc/auditor_priv.h"
#include "gateway/proc/newcomer.h"

enum {
	PEERS_KEEP_MS = 10000, /* how long a connection that left is still known */
	PEERS_GREET_MS = 5000,
	PEERS_NAMES_MS = 1000,
};

/* ---- what is under way ---- */

void
under_way_add(uint64_t seq, uint64_t of)
{
	struct conn_node *n = of == auditor.dispatchers && auditor.dispatcher.fd >= 0 ? calloc(1, sizeof(*n)) : NULL;

	if (n != NULL && conns_add(&auditor.under_way, n, 0, seq) == 0)
		return;
	free(n);
	/* nobody will tell, or nobody will be listened to */
	if (ledger_unknown(&auditor.ledger, seq) != 0)
		ledger_lose(&auditor.ledger, 1);
}

bool
under_way_over(uint64_t seq)
{
	struct conn_node *n = conns_find(&auditor.under_way, 0, seq);

	if (n == NULL)
		return false;
	conns_remove(&auditor.under_way, n);
	free(n);
	return true;
}

static void
dispatcher_gone(struct channel *c, const char *why)
{
	struct conn_node *n;

	child_peer_lost(&auditor.child, c, ROLE_DISPATCHER, why);
	auditor.dispatchers++;
	while ((n = conns_each(&auditor.under_way, NULL)) != NULL) {
		if (ledger_unknown(&auditor.ledger, n->conn) != 0)
			ledger_lose(&auditor.ledger, 1);
		conns_remove(&auditor.under_way, n);
		free(n);
	}
}

static int
on_under_way(struct channel *c, struct cursor *in, int fd)
{
	uint64_t seq[UNDER_WAY_MAX];
	size_t n;

	(void)c;
	(void)fd;
	if (msg_under_way_get(in, seq, &n) != 0)
		return -EBADMSG;
	/* what was closed stays closed */
	for (size_t i = 0; i < n && !auditor.settled; i++)
		if (ledger_keep(&auditor.ledger, seq[i]))
			under_way_add(seq[i], auditor.dispatchers);
	return 0;
}

static int
on_under_way_end(struct channel *c, struct cursor *in, int fd)
{
	uint64_t lost;

	(void)fd;
	if (msg_under_way_end_get(in, &lost) != 0)
		return -EBADMSG;
	ledger_lose(&auditor.ledger, lost);
	auditor.greeted = true;
	c->state = 1;
	return 0;
}

/* ---- who is who ---- */

struct named *
named_of(uint32_t edge, uint64_t conn)
{
	struct roster_entry *e = roster_find(&auditor.roster, edge, conn);

	if (e == NULL && auditor.verifier.fd >= 0) {
		channel_pull(&auditor.verifier); /* told first, perhaps not read first */
		e = roster_find(&auditor.roster, edge, conn);
	}
	return (struct named *)e;
}

static int
on_who(struct channel *c, struct cursor *in, int fd)
{
	struct roster_entry *e;
	struct named *n;
	struct msg_who who;
	char source[64];
	int r = msg_who_get(in, &who);

	(void)c;
	(void)fd;
	if (r != 0)
		return err_pass(r);
	snprintf(source, sizeof(source), "%s", who.identity.source);
	r = who.listener < SETUP_LISTENERS ? roster_meet(&auditor.roster, &who, &e) : -EBADMSG;
	msg_who_deinit(&who);
	if (r != 0)
		return err_pass(r);
	n = (struct named *)e;
	memcpy(n->source, source, sizeof(n->source));
	n->left_ms = 0;
	if (n->came_ns == 0)
		n->came_ns = auditor_now().mono_ns;
	return 0;
}

static void
left(struct named *n)
{
	if (n != NULL && n->left_ms == 0)
		n->left_ms = uv_now(&auditor.child.loop) + 1;
}

static int
on_who_left(struct channel *c, struct cursor *in, int fd)
{
	uint64_t conn;
	uint32_t edge;

	(void)c;
	(void)fd;
	if (msg_who_left_get(in, &edge, &conn) != 0)
		return -EBADMSG;
	left((struct named *)roster_find(&auditor.roster, edge, conn));
	return 0;
}

static int open_edge(const struct newcomer *p);

/* on_who_all() - whom the verifier did not name has left; now edges may speak. */
static int
on_who_all(struct channel *c, struct cursor *in, int fd)
{
	struct roster_entry *e = NULL;
	uint64_t lost;

	(void)c;
	(void)fd;
	if (msg_who_all_get(in, &lost) != 0)
		return -EBADMSG;
	ledger_lose(&auditor.ledger, lost);
	while ((e = roster_stale(&auditor.roster, e)) != NULL)
		left((struct named *)e);
	newcomer_let_in(&auditor.doors, open_edge);
	return 0;
}

void
peers_forget(uint64_t now)
{
	struct conn_node *n = conns_each(&auditor.roster.conns, NULL), *next;

	for (; n != NULL; n = next) {
		struct named *x = (struct named *)n;

		next = conns_each(&auditor.roster.conns, n);
		if (x->left_ms != 0 && now - x->left_ms >= PEERS_KEEP_MS && now >= x->left_ms)
			roster_forget(&auditor.roster, &x->entry);
	}
}

/* ---- coming and going ---- */

static void
edge_gone(struct channel *c, const char *why)
{
	child_peer_lost(&auditor.child, c, ROLE_EDGE, why);
}

static void
verifier_gone(struct channel *c, const char *why)
{
	child_peer_lost(&auditor.child, c, ROLE_VERIFIER, why);
}

/* While the dispatcher still has to say what is under way; after that. */
#define GREETING CHILD_IN(0)
#define WORKING CHILD_IN(1)

static int
open_edge(const struct newcomer *p)
{
	static const struct frame_rule rules[] = {
		{ MSG_NOTE, CHILD_IN(0), false, false, 128 * 1024, auditor_on_note, "note" },
	};
	static const struct channel_ops ops = NEWCOMER_OPS(rules, edge_gone);

	return newcomer_open(p, &auditor.child, &auditor.edge[p->index], &ops);
}

static int
open_dispatcher(const struct newcomer *p)
{
	static const struct frame_rule rules[] = {
		{ MSG_UNDER_WAY, GREETING, false, false, 4 + UNDER_WAY_MAX * 8, on_under_way, "under_way" },
		{ MSG_UNDER_WAY_END, GREETING, true, false, 8, on_under_way_end, "under_way_end" },
		{ MSG_RECORD, WORKING, false, false, MSG_RECORD_MAX, auditor_on_record, "record" },
		{ MSG_SPARED, WORKING, false, false, 8, auditor_on_spared, "spared" },
		{ MSG_OUTCOME, WORKING, false, false, MSG_OUTCOME_MAX, auditor_on_outcome, "outcome" },
	};
	static const struct channel_ops ops = NEWCOMER_OPS(rules, dispatcher_gone);
	int r;

	/* the end of the one before may not have been read yet, nor its last outcomes */
	r = newcomer_succeed(p, &auditor.child, &auditor.dispatcher, &ops);
	auditor.greeted = false;
	return err_pass(r);
}

static int
open_verifier(const struct newcomer *p)
{
	static const struct frame_rule rules[] = {
		{ MSG_WHO, CHILD_IN(0), false, false, FRAME_MAX, on_who, "who" },
		{ MSG_WHO_LEFT, CHILD_IN(0), false, false, 12, on_who_left, "who_left" },
		{ MSG_WHO_ALL, CHILD_IN(0), true, false, 8, on_who_all, "who_all" },
		{ MSG_LOGIN_REFUSED, CHILD_IN(0), false, false, 4096, auditor_on_login_refused, "login_refused" },
	};
	static const struct channel_ops ops = NEWCOMER_OPS(rules, verifier_gone);
	int r = newcomer_succeed(p, &auditor.child, &auditor.verifier, &ops);

	roster_begin(&auditor.roster);
	return err_pass(r);
}

/* wait_until() - @said, or the peer is gone, or it takes too long. */
static void
wait_until(struct channel *c, const bool *said, int most_ms)
{
	for (int waited = 0; c->fd >= 0 && !*said && waited < most_ms; waited += 100) {
		struct pollfd p = { .fd = c->fd, .events = POLLIN };

		if (poll(&p, 1, 100) > 0)
			channel_pull(c);
	}
}

void
peers_begin(void)
{
	const struct newcomer dispatcher = { .role = ROLE_DISPATCHER, .fd = auditor.dispatcher_fd };
	const struct newcomer verifier = { .role = ROLE_VERIFIER, .fd = auditor.verifier_fd };

	auditor.dispatcher_fd = auditor.verifier_fd = -1;
	if (dispatcher.fd >= 0 && open_dispatcher(&dispatcher) == 0)
		wait_until(&auditor.dispatcher, &auditor.greeted, PEERS_GREET_MS);
	/* what nobody has spoken for by now is closed as unknown by the first batch */
	auditor.settled = true;
	/* a record of somebody who is not known yet is refused: better to know first */
	if (verifier.fd >= 0 && open_verifier(&verifier) == 0)
		wait_until(&auditor.verifier, &auditor.doors.open, PEERS_NAMES_MS);
}

void
peers_pull(void)
{
	for (size_t i = 0; i < AUDITOR_EDGES; i++) {
		if (auditor.edge[i].fd >= 0)
			channel_pull(&auditor.edge[i]);
	}
	if (auditor.verifier.fd >= 0)
		channel_pull(&auditor.verifier);
	if (auditor.dispatcher.fd >= 0)
		channel_pull(&auditor.dispatcher);
}

/* keep() - a channel for when the log is open. */
static int
keep(int *slot, int fd)
{
	if (*slot >= 0)
		close(*slot);
	*slot = fd;
	return 0;
}

static int
meet_edge(const struct newcomer *p)
{
	struct roster_entry *e = NULL;

	/* the end of the other may not have been read yet, nor its last notes */
	if (auditor.edge[p->index].fd >= 0)
		channel_pull(&auditor.edge[p->index]);
	channel_end(&auditor.edge[p->index], "replaced");
	/* records of what they asked for may be on their way; the edge that came now speaks for none of them */
	while ((e = roster_before(&auditor.roster, p->index, p->since, e)) != NULL)
		left((struct named *)e);
	auditor.since[p->index] = p->since;
	return newcomer_knock(p, &auditor.doors, open_edge);
}

int
auditor_on_peer(struct channel *c, struct cursor *in, int fd)
{
	bool early = c->state != CHILD_RUNNING;
	struct newcomer p;

	if (newcomer_get(in, fd, &p) != 0)
		return -EBADMSG;
	switch (p.role) {
	case ROLE_EDGE:
		return meet_edge(&p);
	case ROLE_DISPATCHER:
		return early ? keep(&auditor.dispatcher_fd, fd) : open_dispatcher(&p);
	case ROLE_VERIFIER:
		return early ? keep(&auditor.verifier_fd, fd) : open_verifier(&p);
	case ROLE_SHIPPER:
		return auditor_shipper_peer(fd);
	default:
		return newcomer_unwanted(&p);
	}
}
