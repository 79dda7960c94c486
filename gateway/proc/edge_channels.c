/*
 * edge_channels - what the other processes tell the edge, and how it goes when told to.
 */
#include <unistd.h>

#include "gateway/io/log.h"
#include "gateway/proc/edge_priv.h"

/* ---- verifier ---- */

static int
on_nonces(struct channel *c, struct cursor *in, int fd)
{
	struct bytes all;

	(void)c;
	(void)fd;
	if (msg_nonces_get(in, &all) != 0)
		return -EBADMSG;
	for (; all.len >= NONCE_LEN && edge.n_nonces < EDGE_NONCES; all = bytes_from(all, NONCE_LEN))
		memcpy(edge.nonces[edge.n_nonces++], all.ptr, NONCE_LEN);
	edge.nonces_wanted = false;
	if (edge.running)
		edge_listen(true);
	return 0;
}

/* unseat() - who is a host by credential ends other users' connections that are it by first use. */
static void
unseat(const struct person *x)
{
	struct relay *next;

	if (edge.people.n_pinned == 0)
		return;
	for (struct relay *r = edge.relays; r != NULL; r = next) {
		const struct person *y = ((struct client *)r)->person;

		next = r->next;
		if (y != NULL && people_claims(x, y))
			relay_end(r, "Authorization Violation", "host_id_taken");
	}
}

/* share() - what it has together with others of its account and user. Return: false when out of memory. */
static bool
share(struct client *c, const struct identity *id)
{
	c->account = tally_hold(edge.accounts, id->account);
	c->user = tally_hold(edge.users, id->user);
	if (c->account == NULL || c->user == NULL)
		return false;
	relay_quota(&c->relay, (struct pace *)(void *)c->user->room, c->account);
	return true;
}

static int
on_admit(struct channel *c, struct cursor *in, int fd)
{
	struct identity id = { 0 };
	struct person *x = NULL;
	struct relay *r;
	uint64_t conn;
	int answer = msg_admit_get(in, &conn, &id);

	(void)c;
	(void)fd;
	if (answer != 0)
		return err_pass(answer);
	r = edge_find(conn);
	if (r == NULL || r->ending || ((struct client *)r)->person != NULL) {
		identity_deinit(&id);
		return 0;
	}
	if (people_meet(&edge.people, &id, &x) != 0) {
		relay_verdict(r, NULL, NULL, NULL, "out_of_memory");
		return 0;
	}
	((struct client *)r)->person = x;
	if (!share((struct client *)r, &x->identity)) {
		relay_verdict(r, NULL, NULL, NULL, "out_of_memory");
		return 0;
	}
	edge_proved((struct client *)r);
	unseat(x);
	relay_verdict(r, &x->identity, &x->rights, NULL, NULL);
	return 0;
}

/* The verifier's word on an end, as strings. */
struct ending {
	struct relay *relay; /* NULL: gone meanwhile */
	const char *error;   /* for the wire, or NULL; points into error_room */
	char error_room[129], why[513];
};

static int
read_ending(struct cursor *in, struct ending *e)
{
	struct msg_end m;

	*e = (struct ending){ 0 };
	if (msg_end_get(in, &m) != 0 || m.error.len >= sizeof(e->error_room) || m.why.len >= sizeof(e->why))
		return -EBADMSG;
	memcpy(e->error_room, m.error.ptr, m.error.len);
	memcpy(e->why, m.why.ptr, m.why.len);
	e->error = m.error.len != 0 ? e->error_room : NULL;
	e->relay = edge_find(m.conn);
	return 0;
}

static int
on_turn_away(struct channel *c, struct cursor *in, int fd)
{
	struct ending e;

	(void)c;
	(void)fd;
	if (read_ending(in, &e) != 0)
		return -EBADMSG;
	if (e.relay == NULL)
		return 0;
	((struct client *)e.relay)->refused = true;
	if (strcmp(e.why, "account_connections") == 0)
		edge_on_limit(e.relay, LIMIT_ACCOUNT);
	else if (strcmp(e.why, "user_connections") == 0)
		edge_on_limit(e.relay, LIMIT_USER);
	relay_verdict(e.relay, NULL, NULL, e.error, e.why);
	return 0;
}

static int
on_end(struct channel *c, struct cursor *in, int fd)
{
	struct ending e;

	(void)c;
	(void)fd;
	if (read_ending(in, &e) != 0)
		return -EBADMSG;
	if (e.relay != NULL)
		relay_end(e.relay, e.error, e.why);
	return 0;
}

/* on_fault() - the verifier refused a login: at whichever edge, the source is the same. */
static int
on_fault(struct channel *c, struct cursor *in, int fd)
{
	enum source_fault fault;
	char source[64];

	(void)c;
	(void)fd;
	if (msg_fault_get(in, source, &fault) != 0)
		return -EBADMSG;
	if (edge.sources != NULL)
		edge_fault(source, fault);
	return 0;
}

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

	if (msg_sign_put(&edge.signer, MSG_SIGN, &m) == 0)
		channel_flush(&edge.signer);
	else if (edge.signer.fd >= 0)
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

