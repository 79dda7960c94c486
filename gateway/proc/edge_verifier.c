/*
 * edge_verifier - the verifier's word: nonces to hand out, who is who and may do what, who has to go. Until
 * it was heard nobody is anybody; when its process dies, those who are logged in stay so.
 */
#include "gateway/proc/edge_priv.h"

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

int
edge_open_verifier(const struct newcomer *p)
{
	static const struct frame_rule rules[] = {
		{ MSG_NONCES, CHILD_IN(0), false, false, NONCE_BATCH * NONCE_LEN + 16, on_nonces, "nonces" },
		{ MSG_ADMIT, CHILD_IN(0), false, false, 1 << 20, on_admit, "admit" },
		{ MSG_TURN_AWAY, CHILD_IN(0), false, false, 2048, on_turn_away, "turn_away" },
		{ MSG_END, CHILD_IN(0), false, false, 2048, on_end, "end" },
		{ MSG_FAULT, CHILD_IN(0), false, false, 128, on_fault, "fault" },
	};
	static const struct channel_ops ops = NEWCOMER_OPS(rules, verifier_gone);

	if (newcomer_replace(p, &edge.child, &edge.verifier, &ops) != 0 || still_here() != 0)
		return -EBADMSG;
	edge.nonces_wanted = true;
	return msg_want_nonces_put(&edge.verifier);
}
