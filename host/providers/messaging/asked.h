/*
 * asked - requests of an actor that wait for their answers, each under a name that only its answer
 * can have. Pure: the clock is the caller's.
 */
#ifndef HOST_PROVIDERS_MESSAGING_ASKED_H
#define HOST_PROVIDERS_MESSAGING_ASKED_H

#include "policy/core/bytes.h"
#include "policy/core/err.h"

enum { ASKED_MAX = 256, ASKED_NAME = 32 };

/* Zeroed: none waits. */
struct asked {
	struct {
		uint64_t id; /* 0: free */
		uint64_t until_ms;
		uint32_t turn;
	} at[ASKED_MAX];
	size_t n;
};

/* asked_put() - one more; @name ends the subject of its answer. Return: is there room for it? */
bool asked_put(struct asked *a, uint64_t id, uint64_t until_ms, char name[ASKED_NAME]) must_check;
/* asked_take() - an answer has come to @name. Return: whose, who waits no more; 0: nobody's. */
uint64_t asked_take(struct asked *a, struct bytes name);
/* asked_late() - one whose time is up at @now_ms, who waits no more; 0: none. UINT64_MAX: any. */
uint64_t asked_late(struct asked *a, uint64_t now_ms);

#endif
