/*
 * verifier - who is speaking. Owns the trust anchors, the account tokens and the nonces; it makes
 * the nonces itself and does not take an edge's word for one. No network, no private key but the one
 * that names inboxes.
 *
 * Whoever is admitted is made known to the signer, the dispatcher and the auditor before the edge
 * hears of it, so that nothing arrives there in the name of a stranger. All logins that are there at once
 * share the messages: each of the others is woken once for them.
 */
#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

#include "gateway/io/clock.h"
#include "gateway/io/log.h"
#include "gateway/proc/msg_tls.h"
#include "gateway/proc/verifier_priv.h"

enum { VERIFIER_TICK_MS = 250 };

struct verifier verifier;

/* name_inbox() - the token of this identity's inboxes: the same after every restart. */
static void
name_inbox(struct identity *id)
{
	uint8_t hash[16];
	char text[23];

	crypto_generichash(hash, sizeof(hash), (const uint8_t *)id->user, strlen(id->user), verifier.inbox_key.ptr,
	    verifier.inbox_key.len);
	sodium_bin2base64(text, sizeof(text), hash, sizeof(hash), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	/* "~" marks it as ours: no client library begins an inbox so */
	snprintf(id->inbox, sizeof(id->inbox), "~%.21s", text);
}

/* ---- what edges ask ---- */

static void
refuse(struct channel *c, const struct msg_login *m, const char *error, const char *code, const char *why)
{
	struct msg_refused note = { .edge = c->index, .conn = m->conn, .code = bytes_str(code),
		.why = bytes_str(why), .listener = m->listener };
	struct log_line l;

	snprintf(note.source, sizeof(note.source), "%s", m->source);
	if (msg_refused_put(&verifier.auditor, &note) != 0)
		verifier.lost++;
	(void)msg_end_put(c, MSG_TURN_AWAY, m->conn, error, code);
	if (!log_few(&verifier.refused_lines, "login_refused", uv_now(&verifier.child.loop)))
		return;
	log_begin(&l, LOG_WRN, "login_refused");
	log_num(&l, "client", (int64_t)m->conn);
	log_str(&l, "source", m->source);
	log_word(&l, "code", code);
	log_str(&l, "why", why);
	log_end(&l);
}

/* admit() - the chain holds: limits, introductions, and the edge is told. @id is taken. */
static void
admit(struct channel *c, const struct msg_login *m, struct identity *id)
{
	const char *no = NULL, *error, *why;
	struct known *k = NULL;
	int r;

	snprintf(id->source, sizeof(id->source), "%s", m->source);
	name_inbox(id);
	r = numbers_take(&verifier.numbers[c->index], m->conn);
	if (r == 0)
		r = known_add(c->index, m->conn, m->listener, id, &no, &k);
	else
		identity_deinit(id);
	if (r == -EEXIST) {
		refuse(c, m, NULL, "duplicate", "a connection of this number has logged in already");
	} else if (r != 0) {
		no = no != NULL ? no : "out_of_memory";
		error = seats_words(no, &why);
		refuse(c, m, error, no, why);
	} else if (known_introduce(k) != 0) {
		refuse(c, m, NULL, "unavailable", "signer, dispatcher or auditor did not take the introduction");
		known_forget(k);
	} else if (msg_admit_put(c, m->conn, &k->person->identity) != 0) {
		known_forget(k); /* the edge is gone */
	}
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
		if (verifier.edge[i].fd < 0)
			continue;
		(void)msg_fault_put(&verifier.edge[i], m->source, stale ? SOURCE_SILENT : SOURCE_FAILED);
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
	if (!nonces_take(&verifier.nonces[c->index], m.nonce)) {
		refuse(c, &m, NULL, "nonce", "the nonce was not given out, or was used before");
	} else {
		r = shown_login(&m, clock_wall_s(), &id, why);
		if (r != 0)
			refuse(c, &m, NULL, r < 0 ? "out_of_memory" : trust_code(r), why);
		blame(&m, r);
		if (r == 0)
			admit(c, &m, &id);
	}
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
	n = conns_find(&verifier.conns, c->index, conn);
	if (n != NULL)
		known_forget((struct known *)n);
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
		if (nonces_make(&verifier.nonces[c->index], batch, NONCE_BATCH) != 0)
			return -ENOMEM;
		(void)msg_nonces_put(c, (const char(*)[NONCE_LEN])batch, NONCE_BATCH);
	}
	return 0;
}

