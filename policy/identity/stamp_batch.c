/*
 * stamp_batch - see stamp_batch.h. A level of the tree is computed in place over the one below it, and
 * each stamp takes its sibling on the way up: n leaves cost n - 1 nodes and one signature.
 *
 * Leaves, nodes and roots are hashed and signed with different first bytes, so none can be taken for
 * another; the depth is signed with the root, so a path of another length leads to nothing.
 */
#include "policy/identity/stamp_batch.h"

#include <assert.h>
#include <sodium.h>

static const char domain[] = "portcullis stamps v2"; /* its zero byte is signed too */

enum { ROOT_SIGNED = sizeof(domain) + 1 + STAMP_DIGEST_LEN };

static void
node(const uint8_t *left, const uint8_t *right, uint8_t out[STAMP_DIGEST_LEN])
{
	uint8_t both[1 + 2 * STAMP_DIGEST_LEN] = { 1 };

	memcpy(both + 1, left, STAMP_DIGEST_LEN);
	memcpy(both + 1 + STAMP_DIGEST_LEN, right, STAMP_DIGEST_LEN);
	crypto_hash_sha256(out, both, sizeof(both));
}

/* signed_root() - the bytes a signature is over. */
static void
signed_root(uint8_t depth, const uint8_t root[STAMP_DIGEST_LEN], uint8_t out[ROOT_SIGNED])
{
	memcpy(out, domain, sizeof(domain));
	out[sizeof(domain)] = depth;
	memcpy(out + sizeof(domain) + 1, root, STAMP_DIGEST_LEN);
}

void
stamp_batch_begin(struct stamp_batch *b, int64_t time_ms)
{
	b->n = 0;
	b->time_ms = time_ms;
}

int
stamp_batch_add(struct stamp_batch *b, const struct stamp_what *what, const uint8_t id[STAMP_ID_LEN])
{
	struct stamp *s = &b->stamp[b->n];
	int r;

	if (b->n == STAMP_BATCH)
		return STAMP_MALFORMED;
	*s = (struct stamp){ .time_ms = b->time_ms, .place = (uint8_t)b->n };
	memcpy(s->id, id, STAMP_ID_LEN);
	r = stamp_leaf(s, what, b->leaf[b->n]);
	if (r != 0)
		return err_pass(r);
	b->n++;
	return 0;
}

/* one_level() - @width hashes of level @level become half as many; each stamp notes what lay beside its way. */
static void
one_level(struct stamp_batch *b, size_t width, size_t level)
{
	for (size_t i = 0; i < b->n; i++)
		memcpy(b->stamp[i].path[level], b->leaf[(i >> level) ^ 1], STAMP_DIGEST_LEN);
	for (size_t i = 0; i < width / 2; i++)
		node(b->leaf[2 * i], b->leaf[2 * i + 1], b->leaf[i]);
}

void
stamp_batch_sign(struct stamp_batch *b, const struct nkey_pair *by)
{
	uint8_t text[ROOT_SIGNED], sig[NKEY_SIG_LEN], depth = 0;
	char key[STAMP_KEYID_LEN + 1];

	assert(b->n > 0 && b->n <= STAMP_BATCH);
	while ((size_t)1 << depth < b->n)
		depth++;
	for (size_t i = b->n; i < (size_t)1 << depth; i++)
		memset(b->leaf[i], 0, STAMP_DIGEST_LEN);
	for (size_t level = 0; level < depth; level++)
		one_level(b, (size_t)1 << (depth - level), level);
	signed_root(depth, b->leaf[0], text);
	nkey_sign(by, bytes_of(text, sizeof(text)), sig);
	stamp_key_id(&by->pub, key);
	for (size_t i = 0; i < b->n; i++) {
		b->stamp[i].depth = depth;
		memcpy(b->stamp[i].key, key, sizeof(key));
		memcpy(b->stamp[i].sig, sig, sizeof(sig));
	}
}

void
stamp_climb(const struct stamp *s, uint8_t hash[STAMP_DIGEST_LEN])
{
	for (size_t i = 0; i < s->depth; i++) {
		if ((s->place >> i & 1) != 0)
			node(s->path[i], hash, hash);
		else
			node(hash, s->path[i], hash);
	}
}

static bool
remembered(const struct stamp_roots *roots, const struct stamp_root *r)
{
	for (size_t i = 0; i < STAMP_ROOTS; i++) {
		const struct stamp_root *x = &roots->item[i];

		/* the signature too: another text for the same root is not the stamp that was checked */
		if (x->used && memcmp(x->root, r->root, sizeof(x->root)) == 0 && x->depth == r->depth &&
		    nkey_eq(&x->by, &r->by) && memcmp(x->sig, r->sig, sizeof(x->sig)) == 0)
			return true;
	}
	return false;
}

bool
stamp_root_signed(const struct stamp *s, const uint8_t root[STAMP_DIGEST_LEN], const struct nkey *k,
    struct stamp_roots *roots)
{
	struct stamp_root r = { .by = *k, .depth = s->depth, .used = true };
	uint8_t text[ROOT_SIGNED];

	memcpy(r.root, root, sizeof(r.root));
	memcpy(r.sig, s->sig, sizeof(r.sig));
	if (roots != NULL && remembered(roots, &r))
		return true;
	signed_root(s->depth, root, text);
	if (nkey_verify(k, bytes_of(text, sizeof(text)), bytes_of(s->sig, sizeof(s->sig))) != 0)
		return false;
	if (roots != NULL)
		roots->item[roots->next++ % STAMP_ROOTS] = r;
	return true;
}
