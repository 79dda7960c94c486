/*
 * dispatch_peers - what the other processes tell the dispatcher, and what becomes of commands under way
 * when one of them dies. Edge: they go on, nobody hears of them. Auditor: what only reads goes on, changes
 * are refused, outcomes are kept for the next one. Signer: they wait for the next one. Verifier: nothing
 * changes but that nobody new is known.
 */
#include "gateway/io/log.h"
#include "gateway/proc/dispatcher_priv.h"
#include "gateway/proc/newcomer.h"

/* ---- the auditor's word ---- */

static int
on_durable(struct channel *c, struct cursor *in, int fd)
{
	uint64_t token, seq;
	struct job *j;

	(void)c;
	(void)fd;
	if (msg_durable_get(in, &token, &seq) != 0)
		return -EBADMSG;
	j = token != 0 ? (struct job *)conns_find(&dispatcher.jobs, 0, token) : NULL;
	if (j == NULL)
		return 0;
	if (j->state != JOB_RECORDING)
		return -EBADMSG;
	j->seq = seq;
	job_go(j);
	return 0;
}

/* on_not_written() - what changes something is refused. What only reads goes on: a gap record will say
 * how many were not written down. */
static int
on_not_written(struct channel *c, struct cursor *in, int fd)
{
	uint64_t token, error;
	struct job *j;

	(void)c;
	(void)fd;
	if (msg_durable_get(in, &token, &error) != 0)
		return -EBADMSG;
	j = token != 0 ? (struct job *)conns_find(&dispatcher.jobs, 0, token) : NULL;
	if (j == NULL || j->state != JOB_RECORDING)
		return 0;
	if (j->mutating)
		job_unrecorded(j, error < 4096 ? (int)error : EIO);
	else
		job_go(j);
	return 0;
}

/* ---- the verifier's and the signer's word ---- */

static int
on_who(struct channel *c, struct cursor *in, int fd)
{
	struct roster_entry *e;
	struct msg_who who;
	int r = msg_who_get(in, &who);

	(void)c;
	(void)fd;
	if (r == 0)
		r = roster_meet(&dispatcher.roster, &who, &e);
	if (r == 0)
		msg_who_deinit(&who);
	return err_pass(r);
}

/*
 * on_who_left() - commands it sent before leaving may still wait in the edge's channel. They are not looked
 * for here: we may be called while that channel is read, and who commands behind them is perhaps named behind
 * this.
 */

static int
on_who_left(struct channel *c, struct cursor *in, int fd)
{
	struct roster_entry *e;
	uint64_t conn;
	uint32_t edge;

	(void)c;
	(void)fd;
	if (msg_who_left_get(in, &edge, &conn) != 0)
		return -EBADMSG;
	e = roster_find(&dispatcher.roster, edge, conn);
	if (e != NULL)
		roster_leave(&dispatcher.roster, e);
	return 0;
}

void
dispatcher_part(void)
{
	struct roster_entry *e;

	while ((e = roster_leaving(&dispatcher.roster)) != NULL) {
		uint32_t edge = e->node.edge;
		uint64_t conn = e->node.conn;

		/* others who leave may be read of meanwhile: they come behind it; and it may be gone */
		if (edge < DISPATCHER_EDGES && dispatcher.edge[edge].fd >= 0)
			channel_pull(&dispatcher.edge[edge]);
		e = roster_find(&dispatcher.roster, edge, conn);
		if (e != NULL)
			roster_forget(&dispatcher.roster, e);
		job_forsake_some(edge, conn, 0);
	}
}

static int open_edge(const struct newcomer *p);

/* on_who_all() - whom the verifier did not name is gone; now edges may command. */
static int
on_who_all(struct channel *c, struct cursor *in, int fd)
{
	struct roster_entry *e = roster_stale(&dispatcher.roster, NULL), *next;
	uint64_t none;

	(void)c;
	(void)fd;
	if (msg_who_all_get(in, &none) != 0)
		return -EBADMSG;
	for (; e != NULL; e = next) {
		uint32_t edge = e->node.edge;
		uint64_t conn = e->node.conn;

		next = roster_stale(&dispatcher.roster, e);
		roster_forget(&dispatcher.roster, e);
		job_forsake_some(edge, conn, 0);
	}
	newcomer_let_in(&dispatcher.doors, open_edge);
	return 0;
}

static int
on_signed(struct channel *c, struct cursor *in, int fd)
{
	struct msg_signed m;

	(void)c;
	(void)fd;
	if (msg_signed_get(in, &m) != 0)
		return -EBADMSG;
	link_signed(m.conn, m.sig.len == 64 ? m.jwt : BYTES_NULL, m.sig);
	return 0;
}

