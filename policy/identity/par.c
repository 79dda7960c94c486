/*
 * par - see par.h. wasmCloud's own reader takes a member for the claims by its name without what
 * follows the last dot, keeps the last of several, and never verifies the signature: whoever
 * writes new hashes into the claims passes. Here the archive has one reading, and its claims are
 * judged like an actor's.
 */
#include "policy/identity/par.h"

#include <sodium.h>

#include "policy/identity/why_priv.h"

enum { BLOCK = 512, NAME_MAX_LEN = 100, SIZE_DIGITS = 11 };

/* Of a ustar header, and of GNU's, which differ in the two bytes after "ustar". */
enum { AT_NAME = 0, AT_SIZE = 124, AT_SUM = 148, AT_TYPE = 156, AT_MAGIC = 257, AT_PREFIX = 345 };

struct member {
	struct bytes name, content;
};

static bool
all_zero(struct bytes s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] != 0)
			return false;
	return true;
}

/* octal() - blanks or zeros, digits, and then a blank or NUL until the end of the field. */
static bool
octal(const uint8_t *p, size_t n, uint64_t *v)
{
	size_t i = 0, digits = 0;

	*v = 0;
	while (i < n && p[i] == ' ')
		i++;
	for (; i < n && p[i] >= '0' && p[i] <= '7'; i++, digits++)
		*v = *v << 3 | (uint64_t)(p[i] - '0');
	if (digits == 0 || digits > SIZE_DIGITS)
		return false;
	while (i < n && (p[i] == ' ' || p[i] == 0))
		i++;
	return i == n;
}

/* sum_ok() - the checksum: all bytes of the header, its own field as blanks. */
static bool
sum_ok(const uint8_t *h)
{
	uint64_t want, sum = 0;

	for (size_t i = 0; i < BLOCK; i++)
		sum += i >= AT_SUM && i < AT_SUM + 8 ? ' ' : h[i];
	return octal(h + AT_SUM, 8, &want) && want == sum;
}

static bool
magic_ok(const uint8_t *h)
{
	return memcmp(h + AT_MAGIC, "ustar\00000", 8) == 0 ||
	       memcmp(h + AT_MAGIC, "ustar  ", 8) == 0;
}

/* read_header() - the member whose header is at the front; *size is of its content. */
static int
read_header(struct bytes in, size_t at, struct member *m, uint64_t *size, char *why)
{
	const uint8_t *h = in.ptr;

	if (in.len < BLOCK || !magic_ok(h) || !sum_ok(h))
		return why_say(why, WASCAP_BAD_FILE, "no header of a tar member at byte %zu", at);
	if (h[AT_TYPE] != '0' && h[AT_TYPE] != 0)
		return why_say(why, WASCAP_BAD_FILE,
		    "the member at byte %zu is no plain file (a link, a folder, an extension)", at);
	m->name = bytes_of(h + AT_NAME, NAME_MAX_LEN);
	m->name.len = bytes_find(m->name, 0);
	/* GNU's has other fields there; wash leaves them empty */
	if (!all_zero(bytes_of(h + AT_PREFIX, BLOCK - AT_PREFIX)))
		return why_say(
		    why, WASCAP_BAD_FILE, "the member at byte %zu has a longer name", at);
	if (!octal(h + AT_SIZE, 12, size))
		return why_say(why, WASCAP_BAD_FILE, "the member at byte %zu has no size", at);
	return 0;
}

/* next() - the member at the front of *in, which moves behind it. */
static int
next(struct bytes archive, struct bytes *in, struct member *m, char *why)
{
	size_t at = archive.len - in->len, padded;
	uint64_t size;
	int r = read_header(*in, at, m, &size, why);

	if (r != 0)
		return err_pass(r);
	*in = bytes_from(*in, BLOCK);
	if (size > in->len)
		return why_say(
		    why, WASCAP_BAD_FILE, "the member at byte %zu is longer than the archive", at);
	m->content = bytes_upto(*in, (size_t)size);
	padded = ((size_t)size + BLOCK - 1) / BLOCK * BLOCK; /* size is at most in->len */
	if (padded > in->len || !all_zero(bytes_of(in->ptr + size, padded - (size_t)size)))
		return why_say(
		    why, WASCAP_BAD_FILE, "the member at byte %zu is not filled up with zeros", at);
	*in = bytes_from(*in, padded);
	return 0;
}

