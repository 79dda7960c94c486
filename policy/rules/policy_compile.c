/*
 * policy_compile - texts in, one snapshot out. Runs in the compiler process, which owns nothing
 * else.
 *
 * Passes over the trees: who includes whom, variables, accounts, then file by file lattices and
 * roles, then rules; then the parts are put behind a head. Warnings do not stop it; one error anywhere does, because
 * half a policy is another policy.
 */
#include <openssl/evp.h>
#include <stdio.h>

#include "policy/rules/policy_priv.h"

enum { PART_MAX = 64 << 20, INDEX_MAX_FILL = 2 };

/* Names of rules seen so far: an open table of offsets into the string section, for 100,000 rules.
 */
struct draft_index {
	size_t n, cap;
	struct pol_str *slot; /* len 0: free */
};

struct pol_str
draft_string(struct draft *d, struct bytes s)
{
	struct buf *b = &d->part[POL_STRINGS];
	struct pol_str out = { .off = (uint32_t)b->len, .len = (uint32_t)s.len };

	if (s.len != 0)
		buf_put(b, s);
	buf_put_u8(b, 0);
	if (buf_failed(b))
		out = (struct pol_str){ 0 };
	return out;
}

/* FNV-1a: names come from the operator's own files, nobody plays against this table. */
static size_t
index_hash(struct bytes s)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < s.len; i++)
		h = (h ^ s.ptr[i]) * UINT64_C(0x100000001b3);
	return (size_t)(h ^ h >> 32);
}

static struct bytes
index_name(const struct draft *d, struct pol_str s)
{
	return bytes_of(d->part[POL_STRINGS].ptr + s.off, s.len);
}

static void
index_insert(const struct draft *d, struct draft_index *x, struct pol_str s)
{
	size_t i = index_hash(index_name(d, s));

	while (x->slot[i & (x->cap - 1)].len != 0)
		i++;
	x->slot[i & (x->cap - 1)] = s;
	x->n++;
}

static int
index_grow(const struct draft *d, struct draft_index *x)
{
	struct draft_index bigger = { .cap = x->cap != 0 ? x->cap * 2 : 64 };

	bigger.slot = calloc(bigger.cap, sizeof(*bigger.slot));
	if (bigger.slot == NULL)
		return err_raise(-ENOMEM);
	for (size_t i = 0; i < x->cap; i++)
		if (x->slot[i].len != 0)
			index_insert(d, &bigger, x->slot[i]);
	free(x->slot);
	*x = bigger;
	return 0;
}

int
draft_rule_name(struct draft *d, struct bytes name)
{
	struct draft_index *x = d->rule_names;
	struct pol_str s;

	if ((x->n + 1) * INDEX_MAX_FILL > x->cap && index_grow(d, x) != 0)
		return err_raise(-ENOMEM);
	for (size_t i = index_hash(name); x->slot[i & (x->cap - 1)].len != 0; i++)
		if (bytes_eq(index_name(d, x->slot[i & (x->cap - 1)]), name))
			return POLICY_BAD;
	s = draft_string(d, name);
	if (buf_failed(&d->part[POL_STRINGS]))
		return err_raise(-ENOMEM);
	index_insert(d, x, s);
	return 0;
}

static void
draft_init(struct draft *d, struct draft_index *x, struct text_report *r)
{
	*d = (struct draft){ .report = r, .rule_names = x };
	*x = (struct draft_index){ 0 };
	for (int i = 0; i < POL_SECTIONS; i++)
		buf_init(&d->part[i], PART_MAX);
}

static void
draft_deinit(struct draft *d)
{
	for (int i = 0; i < POL_SECTIONS; i++)
		buf_deinit(&d->part[i]);
	draft_vars_end(d);
	draft_includes_end(d);
	free(d->account_names);
	free(d->hosts);
	free(d->rule_names->slot);
}

