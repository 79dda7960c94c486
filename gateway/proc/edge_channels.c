/*
 * edge_channels - what the other processes tell the edge, and how it goes when told to.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/io/log.h"
#include "gateway/proc/edge_priv.h"

/* ---- signer ---- */

static int
on_signed(struct channel *c, struct cursor *in, int fd)
{
	struct msg_signed m;
	struct relay *r;

	(void)c;
	(void)fd;
	if (msg_signed_get(in, &m) != 0)
		return -EBADMSG;
	r = edge_find(m.conn);
	if (r != NULL && m.sig.len == 64)
		relay_signed(r, m.jwt, m.sig);
	return 0;
}

/* on_gate_key() - the public half of the key this gate stamps with. */
static int
on_gate_key(struct channel *c, struct cursor *in, int fd)
{
	(void)c;
	(void)fd;
	return msg_gate_key_get(in, &edge.stamped.key[0]);
}

static int
on_not_signed(struct channel *c, struct cursor *in, int fd)
{
	struct msg_signed m;
	struct relay *r;
	struct log_line l;

	(void)c;
	(void)fd;
	if (msg_signed_get(in, &m) != 0)
		return -EBADMSG;
	log_begin(&l, LOG_ERR, "not_signed");
	log_num(&l, "client", (int64_t)m.conn);
	log_bytes(&l, "why", m.why);
	log_end(&l);
	r = edge_find(m.conn);
	if (r != NULL)
		relay_signed(r, BYTES_NULL, BYTES_NULL);
	return 0;
}

void
edge_sign(struct relay *r, const char *nonce)
{
	struct msg_sign m = { .conn = r->id, .nonce = bytes_str(nonce) };

	if (msg_sign_put(&edge.signer, MSG_SIGN, &m) != 0 && edge.signer.fd >= 0)
		relay_signed(r, BYTES_NULL, BYTES_NULL);
}

/* sign_again() - who waits for the word of a signer that is gone waits for this one's. */
static void
sign_again(void)
{
	struct relay *next;

	for (struct relay *r = edge.relays; r != NULL; r = next) {
		next = r->next;
		if (!r->ending && r->handshake.state == HANDSHAKE_SIGNING)
			edge_sign(r, r->handshake.upstream.nonce);
	}
}

/* ---- the end of others ---- */

static void
signer_gone(struct channel *c, const char *why)
{
	child_peer_lost(&edge.child, c, ROLE_SIGNER, why);
}

static void
dispatcher_gone(struct channel *c, const char *why)
{
	child_peer_lost(&edge.child, c, ROLE_DISPATCHER, why);
	edge_commands_lost();
}

/* auditor_gone() - notes are counted until another is there. */
static void
auditor_gone(struct channel *c, const char *why)
{
	child_peer_lost(&edge.child, c, ROLE_AUDITOR, why);
}

/* ---- parent ---- */

#define SAID CHILD_IN(0)

static const struct frame_rule signer_rules[] = {
	{ MSG_SIGNED, SAID, false, false, 1 << 17, on_signed, "signed" },
	{ MSG_NOT_SIGNED, SAID, false, false, 1 << 17, on_not_signed, "not_signed" },
	{ MSG_GATE_KEY, SAID, true, false, 32, on_gate_key, "gate_key" },
};
static const struct frame_rule dispatcher_rules[] = {
	{ MSG_COMMAND_DONE, SAID, false, false, 1 << 15, edge_on_command_done, "command_done" },
	{ MSG_ANSWER, SAID, false, false, FRAME_MAX, edge_on_answer, "answer" },
};
static const struct channel_ops signer_ops = NEWCOMER_OPS(signer_rules, signer_gone);
static const struct channel_ops dispatcher_ops = NEWCOMER_OPS(dispatcher_rules, dispatcher_gone);
static const struct channel_ops auditor_ops = { NULL, 0, auditor_gone };

static int
open_signer(const struct newcomer *p)
{
	int r = newcomer_replace(p, &edge.child, &edge.signer, &signer_ops);

	if (r == 0)
		sign_again();
	return err_pass(r);
}

static int
on_peer(struct channel *c, struct cursor *in, int fd)
{
	struct newcomer p;

	(void)c;
	if (newcomer_get(in, fd, &p) != 0)
		return -EBADMSG;
	switch (p.role) {
	case ROLE_VERIFIER:
		return edge_open_verifier(&p);
	case ROLE_SIGNER:
		return open_signer(&p);
	case ROLE_DISPATCHER:
		return newcomer_replace(&p, &edge.child, &edge.dispatcher, &dispatcher_ops);
	case ROLE_AUDITOR:
		return newcomer_replace(&p, &edge.child, &edge.auditor, &auditor_ops);
	default:
		return newcomer_unwanted(&p);
	}
}

