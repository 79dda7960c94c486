/*
 * signer - the keys for the upstream, and the key commands are stamped with. Reads no network and no stranger's text: what it signs it
 * makes itself, from the verifier's word on who a connection is, plus the upstream's nonce, whose
 * alphabet and length are bounded.
 *
 * With `mint` every login is a fresh user key and a token that can do what this identity may do
 * upstream, and no command. With `creds` the file's token is used for everybody. A file may come anew
 * at any time (a reload): it is used when all of it is good, else the keys in force stay.
 *
 * The key for stamps comes once and signs nothing but stamps (signer_stamps.c).
 */
#include <stdio.h>
#include <unistd.h>

#include "gateway/io/clock.h"
#include "gateway/io/log.h"
#include "gateway/proc/file.h"
#include "gateway/proc/msg_signer.h"
#include "gateway/proc/msg_verifier.h"
#include "gateway/proc/newcomer.h"
#include "gateway/proc/roster.h"
#include "gateway/proc/signer_keys.h"
#include "gateway/proc/signer_stamps.h"
#include "gateway/proc/signer_tls.h"
#include "policy/commands/command.h"
#include "policy/identity/mint.h"
#include "policy/rules/upstream.h"

enum { SIGNER_EDGES = DOORS, SIGNER_TOKEN_MAX = 64 * 1024, SIGNER_FLUSH_MS = 5000, SIGNER_PENDING = 1024 * 1024 };
/* An edge asks once for each connection; a taken-over one gets few more than the verifier let in. */
enum { SIGNER_LOGINS = 4 };

struct known {
	struct roster_entry entry; /* first */
	unsigned logins;           /* given */
};

static struct signer {
	struct child child;
	struct channel edge[SIGNER_EDGES], dispatcher, verifier;
	struct doors doors; /* open: the verifier has said who is there */
	struct roster roster;
	struct signer_keys keys;
	struct signer_stamps stamps;
	struct nkey_pair user; /* of the login being minted: made for it and wiped behind it */
} self;

/* ---- keys ---- */

/* refused() - say which file and where, never what stands there. At the start that is the end. */
static void
refused(const char *name, bool running, const struct signer_wrong *w, int r)
{
	struct log_line l;
	char event[48];

	snprintf(event, sizeof(event), "%s_refused", name);
	log_begin(&l, running ? LOG_ERR : LOG_FTL, event);
	if (w->line > 0)
		log_num(&l, "line", (int64_t)w->line);
	if (w->n > 1)
		log_num(&l, "wrong_lines", (int64_t)w->n);
	if (w->why != NULL)
		log_str(&l, "why", w->why);
	if (r < 0)
		log_errno(&l, r);
	log_word(&l, "effect", running ? "keys_in_force_stay" : "no_start");
	log_end(&l);
	if (!running)
		child_fatal(
		    &self.child, "a file with keys for the upstream cannot be used", r < 0 ? r : 0);
}

static void
taken(const char *name)
{
	struct log_line l;

	log_begin(&l, LOG_INF, "keys_loaded");
	log_word(&l, "file", name);
	if (strcmp(name, "stamp") == 0) {
		char pub[NKEY_TEXT_LEN + 1];

		nkey_format(&self.keys.stamp.pub, pub);
		log_word(&l, "public", pub);
	}
	if (strcmp(name, "mint") == 0)
		log_num(&l, "accounts", (int64_t)self.keys.mint.n);
	log_end(&l);
}

static int
on_file(struct channel *c, struct cursor *in, int fd)
{
	bool running = c->state == CHILD_RUNNING;
	struct signer_wrong w = { 0 };
	struct buf text;
	char name[32];
	int r = msg_file_get(in, name);

	if (r != 0 || !signer_keys_wanted(&self.keys, name)) {
		close(fd);
		return -EBADMSG;
	}
	secret_buf_init(&text, UPSTREAM_KEYS_FILE_MAX);
	r = file_read_fd(fd, &text);
	close(fd);
	if (r == 0)
		r = signer_keys_take(&self.keys, name, buf_bytes(&text), &w);
	secret_buf_deinit(&text);
	if (r != 0)
		refused(name, running, &w, r);
	else
		taken(name);
	return 0;
}

/* ---- logins ---- */

