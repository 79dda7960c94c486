/*
 * stand_in - what an actor asks others, answered here by something small, so that it can be tried
 * without a lattice. What is asked comes from a guest that may be hostile: every stand-in has a
 * ceiling, reaches no file and no network, and knows nothing worth asking for.
 */
#ifndef GATEWAY_CLI_STAND_IN_H
#define GATEWAY_CLI_STAND_IN_H

#include "policy/core/buf.h"

struct stand_in {
	const char *word;     /* of --link */
	const char *contract; /* what actors ask for; NULL: as ->is_of() says */
	/* is_of() - does it answer this contract? */
	bool (*is_of)(const void *state, struct bytes contract);
	void *(*make)(void); /* NULL when there is no memory */
	void (*free)(void *state);
	/*
	 * ask() - one operation; @into gets the answer, or the text of an error when *ok is false.
	 * Return: 0; not 0 when there is no memory.
	 */
	int (*ask)(
	    void *state, struct bytes operation, struct bytes payload, struct buf *into, bool *ok);
};

/* A key-value store in memory (wasmcloud:keyvalue, operations of 2021 and later). */
extern const struct stand_in stand_in_keyvalue;
/* Lines to standard error (wasmcloud:logging, wasmcloud:builtin:logging). */
extern const struct stand_in stand_in_logging;
/* Answers of a document: {"contract":"...","answers":{"Operation": ANSWER, ...}}. */
extern const struct stand_in stand_in_canned;

/*
 * canned_read() - the state of stand_in_canned from a document: an answer is any JSON, null for one
 * of no bytes, {"$error": TEXT} for a refusal. Return: 0, 1 with @why filled, -ENOMEM.
 */
int canned_read(void **state, struct bytes json, char *why, size_t why_room) must_check;

/* stand_in_fail() - the text of an error as the answer. Return: 0. */
int stand_in_fail(struct buf *into, bool *ok, const char *why);

#endif