static int
on_not_signed(struct channel *c, struct cursor *in, int fd)
{
	struct msg_signed m;
	struct log_line l;

	(void)c;
	(void)fd;
	if (msg_signed_get(in, &m) != 0)
		return -EBADMSG;
	log_begin(&l, LOG_ERR, "not_signed");
	log_bytes(&l, "why", m.why);
	log_end(&l);
	link_signed(m.conn, BYTES_NULL, BYTES_NULL);
	return 0;
}

/* ---- coming and going ---- */

/* edge_gone() - its commands under way go on, nobody hears of them. */
static void
edge_gone(struct channel *c, const char *why)
{
	struct conn_node *n = conns_each(&dispatcher.jobs, NULL), *next;
	unsigned index = c->index;

	child_peer_lost(&dispatcher.child, c, ROLE_EDGE, why);
	for (; n != NULL; n = next) {
		struct job *j = (struct job *)n;

		next = conns_each(&dispatcher.jobs, n);
		if (j->edge != index)
			continue;
		job_forsake(j);
	}
}

static void
auditor_gone(struct channel *c, const char *why)
{
	child_peer_lost(&dispatcher.child, c, ROLE_AUDITOR, why);
	jobs_unheard();
}

static void
verifier_gone(struct channel *c, const char *why)
{
	child_peer_lost(&dispatcher.child, c, ROLE_VERIFIER, why);
}

static void
signer_gone(struct channel *c, const char *why)
{
	child_peer_lost(&dispatcher.child, c, ROLE_SIGNER, why);
}

#define SAID CHILD_IN(0)

static int
open_edge(const struct newcomer *p)
{
	static const struct frame_rule rules[] = {
		{ MSG_COMMAND, SAID, false, false, COMMAND_FRAME_MAX, dispatcher_on_command, "command" },
		{ MSG_ENOUGH, SAID, false, false, 16, dispatcher_on_enough, "enough" },
	};
	static const struct channel_ops ops = NEWCOMER_OPS(rules, edge_gone);

	return newcomer_open(p, &dispatcher.child, &dispatcher.edge[p->index], &ops);
}

static int
open_auditor(const struct newcomer *p)
{
	static const struct frame_rule rules[] = {
		{ MSG_DURABLE, SAID, false, false, 16, on_durable, "durable" },
		{ MSG_NOT_WRITTEN, SAID, false, false, 16, on_not_written, "not_written" },
	};
	static const struct channel_ops ops = NEWCOMER_OPS(rules, auditor_gone);
	int r;

	/* what the one before made durable is durable */
	r = newcomer_succeed(p, &dispatcher.child, &dispatcher.auditor, &ops);
	if (r == 0)
		jobs_introduce();
	return err_pass(r);
}

static int
open_verifier(const struct newcomer *p)
{
	static const struct frame_rule rules[] = {
		{ MSG_WHO, SAID, false, false, FRAME_MAX, on_who, "who" },
		{ MSG_WHO_LEFT, SAID, false, false, 12, on_who_left, "who_left" },
		{ MSG_WHO_ALL, SAID, true, false, 8, on_who_all, "who_all" },
	};
	static const struct channel_ops ops = NEWCOMER_OPS(rules, verifier_gone);
	int r = newcomer_succeed(p, &dispatcher.child, &dispatcher.verifier, &ops);

	roster_begin(&dispatcher.roster);
	return err_pass(r);
}

static int
open_signer(const struct newcomer *p)
{
	static const struct frame_rule rules[] = {
		{ MSG_SIGNED, SAID, false, false, 1 << 17, on_signed, "signed" },
		{ MSG_NOT_SIGNED, SAID, false, false, 1 << 17, on_not_signed, "not_signed" },
		{ MSG_STAMPED, SAID, false, false, STAMP_TEXT_MAX + 16, job_on_stamped, "stamped" },
	};
	static const struct channel_ops ops = NEWCOMER_OPS(rules, signer_gone);
	int r;

	/* a stamp that is there already is not asked for again */
	r = newcomer_succeed(p, &dispatcher.child, &dispatcher.signer, &ops);
	if (r == 0) {
		links_sign_again();
		jobs_stamp_again();
	}
	return err_pass(r);
}

/* meet_edge() - one that took the place of another commands for none of that one's connections. */
static int
meet_edge(const struct newcomer *p)
{
	channel_end(&dispatcher.edge[p->index], "replaced");
	roster_forget_before(&dispatcher.roster, p->index, p->since);
	return newcomer_knock(p, &dispatcher.doors, open_edge);
}

int
dispatcher_on_peer(struct channel *c, struct cursor *in, int fd)
{
	struct newcomer p;

	(void)c;
	if (newcomer_get(in, fd, &p) != 0)
		return -EBADMSG;
	switch (p.role) {
	case ROLE_AUDITOR:
		return open_auditor(&p);
	case ROLE_VERIFIER:
		return open_verifier(&p);
	case ROLE_SIGNER:
		return open_signer(&p);
	case ROLE_EDGE:
		return meet_edge(&p);
	default:
		return newcomer_unwanted(&p);
	}
}