/* nonce_ok() - what a server sends, and nothing that could be a token of ours: no dot. */
static bool
nonce_ok(struct bytes nonce)
{
	for (size_t i = 0; i < nonce.len; i++) {
		uint8_t c = nonce.ptr[i];

		if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
			c == '_' || c == '='))
			return false;
	}
	return nonce.len >= 8;
}

static void
not_signed(struct channel *c, uint64_t conn, const char *why)
{
	struct msg_signed m = { .conn = conn, .why = bytes_str(why) };

	(void)msg_signed_put(c, MSG_NOT_SIGNED, &m);
}

/* give() - sign the nonce and send token and signature. */
static void
give(struct channel *c, const struct msg_sign *m, struct bytes jwt, const struct nkey_pair *pair)
{
	uint8_t sig[NKEY_SIG_LEN] = { 0 };
	struct msg_signed answer = { .conn = m->conn, .jwt = jwt, .sig = bytes_of(sig, sizeof(sig)) };

	nkey_sign(pair, m->nonce, sig);
	(void)msg_signed_put(c, MSG_SIGNED, &answer);
}

/* mint_and_give() - a fresh user of @by that may do what @perms says. */
static void
mint_and_give(struct channel *c, const struct msg_sign *m, const struct nkey_pair *by, const char *name,
    int64_t exp_s, const struct permissions *perms)
{
	static const char *const types[] = { "STANDARD", NULL };
	struct mint_user u = { .c = { .name = name, .iat_s = clock_wall_s(), .exp_s = exp_s }, .perms = perms,
		.max_subs = -1, .max_payload = -1, .types = types };
	struct buf jwt;

	if (by == NULL) {
		not_signed(c, m->conn, "the mint file has no upstream account for this client account");
		return;
	}
	buf_init(&jwt, SIGNER_TOKEN_MAX);
	if (nkey_pair_renew(&self.user, NKEY_USER) != 0) {
		not_signed(c, m->conn, "out of memory");
	} else {
		u.subject = &self.user.pub;
		if (mint_user(&jwt, &u, by) != 0)
			not_signed(c, m->conn, "the token does not fit");
		else
			give(c, m, buf_bytes(&jwt), &self.user);
	}
	nkey_pair_clear(&self.user);
	buf_deinit(&jwt);
}

static int
on_sign(struct channel *c, struct cursor *in, int fd)
{
	struct roster_entry *e;
	struct known *k;
	struct msg_sign m;
	const struct person *w;

	(void)fd;
	if (msg_sign_get(in, &m) != 0 || !nonce_ok(m.nonce))
		return -EBADMSG;
	e = roster_find(&self.roster, c->index, m.conn);
	if (e == NULL) {
		channel_pull(&self.verifier); /* it was told first, but perhaps not read first */
		e = roster_find(&self.roster, c->index, m.conn);
	}
	if (e == NULL) {
		not_signed(c, m.conn, "the verifier has not named this connection");
		return 0;
	}
	k = (struct known *)e;
	if (k->logins >= SIGNER_LOGINS) {
		not_signed(c, m.conn, "this connection has had its logins");
		return 0;
	}
	k->logins++;
	w = e->person;
	if (self.keys.creds.jwt != NULL)
		give(c, &m, bytes_str(self.keys.creds.jwt), &self.keys.creds.pair);
	else
		mint_and_give(c, &m, upstream_keys_find(&self.keys.mint, bytes_str(w->identity.account)),
		    w->identity.name,
		    w->identity.expires_s, &w->upstream);
	return 0;
}

/* Command logins may publish commands and hear their own answers, nothing else. */
struct command_rights {
	struct bytes allow[64];
	size_t n;
	uint8_t text[64 * 64 + 2 * PREFIX_LIST];
	size_t used;
};

static void
add_allowed(void *ctx, struct bytes pattern)
{
	struct command_rights *r = ctx;

	if (r->n == sizeof(r->allow) / sizeof(r->allow[0]) ||
	    pattern.len > sizeof(r->text) - r->used)
		return;
	memcpy(r->text + r->used, pattern.ptr, pattern.len);
	r->allow[r->n++] = bytes_of(r->text + r->used, pattern.len);
	r->used += pattern.len;
}

