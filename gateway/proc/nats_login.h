/*
 * nats_login - a token and its key, as nats.c asks for them: the key stays where it is, the library is
 * given signatures.
 *
 * nats.c 3.4.1 takes a signature that begins with a zero byte for none and sends none (src/util.c, _base64Encode):
 * one login in 256 is refused for it. With another nonce it is another signature.
 */
#ifndef GATEWAY_PROC_NATS_LOGIN_H
#define GATEWAY_PROC_NATS_LOGIN_H

#include <nats/nats.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "policy/identity/nkey.h"

struct nats_login {
	const char *jwt;              /* borrowed, as the key: both outlive the connection */
	const struct nkey_pair *key;
	atomic_bool dropped; /* the last signature began with a zero byte, and was not sent */
};

/* nats_login_set() - @o logs in as @l, which stays where it is for as long as the connection is made. */
natsStatus nats_login_set(natsOptions *o, struct nats_login *l);
/* nats_login_connect() - as natsConnection_Connect(); again where it was refused only because nothing was signed. */
natsStatus nats_login_connect(natsConnection **c, natsOptions *o, const struct nats_login *l);

#endif
