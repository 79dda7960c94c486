/*
 * verifier_known - who is logged in, and telling those who act in their names.
 *
 * A verifier that takes the place of one that died asks the signer, which reads no network, who is there:
 * never an edge, which would vouch for itself. Everybody is judged again by the trust there is now; then
 * signer, dispatcher and auditor are told all of it, and forget whom they are not told of. An edge is
 * heard afterwards, and only on which of its connections are gone; one it has that nobody vouches for ends.
 */
#include "gateway/io/log.h"
#include "gateway/proc/verifier_priv.h"
#include "policy/rules/rights.h"
#include "policy/rules/upstream.h"

enum { KNOWN_FLUSH_MS = 5000, KNOWN_PENDING = 1024 * 1024 };

/*
 * seat() - a connection that may come in, if there is a place for it; for one that the verifier before let in
 * (@limited false) there is. Return: NULL, or the code of the refusal.
 */
static const char *
seat(struct known *k, const struct identity *id, bool limited)
{
	const struct ceilings *m = &verifier.child.setup.ceilings;
	int64_t its = limited ? trust_account_limit(verifier.trust, id->account) : -1;
	int64_t ours = limited && m->max_account_connections != 0 ? (int64_t)m->max_account_connections : -1;
	struct seats_most most = {
		.account = its < 0 || (ours >= 0 && ours < its) ? ours : its,
		.user = limited && m->max_user_connections != 0 ? (int64_t)m->max_user_connections : -1,
	};

	return k != NULL ? seats_take(&verifier.seats, &k->seat, id, &most) : "out_of_memory";
}

/* ---- the table ---- */

int
known_add(unsigned edge, uint64_t conn, uint8_t listener, struct identity *id, const char **no, struct known **out)
{
	struct known *k = calloc(1, sizeof(*k));
	const char *refused = seat(k, id, no != NULL);
	int r = refused != NULL ? -EDQUOT : conns_add(&verifier.conns, &k->node, edge, conn);

	if (r == 0) {
		r = people_meet(&verifier.people, id, &k->person);
		if (r != 0)
			conns_remove(&verifier.conns, &k->node);
	} else {
		identity_deinit(id);
	}
	if (no != NULL)
		*no = refused;
	if (r != 0) {
		if (k != NULL)
			seats_give(&verifier.seats, &k->seat);
		free(k);
		return err_raise(r);
	}
	k->listener = listener;
	*out = k;
	return 0;
}

void
known_forget(struct known *k)
{
	seats_give(&verifier.seats, &k->seat);
	(void)msg_who_left_put(&verifier.signer, k->node.edge, k->node.conn);
	(void)msg_who_left_put(&verifier.dispatcher, k->node.edge, k->node.conn);
	(void)msg_who_left_put(&verifier.auditor, k->node.edge, k->node.conn);
	conns_remove(&verifier.conns, &k->node);
	people_leave(&verifier.people, k->person);
	free(k);
}

void
known_edge(unsigned index, uint64_t since)
{
	struct conn_node *n = conns_each(&verifier.conns, NULL), *next;

	numbers_begin(&verifier.numbers[index], since);
	for (; n != NULL; n = next) {
		next = conns_each(&verifier.conns, n);
		if (n->edge != index)
			continue;
		if (n->conn <= since)
			known_forget((struct known *)n);
		else
			numbers_rise(&verifier.numbers[index], n->conn);
	}
}

/* ---- telling the others ---- */

/* judge_upstream() - what its upstream logins may do by the policy in force: once for all its connections. */
static int
judge_upstream(struct person *x)
{
	struct rights *rights = NULL;
	int r;

	if (x->upstream_of == verifier.policies)
		return 0;
	upstream_permissions_deinit(&x->upstream);
	x->upstream_of = 0;
	r = rights_new(&rights, verifier.snapshot.policy, &x->identity);
	if (r == 0)
		r = upstream_permissions(rights, &x->upstream);
	rights_free(rights);
	if (r == 0)
		x->upstream_of = verifier.policies;
	return err_pass(r);
}

/* tell() - one of them, if it is there. Return: 0, -errno. */
static int
tell(struct channel *to, const struct known *k)
{
	struct person *x = k->person;
	bool signs = to == &verifier.signer;
	int r = signs ? judge_upstream(x) : 0;

	if (r == 0)
		r = msg_who_put(to, k->node.edge, k->node.conn, k->listener, &x->identity, signs ? &x->upstream : NULL);
	return err_pass(r);
}

