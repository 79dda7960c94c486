/*
 * handshake - see handshake.h. Trusts nobody: an operation that does not belong to the state ends
 * the connection, an upstream included. The client's CONNECT is never forwarded; what we say
 * upstream is made from values.
 */
#include "gateway/auth/handshake.h"

#include <stdio.h>

static const char violation[] = "Authorization Violation";

void
handshake_init(struct handshake *h, const char *nonce)
{
	*h = (struct handshake){ .state = HANDSHAKE_NEW };
	snprintf(h->nonce, sizeof(h->nonce), "%s", nonce);
}

void
handshake_deinit(struct handshake *h)
{
	connect_deinit(&h->connect);
	h->state = HANDSHAKE_OVER;
}

/* refuse() - the one way out. */
static enum handshake_order
refuse(struct handshake *h, const char *error, const char *why)
{
	h->state = HANDSHAKE_OVER;
	h->error = error;
	h->why = why;
	return HANDSHAKE_REFUSE;
}

/* judge_connect() - a CONNECT was decoded to @r: may it be verified? */
static enum handshake_order
judge_connect(struct handshake *h, int r)
{
	const struct nats_connect *c = &h->connect;

	if (r == CONNECT_PROTOCOL)
		return refuse(h, "invalid client protocol", "bad_protocol");
	if (r == CONNECT_NO_RESPONDERS)
		return refuse(h, "no responders requires headers support", "no_responders_without_headers");
	if (r != 0)
		return refuse(h, violation, r == CONNECT_BAD ? "bad_connect" : "out_of_memory");
	if (h->certified && c->jwt == NULL && c->sig == NULL && c->user == NULL && c->pass == NULL &&
	    c->auth_token == NULL && c->nkey == NULL) {
		h->state = HANDSHAKE_VERIFYING;
		return HANDSHAKE_VERIFY;
	}
	if (c->jwt == NULL)
		return refuse(h, violation,
		    c->user != NULL || c->pass != NULL || c->auth_token != NULL ? "password_login" :
			c->nkey != NULL						    ? "nkey_without_jwt" :
										      "anonymous");
	if (c->sig == NULL)
		return refuse(h, violation, "no_signature");
	h->state = HANDSHAKE_VERIFYING;
	return HANDSHAKE_VERIFY;
}

enum handshake_order
handshake_on_client(struct handshake *h, const struct nats_op *op)
{
	if (h->state != HANDSHAKE_NEW)
		return refuse(h, "Unknown Protocol Operation", "spoke_out_of_turn");
	if (op->kind != NATS_CONNECT)
		return refuse(h, violation, "no_connect");
	return judge_connect(h, connect_decode(&h->connect, op->json));
}

enum handshake_order
handshake_on_verdict(struct handshake *h, bool admitted, const char *error, const char *why)
{
	if (h->state != HANDSHAKE_VERIFYING)
		return HANDSHAKE_WAIT;
	if (!admitted)
		return refuse(h, error != NULL ? error : violation, why);
	h->state = HANDSHAKE_DIALLING;
	return HANDSHAKE_DIAL;
}

enum handshake_order
handshake_on_dialled(struct handshake *h, bool connected)
{
	if (h->state != HANDSHAKE_DIALLING)
		return HANDSHAKE_WAIT;
	/* no -ERR: clients take an unknown text for a final no, and a plain close for "try again" */
	if (!connected)
		return refuse(h, NULL, "upstream_unreachable");
	h->state = HANDSHAKE_GREETING;
	return HANDSHAKE_WAIT;
}

static enum handshake_order
on_greeting(struct handshake *h, const struct nats_op *op)
{
	if (op->kind != NATS_INFO || info_decode(&h->upstream, op->json) != 0)
		return refuse(h, NULL, "upstream_bad_info");
	if (h->upstream.tls_required && !h->upstream_tls)
		return refuse(h, NULL, "upstream_wants_tls");
	if (h->upstream.nonce[0] == '\0')
		return refuse(h, NULL, "upstream_without_nonce");
	if (h->upstream_tls && !h->upstream_secured) {
		/* the configuration asks for TLS; that INFO offers none changes nothing */
		if (!h->upstream.tls_required && !h->upstream.tls_available)
			return refuse(h, NULL, "upstream_without_tls");
		h->state = HANDSHAKE_SECURING;
		return HANDSHAKE_SECURE;
	}
	h->state = HANDSHAKE_SIGNING;
	return HANDSHAKE_SIGN;
}

enum handshake_order
handshake_on_secured(struct handshake *h, bool secured)
{
	if (h->state != HANDSHAKE_SECURING && h->state != HANDSHAKE_GREETING)
		return HANDSHAKE_WAIT;
	if (!secured)
		return refuse(h, NULL, "upstream_tls_failed");
	h->upstream_secured = true;
	if (h->state == HANDSHAKE_GREETING)
		return HANDSHAKE_WAIT;
	h->state = HANDSHAKE_SIGNING;
	return HANDSHAKE_SIGN;
}

enum handshake_order
handshake_on_upstream(struct handshake *h, const struct nats_op *op)
{
	if (h->state == HANDSHAKE_GREETING)
		return on_greeting(h, op);
	if (h->state != HANDSHAKE_LOGGING_IN)
		return refuse(h, NULL, "upstream_spoke_out_of_turn");
	switch (op->kind) {
	case NATS_PONG:
		h->state = HANDSHAKE_OPEN;
		return HANDSHAKE_READY;
	case NATS_ERR:
		return refuse(h, NULL, "upstream_refused_login");
	case NATS_OK:
	case NATS_PING:
	case NATS_INFO:
		return HANDSHAKE_WAIT;
	default:
		return refuse(h, NULL, "upstream_spoke_out_of_turn");
	}
}

enum handshake_order
handshake_on_signed(struct handshake *h, bool given)
{
	if (h->state != HANDSHAKE_SIGNING)
		return HANDSHAKE_WAIT;
	if (!given)
		return refuse(h, NULL, "no_upstream_login");
	h->state = HANDSHAKE_LOGGING_IN;
	return HANDSHAKE_LOGIN;
}

enum handshake_order
handshake_on_timeout(struct handshake *h)
{
	switch (h->state) {
	case HANDSHAKE_NEW:
	case HANDSHAKE_VERIFYING:
		return refuse(h, "Authentication Timeout", "auth_timeout");
	case HANDSHAKE_OPEN:
	case HANDSHAKE_OVER:
		return HANDSHAKE_WAIT;
	default:
		return refuse(h, NULL, "upstream_timeout");
	}
}

void
handshake_login(const struct handshake *h, struct buf *out, struct bytes jwt, struct bytes sig, struct bytes name)
{
	struct nats_login l = {
		.jwt = jwt,
		.sig = sig,
		.name = name,
		.echo = h->connect.echo,
		/* what a client cannot read the relay takes off: a command's stamp is in its headers */
		.headers = h->upstream.headers,
		.no_responders = h->connect.no_responders && h->upstream.headers,
	};

	connect_encode(out, &l);
}
