/*
 * parent_kinds - the providers this host brings along, by their references, and what they say of
 * themselves.
 */
#ifndef HOST_PROC_PARENT_KINDS_H
#define HOST_PROC_PARENT_KINDS_H

#include "host/proc/parent_priv.h"

struct kind {
	const char *name, *contract;
	const char *key; /* NULL: made of the name */
	bool asks;       /* it begins calls; others are only asked */
};

/* kind_of() - by reference; NULL: none of ours. */
const struct kind *kind_of(struct bytes ref);
/* kind_named() - is it meant to be one of ours? */
bool kind_named(struct bytes ref);
/* kind_key() - its key, in text. */
void kind_key(const struct kind *k, char out[NKEY_TEXT_LEN + 1]);
/* kind_claims() - as if it had been signed under @key. Return: 0, -ENOMEM: model_claims_deinit()
 * all the same. */
int kind_claims(const struct kind *k, const char *key, struct model_claims *out) must_check;

#endif
