/*
 * signer_stamps - commands that wait for their stamps: those asked for in one turn of the loop share a
 * signature (policy/identity/stamp_batch.h), and one alone does not wait for others.
 */
#ifndef GATEWAY_PROC_SIGNER_STAMPS_H
#define GATEWAY_PROC_SIGNER_STAMPS_H

#include <uv.h>

#include "gateway/proc/msg_signer.h"
#include "policy/identity/stamp_batch.h"

struct signer_stamps {
	struct stamp_batch batch;
	uint64_t job[STAMP_BATCH];
	uint8_t number[STAMP_BATCH][STAMP_ID_LEN];
	uv_prepare_t prepare;
	struct channel *to;
	const struct nkey_pair *by;
};

/* signer_stamps_begin() - @s zeroed; @to, who asks and is answered, and the key @by outlive it. */
void signer_stamps_begin(
    struct signer_stamps *s, uv_loop_t *loop, struct channel *to, const struct nkey_pair *by);
/* signer_stamps_add() - answered before the loop sleeps, or at once when no more go into one signature. */
void signer_stamps_add(struct signer_stamps *s, const struct msg_stamp *m);
/* signer_stamps_drop() - who asked is gone. */
void signer_stamps_drop(struct signer_stamps *s);

#endif