/* ---- parent ---- */

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
			r = secret_new(&verifier.inbox_key, bytes_of(key, sizeof(key)));
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
		child_fatal(&verifier.child, "inbox_key: expected 64 hexadecimal digits", 0);
	return 0;
}

static int
on_policy(struct channel *c, struct cursor *in, int fd)
{
	struct snapshot fresh;
	int r = snapshot_open(&fresh, fd);

	(void)in;
	if (r != 0)
		child_fatal(&verifier.child, "policy snapshot cannot be used", r);
	snapshot_close(&verifier.snapshot);
	verifier.snapshot = fresh;
	verifier.policies++;
	/* whom certificates name, the policy says */
	if (c->state == CHILD_RUNNING)
		verifier_review(true);
	return msg_bare_put(c, MSG_APPLIED, -1);
}

/* edge_gone() - all its connections are gone with it. */
static void
edge_gone(struct channel *c, const char *why)
{
	struct conn_node *n = conns_each(&verifier.conns, NULL), *next;
	unsigned index = c->index;

	child_peer_lost(&verifier.child, c, ROLE_EDGE, why);
	nonces_deinit(&verifier.nonces[index]);
	for (; n != NULL; n = next) {
		next = conns_each(&verifier.conns, n);
		if (n->edge == index)
			known_forget((struct known *)n);
	}
}

/* peer_gone() - live connections and logins go on: who comes in its place is told of everybody. */
static void
peer_gone(struct channel *c, const char *why)
{
	child_peer_lost(&verifier.child, c,
	    c == &verifier.signer	   ? ROLE_SIGNER :
		c == &verifier.dispatcher ? ROLE_DISPATCHER :
					    ROLE_AUDITOR,
	    why);
}

static int
begin_seen(void)
{
	uint8_t key[SEEN_KEY];

	randombytes_buf(key, sizeof(key));
	verifier.seen = seen_new(key);
	wipe(key, sizeof(key));
	return verifier.seen != NULL ? 0 : err_raise(-ENOMEM);
}

/* While the edge still has to say which connections it has; after that. */
#define GREETING CHILD_IN(0)
#define WORKING CHILD_IN(1)

static int
open_edge(unsigned index, int fd)
{
	static const struct frame_rule rules[] = {
		{ MSG_STILL, GREETING, false, false, 4 + STILL_MAX * 8, known_on_still, "still" },
		{ MSG_STILL_END, GREETING, true, false, 0, known_on_still_end, "still_end" },
		{ MSG_LOGIN, WORKING, false, false, LOGIN_MAX + LOGIN_CHAIN_MAX + 2048, on_login, "login" },
		{ MSG_LEFT, WORKING, false, false, 8, on_left, "left" },
		{ MSG_WANT_NONCES, WORKING, false, false, 0, on_want_nonces, "want_nonces" },
	};
	static const struct channel_ops ops = { rules, sizeof(rules) / sizeof(rules[0]), edge_gone };
	int r = channel_open(&verifier.edge[index], &verifier.child.loop, fd, "edge", index, &ops);

	if (r == 0)
		verifier.edge[index].may_send = known_others_first;
	return err_pass(r);
}

/* begin() - as soon as all is there: everybody is told, the edges are listened to. */
static void
begin(void)
{
	unsigned index;
	int fd;

	verifier_begin();
	while (verifier.doors.open && (fd = doors_take(&verifier.doors, &index)) >= 0)
		(void)!open_edge(index, fd);
}

static int
on_who_all(struct channel *c, struct cursor *in, int fd)
{
	int r = known_on_who_all(c, in, fd);

	begin();
	return err_pass(r);
}

