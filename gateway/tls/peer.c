/*
 * peer - see peer.h. The chain is built anew, by roots held in memory, with the purpose of a TLS
 * client, at the time that is told; OpenSSL looks at signatures, dates, basic constraints, name constraints and
 * key usage. Lists of revoked certificates are not read.
 *
 * Names are the other half. One with a NUL, a line feed or a byte beyond ASCII would read differently
 * in a log, in a comparison and to a person, and one with a star names nobody, so a certificate that
 * has such a name is not believed at all: it was made by somebody who tried something.
 */
#include "gateway/tls/peer.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#include "policy/core/buf.h"

enum { STRENGTH = 2 }; /* OpenSSL's level: 112 bits, as the handshake asks for */

struct peer_roots {
	X509_STORE *store;
	size_t n;
	uint8_t (*hash)[32];
};

static int
say(char why[TLS_WHY], int answer, const char *text)
{
	snprintf(why, TLS_WHY, "%s", text);
	ERR_clear_error();
	return answer;
}

static bool
hash_of(const X509 *x, uint8_t out[32])
{
	unsigned n = 0;

	return X509_digest(x, EVP_sha256(), out, &n) == 1 && n == 32;
}

/* ---- roots ---- */

static int
add_root(struct peer_roots *r, X509 *x)
{
	uint8_t(*more)[32] = reallocarray(r->hash, r->n + 1, sizeof(*more));

	if (more == NULL)
		return err_raise(-ENOMEM);
	r->hash = more;
	if (!hash_of(x, more[r->n]) || X509_STORE_add_cert(r->store, x) != 1)
		return err_raise(-ENOMEM);
	r->n++;
	return 0;
}

int
peer_roots_new(struct peer_roots **out, struct bytes pem, char why[TLS_WHY])
{
	struct peer_roots *r = calloc(1, sizeof(*r));
	BIO *in = pem.len > 0 ? BIO_new_mem_buf(pem.ptr, (int)pem.len) : NULL;
	int e = 0;
	X509 *x;

	if (r != NULL)
		r->store = X509_STORE_new();
	if (r == NULL || r->store == NULL)
		e = err_raise(-ENOMEM);
	while (e == 0 && in != NULL && (x = PEM_read_bio_X509(in, NULL, NULL, NULL)) != NULL) {
		e = add_root(r, x);
		X509_free(x);
	}
	BIO_free(in);
	ERR_clear_error(); /* the end of the text is an error, to it */
	if (e == 0 && r->n == 0)
		e = say(why, TLS_UNUSABLE, "the CA file holds no certificate");
	if (e != 0) {
		peer_roots_free(r);
		return err_pass(e);
	}
	*out = r;
	return 0;
}

void
peer_roots_free(struct peer_roots *r)
{
	if (r == NULL)
		return;
	X509_STORE_free(r->store);
	free(r->hash);
	free(r);
}

bool
peer_roots_have(const struct peer_roots *r, const uint8_t root[32])
{
	for (size_t i = 0; i < r->n; i++)
		if (memcmp(r->hash[i], root, sizeof(r->hash[i])) == 0)
			return true;
	return false;
}

/* ---- the chain ---- */

/* read_chain() - all of them, the client's own first. Return: NULL when these are no certificates. */
static STACK_OF(X509) *
read_chain(struct bytes chain)
{
	STACK_OF(X509) *all = sk_X509_new_null();
	struct cursor in = { chain, false };
	bool ok = all != NULL;

	while (ok && in.in.len > 0) {
		struct bytes der = cursor_sized(&in, PEER_CHAIN_MAX);
		const unsigned char *p = der.ptr;
		X509 *x = in.failed ? NULL : d2i_X509(NULL, &p, (long)der.len);

		ok = x != NULL && p == der.ptr + der.len && sk_X509_num(all) < TLS_CHAIN_MAX &&
		     sk_X509_push(all, x) > 0;
		if (!ok)
			X509_free(x);
	}
	if (ok)
		return all;
	sk_X509_pop_free(all, X509_free);
	return NULL;
}

static bool
unix_time(const ASN1_TIME *t, int64_t *out)
{
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	int days, seconds;
	bool ok = epoch != NULL && ASN1_TIME_diff(&days, &seconds, epoch, t) == 1;

	ASN1_TIME_free(epoch);
	if (ok)
		*out = (int64_t)days * 24 * 3600 + seconds;
	return ok;
}

/* take_times() - it is over when any of those it rests on is. */
static bool
take_times(const STACK_OF(X509) *built, struct peer *out)
{
	int64_t end;

	if (!unix_time(X509_get0_notBefore(sk_X509_value(built, 0)), &out->from_s))
		return false;
	for (int i = 0; i < sk_X509_num(built); i++) {
		if (!unix_time(X509_get0_notAfter(sk_X509_value(built, i)), &end))
			return false;
		if (i == 0 || end < out->until_s)
			out->until_s = end;
	}
	return true;
}