static int
on_sign_command(struct channel *c, struct cursor *in, int fd)
{
	static struct bytes inbox[] = { BYTES_LIT("_INBOX.>") };
	struct command_rights rights = { .n = 0 };
	struct prefixes prefixes;
	struct permissions p = { .sub_allow = { .present = true, .n = 1, .item = inbox } };
	struct msg_sign m;

	(void)fd;
	/* a prefix is checked as strictly as in a policy: it can be no subject of another kind */
	if (msg_sign_get(in, &m) != 0 || !nonce_ok(m.nonce) || prefix_split(&prefixes, m.prefixes) != 0)
		return -EBADMSG;
	if (self.keys.creds.jwt != NULL) {
		const struct signer_login *f = self.keys.command_creds.jwt != NULL ? &self.keys.command_creds : &self.keys.creds;

		give(c, &m, bytes_str(f->jwt), &f->pair);
		return 0;
	}
	command_deny_under(&prefixes, add_allowed, &rights);
	p.pub_allow = (struct subject_list){ .present = true, .n = rights.n, .item = rights.allow };
	mint_and_give(c, &m, upstream_keys_find(&self.keys.mint, m.account), "portcullis-dispatcher", 0, &p);
	return 0;
}

static int
on_stamp(struct channel *c, struct cursor *in, int fd)
{
	struct msg_stamp m;

	(void)c;
	(void)fd;
	if (msg_stamp_get(in, &m) != 0)
		return -EBADMSG;
	signer_stamps_add(&self.stamps, &m);
	return 0;
}

/* ---- who is who ---- */

static int
on_who(struct channel *c, struct cursor *in, int fd)
{
	struct roster_entry *e;
	struct msg_who who;
	int r = msg_who_get(in, &who);

	(void)c;
	(void)fd;
	if (r == 0)
		r = roster_meet(&self.roster, &who, &e);
	if (r != 0)
		return err_pass(r);
	/* the newest word on what this identity may do upstream counts for all its logins */
	upstream_permissions_deinit(&e->person->upstream);
	e->person->upstream = who.upstream;
	who.upstream = (struct permissions){ 0 };
	msg_who_deinit(&who);
	return 0;
}

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
	e = roster_find(&self.roster, edge, conn);
	if (e != NULL)
		roster_forget(&self.roster, e);
	return 0;
}

static int open_edge(const struct newcomer *p);

/* on_who_all() - whom the verifier did not name is gone; now edges may ask. */
static int
on_who_all(struct channel *c, struct cursor *in, int fd)
{
	struct roster_entry *e = roster_stale(&self.roster, NULL), *next;
	uint64_t none;

	(void)c;
	(void)fd;
	if (msg_who_all_get(in, &none) != 0)
		return -EBADMSG;
	for (; e != NULL; e = next) {
		next = roster_stale(&self.roster, e);
		roster_forget(&self.roster, e);
	}
	newcomer_let_in(&self.doors, open_edge);
	return 0;
}

/* on_who_wanted() - a verifier in the place of one that died: what that one said, as it said it. */
static int
on_who_wanted(struct channel *c, struct cursor *in, int fd)
{
	struct conn_node *n = NULL;
	int r = 0;

	(void)fd;
	if (!cursor_done(in))
		return -EBADMSG;
	while (r == 0 && (n = conns_each(&self.roster.conns, n)) != NULL) {
		const struct roster_entry *e = (const struct roster_entry *)n;

		r = msg_who_put(c, n->edge, n->conn, e->listener, &e->person->identity, NULL);
		if (r == 0 && channel_pending(c) > SIGNER_PENDING)
			r = channel_flush_all(c, SIGNER_FLUSH_MS);
	}
	if (r == 0)
		r = msg_who_all_put(c, 0);
	channel_flush(c);
	/* one that ended meanwhile, or cannot be told: it will not begin with half of it */
	return 0;
}

static void
peer_gone(struct channel *c, const char *why)
{
	child_peer_lost(&self.child, c,
	    c == &self.verifier	    ? ROLE_VERIFIER :
		c == &self.dispatcher ? ROLE_DISPATCHER :
					ROLE_EDGE,
	    why);
}

/* open_edge() - which stamps are this gate's it must know before it can log anybody in. */
static int
open_edge(const struct newcomer *p)
{
	static const struct frame_rule rules[] = {
		{ MSG_SIGN, CHILD_IN(0), false, false, 512, on_sign, "sign" },
	};
	static const struct channel_ops ops = NEWCOMER_OPS(rules, peer_gone);
	struct channel *c = &self.edge[p->index];
	int r = newcomer_open(p, &self.child, c, &ops);

	return r != 0 ? err_pass(r) : msg_gate_key_put(c, &self.keys.stamp.pub);
}