/* target_of() - NAME.bin, of letters, digits, - and _. */
static bool
target_of(struct bytes name, struct bytes *target)
{
	static const char ok[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

	if (name.len <= 4 || !bytes_is(bytes_from(name, name.len - 4), ".bin"))
		return false;
	*target = bytes_upto(name, name.len - 4);
	for (size_t i = 0; i < target->len; i++)
		if (memchr(ok, target->ptr[i], sizeof(ok) - 1) == NULL)
			return false;
	return !bytes_is(*target, "claims"); /* wasmCloud would take it for them */
}

static int
add_library(struct par *p, const struct member *m, size_t at, char *why)
{
	struct par_library l = { .content = m->content };

	if (!target_of(m->name, &l.target))
		return why_say(why, WASCAP_BAD_FILE,
		    "the member before byte %zu is neither claims.jwt nor TARGET.bin", at);
	for (size_t i = 0; i < p->n; i++)
		if (bytes_eq(p->lib[i].target, l.target))
			return why_say(why, WASCAP_BAD_FILE, "two libraries of one target");
	if (p->n == WASCAP_ITEMS_MAX)
		return why_say(why, WASCAP_BAD_FILE, "over %d libraries", WASCAP_ITEMS_MAX);
	p->lib[p->n++] = l;
	return 0;
}

/* read_members() - up to the first block of zeros. */
static int
read_members(struct par *p, struct bytes archive, struct bytes *in, char *why)
{
	bool signed_one = false;
	int r = 0;

	while (r == 0 && in->len >= BLOCK && !all_zero(bytes_upto(*in, BLOCK))) {
		struct member m = { 0 };

		r = next(archive, in, &m, why);
		if (r != 0)
			return err_pass(r);
		if (!bytes_is(m.name, "claims.jwt"))
			r = signed_one ? add_library(p, &m, archive.len - in->len, why)
				       : why_say(why, WASCAP_UNSIGNED,
					     "the first member is not claims.jwt");
		else if (signed_one)
			r = why_say(why, WASCAP_TWO_TOKENS, "two members claims.jwt");
		else
			p->token = m.content;
		signed_one = true;
	}
	if (r == 0 && !signed_one)
		r = why_say(why, WASCAP_UNSIGNED, "the archive is empty");
	return err_pass(r);
}

int
par_read(struct par *p, struct bytes archive, char why[WHY_MAX])
{
	struct bytes in = archive;
	int r;

	*p = (struct par){ 0 };
	if (bytes_starts(archive, BYTES_LIT("\x1f\x8b")))
		return why_say(why, WASCAP_BAD_FILE, "compressed");
	r = read_members(p, archive, &in, why);
	if (r != 0)
		return err_pass(r);
	if (in.len < (size_t)2 * BLOCK || !all_zero(in))
		return why_say(why, WASCAP_BAD_FILE,
		    "no end of archive at byte %zu: cut short, or something follows it",
		    archive.len - in.len);
	if (p->n == 0)
		return why_say(why, WASCAP_BAD_FILE, "no library in the archive");
	return 0;
}

static const struct par_library *
library_of(const struct par *p, const char *target)
{
	for (size_t i = 0; i < p->n; i++)
		if (bytes_is(p->lib[i].target, target))
			return &p->lib[i];
	return NULL;
}

int
par_same(const struct wascap *w, const struct par *p, char why[WHY_MAX])
{
	if (w->kind != WASCAP_PROVIDER || w->n_targets == 0)
		return why_say(why, WASCAP_BAD_HASH, "the claims are not a provider's");
	for (size_t i = 0; i < w->n_targets; i++) {
		const struct par_library *l = library_of(p, w->target[i].name);
		uint8_t hash[WASCAP_HASH_LEN];

		if (l == NULL)
			return why_say(why, WASCAP_BAD_HASH,
			    "a library the claims speak of is not in the archive: number %zu",
			    i + 1);
		crypto_hash_sha256(hash, l->content.ptr, l->content.len);
		if (memcmp(hash, w->target[i].hash, sizeof(hash)) != 0)
			return why_say(why, WASCAP_BAD_HASH,
			    "the hash of the library of %.*s is not the one in the claims",
			    (int)l->target.len, (const char *)l->target.ptr);
	}
	/* each of the claims' names is another, so as many there are as here */
	if (p->n != w->n_targets)
		return why_say(
		    why, WASCAP_BAD_HASH, "the archive holds a library the claims do not speak of");
	return 0;
}

int
par_admit(struct wascap *w, struct par *p, struct bytes archive, const struct wascap_trust *t,
    char why[WHY_MAX])
{
	int r;

	*w = (struct wascap){ 0 };
	why[0] = '\0';
	r = par_read(p, archive, why);
	if (r == 0)
		r = wascap_read(w, p->token, WASCAP_PROVIDER, why);
	if (r == 0)
		r = wascap_judge(w, t, why);
	if (r == 0)
		r = par_same(w, p, why);
	if (r != 0) {
		wascap_deinit(w);
		*p = (struct par){ 0 };
	}
	return err_pass(r);
}
