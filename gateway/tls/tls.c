/*
 * tls - see tls.h. The library reads and writes the socket; when, the stream says.
 *
 * Reading ahead is off and one record is taken at a time into room for a whole one, so nothing that
 * was taken from the kernel stays in here unseen: the loop may trust the socket alone. An idle
 * connection owns no buffers.
 */
#include "gateway/tls/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "gateway/tls/context_priv.h"

struct tls {
	struct layer layer; /* first */
	struct tls_context *context;
	SSL *ssl;
	int over;           /* what recv() has to tell yet: -EPIPE or an error */
	uint64_t asked;     /* messages of the handshake that came after it: new keys, mostly */
	uint64_t in_bytes;  /* that came */
};

/* So many a peer may send for nothing, and one more for each so many bytes of its own. */
enum { ASKED_FREE = 16, ASKED_PER = 256 * 1024 };

static struct tls *
of(struct layer *l)
{
	return (struct tls *)l;
}

/* name_server() - whom the other side must prove to be. */
static bool
name_server(SSL *ssl, const struct tls_context *c)
{
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (!c->named)
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), c->name) == 1;
	return SSL_set1_host(ssl, c->name) == 1 && SSL_set_tlsext_host_name(ssl, c->name) == 1;
}

/* on_message() - OpenSSL's word on each message: those of a handshake that is over are counted. */
static void
on_message(int written, int version, int type, const void *p, size_t n, SSL *ssl, void *arg)
{
	struct tls *t = (struct tls *)arg;

	(void)version;
	(void)p;
	(void)n;
	(void)ssl;
	if (!written && type == SSL3_RT_HANDSHAKE && t->layer.ready)
		t->asked++;
}

/* asks_too_much() - each costs us a key schedule or an alert, and it next to nothing. */
static bool
asks_too_much(const struct tls *t)
{
	return t->asked > ASKED_FREE + t->in_bytes / ASKED_PER;
}

static int
begin(struct layer *l, int fd)
{
	struct tls *t = of(l);

	t->ssl = SSL_new(t->context->ssl);
	if (t->ssl == NULL || SSL_set_fd(t->ssl, fd) != 1 ||
	    (t->context->client && !name_server(t->ssl, t->context))) {
		ERR_clear_error();
		return err_raise(-ENOMEM);
	}
	SSL_set_msg_callback(t->ssl, on_message);
	SSL_set_msg_callback_arg(t->ssl, t);
	if (t->context->client)
		SSL_set_connect_state(t->ssl);
	else
		SSL_set_accept_state(t->ssl);
	return 0;
}

/* reason() - of a failed handshake, in words that are constants of the library. */
static const char *
reason(SSL *ssl)
{
	unsigned long e = ERR_peek_last_error();
	long verify = SSL_get_verify_result(ssl);

	if (verify != X509_V_OK)
		return X509_verify_cert_error_string(verify);
	return e != 0 ? ERR_reason_error_string(e) : NULL;
}

/* answer() - what OpenSSL's last word means for the stream. Return: -EAGAIN, -EPIPE, -EPROTO. */
static int
answer(struct tls *t, int r)
{
	int e = SSL_get_error(t->ssl, r), system = errno;
	int out = -EPROTO;

	switch (e) {
	case SSL_ERROR_WANT_WRITE:
		t->layer.want_write = true;
		return -EAGAIN;
	case SSL_ERROR_WANT_READ:
		return -EAGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return -EPIPE;
	case SSL_ERROR_SYSCALL:
		out = system != 0 ? -system : -EPIPE;
		break;
	default:
		t->layer.why = reason(t->ssl);
		break;
	}
	ERR_clear_error();
	return out == -EAGAIN ? -EPROTO : out;
}

static int
handshake(struct layer *l)
{
	struct tls *t = of(l);
	int r;

	ERR_clear_error();
	errno = 0;
	r = SSL_do_handshake(t->ssl);
	if (r != 1)
		return answer(t, r);
	l->ready = true;
	l->want_write = false;
	return 0;
}

static ssize_t
take_in(struct layer *l, void *to, size_t room)
{
	struct tls *t = of(l);
	size_t got = 0;

	if (t->over != 0)
		return t->over == -EPIPE ? 0 : t->over;
	ERR_clear_error();
	while (room - got >= LAYER_RECORD) {
		size_t n = 0;
		int r;

		errno = 0;
		r = SSL_read_ex(t->ssl, (uint8_t *)to + got, room - got, &n);
		if (r == 1) {
			got += n;
			t->in_bytes += n;
			continue;
		}
		r = answer(t, r);
		if (r == -EAGAIN && asks_too_much(t)) {
			l->why = "too many new keys or handshakes asked for";
			r = -EPROTO;
		}
		if (got > 0 && r != -EAGAIN) {
			/* what came before it is given first */
			t->over = r;
			l->over = true;
		}
		if (got > 0)
			break;
		return r == -EPIPE ? 0 : r;
	}
	return (ssize_t)got;
}

static ssize_t
put_out(struct layer *l, const void *from, size_t len)
{
	struct tls *t = of(l);
	size_t n = 0;
	int r;

	ERR_clear_error();
	errno = 0;
	r = SSL_write_ex(t->ssl, from, len, &n);
	if (r == 1)
		return (ssize_t)n;
	r = answer(t, r);
	if (r == -EAGAIN) {
		/* the stream waits for the socket by itself */
		l->want_write = false;
	}
	return r;
}

static void
shut(struct layer *l)
{
	if (l->ready)
		SSL_shutdown(of(l)->ssl);
	ERR_clear_error();
}

static void
release(struct layer *l)
{
	struct tls *t = of(l);

	SSL_free(t->ssl);
	tls_context_free(t->context);
	free(t);
}

struct layer *
tls_layer_new(struct tls_context *c)
{
	static const struct layer_ops ops = { begin, handshake, take_in, put_out, shut, release };
	struct tls *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->layer.ops = &ops;
	t->context = c;
	c->refs++;
	return &t->layer;
}

/* put_der() - one certificate. */
static void
put_der(struct buf *out, X509 *x)
{
	unsigned char *der = NULL;
	int n = i2d_X509(x, &der);

	if (n > 0)
		buf_put_sized(out, bytes_of(der, (size_t)n));
	OPENSSL_free(der);
	ERR_clear_error();
}

void
tls_peer_chain(struct layer *l, struct buf *out)
{
	SSL *ssl = of(l)->ssl;
	X509 *own = SSL_get0_peer_certificate(ssl);
	STACK_OF(X509) *rest = SSL_get_peer_cert_chain(ssl);

	if (!l->ready || own == NULL)
		return;
	put_der(out, own);
	/* of a client these are the others, without its own */
	for (int i = 0; i < sk_X509_num(rest); i++)
		put_der(out, sk_X509_value(rest, i));
}