int
known_introduce(const struct known *k)
{
	struct channel *to[] = { &verifier.signer, &verifier.dispatcher, &verifier.auditor };
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(to) / sizeof(to[0]); i++) {
		/* one that is away is told when another has its place, before it hears anybody else */
		if (to[i]->fd < 0)
			continue;
		r = tell(to[i], k);
	}
	return err_pass(r);
}

bool
known_others_first(struct channel *edge)
{
	struct channel *to[] = { &verifier.signer, &verifier.dispatcher, &verifier.auditor };
	bool all = true;

	(void)edge;
	for (size_t i = 0; i < sizeof(to) / sizeof(to[0]); i++) {
		if (to[i]->fd < 0 || channel_pending(to[i]) == 0)
			continue;
		/* one that dies meanwhile is told by way of who takes its place */
		if (channel_flush_all(to[i], KNOWN_FLUSH_MS) != 0 && to[i]->fd >= 0)
			all = false;
	}
	return all;
}

void
known_tell_all(struct channel *to)
{
	struct conn_node *n = NULL;
	uint64_t lost = to == &verifier.auditor ? verifier.lost : 0;
	int r = 0;

	if (to->fd < 0)
		return;
	while (r == 0 && (n = conns_each(&verifier.conns, n)) != NULL) {
		const struct known *k = (const struct known *)n;

		/* one that was told to end: the auditor may still have to write in its name */
		if (k->ended && to != &verifier.auditor)
			continue;
		r = tell(to, k);
		if (r == 0 && channel_pending(to) > KNOWN_PENDING)
			r = channel_flush_all(to, KNOWN_FLUSH_MS);
	}
	if (r == 0)
		r = msg_who_all_put(to, lost);
	if (r == 0 && to == &verifier.auditor)
		verifier.lost -= lost;
	channel_flush(to);
	/* half of it is worse than nothing: it would forget the others */
	if (r != 0 && to->fd >= 0)
		child_fatal(&verifier.child, "who is who cannot be told", r);
}

void
verifier_begin(void)
{
	if (verifier.doors.open || !verifier.rebuilt || verifier.child.parent.state != CHILD_RUNNING)
		return;
	verifier.doors.open = true;
	verifier_review(true);
	known_tell_all(&verifier.signer);
	known_tell_all(&verifier.dispatcher);
	known_tell_all(&verifier.auditor);
	(void)msg_bare_put(&verifier.child.parent, MSG_READY, -1);
}

/* ---- rebuilding ---- */

int
known_on_who(struct channel *c, struct cursor *in, int fd)
{
	struct msg_who who;
	struct known *k;
	int r = msg_who_get(in, &who);

	(void)c;
	(void)fd;
	if (r != 0)
		return err_pass(r);
	if (verifier.rebuilt || who.edge >= VERIFIER_EDGES) {
		msg_who_deinit(&who);
		return err_raise(-EBADMSG);
	}
	/* of an edge that ended while nobody was here to be told */
	if (who.conn <= verifier.numbers[who.edge].since) {
		msg_who_deinit(&who);
		return 0;
	}
	numbers_rise(&verifier.numbers[who.edge], who.conn);
	r = known_add(who.edge, who.conn, who.listener, &who.identity, NULL, &k);
	msg_who_deinit(&who);
	if (r == 0)
		k->told = true;
	return err_pass(r);
}

int
known_on_who_all(struct channel *c, struct cursor *in, int fd)
{
	uint64_t none;

	(void)c;
	(void)fd;
	if (msg_who_all_get(in, &none) != 0 || verifier.rebuilt)
		return -EBADMSG;
	verifier.rebuilt = true;
	verifier_begin();
	return 0;
}

int
known_on_still(struct channel *c, struct cursor *in, int fd)
{
	uint64_t conn[STILL_MAX];
	size_t n;

	(void)fd;
	if (msg_still_get(in, conn, &n) != 0)
		return -EBADMSG;
	for (size_t i = 0; i < n; i++) {
		struct known *k = (struct known *)conns_find(&verifier.conns, c->index, conn[i]);

		if (k != NULL && !k->ended)
			k->told = false;
		else
			(void)msg_end_put(c, MSG_END, conn[i], NULL, k == NULL ? "nobody_vouches" : "no_longer_good");
	}
	return 0;
}

int
known_on_still_end(struct channel *c, struct cursor *in, int fd)
{
	struct conn_node *n = conns_each(&verifier.conns, NULL), *next;

	(void)fd;
	if (!cursor_done(in))
		return -EBADMSG;
	c->state = 1;
	for (; n != NULL; n = next) {
		next = conns_each(&verifier.conns, n);
		if (n->edge == c->index && ((struct known *)n)->told)
			known_forget((struct known *)n);
	}
	channel_flush(c);
	return 0;
}
