/*
 * check_tls - see check_tls.h. What edges and signer do together at the start is done here in one
 * process: the contexts are made, and the key signs for the certificate.
 */
#include "gateway/proc/check_tls.h"

#include <fcntl.h>
#include <stdio.h>

#include "gateway/proc/file.h"
#include "gateway/proc/msg_tls.h"
#include "gateway/tls/context.h"
#include "policy/core/wipe.h"

enum { SOON_S = 14 * 24 * 3600 };

#define AT_FILE(path) (&(const struct text){ .file = (char *)(uintptr_t)(path) })

/* The signer, in this process. */
struct local {
	struct tls_signer signer; /* first */
	struct tls_private *key;
};

static int
sign(struct tls_signer *s, const struct tls_sign *what, uint8_t sig[TLS_SIGNED_MAX], size_t *len)
{
	struct local *l = (struct local *)s;

	return l->key == NULL ? TLS_SIGN_REFUSED : tls_private_sign(l->key, what, sig, len);
}

/* read_key() - Return: can it be used, or is there none? */
static bool
read_key(const char *path, struct local *l, struct text_report *r)
{
	const char *why = "out of memory";
	struct buf text;
	int answer;

	if (path == NULL)
		return true;
	secret_buf_init(&text, TLS_KEY_FILE_MAX);
	answer = file_read(AT_FDCWD, path, &text);
	if (answer == 0) {
		answer = tls_private_read(&l->key, buf_bytes(&text), &why);
		if (answer != 0)
			text_error(r, AT_FILE(path), NULL, "%s", why);
	}
	secret_buf_deinit(&text);
	return answer == 0; /* a file that cannot be read is reported with its line already */
}

static void
check_times(const char *path, struct bytes pem, int64_t now_s, struct text_report *r)
{
	int64_t from_s, until_s;

	if (path == NULL || !tls_cert_times(pem, &from_s, &until_s))
		return;
	if (now_s >= until_s)
		text_warn(r, AT_FILE(path), NULL,
		    "the certificate has expired: nobody who looks will believe it");
	else if (until_s - now_s < SOON_S)
		text_warn(r, AT_FILE(path), NULL, "the certificate expires in %lld days",
		    (long long)((until_s - now_s) / (24 * 3600)));
	else if (now_s < from_s)
		text_warn(r, AT_FILE(path), NULL, "the certificate is not valid yet");
}

static void
check_side(const struct config_tls *t, bool client, int64_t now_s, struct text_report *r)
{
	struct local l = { .signer.sign = sign };
	struct tls_context *made = NULL;
	struct buf chain, ca;
	char why[TLS_WHY] = "out of memory";
	int answer;

	if (!t->on)
		return;
	buf_init(&chain, MSG_TLS_PEM);
	buf_init(&ca, MSG_TLS_PEM);
	if ((t->cert == NULL || file_read(AT_FDCWD, t->cert, &chain) == 0) &&
	    (t->ca == NULL || file_read(AT_FDCWD, t->ca, &ca) == 0) && read_key(t->key, &l, r)) {
		struct tls_options o = { .chain = buf_bytes(&chain),
			.signer = &l.signer,
			.ca = buf_bytes(&ca),
			.min = t->min_1_3 ? TLS_MIN_1_3 : TLS_MIN_1_2,
			.ciphers = t->ciphers,
			.verify = t->verify,
			.name = t->name };

		answer = client ? tls_client_new(&made, &o, why) : tls_server_new(&made, &o, why);
		if (answer == 0 && tls_context_try(made, why) != 0)
			text_error(r, AT_FILE(t->key), NULL,
			    "this is not the key of the certificate in %s", t->cert);
		else if (answer != 0)
			text_error(r, AT_FILE(t->cert != NULL ? t->cert : t->ca), NULL, "%s", why);
		check_times(t->cert, buf_bytes(&chain), now_s, r);
	}
	tls_context_free(made);
	tls_private_free(l.key);
	buf_deinit(&chain);
	buf_deinit(&ca);
}

void
check_tls(const struct config *c, int64_t now_s, struct text_report *r)
{
	if (c->tls.on || c->upstream_tls.on)
		tls_begin();
	check_side(&c->tls, false, now_s, r);
	check_side(&c->upstream_tls, true, now_s, r);
}
