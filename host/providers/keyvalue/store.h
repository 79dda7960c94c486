/*
 * store - one database of SQLite in the provider's folder: values, lists and sets, each actor in a
 * space of its own unless its link says a shared one.
 *
 * What changes something is answered when it is on the disk: changes that come together are one
 * transaction, and none of them is answered before store_commit() returned 0.
 */
#ifndef HOST_PROVIDERS_KEYVALUE_STORE_H
#define HOST_PROVIDERS_KEYVALUE_STORE_H

#include "host/providers/keyvalue/kv_message.h"

enum { STORE_WHY = 160, STORE_SWEEP_S = 60 };

enum store_answer {
	STORE_REFUSED = 1, /* what was asked cannot be done; the reason is for who asked */
	STORE_FULL,        /* no room in the database or in an answer */
};

struct store;

/* store_open() - STORE_FILE in the working directory. @size: at most, in bytes. Return: 0, -errno
 * with @why. */
int store_open(struct store **out, uint64_t size, char why[STORE_WHY]) must_check;
void store_close(struct store *s);
/*
 * store_do() - one operation, at @now_s (unix time), in @space; the answer is put at @out's end
 * Return: 0; STORE_REFUSED, STORE_FULL with @why: nothing of it was done; -EIO: the database is
 * broken.
 */
int store_do(struct store *s, struct bytes space, const struct kv_op *op, int64_t now_s,
    struct buf *out, char why[STORE_WHY]) must_check;
/* store_changed() - has something changed that is not committed? */
bool store_changed(const struct store *s);
/* store_commit() - Return: 0 all changes since the last one are on the disk; -EIO: none of them is.
 */
int store_commit(struct store *s) must_check;

#endif
