/*
 * lock - portcullis.lock: what the references of a manifest turned out to be, pinned.
 *
 *   version = 1
 *   actor "./counter_s.wasm" {
 *     id = M...
 *     issuer = A...
 *     revision = 3
 *     digest = sha256:...
 *   }
 *
 * In the grammar of our files (policy/core/text.h), in order of kind and reference, so that two
 * people's files compare. It holds no secret.
 */
#ifndef HOST_LATTICE_LOCK_H
#define HOST_LATTICE_LOCK_H

#include "policy/core/buf.h"
#include "policy/core/bytes.h"

enum { LOCK_MAX = 1024 * 1024, LOCK_ITEMS = 2048, LOCK_REF = 512, LOCK_KEY = 56, LOCK_DIGEST = 71 };

enum lock_kind { LOCK_NONE = 0, LOCK_ACTOR, LOCK_PROVIDER };

struct lock_item {
	enum lock_kind kind;
	char ref[LOCK_REF + 1];
	char key[LOCK_KEY + 1], issuer[LOCK_KEY + 1];
	char digest[LOCK_DIGEST + 1]; /* sha256: and 64 digits */
	int32_t revision;
};

struct lock {
	struct lock_item *item;
	size_t n;
};

enum lock_answer {
	LOCK_BAD = 1, /* the report says what and where */
};

/* How what is there differs from what was pinned. */
enum lock_drift {
	LOCK_AS_PINNED = 0,
	LOCK_NOT_PINNED, /* no line for this reference */
	LOCK_OTHER_KEY,
	LOCK_OTHER_ISSUER,
	LOCK_OLDER,       /* a lower revision */
	LOCK_NEWER,       /* same key and issuer, a higher revision */
	LOCK_OTHER_BYTES, /* same revision, another digest */
};

int lock_read(struct lock *l, const char *file, struct bytes text,
    struct buf *report) must_check; /* 0, LOCK_BAD, -ENOMEM */
void lock_deinit(struct lock *l);
/* lock_put() - the whole file, sorted. */
void lock_put(struct buf *b, const struct lock *l);
/* lock_set() - add or replace the line of this kind and reference. 0, LOCK_BAD (no ref, full),
 * -ENOMEM */
int lock_set(struct lock *l, const struct lock_item *item) must_check;
const struct lock_item *lock_find(const struct lock *l, enum lock_kind kind, const char *ref);
/* lock_drift() - what is found against what is pinned; lock_drift_words() says it for people. */
enum lock_drift lock_drift(const struct lock *l, const struct lock_item *found);
const char *lock_drift_words(enum lock_drift d);
/* lock_accepts() - may it be used? @locked: only what is pinned. Else also what was never pinned, and
 * a higher revision of the same key by the same issuer; nothing else changes under a reference. */
bool lock_accepts(enum lock_drift d, bool locked);

#endif
