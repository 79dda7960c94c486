/*
 * signer - the keys for the upstream. Reads no network and no stranger's text: what it signs it
 * makes itself, from the verifier's word on who a connection is, plus the upstream's nonce, whose
 * alphabet and length are bounded.
 *
 * With `mint` every login is a fresh user key and a token that can do what this identity may do
 * upstream, and no command. With `creds` the file's token is used for everybody.
 */
#include <sodium.h>
#include <unistd.h>

#include "gateway/io/clock.h"
#include "gateway/io/log.h"
#include "gateway/proc/child.h"
#include "gateway/proc/conns.h"
#include "gateway/proc/msg_signer.h"
#include "gateway/proc/msg_verifier.h"
#include "gateway/proc/people.h"
#include "policy/commands/command.h"
#include "policy/core/wipe.h"
#include "policy/identity/creds.h"
#include "policy/identity/mint.h"
#include "policy/rules/upstream.h"

enum { SIGNER_EDGES = 64, SIGNER_ACCOUNTS = 4096, SIGNER_FILE_MAX = 1024 * 1024, SIGNER_TOKEN_MAX = 64 * 1024 };

/* A client account and the key of its account upstream. */
struct upstream_account {
	char account[NKEY_TEXT_LEN + 1];
	struct nkey_pair key;
};

/* A fixed login. */
struct fixed {
	char *jwt;
	struct nkey_pair pair;
};

struct named {
	struct conn_node node; /* first */
	struct person *person;
};

static struct signer {
	struct child child;
	struct channel edge[SIGNER_EDGES], dispatcher, verifier;
	struct conns conns;
	struct people people;
	struct upstream_account *accounts;
	size_t n_accounts;
	struct fixed creds, command_creds;
} self;

/* ---- keys ---- */

/* read_all() - a whole small file into memory that the caller wipes. Return: 0, -errno. */
static int
read_all(int fd, char **out, size_t *len)
{
	char *p = malloc(SIGNER_FILE_MAX);
	size_t at = 0;
	ssize_t n = 0;

	if (p == NULL)
		return err_raise(-ENOMEM);
	while (at < SIGNER_FILE_MAX && (n = read(fd, p + at, SIGNER_FILE_MAX - at)) > 0)
		at += (size_t)n;
	if (n < 0 || at == SIGNER_FILE_MAX) {
		wipe(p, at);
		free(p);
		return err_raise(n < 0 ? -errno : -EFBIG);
	}
	*out = p;
	*len = at;
	return 0;
}

/* next_word() - the next word of a line; empty at its end. */
static struct bytes
next_word(struct bytes *line)
{
	size_t i = 0, n;

	while (i < line->len && (line->ptr[i] == ' ' || line->ptr[i] == '\t' || line->ptr[i] == '\r'))
		i++;
	*line = bytes_from(*line, i);
	for (n = 0; n < line->len && line->ptr[n] != ' ' && line->ptr[n] != '\t' && line->ptr[n] != '\r'; n++)
		continue;
	*line = bytes_from(*line, n);
	return bytes_of(line->ptr - n, n);
}

/* add_account() - one line of the mint file. Return: 0, 1 when it cannot be read so, -ENOMEM. */
static int
add_account(struct bytes line)
{
	struct upstream_account *a = &self.accounts[self.n_accounts];
	struct bytes account = next_word(&line), seed;
	struct nkey k;
	int r;

	if (account.len == 0 || account.ptr[0] == '#')
		return 0;
	seed = next_word(&line);
	if (self.n_accounts == SIGNER_ACCOUNTS || next_word(&line).len != 0 || nkey_parse(&k, account) != 0 ||
	    k.type != NKEY_ACCOUNT)
		return 1;
	r = nkey_pair_parse(&a->key, seed);
	if (r != 0 || a->key.pub.type != NKEY_ACCOUNT) {
		nkey_pair_deinit(&a->key);
		return r < 0 ? r : 1;
	}
	nkey_format(&k, a->account);
	self.n_accounts++;
	return 0;
}

/* load_mint() - lines of "A... SA...", # for comments. Return: 0, or the number of the bad line. */
static int
load_mint(struct bytes text)
{
	int number = 0;

	self.accounts = calloc(SIGNER_ACCOUNTS, sizeof(*self.accounts));
	if (self.accounts == NULL)
		return err_raise(-ENOMEM);
	while (text.len > 0) {
		size_t n = bytes_find(text, '\n');

		number++;
		if (add_account(bytes_upto(text, n)) != 0)
			return number;
		text = bytes_from(text, n + 1);
	}
	return self.n_accounts > 0 ? 0 : 1;
}

static int
load_creds(struct fixed *f, struct bytes text)
{
	struct bytes jwt;
	int r = creds_read(text, &jwt, &f->pair);

	if (r != 0)
		return err_pass(r);
	f->jwt = strndup((const char *)jwt.ptr, jwt.len);
	return f->jwt != NULL ? 0 : err_raise(-ENOMEM);
}

