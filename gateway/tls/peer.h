/*
 * peer - a client's certificate, judged by somebody who did not see the handshake: the verifier. From
 * bytes, by roots of its own and a clock that is told; only that the client has the key rests on the
 * word of whoever spoke TLS with it.
 */
#ifndef GATEWAY_TLS_PEER_H
#define GATEWAY_TLS_PEER_H

#include "gateway/tls/context.h"

enum {
	PEER_CHAIN_MAX = 32 * 1024, /* all of its certificates, with a length before each */
	PEER_NAMES_MAX = 32,
	PEER_NAME_MAX = 1000,
};

enum peer_answer {
	PEER_NONE = 1, /* no certificate was shown */
	PEER_BAD,      /* not certificates, or too many */
	PEER_UNTRUSTED, /* does not lead to a root of ours, or not now, or not for this */
	PEER_NAMES,    /* its names cannot be told apart from others, or there are too many */
};

struct peer_name {
	char text[PEER_NAME_MAX + 1]; /* "email:" "dns:" "uri:" "dn:" and the name; printable ASCII */
	size_t len;
};

struct peer {
	char fingerprint[65];        /* SHA-256 of the certificate, hex */
	uint8_t root[32];            /* SHA-256 of the root it leads to */
	int64_t from_s, until_s;     /* unix: of the certificate, and of what ends first in its chain */
	size_t n_names;
	struct peer_name name[PEER_NAMES_MAX]; /* e-mail addresses, hosts, URIs, then the subject */
};

struct peer_roots;
struct layer;

/* peer_roots_new() - from a PEM text. Return: 0 and *out given, TLS_UNUSABLE and @why, -ENOMEM. */
int peer_roots_new(struct peer_roots **out, struct bytes pem, char why[TLS_WHY]) must_check;
void peer_roots_free(struct peer_roots *r);
/* peer_roots_have() - is there a root with this SHA-256? */
bool peer_roots_have(const struct peer_roots *r, const uint8_t root[32]);
/*
 * peer_judge() - @chain: as of tls_peer_chain(). Return: 0 and *out, an answer and @why in words, -ENOMEM.
 */
int peer_judge(const struct peer_roots *r, struct bytes chain, int64_t now_s, struct peer *out,
    char why[TLS_WHY]) must_check;

#endif
