/*
 * rpc_seen - which invocations were seen, so that a copy is not taken for another one.
 *
 * Two tables of digests, the current one and the one before, each good for one window; a digest is
 * found as long as what it stands for is fresh. A table that is full before its time makes what it
 * forgets stale: what cannot be told from a copy is refused. Constant memory.
 */
#ifndef HOST_LATTICE_RPC_SEEN_H
#define HOST_LATTICE_RPC_SEEN_H

#include "policy/core/bytes.h"
#include "policy/core/err.h"

enum { RPC_SEEN_ID = 16 };

enum rpc_seen_answer {
	RPC_SEEN_BEFORE = 1,
	RPC_SEEN_TOO_OLD, /* older than what is remembered */
};

struct rpc_seen;

/* rpc_seen_new() - room for @max in each table (a power of two is used), each for @window_s;
 * nothing older than @born_s is believed. Return: 0, -ENOMEM. */
int rpc_seen_new(struct rpc_seen **out, size_t max, int64_t window_s, int64_t born_s) must_check;
void rpc_seen_free(struct rpc_seen *s);
void rpc_seen_freep(struct rpc_seen **s);
/* rpc_seen_take() - @id: a digest (its bytes are the hash); @made_s: when it was made. Return: 0
 * (remembered now), or an answer. */
int rpc_seen_take(
    struct rpc_seen *s, const uint8_t id[RPC_SEEN_ID], int64_t made_s, int64_t now_s) must_check;

#endif
