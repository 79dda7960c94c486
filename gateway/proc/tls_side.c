/*
 * tls_side - see tls_side.h. New certificates are tried before they are used: the signer must have
 * the key that belongs to them, or the old ones stay.
 */
#include "gateway/proc/tls_side.h"

#include <stdio.h>
#include <unistd.h>

#include "gateway/io/log.h"

/* make() - the context of one side, or NULL when it is in clear. */
static int
make(struct tls_side *t, const struct msg_tls_side *s, bool client, struct tls_context **out,
    char why[TLS_WHY])
{
	char name[256], ciphers[512];
	struct tls_options o = { .chain = s->chain,
		.signer = &t->hop.signer,
		.ca = s->ca,
		.min = s->min_1_3 ? TLS_MIN_1_3 : TLS_MIN_1_2,
		.ciphers = ciphers,
		.verify = s->verify,
		.name = name };
	int r;

	*out = NULL;
	if (!s->on)
		return 0;
	snprintf(name, sizeof(name), "%.*s", (int)s->name.len, (const char *)s->name.ptr);
	snprintf(
	    ciphers, sizeof(ciphers), "%.*s", (int)s->ciphers.len, (const char *)s->ciphers.ptr);
	r = client ? tls_client_new(out, &o, why) : tls_server_new(out, &o, why);
	if (r == 0)
		r = tls_context_try(*out, why);
	if (r != 0) {
		tls_context_free(*out);
		*out = NULL;
	}
	return err_pass(r);
}

int
tls_side_take(struct tls_side *t, const struct msg_tls *m, char why[TLS_WHY])
{
	struct tls_context *clients = NULL, *upstream = NULL;
	int r = make(t, &m->clients, false, &clients, why);

	if (r == 0)
		r = make(t, &m->upstream, true, &upstream, why);
	if (r != 0) {
		tls_context_free(clients);
		return err_pass(r);
	}
	tls_context_free(t->clients);
	tls_context_free(t->upstream);
	t->clients = clients;
	t->upstream = upstream;
	t->clients_first = m->clients.first;
	t->upstream_first = m->upstream.first;
	t->verify = m->clients.verify;
	t->identity = m->clients.identity;
	return 0;
}

struct layer *
tls_side_layer(struct tls_side *t, bool upstream)
{
	struct tls_context *c = upstream ? t->upstream : t->clients;

	return c != NULL ? tls_layer_new(c) : NULL;
}

int
tls_side_on_peer(struct tls_side *t, struct cursor *in, int fd)
{
	enum role role;
	unsigned index;

	if (msg_child_get(in, &role, &index) != 0 || role != ROLE_SIGNER) {
		close(fd);
		return -EBADMSG;
	}
	return tls_hop_open(&t->hop, fd);
}

int
tls_side_on_tls(struct tls_side *t, struct child *child, struct cursor *in)
{
	bool running = child->parent.state == CHILD_RUNNING;
	char why[TLS_WHY] = "out of memory";
	struct log_line l;
	struct msg_tls m;
	int r;

	if (msg_tls_get(in, &m) != 0)
		return -EBADMSG;
	r = tls_side_take(t, &m, why);
	if (r != 0 && !running)
		child_fatal(child, why, r < 0 ? r : 0);
	if (!running)
		return 0;
	log_begin(&l, r == 0 ? LOG_INF : LOG_ERR, r == 0 ? "tls_loaded" : "tls_refused");
	if (r != 0) {
		log_str(&l, "why", why);
		log_word(&l, "effect", "what_is_in_force_stays");
	}
	log_end(&l);
	return 0;
}
