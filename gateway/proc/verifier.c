/*
 * verifier - who is speaking. Owns the trust anchors, the account tokens and the nonces; it makes
 * the nonces itself and does not take an edge's word for one. No network, no private key but the one
 * that names inboxes.
 *
 * Whoever is admitted is made known to the signer, the dispatcher and the auditor before the edge
 * hears of it, so that nothing arrives there in the name of a stranger.
 */
#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

#include "gateway/io/clock.h"
#include "gateway/io/log.h"
#include "gateway/proc/child.h"
#include "gateway/proc/conns.h"
#include "gateway/proc/msg_verifier.h"
#include "gateway/proc/nonces.h"
#include "gateway/proc/people.h"
#include "gateway/proc/seats.h"
#include "gateway/proc/snapshot.h"
#include "policy/core/wipe.h"
#include "policy/identity/trust.h"
#include "policy/rules/rights.h"
#include "policy/rules/upstream.h"

enum { VERIFIER_EDGES = 64, VERIFIER_TICK_MS = 250, VERIFIER_FLUSH_MS = 5000 };

/* A connection that logged in. */
struct known {
	struct conn_node node; /* first */
	struct person *person;
	struct seat seat;
	bool ended; /* the edge was told to end it */
};

static struct verifier {
	struct child child;
	struct channel edge[VERIFIER_EDGES];
	struct nonces nonces[VERIFIER_EDGES];
	struct channel signer, dispatcher, auditor;
	struct secret inbox_key;
	struct snapshot snapshot;
	struct trust *trust, *next_trust;
	bool next_bad;
	struct conns conns;
	struct people people;
	struct seats seats;
	uv_timer_t tick;
	int64_t next_end_s; /* of an account or operator; 0: none */
} self;

/* ---- telling the others ---- */

static void
forget(struct known *k)
{
	seats_give(&self.seats, &k->seat);
	(void)msg_who_left_put(&self.signer, k->node.edge, k->node.conn);
	(void)msg_who_left_put(&self.dispatcher, k->node.edge, k->node.conn);
	(void)msg_who_left_put(&self.auditor, k->node.edge, k->node.conn);
	conns_remove(&self.conns, &k->node);
	people_leave(&self.people, k->person);
	free(k);
}

/* introduce() - signer, dispatcher and auditor must know before anybody acts. Return: 0, -errno. */
static int
introduce(const struct known *k, const struct identity *id)
{
	struct channel *to[] = { &self.signer, &self.dispatcher, &self.auditor };
	struct permissions upstream = { 0 };
	struct rights *rights = NULL;
	int r = rights_new(&rights, self.snapshot.policy, id);

	if (r == 0)
		r = upstream_permissions(rights, &upstream);
	rights_free(rights);
	for (size_t i = 0; r == 0 && i < sizeof(to) / sizeof(to[0]); i++) {
		r = msg_who_put(to[i], k->node.edge, k->node.conn, id, to[i] == &self.signer ? &upstream : NULL);
		if (r == 0)
			r = channel_flush_all(to[i], VERIFIER_FLUSH_MS);
	}
	upstream_permissions_deinit(&upstream);
	return err_pass(r);
}

