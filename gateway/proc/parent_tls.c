/*
 * parent_tls - certificates and keys of TLS, on their way to who uses them: certificates as bytes
 * to edges and dispatcher, keys as open files to the signer, unread. Each of the former gets a
 * channel to the latter for signatures.
 *
 * Anew it goes in two steps, since a certificate is of no use before the signer has its key: the
 * keys first, and when it has taken them the certificates.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/io/log.h"
#include "gateway/proc/file.h"
#include "gateway/proc/msg_tls.h"
#include "gateway/proc/parent_priv.h"

enum { TLS_FILES = 6, TLS_SETTLE_MS = 500 };

/* speaks() - does it speak TLS? */
static bool
speaks(const struct kid *k)
{
	const struct config *c = parent.config;

	return (k->role == ROLE_EDGE && (c->tls.on || c->upstream_tls.on)) ||
	       (k->role == ROLE_DISPATCHER && c->upstream_tls.on);
}

/* listens() - does it get certificates and rules? The verifier judges what clients have shown. */
static bool
listens(const struct kid *k)
{
	return speaks(k) || (k->role == ROLE_VERIFIER && parent.config->tls.verify);
}

/* read_pem() - a public file's bytes; NULL: none. Return: 0, -errno after a log line. */
static int
read_pem(const char *path, struct buf *out)
{
	struct log_line l;
	int r;

	buf_init(out, MSG_TLS_PEM);
	r = path != NULL ? file_read(AT_FDCWD, path, out) : 0;
	if (r == 0)
		return 0;
	log_begin(&l, LOG_ERR, "file_not_read");
	log_str(&l, "file", path);
	log_errno(&l, r);
	log_end(&l);
	return err_pass(r);
}

/* read_side() - @chain and @ca are to be freed, whatever comes. */
static int
read_side(const struct config_tls *t, struct buf *chain, struct buf *ca, struct msg_tls_side *out)
{
	int r = read_pem(t->cert, chain), s = read_pem(t->ca, ca);

	*out = (struct msg_tls_side){ .on = t->on,
		.verify = t->verify,
		.identity = t->identity,
		.min_1_3 = t->min_1_3,
		.first = t->first,
		.chain = buf_bytes(chain),
		.ca = buf_bytes(ca),
		.ciphers = bytes_str(t->ciphers),
		.name = bytes_str(t->name) };
	return r != 0 ? r : s;
}

/* give() - rules and certificates to one of them. Return: 0, -errno. */
static int
give(struct kid *k)
{
	const struct config *c = parent.config;
	struct buf chain[2], ca[2];
	struct msg_tls m;
	int r = read_side(&c->tls, &chain[0], &ca[0], &m.clients);
	int s = read_side(&c->upstream_tls, &chain[1], &ca[1], &m.upstream);

	if (k->role == ROLE_VERIFIER)
		m.upstream = (struct msg_tls_side){ 0 };
	else if (k->role != ROLE_EDGE)
		m.clients = (struct msg_tls_side){ 0 };
	if (r == 0)
		r = s;
	if (r == 0)
		r = msg_tls_put(&k->channel, &m);
	for (size_t i = 0; i < 2; i++) {
		buf_deinit(&chain[i]);
		buf_deinit(&ca[i]);
	}
	channel_flush(&k->channel);
	return err_pass(r);
}

/* wire() - a socket pair between one that speaks and the signer. Return: 0, -errno. */
static int
wire(struct kid *k, struct kid *signer)
{
	int pair[2], r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return err_raise(-errno);
	r = msg_tls_peer_put(&k->channel, ROLE_SIGNER, signer->index, pair[0]);
	if (r != 0)
		close(pair[1]);
	else
		r = msg_tls_peer_put(&signer->channel, k->role, k->index, pair[1]);
	channel_flush(&k->channel);
	channel_flush(&signer->channel);
	return err_pass(r);
}