/* verify() - does it lead to a root, now, for a client? */
static int
verify(const struct peer_roots *r, STACK_OF(X509) *all, int64_t now_s, struct peer *out, char why[TLS_WHY])
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *param;
	STACK_OF(X509) *built;
	int e = 0;

	if (ctx == NULL || X509_STORE_CTX_init(ctx, r->store, sk_X509_value(all, 0), all) != 1) {
		X509_STORE_CTX_free(ctx);
		ERR_clear_error();
		return err_raise(-ENOMEM);
	}
	param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_time(param, (time_t)now_s);
	X509_VERIFY_PARAM_set_depth(param, TLS_CHAIN_MAX);
	X509_VERIFY_PARAM_set_auth_level(param, STRENGTH);
	if (X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_CLIENT) != 1)
		e = err_raise(-ENOMEM);
	else if (X509_verify_cert(ctx) != 1)
		e = say(why, PEER_UNTRUSTED, X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
	built = e == 0 ? X509_STORE_CTX_get0_chain(ctx) : NULL;
	if (e == 0 && (!take_times(built, out) ||
			  !hash_of(sk_X509_value(built, sk_X509_num(built) - 1), out->root)))
		e = say(why, PEER_BAD, "a date in its chain cannot be read");
	X509_STORE_CTX_free(ctx);
	ERR_clear_error();
	return e;
}

/* ---- names ---- */

/* add_name() - Return: false when it is none to be believed. */
static bool
add_name(struct peer *out, const char *kind, struct bytes text, bool host)
{
	struct peer_name *n = &out->name[out->n_names];
	size_t head = strlen(kind);

	if (out->n_names == PEER_NAMES_MAX || text.len == 0 || text.len > PEER_NAME_MAX - head)
		return false;
	memcpy(n->text, kind, head);
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i];

		/* a subject has blanks, and a star in it is a star: it is compared whole */
		if (c >= 0x7f || c < 0x20 || (strcmp(kind, "dn:") != 0 && (c == ' ' || c == '*')))
			return false;
		n->text[head + i] = (char)(host && c >= 'A' && c <= 'Z' ? c | 0x20 : c);
	}
	n->len = head + text.len;
	n->text[n->len] = '\0';
	out->n_names++;
	return true;
}

/* add_alternatives() - of one kind. Others (addresses, names of another form) say nothing here. */
static bool
add_alternatives(struct peer *out, const GENERAL_NAMES *all, int type, const char *kind)
{
	for (int i = 0; i < sk_GENERAL_NAME_num(all); i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(all, i);

		/* the three kinds are all an IA5String in the same place */
		if (g->type == type &&
		    !add_name(out, kind, bytes_of(ASN1_STRING_get0_data(g->d.ia5), (size_t)ASN1_STRING_length(g->d.ia5)),
			type == GEN_DNS))
			return false;
	}
	return true;
}

/* values_plain() - no value of the subject holds a control character. */
static bool
values_plain(const X509_NAME *subject)
{
	for (int i = 0; i < X509_NAME_entry_count(subject); i++) {
		const ASN1_STRING *v = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, i));
		unsigned char *text = NULL;
		int n = ASN1_STRING_to_UTF8(&text, v);
		bool plain = n >= 0;

		for (int k = 0; k < n && plain; k++)
			plain = text[k] >= 0x20 && text[k] != 0x7f;
		OPENSSL_free(text);
		if (!plain)
			return false;
	}
	return true;
}

/* add_subject() - in the words of RFC 2253: last part first, "," between parts, what is beyond ASCII as \XX. */
static bool
add_subject(struct peer *out, const X509 *x)
{
	const X509_NAME *subject = X509_get_subject_name(x);
	BIO *text = BIO_new(BIO_s_mem());
	char *p = NULL;
	bool ok = X509_NAME_entry_count(subject) == 0;

	if (!ok && text != NULL && values_plain(subject) &&
	    X509_NAME_print_ex(text, subject, 0, XN_FLAG_RFC2253) >= 0) {
		long n = BIO_get_mem_data(text, &p);

		ok = n > 0 && add_name(out, "dn:", bytes_of(p, (size_t)n), false);
	}
	BIO_free(text);
	return ok;
}

static int
take_names(const X509 *x, struct peer *out, char why[TLS_WHY])
{
	int critical = 0;
	GENERAL_NAMES *all = X509_get_ext_d2i(x, NID_subject_alt_name, &critical, NULL);
	bool ok = all != NULL || critical == -1; /* -2: there twice, or cannot be read */

	ok = ok && add_alternatives(out, all, GEN_EMAIL, "email:") &&
	     add_alternatives(out, all, GEN_DNS, "dns:") && add_alternatives(out, all, GEN_URI, "uri:") &&
	     add_subject(out, x) && out->n_names > 0;
	GENERAL_NAMES_free(all);
	return ok ? 0 : say(why, PEER_NAMES, "it has no name, or one that cannot be taken for what it looks like");
}

/* ---- all of it ---- */

int
peer_judge(
    const struct peer_roots *r, struct bytes chain, int64_t now_s, struct peer *out, char why[TLS_WHY])
{
	STACK_OF(X509) *all;
	uint8_t hash[32];
	int e;

	memset(out, 0, sizeof(*out));
	if (chain.len == 0)
		return say(why, PEER_NONE, "no certificate was shown");
	all = chain.len <= PEER_CHAIN_MAX ? read_chain(chain) : NULL;
	if (all == NULL)
		return say(why, PEER_BAD, "no certificates, or too many");
	e = hash_of(sk_X509_value(all, 0), hash) ? verify(r, all, now_s, out, why) : -ENOMEM;
	if (e == 0)
		e = take_names(sk_X509_value(all, 0), out, why);
	for (size_t i = 0; i < sizeof(hash) && e == 0; i++)
		snprintf(out->fingerprint + 2 * i, 3, "%02x", hash[i]);
	sk_X509_pop_free(all, X509_free);
	if (e != 0)
		memset(out, 0, sizeof(*out));
	ERR_clear_error();
	return e;
}