static int
on_file(struct channel *c, struct cursor *in, int fd)
{
	char name[32], *text = NULL;
	size_t len = 0;
	int r = msg_file_get(in, name);

	(void)c;
	if (r == 0)
		r = read_all(fd, &text, &len);
	close(fd);
	if (r != 0)
		child_fatal(&self.child, "a key file cannot be read", r);
	if (strcmp(name, "mint") == 0)
		r = load_mint(bytes_of(text, len));
	else if (strcmp(name, "creds") == 0)
		r = load_creds(&self.creds, bytes_of(text, len));
	else if (strcmp(name, "command_creds") == 0)
		r = load_creds(&self.command_creds, bytes_of(text, len));
	else
		r = -EBADMSG;
	wipe(text, len);
	free(text);
	if (r != 0)
		child_fatal(&self.child,
		    strcmp(name, "mint") == 0 ?
			"upstream mint file: expected lines of a client account key and an upstream account seed" :
			"upstream creds file: expected a user JWT and its seed",
		    r < 0 ? r : 0);
	return 0;
}

/* ---- logins ---- */

static const struct upstream_account *
account_of(struct bytes account)
{
	for (size_t i = 0; i < self.n_accounts; i++) {
		if (bytes_is(account, self.accounts[i].account))
			return &self.accounts[i];
	}
	return NULL;
}

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
	channel_flush(c);
}

/* give() - sign the nonce and send token and signature. */
static void
give(struct channel *c, const struct msg_sign *m, struct bytes jwt, const struct nkey_pair *pair)
{
	uint8_t sig[NKEY_SIG_LEN] = { 0 };
	struct msg_signed answer = { .conn = m->conn, .jwt = jwt, .sig = bytes_of(sig, sizeof(sig)) };

	nkey_sign(pair, m->nonce, sig);
	(void)msg_signed_put(c, MSG_SIGNED, &answer);
	channel_flush(c);
}

/* mint_and_give() - a fresh user of @by that may do what @perms says. */
static void
mint_and_give(struct channel *c, const struct msg_sign *m, const struct upstream_account *by, const char *name,
    int64_t exp_s, const struct permissions *perms)
{
	static const char *const types[] = { "STANDARD", NULL };
	struct nkey_pair user = { 0 };
	struct mint_user u = { .c = { .name = name, .iat_s = clock_wall_s(), .exp_s = exp_s }, .perms = perms,
		.max_subs = -1, .max_payload = -1, .types = types };
	struct buf jwt;

	if (by == NULL) {
		not_signed(c, m->conn, "the mint file has no upstream account for this client account");
		return;
	}
	buf_init(&jwt, SIGNER_TOKEN_MAX);
	if (nkey_pair_new(&user, NKEY_USER) != 0) {
		not_signed(c, m->conn, "out of memory");
	} else {
		u.subject = &user.pub;
		if (mint_user(&jwt, &u, &by->key) != 0)
			not_signed(c, m->conn, "the token does not fit");
		else
			give(c, m, buf_bytes(&jwt), &user);
	}
	nkey_pair_deinit(&user);
	buf_deinit(&jwt);
}

static int
on_sign(struct channel *c, struct cursor *in, int fd)
{
	struct conn_node *n;
	struct msg_sign m;
	const struct person *w;

	(void)fd;
	if (msg_sign_get(in, &m) != 0 || !nonce_ok(m.nonce))
		return -EBADMSG;
	n = conns_find(&self.conns, c->index, m.conn);
	if (n == NULL) {
		channel_pull(&self.verifier); /* it was told first, but perhaps not read first */
		n = conns_find(&self.conns, c->index, m.conn);
	}
	if (n == NULL) {
		not_signed(c, m.conn, "the verifier has not named this connection");
		return 0;
	}
	w = ((struct named *)n)->person;
	if (self.creds.jwt != NULL)
		give(c, &m, bytes_str(self.creds.jwt), &self.creds.pair);
	else
		mint_and_give(c, &m, account_of(bytes_str(w->identity.account)), w->identity.name,
		    w->identity.expires_s, &w->upstream);
	return 0;
}

/* Command logins may publish commands and hear their own answers, nothing else. */
struct command_rights {
	struct bytes allow[64];
	size_t n;
};

static void
add_allowed(void *ctx, struct bytes pattern)
{
	struct command_rights *r = ctx;

	if (r->n < sizeof(r->allow) / sizeof(r->allow[0]))
		r->allow[r->n++] = pattern;
}

static int
on_sign_command(struct channel *c, struct cursor *in, int fd)
{
	static struct bytes inbox[] = { BYTES_LIT("_INBOX.>") };
	struct command_rights rights = { .n = 0 };
	struct permissions p = { .sub_allow = { .present = true, .n = 1, .item = inbox } };
	struct msg_sign m;

	(void)fd;
	if (msg_sign_get(in, &m) != 0 || !nonce_ok(m.nonce))
		return -EBADMSG;
	if (self.creds.jwt != NULL) {
		const struct fixed *f = self.command_creds.jwt != NULL ? &self.command_creds : &self.creds;

		give(c, &m, bytes_str(f->jwt), &f->pair);
		return 0;
	}
	command_deny_list(add_allowed, &rights);
	p.pub_allow = (struct subject_list){ .present = true, .n = rights.n, .item = rights.allow };
	mint_and_give(c, &m, account_of(m.account), "portcullis-dispatcher", 0, &p);
	return 0;
}