/*
 * verifier_gone() - who is logged in stays so. Who is not, was given a nonce that only the dead one could
 * take: that connection ends without an error, so that its client tries again.
 */
static void
verifier_gone(struct channel *c, const char *why)
{
	struct relay *next;

	child_peer_lost(&edge.child, c, ROLE_VERIFIER, why);
	edge.n_nonces = 0;
	edge_listen(false);
	for (struct relay *r = edge.relays; r != NULL; r = next) {
		next = r->next;
		if (r->identity == NULL)
			relay_end(r, NULL, "verifier_gone");
	}
}

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
#define ROWS(r, gone) { r, sizeof(r) / sizeof((r)[0]), gone }

static const struct frame_rule verifier_rules[] = {
	{ MSG_NONCES, SAID, false, false, NONCE_BATCH * NONCE_LEN + 16, on_nonces, "nonces" },
	{ MSG_ADMIT, SAID, false, false, 1 << 20, on_admit, "admit" },
	{ MSG_TURN_AWAY, SAID, false, false, 2048, on_turn_away, "turn_away" },
	{ MSG_END, SAID, false, false, 2048, on_end, "end" },
	{ MSG_FAULT, SAID, false, false, 128, on_fault, "fault" },
};
static const struct frame_rule signer_rules[] = {
	{ MSG_SIGNED, SAID, false, false, 1 << 17, on_signed, "signed" },
	{ MSG_NOT_SIGNED, SAID, false, false, 1 << 17, on_not_signed, "not_signed" },
	{ MSG_GATE_KEY, SAID, true, false, 32, on_gate_key, "gate_key" },
};
static const struct frame_rule dispatcher_rules[] = {
	{ MSG_COMMAND_DONE, SAID, false, false, 1 << 15, edge_on_command_done, "command_done" },
	{ MSG_ANSWER, SAID, false, false, FRAME_MAX, edge_on_answer, "answer" },
};
static const struct channel_ops verifier_ops = ROWS(verifier_rules, verifier_gone);
static const struct channel_ops signer_ops = ROWS(signer_rules, signer_gone);
static const struct channel_ops dispatcher_ops = ROWS(dispatcher_rules, dispatcher_gone);
static const struct channel_ops auditor_ops = { NULL, 0, auditor_gone };

/* still_here() - to a verifier: who is logged in here; of the others it has been told by others. */
static int
still_here(void)
{
	uint64_t conn[STILL_MAX];
	size_t n = 0;
	int answer = 0;

	for (const struct relay *r = edge.relays; r != NULL && answer == 0; r = r->next) {
		if (r->identity != NULL && !r->ending)
			conn[n++] = r->id;
		if (n < STILL_MAX)
			continue;
		answer = msg_still_put(&edge.verifier, conn, n);
		n = 0;
	}
	if (answer == 0)
		answer = msg_still_put(&edge.verifier, conn, n);
	if (answer == 0)
		answer = msg_word_put(&edge.verifier, MSG_STILL_END);
	return err_pass(answer);
}

static int
open_verifier(int fd)
{
	channel_end(&edge.verifier, "replaced");
	if (channel_open(&edge.verifier, &edge.child.loop, fd, "verifier", 0, &verifier_ops) != 0 || still_here() != 0)
		return -EBADMSG;
	edge.nonces_wanted = true;
	return msg_want_nonces_put(&edge.verifier);
}

static int
open_signer(int fd)
{
	int r;

	channel_end(&edge.signer, "replaced");
	r = channel_open(&edge.signer, &edge.child.loop, fd, "signer", 0, &signer_ops);
	if (r == 0)
		sign_again();
	return err_pass(r);
}

static int
on_peer(struct channel *c, struct cursor *in, int fd)
{
	uv_loop_t *loop = &edge.child.loop;
	enum role role;
	uint64_t since;
	unsigned index;

	(void)c;
	if (msg_peer_get(in, &role, &index, &since) != 0) {
		close(fd);
		return -EBADMSG;
	}
	switch (role) {
	case ROLE_VERIFIER:
		return open_verifier(fd);
	case ROLE_SIGNER:
		return open_signer(fd);
	case ROLE_DISPATCHER:
		channel_end(&edge.dispatcher, "replaced");
		return channel_open(&edge.dispatcher, loop, fd, "dispatcher", 0, &dispatcher_ops);
	case ROLE_AUDITOR:
		channel_end(&edge.auditor, "replaced");
		return channel_open(&edge.auditor, loop, fd, "auditor", 0, &auditor_ops);
	default:
		close(fd);
		return -EBADMSG;
	}
}

static int
on_listener(struct channel *c, struct cursor *in, int fd)
{
	struct edge_listener *l = &edge.listener[edge.n_listeners];
	uint16_t port;
	char host[256];

	(void)c;
	if (msg_listener_get(in, host, &port) != 0 || edge.n_listeners == EDGE_LISTENERS) {
		close(fd);
		return -EBADMSG;
	}
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