/* open_peer() - the signer is asked who is there, when nobody has said so yet; else it is told, as the others are. */
static int
open_peer(struct channel *to, enum role role, int fd)
{
	static const struct frame_rule rules[] = {
		{ MSG_WHO, CHILD_IN(0), false, false, FRAME_MAX, known_on_who, "who" },
		{ MSG_WHO_ALL, CHILD_IN(0), true, false, 8, on_who_all, "who_all" },
	};
	static const struct channel_ops asked = { rules, sizeof(rules) / sizeof(rules[0]), peer_gone };
	static const struct channel_ops silent = { NULL, 0, peer_gone };
	bool ask = role == ROLE_SIGNER && !verifier.rebuilt;
	int r = channel_open(to, &verifier.child.loop, fd, role_name(role), 0, ask ? &asked : &silent);

	if (r != 0)
		return err_pass(r);
	if (ask)
		return msg_word_put(to, MSG_WHO_WANTED);
	if (verifier.doors.open)
		known_tell_all(to);
	return 0;
}

static int
on_peer(struct channel *c, struct cursor *in, int fd)
{
	struct channel *to = NULL;
	enum role role;
	uint64_t since;
	unsigned index;

	(void)c;
	if (msg_peer_get(in, &role, &index, &since) != 0 || index >= VERIFIER_EDGES) {
		close(fd);
		return -EBADMSG;
	}
	to = role == ROLE_EDGE	     ? &verifier.edge[index] :
	    role == ROLE_SIGNER	     ? &verifier.signer :
	    role == ROLE_DISPATCHER ? &verifier.dispatcher :
	    role == ROLE_AUDITOR     ? &verifier.auditor :
				       NULL;
	if (to == NULL) {
		close(fd);
		return -EBADMSG;
	}
	/* one that takes the place of another: the end of that one may not have been read yet */
	channel_end(to, "replaced");
	if (role != ROLE_EDGE)
		return open_peer(to, role, fd);
	known_edge(index, since);
	doors_keep(&verifier.doors, index, fd);
	begin();
	return 0;
}

static int
on_start(struct channel *c, struct cursor *in, int fd)
{
	(void)in;
	(void)fd;
	if (verifier.trust == NULL || verifier.inbox_key.ptr == NULL || verifier.snapshot.policy == NULL)
		return -EBADMSG;
	c->state = CHILD_RUNNING;
	uv_timer_start(&verifier.tick, verifier_on_tick, VERIFIER_TICK_MS, VERIFIER_TICK_MS);
	begin();
	return 0;
}

int
verifier_main(void)
{
	static const struct frame_rule rules[] = {
		CHILD_ROWS,
		{ MSG_PEER, CHILD_ALIVE, false, true, 16, on_peer, "peer" },
		{ MSG_FILE, CHILD_IN(CHILD_SET), false, true, 64, on_file, "file" },
		{ MSG_POLICY, CHILD_ALIVE, false, true, 0, on_policy, "policy" },
		{ MSG_TLS, CHILD_ALIVE, false, false, MSG_TLS_MAX, shown_on_tls, "tls" },
		{ MSG_TRUST_BEGIN, CHILD_ALIVE, false, false, 0, verifier_on_trust_begin, "trust_begin" },
		{ MSG_TRUST_OPERATOR, CHILD_ALIVE, false, false, FRAME_MAX, verifier_on_trust_operator, "trust_operator" },
		{ MSG_TRUST_ACCOUNT, CHILD_ALIVE, false, false, FRAME_MAX, verifier_on_trust_account, "trust_account" },
		{ MSG_TRUST_END, CHILD_ALIVE, false, false, 0, verifier_on_trust_end, "trust_end" },
		{ MSG_START, CHILD_IN(CHILD_SET), true, false, 0, on_start, "start" },
		{ MSG_STATS_WANTED, CHILD_ALIVE, false, false, 0, child_on_stats_wanted, "stats_wanted" },
		{ MSG_STOP, CHILD_ALIVE, false, false, 0, child_on_stop, "stop" },
	};
	static const struct channel_ops ops = { rules, sizeof(rules) / sizeof(rules[0]), child_parent_gone };

	for (size_t i = 0; i < VERIFIER_EDGES; i++)
		verifier.edge[i].fd = -1;
	doors_init(&verifier.doors);
	verifier.signer.fd = verifier.dispatcher.fd = verifier.auditor.fd = -1;
	tls_begin();
	child_begin(&verifier.child, ROLE_VERIFIER, &ops);
	if (begin_seen() != 0 || seats_init(&verifier.seats) != 0 || uv_timer_init(&verifier.child.loop, &verifier.tick) != 0)
		child_fatal(&verifier.child, "out of memory", 0);
	child_run(&verifier.child);
}