/* name_inbox() - the token of this identity's inboxes: the same after every restart. */
static void
name_inbox(struct identity *id)
{
	uint8_t hash[16];
	char text[23];

	crypto_generichash(hash, sizeof(hash), (const uint8_t *)id->user, strlen(id->user), self.inbox_key.ptr,
	    self.inbox_key.len);
	sodium_bin2base64(text, sizeof(text), hash, sizeof(hash), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	/* "~" marks it as ours: no client library begins an inbox so */
	snprintf(id->inbox, sizeof(id->inbox), "~%.21s", text);
}

/* ---- what edges ask ---- */

static void
refuse(struct channel *c, const struct msg_login *m, const char *error, const char *code, const char *why)
{
	struct msg_refused note = { .edge = c->index, .conn = m->conn, .code = bytes_str(code),
		.why = bytes_str(why) };
	struct log_line l;

	snprintf(note.source, sizeof(note.source), "%s", m->source);
	(void)msg_refused_put(&self.auditor, &note);
	(void)msg_end_put(c, MSG_TURN_AWAY, m->conn, error, code);
	log_begin(&l, LOG_WRN, "login_refused");
	log_num(&l, "client", (int64_t)m->conn);
	log_str(&l, "source", m->source);
	log_word(&l, "code", code);
	log_str(&l, "why", why);
	log_end(&l);
}

/* seat() - a connection that may come in, if there is a place for it. Return: NULL, or the code of the refusal. */
static const char *
seat(struct known *k, const struct identity *id)
{
	const struct ceilings *m = &self.child.setup.ceilings;
	int64_t its = trust_account_limit(self.trust, id->account);
	int64_t ours = m->max_account_connections != 0 ? (int64_t)m->max_account_connections : -1;
	struct seats_most most = {
		.account = its < 0 || (ours >= 0 && ours < its) ? ours : its,
		.user = m->max_user_connections != 0 ? (int64_t)m->max_user_connections : -1,
	};

	return k != NULL ? seats_take(&self.seats, &k->seat, id, &most) : "out_of_memory";
}

/* admit() - the chain holds: limits, introductions, and the edge is told. */
static void
admit(struct channel *c, const struct msg_login *m, struct identity *id)
{
	struct known *k = calloc(1, sizeof(*k));
	const char *no = seat(k, id), *error, *why;

	snprintf(id->source, sizeof(id->source), "%s", m->source);
	name_inbox(id);
	if (no != NULL) {
		error = seats_words(no, &why);
		refuse(c, m, error, no, why);
	} else if (conns_add(&self.conns, &k->node, c->index, m->conn) != 0) {
		refuse(c, m, NULL, "duplicate", "this connection has logged in already");
	} else if (introduce(k, id) != 0 || people_meet(&self.people, id, &k->person) != 0) {
		refuse(c, m, NULL, "unavailable", "signer, dispatcher or auditor did not take the introduction");
		conns_remove(&self.conns, &k->node);
	} else {
		if (msg_admit_put(c, m->conn, &k->person->identity) != 0)
			forget(k); /* the edge is gone */
		return;
	}
	if (k != NULL)
		seats_give(&self.seats, &k->seat);
	free(k);
	identity_deinit(id);
}

/*
 * blame() - a source offered a login that is none: every edge is told, so that several are no more patient than
 * one. A login that was good once is somebody's mistake and costs little.
 */
static void
blame(const struct msg_login *m, int answer)
{
	bool stale = answer == TRUST_EXPIRED_USER || answer == TRUST_EXPIRED_ACCOUNT || answer == TRUST_NOT_YET;

	if (answer <= 0)
		return;
	for (size_t i = 0; i < VERIFIER_EDGES; i++) {
		if (self.edge[i].fd < 0)
			continue;
		(void)msg_fault_put(&self.edge[i], m->source, stale ? SOURCE_SILENT : SOURCE_FAILED);
		channel_flush(&self.edge[i]);
	}
}

static int
on_login(struct channel *c, struct cursor *in, int fd)
{
	struct identity id = { 0 };
	struct msg_login m;
	char why[160] = "";
	int r;

	(void)fd;
	if (msg_login_get(in, &m) != 0)
		return -EBADMSG;
	if (!nonces_take(&self.nonces[c->index], m.nonce)) {
		refuse(c, &m, NULL, "nonce", "the nonce was not given out, or was used before");
	} else {
		struct login l = { .jwt = m.jwt, .sig = m.sig, .nonce = m.nonce, .source = m.source,
			.type = "STANDARD", .now_s = clock_wall_s() };

		r = trust_login(self.trust, &l, &id, why);
		if (r != 0)
			refuse(c, &m, NULL, r < 0 ? "out_of_memory" : trust_code(r), why);
		blame(&m, r);
		if (r == 0)
			admit(c, &m, &id);
	}
	channel_flush(&self.auditor);
	channel_flush(c);
	return 0;
}

static int
on_left(struct channel *c, struct cursor *in, int fd)
{
	struct conn_node *n;
	uint64_t conn;

	(void)fd;
	if (msg_conn_get(in, &conn) != 0)
		return -EBADMSG;
	n = conns_find(&self.conns, c->index, conn);
	if (n != NULL)
		forget((struct known *)n);
	return 0;
}

static int
on_want_nonces(struct channel *c, struct cursor *in, int fd)
{
	char batch[NONCE_BATCH][NONCE_LEN];

	(void)in;
	(void)fd;
	/* two batches: one to use while the next is on its way */
	for (int i = 0; i < 2; i++) {
		if (nonces_make(&self.nonces[c->index], batch, NONCE_BATCH) != 0)
			return -ENOMEM;
		(void)msg_nonces_put(c, (const char(*)[NONCE_LEN])batch, NONCE_BATCH);
	}
	channel_flush(c);
	return 0;
}

/* ---- time and trust ---- */

/* end_words() - what a connection is told whose identity is no longer good. */
static const char *
end_words(int answer)
{
	switch (answer) {
	case TRUST_EXPIRED_USER:
		return "User Authentication Expired";
	case TRUST_EXPIRED_ACCOUNT:
		return "Account Authentication Expired";
	case TRUST_REVOKED:
		return "User Authentication Revoked";
	default:
		return ""; /* a signing key that went: the server says nothing either */
	}
}

/* review() - is everybody still good? @all: trust changed; else only the clock moved. */
static void
review(bool all)
{
	int64_t now = clock_wall_s();
	struct conn_node *n = NULL;

	while ((n = conns_each(&self.conns, n)) != NULL) {
		struct known *k = (struct known *)n;
		int r;

		const struct identity *id = &k->person->identity;

		if (k->ended || (!all && (id->expires_s == 0 || now < id->expires_s)))
			continue;
		r = trust_recheck(self.trust, id, now);
		if (r == 0 && id->expires_s != 0 && now >= id->expires_s)
			r = TRUST_EXPIRED_USER; /* the end of a time window */
		if (r == 0)
			continue;
		k->ended = true;
		(void)msg_end_put(&self.edge[n->edge], MSG_END, n->conn, end_words(r), trust_code(r));
		/* the edge is asked; these are told: nothing more is signed or commanded in its name */
		(void)msg_who_left_put(&self.signer, n->edge, n->conn);
		(void)msg_who_left_put(&self.dispatcher, n->edge, n->conn);
	}
	/* not in the loop: an edge that is gone takes its connections out of the table */
	channel_flush(&self.signer);
	channel_flush(&self.dispatcher);
	for (size_t i = 0; i < VERIFIER_EDGES; i++)
		channel_flush(&self.edge[i]);
}

static void
on_tick(uv_timer_t *t)
{
	int64_t now = clock_wall_s();
	bool account_ended = self.next_end_s != 0 && now >= self.next_end_s;

	(void)t;
	if (account_ended)
		self.next_end_s = trust_next_end(self.trust, now);
	review(account_ended);
}

/* ---- parent ---- */

static void
trust_problem(const char *what, struct bytes name, const char *why)
{
	struct log_line l;

	log_begin(&l, LOG_ERR, "trust_refused");
	log_word(&l, "what", what);
	log_bytes(&l, "file", name);
	log_str(&l, "why", why);
	log_end(&l);
}

static int
on_trust_begin(struct channel *c, struct cursor *in, int fd)
{
	struct trust_options o = { .require_exp = self.child.setup.require_exp, .skew_s = 60 };

	(void)c;
	(void)in;
	(void)fd;
	trust_free(self.next_trust);
	self.next_trust = trust_new(&o);
	self.next_bad = false;
	return self.next_trust != NULL ? 0 : -ENOMEM;
}

static int
on_trust_operator(struct channel *c, struct cursor *in, int fd)
{
	struct msg_text t;
	char why[160] = "";

	(void)c;
	(void)fd;
	if (msg_text_get(in, &t) != 0 || self.next_trust == NULL)
		return -EBADMSG;
	if (trust_add_operator(self.next_trust, t.text, why) != 0) {
		trust_problem("operator", t.name, why);
		self.next_bad = true;
	}
	return 0;
}

static int
on_trust_account(struct channel *c, struct cursor *in, int fd)
{
	struct msg_text t;
	char why[160] = "";

	(void)c;
	(void)fd;
	if (msg_text_get(in, &t) != 0 || self.next_trust == NULL)
		return -EBADMSG;
	/* one bad account token shuts out that account, not the others */
	if (trust_add_account(self.next_trust, t.text, why) != 0)
		trust_problem("account", t.name, why);
	return 0;
}

static int
on_trust_end(struct channel *c, struct cursor *in, int fd)
{
	char text[96];

	(void)in;
	(void)fd;
	if (self.next_trust == NULL)
		return -EBADMSG;
	if (self.next_bad || trust_operators(self.next_trust) == 0) {
		trust_free(self.next_trust);
		self.next_trust = NULL;
		if (self.trust == NULL)
			child_fatal(&self.child, "no operator can be trusted: see event=trust_refused", 0);
		return msg_text_put(c, MSG_TRUSTED, "kept", BYTES_LIT("kept what was trusted before"), -1);
	}
	trust_free(self.trust);
	self.trust = self.next_trust;
	self.next_trust = NULL;
	self.next_end_s = trust_next_end(self.trust, clock_wall_s());
	review(true);
	snprintf(text, sizeof(text), "%zu operators, %zu accounts", trust_operators(self.trust),
	    trust_accounts(self.trust));
	return msg_text_put(c, MSG_TRUSTED, "trusted", bytes_str(text), -1);
}

/* read_inbox_key() - 64 hexadecimal digits. */
static int
read_inbox_key(int fd)
{
	char text[128];
	uint8_t key[32];
	size_t len = 0;
	ssize_t n = read(fd, text, sizeof(text) - 1);
	int r = -EBADMSG;

	close(fd);
	if (n > 0) {
		text[n] = '\0';
		if (sodium_hex2bin(key, sizeof(key), text, (size_t)n, " \r\n\t", &len, NULL) == 0 && len == sizeof(key))
			r = secret_new(&self.inbox_key, bytes_of(key, sizeof(key)));
	}
	wipe(text, sizeof(text));
	wipe(key, sizeof(key));
	return err_pass(r);
}

static int
on_file(struct channel *c, struct cursor *in, int fd)
{
	char name[32];

	(void)c;
	if (msg_file_get(in, name) != 0 || strcmp(name, "inbox_key") != 0) {
		close(fd);
		return -EBADMSG;
	}
	if (read_inbox_key(fd) != 0)
		child_fatal(&self.child, "inbox_key: expected 64 hexadecimal digits", 0);
	return 0;
}

static int
on_policy(struct channel *c, struct cursor *in, int fd)
{
	struct snapshot fresh;
	int r = snapshot_open(&fresh, fd);

	(void)in;
	if (r != 0)
		child_fatal(&self.child, "policy snapshot cannot be used", r);
	snapshot_close(&self.snapshot);
	self.snapshot = fresh;
	return msg_bare_put(c, MSG_APPLIED, -1);
}

/* edge_gone() - all its connections are gone with it. */
static void
edge_gone(struct channel *c, const char *why)
{
	struct conn_node *n = conns_each(&self.conns, NULL), *next;
	unsigned index = c->index;

	(void)why;
	channel_close(c);
	nonces_deinit(&self.nonces[index]);
	for (; n != NULL; n = next) {
		next = conns_each(&self.conns, n);
		if (n->edge == index)
			forget((struct known *)n);
	}
}

static void
peer_gone(struct channel *c, const char *why)
{
	(void)why;
	channel_close(c);
	child_fatal(&self.child, c->peer, 0);
}

static int
on_peer(struct channel *c, struct cursor *in, int fd)
{
	static const struct frame_rule rules[] = {
		{ MSG_LOGIN, CHILD_IN(0), false, false, LOGIN_MAX + 2048, on_login, "login" },
		{ MSG_LEFT, CHILD_IN(0), false, false, 8, on_left, "left" },
		{ MSG_WANT_NONCES, CHILD_IN(0), false, false, 0, on_want_nonces, "want_nonces" },
	};
	static const struct channel_ops edge_ops = { rules, sizeof(rules) / sizeof(rules[0]), edge_gone };
	static const struct channel_ops silent_ops = { NULL, 0, peer_gone };
	struct channel *to = NULL;
	enum role role;
	unsigned index;

	(void)c;
	if (msg_peer_get(in, &role, &index) != 0 || index >= VERIFIER_EDGES) {
		close(fd);
		return -EBADMSG;
	}
	to = role == ROLE_EDGE	     ? &self.edge[index] :
	    role == ROLE_SIGNER	     ? &self.signer :
	    role == ROLE_DISPATCHER ? &self.dispatcher :
	    role == ROLE_AUDITOR     ? &self.auditor :
				       NULL;
	if (to == NULL) {
		close(fd);
		return -EBADMSG;
	}
	/* one that takes the place of another: the end of that one may not have been read yet */
	channel_end(to, "replaced");
	return channel_open(to, &self.child.loop, fd, role_name(role), index,
	    role == ROLE_EDGE ? &edge_ops : &silent_ops);
}

static int
on_start(struct channel *c, struct cursor *in, int fd)
{
	(void)in;
	(void)fd;
	if (self.trust == NULL || self.inbox_key.ptr == NULL || self.snapshot.policy == NULL ||
	    self.signer.fd < 0 || self.dispatcher.fd < 0 || self.auditor.fd < 0)
		return -EBADMSG;
	c->state = CHILD_RUNNING;
	uv_timer_start(&self.tick, on_tick, VERIFIER_TICK_MS, VERIFIER_TICK_MS);
	return msg_bare_put(c, MSG_READY, -1);
}

int
verifier_main(void)
{
	static const struct frame_rule rules[] = {
		CHILD_ROWS,
		{ MSG_PEER, CHILD_ALIVE, false, true, 16, on_peer, "peer" },
		{ MSG_FILE, CHILD_IN(CHILD_SET), false, true, 64, on_file, "file" },
		{ MSG_POLICY, CHILD_ALIVE, false, true, 0, on_policy, "policy" },
		{ MSG_TRUST_BEGIN, CHILD_ALIVE, false, false, 0, on_trust_begin, "trust_begin" },
		{ MSG_TRUST_OPERATOR, CHILD_ALIVE, false, false, FRAME_MAX, on_trust_operator, "trust_operator" },
		{ MSG_TRUST_ACCOUNT, CHILD_ALIVE, false, false, FRAME_MAX, on_trust_account, "trust_account" },
		{ MSG_TRUST_END, CHILD_ALIVE, false, false, 0, on_trust_end, "trust_end" },
		{ MSG_START, CHILD_IN(CHILD_SET), true, false, 0, on_start, "start" },
		{ MSG_STOP, CHILD_ALIVE, false, false, 0, child_on_stop, "stop" },
	};
	static const struct channel_ops ops = { rules, sizeof(rules) / sizeof(rules[0]), child_parent_gone };

	for (size_t i = 0; i < VERIFIER_EDGES; i++)
		self.edge[i].fd = -1;
	self.signer.fd = self.dispatcher.fd = self.auditor.fd = -1;
	child_begin(&self.child, ROLE_VERIFIER, &ops);
	if (seats_init(&self.seats) != 0 || uv_timer_init(&self.child.loop, &self.tick) != 0)
		child_fatal(&self.child, "out of memory", 0);
	child_run(&self.child);
}
