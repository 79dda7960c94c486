/*
 * probe - one look at the upstream before anybody is served: what its INFO says, and that it does
 * refuse a stranger. A leaf that lets anybody in makes the gate worthless.
 */
#ifndef GATEWAY_PROC_PROBE_H
#define GATEWAY_PROC_PROBE_H

#include "gateway/io/stream.h"
#include "gateway/nats/info.h"
#include "gateway/nats/parser.h"
#include "gateway/proc/tls_side.h"

enum probe_result {
	PROBE_NONE = 0,
	PROBE_CLOSED_TO_STRANGERS, /* as it should be */
	PROBE_OPEN_TO_STRANGERS,   /* answered PONG to an anonymous CONNECT */
	PROBE_FAILED,              /* could not tell: closed, silent or not NATS */
};

struct probe {
	struct stream stream; /* first */
	struct nats_parser parser;
	struct nats_info info;
	uv_timer_t timer;
	struct tls_side *tls;
	bool greeted, asked;
	enum probe_result result;
	void (*done)(struct probe *p, enum probe_result result);
	const char *why; /* of PROBE_FAILED */
};

/* probe_start() - take a connected @fd; ->done is called once, from the loop. @tls: how to speak to it. */
void probe_start(struct probe *p, struct stream_room *room, int fd, struct tls_side *tls,
    void (*done)(struct probe *, enum probe_result));

#endif
