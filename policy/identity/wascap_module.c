/*
 * wascap_module - see wascap_module.h. The hash is always compared. wascap skips that for claims of
 * an older form than 3, so there a token of 2022 can be cut out of its module and put onto other
 * code; its age is no reason to believe a token more.
 *
 * "Without the section" means its bytes cut out of the file and the rest hashed. wascap has
 * written modules in three ways over the years; in all of them the file that was written, less the
 * section, is what was hashed.
 * Source: wasmCloud/wascap src/wasm.rs (extract_claims, strip_custom_section, embed_claims).
 */
#include "policy/identity/wascap_module.h"

#include <sodium.h>

#include "policy/identity/why_priv.h"

enum {
	PREAMBLE_LEN = 8,
	CUSTOM = 0,
	LAST_SECTION = 12, /* data count */
	LEB_MAX = 5,       /* bytes of a u32 */
	SECTIONS_MAX = 65536,
};

#define NAME "wasmcloud_jwt"
#define OLD_NAME "jwt"

static const uint8_t preamble[PREAMBLE_LEN] = { 0, 'a', 's', 'm', 1, 0, 0, 0 };

struct section {
	struct bytes whole; /* with its number and length */
	struct bytes body;
	struct bytes token; /* of a section with claims */
	uint8_t id;
	bool claims, old_name;
};

/* take_u32() - a LEB128 number from the front; at most five bytes, nothing above bit 31. */
static bool
take_u32(struct bytes *in, uint32_t *v)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < LEB_MAX && i < in->len; i++) {
		sum |= (uint64_t)(in->ptr[i] & 0x7f) << (7 * i);
		if ((in->ptr[i] & 0x80) != 0)
			continue;
		*in = bytes_from(*in, i + 1);
		*v = (uint32_t)sum;
		return sum <= UINT32_MAX;
	}
	return false;
}

/* read_custom() - its name; is it ours? */
static bool
read_custom(struct section *s)
{
	struct bytes in = s->body, name;
	uint32_t n;

	if (!take_u32(&in, &n) || n > in.len)
		return false;
	name = bytes_upto(in, n);
	s->old_name = bytes_is(name, OLD_NAME);
	s->claims = s->old_name || bytes_is(name, NAME);
	s->token = bytes_from(in, n);
	return true;
}

/* next() - the section at the front of non-empty *in, which moves behind it. */
static bool
next(struct bytes *in, struct section *s)
{
	struct bytes at = bytes_from(*in, 1);
	uint32_t n;

	*s = (struct section){ .id = in->ptr[0] };
	if (s->id > LAST_SECTION || !take_u32(&at, &n) || n > at.len)
		return false;
	s->body = bytes_upto(at, n);
	at = bytes_from(at, n);
	s->whole = bytes_upto(*in, in->len - at.len);
	*in = at;
	return s->id != CUSTOM || read_custom(s);
}

static int
check_preamble(struct bytes module, char *why)
{
	/* four bytes of name, two of version, two of layer: 0 is a module's, 1 a component's */
	if (module.len >= PREAMBLE_LEN && memcmp(module.ptr, preamble, 4) == 0 &&
	    module.ptr[6] == 1 && module.ptr[7] == 0)
		return why_say(why, WASCAP_BAD_FILE, "a component; only core modules are read");
	if (!bytes_starts(module, bytes_of(preamble, PREAMBLE_LEN)))
		return why_say(why, WASCAP_BAD_FILE, "not a WebAssembly module of version 1");
	return 0;
}

/* bad_section() - the walk cannot go on at what is left of the module. */
static int
bad_section(struct bytes module, struct bytes rest, char *why)
{
	return why_say(why, WASCAP_BAD_FILE,
	    "no whole section at byte %zu: cut short, or something follows the module",
	    module.len - rest.len);
}

