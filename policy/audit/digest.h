/*
 * digest - SHA-256 as this log uses it: of plain bytes, of a record as a leaf, of two nodes.
 *
 * Leaf and node are RFC 6962's: SHA-256(00 | record), SHA-256(01 | left | right). The hash that
 * chains two records is the leaf hash too, so a record is hashed once.
 */
#ifndef POLICY_AUDIT_DIGEST_H
#define POLICY_AUDIT_DIGEST_H

#include "policy/core/buf.h"
#include "policy/core/bytes.h"
#include "policy/core/err.h"

enum {
	DIGEST_LEN = 32,
	DIGEST_HEX = 64,
	DIGEST_BASE64 = 44,
};

struct digest {
	uint8_t b[DIGEST_LEN];
};

/* A context that is used again and again. After a failure of the library it stays failed. */
struct hasher {
	struct SHA256state_st *ctx;
	bool failed;
};

/* hasher_init() - Return: 0, -ENOMEM. */
int hasher_init(struct hasher *h) must_check;
/* hasher_deinit() - NULL and half-built ones are fine. */
void hasher_deinit(struct hasher *h);
/* hasher_failed() - is what it gave out since hasher_init() to be thrown away? */
static inline bool
hasher_failed(const struct hasher *h)
{
	return h->failed;
}

struct digest digest_of(struct hasher *h, struct bytes s);
/* digest_leaf() - of a record: its line without the line feed. */
struct digest digest_leaf(struct hasher *h, struct bytes record);
struct digest digest_node(struct hasher *h, const struct digest *left, const struct digest *right);

/* hasher_begin(), hasher_more(), hasher_end() - of bytes that come in pieces; nothing else between.
 */
void hasher_begin(struct hasher *h);
void hasher_more(struct hasher *h, struct bytes s);
struct digest hasher_end(struct hasher *h);

static inline bool
digest_eq(const struct digest *a, const struct digest *b)
{
	return memcmp(a->b, b->b, DIGEST_LEN) == 0;
}
/* digest_put_hex(), digest_put_base64() - append; the second is RFC 4648 section 4, with padding.
 */
void digest_put_hex(struct buf *b, const struct digest *d);
void digest_put_base64(struct buf *b, const struct digest *d);
/* digest_from_hex() - exactly 64 lower-case digits? */
bool digest_from_hex(struct bytes s, struct digest *d);
/* digest_from_base64() - exactly the 44 characters digest_put_base64() writes? */
bool digest_from_base64(struct bytes s, struct digest *d);

#endif