static int
open_dispatcher(const struct newcomer *p)
{
	static const struct frame_rule rules[] = {
		{ MSG_SIGN_COMMAND, CHILD_IN(0), false, false, 2048, on_sign_command, "sign_command" },
		{ MSG_STAMP, CHILD_IN(0), false, false, 2 * STAMP_SUBJECT_MAX + 64, on_stamp, "stamp" },
	};
	static const struct channel_ops ops = NEWCOMER_OPS(rules, peer_gone);

	signer_stamps_drop(&self.stamps); /* of the one before: its numbers begin anew */
	return newcomer_replace(p, &self.child, &self.dispatcher, &ops);
}

static int
open_verifier(const struct newcomer *p)
{
	static const struct frame_rule rules[] = {
		{ MSG_WHO_WANTED, CHILD_IN(0), true, false, 0, on_who_wanted, "who_wanted" },
		{ MSG_WHO, CHILD_IN(0), false, false, FRAME_MAX, on_who, "who" },
		{ MSG_WHO_LEFT, CHILD_IN(0), false, false, 12, on_who_left, "who_left" },
		{ MSG_WHO_ALL, CHILD_IN(0), true, false, 8, on_who_all, "who_all" },
	};
	static const struct channel_ops ops = NEWCOMER_OPS(rules, peer_gone);
	int r = newcomer_succeed(p, &self.child, &self.verifier, &ops);

	roster_begin(&self.roster);
	return err_pass(r);
}

/* meet_edge() - one that took the place of another: nothing is signed for connections that one had. */
static int
meet_edge(const struct newcomer *p)
{
	channel_end(&self.edge[p->index], "replaced");
	roster_forget_before(&self.roster, p->index, p->since);
	return newcomer_knock(p, &self.doors, open_edge);
}

static int
on_peer(struct channel *c, struct cursor *in, int fd)
{
	struct newcomer p;

	(void)c;
	if (newcomer_get(in, fd, &p) != 0)
		return -EBADMSG;
	switch (p.role) {
	case ROLE_DISPATCHER:
		return open_dispatcher(&p);
	case ROLE_VERIFIER:
		return open_verifier(&p);
	case ROLE_EDGE:
		return meet_edge(&p);
	default:
		return newcomer_unwanted(&p);
	}
}

static int
on_start(struct channel *c, struct cursor *in, int fd)
{
	(void)in;
	(void)fd;
	if (self.keys.stamp.seed.ptr == NULL || (self.keys.mint.n == 0 && self.keys.creds.jwt == NULL))
		return -EBADMSG;
	c->state = CHILD_RUNNING;
	return msg_bare_put(c, MSG_READY, -1);
}

int
signer_main(void)
{
	static const struct frame_rule rules[] = {
		CHILD_ROWS,
		{ MSG_PEER, CHILD_ALIVE, false, true, 16, on_peer, "peer" },
		{ MSG_FILE, CHILD_ALIVE, false, true, 64, on_file, "file" },
		{ MSG_TLS_PEER, CHILD_ALIVE, false, true, 16, signer_tls_on_peer, "tls_peer" },
		{ MSG_START, CHILD_IN(CHILD_SET), true, false, 0, on_start, "start" },
		{ MSG_STATS_WANTED, CHILD_ALIVE, false, false, 0, child_on_stats_wanted, "stats_wanted" },
		{ MSG_STOP, CHILD_ALIVE, false, false, 0, child_on_stop, "stop" },
	};
	static const struct channel_ops ops = { rules, sizeof(rules) / sizeof(rules[0]), child_parent_gone };

	for (size_t i = 0; i < SIGNER_EDGES; i++)
		self.edge[i].fd = -1;
	self.dispatcher.fd = self.verifier.fd = -1;
	signer_tls_begin(&self.child);
	doors_init(&self.doors);
	roster_init(&self.roster, sizeof(struct known));
	child_begin(&self.child, ROLE_SIGNER, &ops);
	signer_stamps_begin(&self.stamps, &self.child.loop, &self.dispatcher, &self.keys.stamp);
	child_run(&self.child);
}
