/*
 * secure - how the legs of a relay come to be under TLS, before anything that matters is said. What
 * the layer is made of, the edge knows (relay_ops.layer).
 */
#ifndef GATEWAY_RELAY_SECURE_H
#define GATEWAY_RELAY_SECURE_H

#include <stdbool.h>
#include <stdint.h>

/* When TLS begins, seen from INFO. */
enum secure_when {
	SECURE_NEVER = 0,
	SECURE_AFTER_INFO, /* INFO in clear, then the handshake */
	SECURE_FIRST,      /* the handshake, then INFO under it */
	SECURE_AUTO, /* as the client does: who says nothing for a moment is sent INFO (clients
			only) */
};

enum secure_state {
	SECURE_NONE = 0, /* in clear, and so it stays */
	SECURE_EXPECT,   /* the next byte of the other side belongs to its handshake */
	SECURE_SHAKING,  /* the layer is there, its handshake is not over */
	SECURE_DONE,
};

struct secure {
	enum secure_state client, upstream;
	bool greeted; /* the client was sent INFO */
};

struct relay;

/* secure_start() - a new client: INFO now, or when TLS stands. */
void secure_start(struct relay *r);
/* secure_greet() - SECURE_AUTO: the client said nothing for so long; INFO in clear. */
void secure_greet(struct relay *r);
/* secure_client() - the client is readable. Return: may operations be read now? */
bool secure_client(struct relay *r);
/* secure_upstream_begin() - its turn to be secured; nothing that came in clear is left. */
void secure_upstream_begin(struct relay *r);
/* secure_upstream() - the upstream is readable. Return: may operations be read now? */
bool secure_upstream(struct relay *r);

#endif