int
wascap_module_find(struct wascap_place *p, struct bytes module, char why[WHY_MAX])
{
	struct bytes in = bytes_from(module, PREAMBLE_LEN);
	int r = check_preamble(module, why);
	bool found = false;

	*p = (struct wascap_place){ 0 };
	for (size_t i = 0; r == 0 && in.len > 0; i++) {
		struct section s;

		if (i == SECTIONS_MAX)
			return why_say(why, WASCAP_BAD_FILE, "over %d sections", SECTIONS_MAX);
		if (!next(&in, &s))
			return bad_section(module, in, why);
		if (s.claims && found)
			return why_say(why, WASCAP_TWO_TOKENS,
			    "two sections with claims, the second ends at byte %zu",
			    module.len - in.len);
		if (!s.claims)
			continue;
		found = true;
		p->before = bytes_upto(module, (size_t)(s.whole.ptr - module.ptr));
		p->after = in;
		p->token = s.token;
		p->old_name = s.old_name;
	}
	if (r == 0 && !found)
		return why_say(why, WASCAP_UNSIGNED,
		    "the module is not signed: no section `" NAME "' or `" OLD_NAME "'");
	return err_pass(r);
}

void
wascap_module_hash(const struct wascap_place *p, uint8_t hash[WASCAP_HASH_LEN])
{
	crypto_hash_sha256_state h;

	crypto_hash_sha256_init(&h);
	crypto_hash_sha256_update(&h, p->before.ptr, p->before.len);
	if (p->after.len > 0)
		crypto_hash_sha256_update(&h, p->after.ptr, p->after.len);
	crypto_hash_sha256_final(&h, hash);
}

int
wascap_module_same(const struct wascap *w, const struct wascap_place *p, char why[WHY_MAX])
{
	uint8_t hash[WASCAP_HASH_LEN];

	wascap_module_hash(p, hash);
	if (w->kind == WASCAP_ACTOR && memcmp(hash, w->hash, sizeof(hash)) == 0)
		return 0;
	return why_say(why, WASCAP_BAD_HASH,
	    "the module's hash is not the one in its claims: it was changed after it was signed");
}

int
wascap_module_admit(
    struct wascap *w, struct bytes module, const struct wascap_trust *t, char why[WHY_MAX])
{
	struct wascap_place p;
	int r;

	*w = (struct wascap){ 0 };
	why[0] = '\0';
	r = wascap_module_find(&p, module, why);
	if (r == 0)
		r = wascap_read(w, p.token, WASCAP_ACTOR, why);
	if (r == 0)
		r = wascap_judge(w, t, why);
	if (r == 0)
		r = wascap_module_same(w, &p, why);
	if (r != 0)
		wascap_deinit(w);
	return err_pass(r);
}

/* put_u32() - in as few bytes as it fits. */
static void
put_u32(struct buf *b, uint32_t v)
{
	for (; v >= 0x80; v >>= 7)
		buf_put_u8(b, (uint8_t)(v | 0x80));
	buf_put_u8(b, (uint8_t)v);
}

int
wascap_module_strip(struct buf *out, struct bytes module, char why[WHY_MAX])
{
	struct bytes in = bytes_from(module, PREAMBLE_LEN);
	int r = check_preamble(module, why);

	if (r != 0)
		return err_pass(r);
	buf_put(out, bytes_of(preamble, PREAMBLE_LEN));
	while (in.len > 0) {
		struct section s;

		if (!next(&in, &s))
			return bad_section(module, in, why);
		if (s.claims)
			continue;
		buf_put_u8(out, s.id);
		put_u32(out, (uint32_t)s.body.len);
		buf_put(out, s.body);
	}
	return buf_failed(out) ? err_raise(-ENOMEM) : 0;
}

void
wascap_module_append(struct buf *out, struct bytes token)
{
	const size_t name_len = sizeof(NAME) - 1;

	buf_put_u8(out, CUSTOM);
	put_u32(out, (uint32_t)(1 + name_len + token.len));
	put_u32(out, (uint32_t)name_len);
	buf_put_str(out, NAME);
	buf_put(out, token);
}
