/*
 * parent_fetch - one HTTP exchange, made by a process that can do nothing else (host/fetch): here its name is
 * resolved, its connection made, its walls' other side held, and what it leaves behind read.
 */
#ifndef HOST_PROC_PARENT_FETCH_H
#define HOST_PROC_PARENT_FETCH_H

#include "host/fetch/msg_fetch.h"
#include "host/lattice/oci.h"

struct fetch_ask {
	const struct oci_url *url;
	struct bytes accept, authorization;
	uint64_t max; /* bytes of the body */
};

struct fetch_got {
	struct fetch_result head; /* ->status 0: no answer, ->why */
	struct bytes body;        /* nobody else can change it */
};

/* Borrowed until the return. Called once, from the loop, never from within fetch_begin(). */
typedef void fetch_done(void *ctx, const struct fetch_got *got);

/* fetch_begin() - Return: 0; -ENOMEM, -EAGAIN: as many are under way as may be. */
int fetch_begin(const struct fetch_ask *ask, fetch_done *done, void *ctx) must_check;
/* fetch_end() - those under way end; nobody is told. */
void fetch_end(void);

#endif