int
tls_wire(struct kid *k)
{
	struct kid *signer = kid_of(ROLE_SIGNER, 0);
	int r = 0;

	if (k->role == ROLE_SIGNER) {
		for (size_t i = 0; r == 0 && i < parent.n_kids; i++)
			if (parent.kid[i].alive && speaks(&parent.kid[i]))
				r = wire(&parent.kid[i], k);
		return err_pass(r);
	}
	if (k->role == ROLE_VERIFIER)
		return listens(k) ? give(k) : 0;
	if (!speaks(k) || signer == NULL || !signer->alive)
		return 0;
	r = wire(k, signer);
	return r == 0 ? give(k) : err_pass(r);
}

int
tls_keys(struct kid *signer)
{
	int r = children_secret(signer, "tls_key", parent.config->tls.key);
	int s = children_secret(signer, "upstream_tls_key", parent.config->upstream_tls.key);

	return r != 0 ? err_pass(r) : err_pass(s);
}

/* give_all() - to everybody who speaks; what cannot be read has been logged, and what is in force
 * stays. */
static void
give_all(void)
{
	for (size_t i = 0; i < parent.n_kids; i++)
		if (parent.kid[i].alive && parent.kid[i].channel.fd >= 0 && listens(&parent.kid[i]))
			(void)!give(&parent.kid[i]);
}

void
tls_reload(void)
{
	const struct config *c = parent.config;
	struct kid *signer = kid_of(ROLE_SIGNER, 0);

	parent.tls_keys_out =
	    (c->tls.key != NULL ? 1U : 0U) + (c->upstream_tls.key != NULL ? 1U : 0U);
	if (signer == NULL || !signer->alive || tls_keys(signer) != 0)
		parent.tls_keys_out = 0;
	else if (parent.tls_keys_out == 0)
		give_all(); /* only whom to believe may have changed */
}

int
tls_on_key_taken(struct channel *c, struct cursor *in, int fd)
{
	(void)c;
	(void)in;
	(void)fd;
	if (parent.tls_keys_out > 0 && --parent.tls_keys_out == 0)
		give_all();
	return 0;
}

/* ---- watching ---- */

static void
files_of(const char *out[TLS_FILES])
{
	const struct config *c = parent.config;
	const char *const all[TLS_FILES] = { c->tls.cert, c->tls.key, c->tls.ca,
		c->upstream_tls.cert, c->upstream_tls.key, c->upstream_tls.ca };

	memcpy(out, all, sizeof(all));
}

static void watch_all(void);

static void
on_settled(uv_timer_t *t)
{
	(void)t;
	if (parent.state != PARENT_RUNNING && parent.state != PARENT_LAME_DUCK)
		return;
	/* a folder may have been replaced as well */
	watch_all();
	tls_reload();
}

/*
 * on_changed() - certificate and key are two files: they are read when it has been quiet for a
 * moment, and when they do not belong together yet, what is in force stays until the other comes.
 */
static void
on_changed(uv_fs_event_t *e, const char *name, int events, int status)
{
	const char *file[TLS_FILES];
	/* what swaps a whole set of files at once turns a link with such a name */
	bool ours = name == NULL || strncmp(name, "..", 2) == 0;

	(void)e;
	(void)events;
	(void)status;
	files_of(file);
	for (size_t i = 0; !ours && i < TLS_FILES; i++)
		ours = file[i] != NULL && strcmp(strrchr(file[i], '/') + 1, name) == 0;
	if (ours)
		uv_timer_start(&parent.tls_timer, on_settled, TLS_SETTLE_MS, 0);
}

static void
watch_all(void)
{
	const char *file[TLS_FILES];
	char folder[4200];

	files_of(file);
	for (size_t i = 0; i < TLS_FILES; i++) {
		uv_fs_event_stop(&parent.watch_tls[i]);
		if (file[i] == NULL)
			continue;
		/* the path is absolute: there is a slash */
		snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(file[i], '/') - file[i] + 1),
		    file[i]);
		if (uv_fs_event_start(&parent.watch_tls[i], on_changed, folder, 0) != 0)
			log_event(LOG_WRN, "tls_not_watched");
	}
}

void
tls_watch(void)
{
	uv_timer_init(&parent.loop, &parent.tls_timer);
	for (size_t i = 0; i < TLS_FILES; i++)
		uv_fs_event_init(&parent.loop, &parent.watch_tls[i]);
	watch_all();
}
