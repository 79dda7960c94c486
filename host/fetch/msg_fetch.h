/*
 * msg_fetch - one HTTP exchange, as the host asks for it and as it came out: what portcullis-fetch finds in
 * memory and what it leaves there. Pure.
 *
 *   each text = length u32 | bytes (little endian), numbers as they are, in the order of the structs
 *
 * What is left behind was read from the network by a process that may be taken over: it is bounded
 * here and believed nowhere.
 */
#ifndef HOST_FETCH_MSG_FETCH_H
#define HOST_FETCH_MSG_FETCH_H

#include "policy/core/buf.h"
#include "policy/core/err.h"

enum {
	FETCH_REQUEST = 3, /* descriptors: struct fetch_request, sealed memory */
	FETCH_SOCKET = 4,  /* connected to ->host */
	FETCH_BODY = 5,    /* memory, where the body goes */
	FETCH_RESULT = 6,  /* memory, where struct fetch_result goes */
	FETCH_HOST = 255,
	FETCH_PATH = 8192,
	FETCH_ACCEPT = 1024,
	FETCH_AUTHORIZATION = 32 * 1024,
	FETCH_CA = 1024 * 1024,
	FETCH_HEADER = 8192, /* of one header that is told */
	FETCH_WHY = 400,
	FETCH_REQUEST_MAX = FETCH_CA + 64 * 1024,
	FETCH_RESULT_MAX = 4 * FETCH_HEADER,
};

struct fetch_request {
	bool tls;
	uint16_t port;
	uint64_t max; /* bytes of the body; a longer one is an error */
	struct bytes host, path, accept;
	struct bytes authorization; /* the header's value, or empty. A secret */
	struct bytes ca;            /* PEM; who the server has to be vouched for by */
};

struct fetch_result {
	uint32_t status; /* 0: there was no answer, ->why says it */
	uint64_t size;   /* of the body */
	struct bytes why, location, challenge, type;
};

void fetch_request_put(struct buf *b, const struct fetch_request *m);
/* fetch_request_get() - slices of @in. Return: false: not one, or beyond a ceiling. */
bool fetch_request_get(struct bytes in, struct fetch_request *m);
void fetch_result_put(struct buf *b, const struct fetch_result *m);
bool fetch_result_get(struct bytes in, struct fetch_result *m);

#endif