/* First half of the SHA-256 over every text, each behind its length, in hexadecimal. */
static int
source_id(const struct policy_source *src, size_t n, char id[POL_ID_LEN + 1])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t md[32], len[8];
	bool ok = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1;

	for (size_t i = 0; ok && i < n; i++) {
		for (size_t k = 0; k < sizeof(len); k++)
			len[k] = (uint8_t)((uint64_t)src[i].text.len >> (8 * k));
		ok = EVP_DigestUpdate(ctx, len, sizeof(len)) == 1 &&
		     EVP_DigestUpdate(ctx, src[i].text.ptr, src[i].text.len) == 1;
	}
	ok = ok && EVP_DigestFinal_ex(ctx, md, NULL) == 1;
	EVP_MD_CTX_free(ctx);
	if (!ok)
		return err_raise(-ENOMEM);
	for (size_t i = 0; i < POL_ID_LEN / 2; i++)
		snprintf(id + 2 * i, 3, "%02x", md[i]);
	return 0;
}

/* The parts behind one head. */
static int
assemble(struct buf *out, const struct draft *d, const char *id)
{
	struct pol_head head = { .magic = POL_MAGIC };
	static const uint8_t zero[8];
	size_t at = sizeof(head);

	memcpy(head.id, id, POL_ID_LEN);
	for (int i = 0; i < POL_SECTIONS; i++) {
		if (buf_failed(&d->part[i]))
			return err_raise(-ENOMEM);
		at = (at + 7) & ~(size_t)7;
		head.part[i] = (struct pol_part){ (uint32_t)at, (uint32_t)d->part[i].len };
		at += d->part[i].len;
	}
	head.size = (uint32_t)at;
	buf_reset(out);
	buf_put(out, bytes_of(&head, sizeof(head)));
	for (int i = 0; i < POL_SECTIONS; i++) {
		buf_put(out, bytes_of(zero, (8 - out->len % 8) % 8));
		if (d->part[i].len != 0)
			buf_put(out, buf_bytes(&d->part[i]));
	}
	return buf_failed(out) ? err_raise(-ENOMEM) : 0;
}

/* All files to trees; every file is read even when an earlier one is bad. */
static int
read_trees(struct text **trees, const struct policy_source *src, size_t n, struct text_report *r)
{
	int answer = 0;

	for (size_t i = 0; i < n; i++) {
		int got = text_parse(&trees[i], src[i].file, src[i].text, r);

		if (got < 0)
			return err_pass(got);
		if (got != 0)
			answer = POLICY_BAD;
	}
	return answer;
}

static int
draft_all(struct draft *d, struct text **trees, size_t n)
{
	size_t errors = d->report->errors;
	int r;

	draft_string(d, BYTES_NULL); /* offset 0 is the empty string, which zeroed records name */
	r = draft_includes(d, trees, n);
	if (r == 0)
		r = draft_vars(d);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = draft_accounts(d, draft_place(d, i));
	for (size_t i = 0; r == 0 && i < n; i++)
		draft_prefixes(d, draft_place(d, i));
	for (size_t i = 0; r == 0 && i < n; i++)
		r = draft_file(d, draft_place(d, i));
	for (size_t i = 0; r == 0 && i < n; i++)
		r = draft_rules(d, draft_place(d, i));
	if (r != 0)
		return err_pass(r);
	draft_hosts_end(d);
	return d->report->errors != errors ? POLICY_BAD : 0;
}

int
policy_compile(struct buf *out, const struct policy_source *src, size_t n, struct text_report *r)
{
	struct draft d;
	struct draft_index names;
	struct text **trees;
	char id[POL_ID_LEN + 1];
	int answer;

	if (n > POL_MAX_FILES) {
		text_error(r, NULL, NULL, "more than %d policy files", POL_MAX_FILES);
		return POLICY_BAD;
	}
	trees = calloc(n + 1, sizeof(struct text *));
	if (trees == NULL)
		return err_raise(-ENOMEM);
	draft_init(&d, &names, r);
	answer = read_trees(trees, src, n, r);
	if (answer == 0)
		answer = draft_all(&d, trees, n);
	if (answer == 0)
		answer = source_id(src, n, id);
	if (answer == 0)
		answer = assemble(out, &d, id);
	for (size_t i = 0; i < n; i++)
		text_free(trees[i]);
	free(trees);
	draft_deinit(&d);
	return answer;
}