static int
on_listener(struct channel *c, struct cursor *in, int fd)
{
	static const int one = 1;
	struct edge_listener *l = &edge.listener[edge.n_listeners];
	uint16_t port;
	char host[256];

	(void)c;
	if (msg_listener_get(in, host, &port) != 0 || edge.n_listeners == EDGE_LISTENERS) {
		close(fd);
		return -EBADMSG;
	}
	/* Linux gives what a listening socket has to those accepted from it */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	if (edge.n_listeners == 0) {
		memcpy(edge.host, host, sizeof(edge.host));
		edge.env.hello.host = edge.host;
		edge.env.hello.port = port;
	}
	l->fd = fd;
	if (uv_poll_init(&edge.child.loop, &l->poll, fd) != 0)
		return -EINVAL;
	l->poll.data = l;
	edge.n_listeners++;
	return 0;
}

static int
on_tls_peer(struct channel *c, struct cursor *in, int fd)
{
	(void)c;
	return tls_side_on_peer(&edge.tls, in, fd);
}

static int
on_tls(struct channel *c, struct cursor *in, int fd)
{
	int r = tls_side_on_tls(&edge.tls, &edge.child, in);

	(void)c;
	(void)fd;
	edge_secure();
	return err_pass(r);
}

static int
on_policy(struct channel *c, struct cursor *in, int fd)
{
	struct snapshot fresh;
	int r = snapshot_open(&fresh, fd);

	(void)in;
	if (r == 0)
		r = people_swap(&edge.people, fresh.policy);
	if (r != 0)
		child_fatal(&edge.child, "policy snapshot cannot be used", r);
	snapshot_close(&edge.snapshot);
	edge.snapshot = fresh;
	edge_rejudge_all();
	return msg_bare_put(c, MSG_APPLIED, -1);
}

static int
on_dialled(struct channel *c, struct cursor *in, int fd)
{
	struct relay *r;
	uint64_t token;

	(void)c;
	if (msg_token_get(in, &token) != 0) {
		close(fd);
		return -EBADMSG;
	}
	if (token == 0) {
		edge_on_probe_fd(fd);
		return 0;
	}
	r = edge_find(token);
	if (r == NULL || r->ending)
		close(fd);
	else
		relay_dialled(r, fd);
	return 0;
}

static int
on_not_dialled(struct channel *c, struct cursor *in, int fd)
{
	struct relay *r;
	uint64_t token;

	(void)c;
	(void)fd;
	if (msg_token_get(in, &token) != 0)
		return -EBADMSG;
	if (token == 0) {
		edge_on_probe_fd(-1);
		return 0;
	}
	r = edge_find(token);
	if (r != NULL)
		relay_dialled(r, -1);
	return 0;
}

static int
on_start(struct channel *c, struct cursor *in, int fd)
{
	(void)in;
	(void)fd;
	if (edge.n_listeners == 0 || edge.snapshot.policy == NULL)
		return -EBADMSG;
	c->state = CHILD_RUNNING;
	edge_start();
	return 0;
}

void
edge_channels_begin(void)
{
	static const struct frame_rule rules[] = {
		CHILD_ROWS,
		{ MSG_PEER, CHILD_ALIVE, false, true, 16, on_peer, "peer" },
		{ MSG_LISTENER, CHILD_IN(CHILD_SET), false, true, 512, on_listener, "listener" },
		{ MSG_TLS_PEER, CHILD_ALIVE, false, true, 16, on_tls_peer, "tls_peer" },
		{ MSG_TLS, CHILD_ALIVE, false, false, MSG_TLS_MAX, on_tls, "tls" },
		{ MSG_POLICY, CHILD_ALIVE, false, true, 0, on_policy, "policy" },
		{ MSG_START, CHILD_IN(CHILD_SET), true, false, 0, on_start, "start" },
		{ MSG_DIALLED, CHILD_IN(CHILD_RUNNING), false, true, 8, on_dialled, "dialled" },
		{ MSG_NOT_DIALLED, CHILD_IN(CHILD_RUNNING), false, false, 8, on_not_dialled, "not_dialled" },
		{ MSG_STATS_WANTED, CHILD_ALIVE, false, false, 0, edge_on_stats_wanted, "stats_wanted" },
		{ MSG_LIVE_WANTED, CHILD_ALIVE, false, false, 16, edge_on_live_wanted, "live_wanted" },
		{ MSG_LAME_DUCK, CHILD_IN(CHILD_RUNNING), false, false, 0, edge_on_lame_duck, "lame_duck" },
		{ MSG_STOP, CHILD_ALIVE, false, false, 0, edge_on_stop, "stop" },
	};
	static const struct channel_ops ops = { rules, sizeof(rules) / sizeof(rules[0]), child_parent_gone };

	edge.verifier.fd = edge.signer.fd = edge.dispatcher.fd = edge.auditor.fd = -1;
	child_begin(&edge.child, ROLE_EDGE, &ops);
}