/* ---- who is who ---- */

static int
on_who(struct channel *c, struct cursor *in, int fd)
{
	struct named *n = calloc(1, sizeof(*n));
	struct msg_who who;
	int r = n != NULL ? msg_who_get(in, &who) : -ENOMEM;

	(void)c;
	(void)fd;
	if (r == 0) {
		r = people_meet(&self.people, &who.identity, &n->person);
		if (r == 0) {
			/* the newest word on what this identity may do upstream counts for all its logins */
			upstream_permissions_deinit(&n->person->upstream);
			n->person->upstream = who.upstream;
			who.upstream = (struct permissions){ 0 };
			r = conns_add(&self.conns, &n->node, who.edge, who.conn);
		}
		if (r == 0)
			return 0;
		people_leave(&self.people, n->person);
		msg_who_deinit(&who);
	}
	free(n);
	return err_pass(r);
}

static int
on_who_left(struct channel *c, struct cursor *in, int fd)
{
	struct conn_node *n;
	uint64_t conn;
	uint32_t edge;

	(void)c;
	(void)fd;
	if (msg_who_left_get(in, &edge, &conn) != 0)
		return -EBADMSG;
	n = conns_find(&self.conns, edge, conn);
	if (n != NULL) {
		conns_remove(&self.conns, n);
		people_leave(&self.people, ((struct named *)n)->person);
		free(n);
	}
	return 0;
}

static void
edge_gone(struct channel *c, const char *why)
{
	(void)why;
	channel_close(c);
}

static void
peer_gone(struct channel *c, const char *why)
{
	(void)why;
	channel_close(c);
	child_fatal(&self.child, c->peer, 0);
}

#define ROWS(r, gone) { r, sizeof(r) / sizeof((r)[0]), gone }

static int
on_peer(struct channel *c, struct cursor *in, int fd)
{
	static const struct frame_rule edge_rules[] = {
		{ MSG_SIGN, CHILD_IN(0), false, false, 512, on_sign, "sign" },
	};
	static const struct frame_rule dispatcher_rules[] = {
		{ MSG_SIGN_COMMAND, CHILD_IN(0), false, false, 512, on_sign_command, "sign_command" },
	};
	static const struct frame_rule verifier_rules[] = {
		{ MSG_WHO, CHILD_IN(0), false, false, FRAME_MAX, on_who, "who" },
		{ MSG_WHO_LEFT, CHILD_IN(0), false, false, 12, on_who_left, "who_left" },
	};
	static const struct channel_ops edge_ops = ROWS(edge_rules, edge_gone);
	static const struct channel_ops dispatcher_ops = ROWS(dispatcher_rules, peer_gone);
	static const struct channel_ops verifier_ops = ROWS(verifier_rules, peer_gone);
	enum role role;
	unsigned index;

	(void)c;
	if (msg_peer_get(in, &role, &index) == 0 && index < SIGNER_EDGES) {
		/* one that takes the place of another: the end of that one may not have been read yet */
		if (role == ROLE_EDGE)
			channel_end(&self.edge[index], "replaced");
		if (role == ROLE_EDGE)
			return channel_open(&self.edge[index], &self.child.loop, fd, "edge", index, &edge_ops);
		if (role == ROLE_DISPATCHER)
			return channel_open(&self.dispatcher, &self.child.loop, fd, "dispatcher", 0, &dispatcher_ops);
		if (role == ROLE_VERIFIER)
			return channel_open(&self.verifier, &self.child.loop, fd, "verifier", 0, &verifier_ops);
	}
	close(fd);
	return -EBADMSG;
}

static int
on_start(struct channel *c, struct cursor *in, int fd)
{
	(void)in;
	(void)fd;
	if (self.verifier.fd < 0 || (self.n_accounts == 0 && self.creds.jwt == NULL))
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
		{ MSG_FILE, CHILD_IN(CHILD_SET), false, true, 64, on_file, "file" },
		{ MSG_START, CHILD_IN(CHILD_SET), true, false, 0, on_start, "start" },
		{ MSG_STOP, CHILD_ALIVE, false, false, 0, child_on_stop, "stop" },
	};
	static const struct channel_ops ops = { rules, sizeof(rules) / sizeof(rules[0]), child_parent_gone };

	for (size_t i = 0; i < SIGNER_EDGES; i++)
		self.edge[i].fd = -1;
	self.dispatcher.fd = self.verifier.fd = -1;
	child_begin(&self.child, ROLE_SIGNER, &ops);
	child_run(&self.child);
}
