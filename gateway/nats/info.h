/*
 * info - the INFO object: what an upstream said (strictly read, clamped), what we say to clients.
 * Rewriting rules: docs/PROTOCOL.md, INFO; nothing of the upstream's INFO is ever relayed as is.
 */
#ifndef GATEWAY_NATS_INFO_H
#define GATEWAY_NATS_INFO_H

#include "policy/core/buf.h"
#include "policy/core/bytes.h"
#include "policy/core/err.h"

enum info_answer {
	INFO_BAD = 1,
};

/* Of an upstream's INFO: only what we use. Strings are NUL-terminated, cut, printable ASCII. */
struct nats_info {
	char version[32];  /* x.y.z...; "0.0.0" when absent or odd */
	char nonce[128];   /* empty: none */
	char domain[64];
	char server_name[64];
	bool auth_required, tls_required, tls_available, headers, jetstream, ldm;
	int64_t max_payload; /* clamped to 1..64 MiB; 1 MiB when absent */
	int64_t api_lvl;     /* 0 absent */
	const char *why;     /* of INFO_BAD */
};

/* info_decode() - Return: 0, INFO_BAD. Unknown members are ignored, duplicates are not. */
int info_decode(struct nats_info *i, struct bytes json) must_check;

/* What one client is told. */
struct nats_hello {
	const char *server_id;   /* N... */
	const char *server_name;
	const char *version;     /* the upstream's */
	const char *host;
	uint16_t port;
	uint64_t client_id;
	const char *client_ip;
	const char *nonce;
	int64_t max_payload;
	bool headers, jetstream, ldm;
	bool tls_required, tls_verify, tls_available;
	const char *domain; /* empty: left out */
	int64_t api_lvl;
};

/* info_encode() - the JSON of an INFO line. */
void info_encode(struct buf *out, const struct nats_hello *h);

#endif
