/*
 * tls_hop - having a TLS signature made by the signer: one question, and a bounded wait for the
 * answer. docs/adr says why the wait is a wait.
 */
#ifndef GATEWAY_PROC_TLS_HOP_H
#define GATEWAY_PROC_TLS_HOP_H

#include "gateway/proc/msg_tls.h"
#include "gateway/tls/key.h"

enum {
	TLS_HOP_MS =
	    500, /* as long as one signature may take, and with it everybody else here waits */
	TLS_HOP_FIRST_MS =
	    10000, /* the first one: the signer may still be starting, and nobody else waits */
	TLS_HOP_SICK_MS = 1000, /* after one that did not come: none is asked for */
};

struct tls_hop {
	struct tls_signer signer; /* first */
	struct channel channel;
	uv_loop_t *loop;
	uint64_t number; /* of the last question */
	bool met;        /* it has answered once */
	bool answered;
	uint8_t sig[TLS_SIGNED_MAX];
	size_t len;
	int64_t sick_until_ns;
	uint64_t asked, failed;
};

/* tls_hop_init() - not connected yet. */
void tls_hop_init(struct tls_hop *h, uv_loop_t *loop);
/* tls_hop_open() - the signer's end is @fd (taken); in place of an older one. Return: 0, -errno. */
int tls_hop_open(struct tls_hop *h, int fd) must_check;

#endif
