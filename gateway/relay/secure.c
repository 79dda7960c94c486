/*
 * secure - see secure.h. Where TLS is asked for, not one byte of a client is read in clear: the
 * first is looked at and left where it is, and it begins a handshake or the connection ends. So
 * nothing said in clear can reach the session. The upstream's INFO is the one thing that is read in
 * clear, where it comes before TLS; if anything follows it in clear, that is an attack and the
 * connection ends. What the configuration asks for is never given up because of what the other side
 * says.
 */
#include "gateway/relay/secure.h"

#include "gateway/relay/relay_priv.h"

enum { SECURE_HANDSHAKE_RECORD = 0x16 };

void
secure_start(struct relay *r)
{
	enum secure_when when = r->env->secure_clients;

	r->secure.client = when == SECURE_NEVER ? SECURE_NONE : SECURE_EXPECT;
	if (when == SECURE_NEVER || when == SECURE_AFTER_INFO)
		relay_greet(r);
}

void
secure_greet(struct relay *r)
{
	if (r->ending || r->secure.greeted || r->secure.client != SECURE_EXPECT)
		return;
	relay_greet(r);
	relay_flush(r);
}

/* begin() - the layer goes between a leg and its socket. */
static bool
begin(struct relay *r, struct leg *l, bool upstream)
{
	struct layer *layer = r->env->ops->layer(r, upstream);

	return layer != NULL && stream_secure(&l->stream, layer) == 0;
}

/* look() - what the client's first byte says. Return: is it TLS, and has it begun? */
static bool
look(struct relay *r)
{
	uint8_t first = 0;
	int answer = stream_peek(&r->client.stream, &first);

	if (answer == STREAM_BLOCKED)
		return false;
	if (answer != 0) {
		relay_end(r, NULL, answer == STREAM_END ? "client_closed" : "client_gone");
		return false;
	}
	if (first != SECURE_HANDSHAKE_RECORD) {
		relay_end(r, "Secure Connection - TLS Required", "tls_required");
		return false;
	}
	if (!begin(r, &r->client, false)) {
		relay_end(r, NULL, "tls_unavailable");
		return false;
	}
	r->secure.client = SECURE_SHAKING;
	return true;
}

bool
secure_client(struct relay *r)
{
	int answer;

	if (r->secure.client == SECURE_EXPECT && !look(r))
		return false;
	if (r->secure.client != SECURE_SHAKING)
		return true;
	answer = stream_handshake(&r->client.stream);
	if (answer == STREAM_BLOCKED)
		return false;
	if (answer != 0) {
		r->env->tls_failed++;
		relay_end(r, NULL, answer == STREAM_END ? "client_closed" : "tls_failed");
		return false;
	}
	r->secure.client = SECURE_DONE;
	r->env->tls_done++;
	if (!r->secure.greeted)
		relay_greet(r);
	relay_flush(r);
	return false; /* the socket says when there is more */
}

void
secure_upstream_begin(struct relay *r)
{
	if (!begin(r, &r->upstream, true)) {
		relay_end(r, NULL, "tls_unavailable");
		return;
	}
	r->secure.upstream = SECURE_SHAKING;
	(void)secure_upstream(r);
}

bool
secure_upstream(struct relay *r)
{
	int answer;

	if (r->secure.upstream != SECURE_SHAKING)
		return true;
	answer = stream_handshake(&r->upstream.stream);
	if (answer == STREAM_BLOCKED)
		return false;
	r->secure.upstream = SECURE_DONE;
	relay_obey(r, handshake_on_secured(&r->handshake, answer == 0));
	return false;
}
