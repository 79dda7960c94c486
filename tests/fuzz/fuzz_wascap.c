/*
 * fuzz_wascap - any bytes as a signed module, as a provider's archive, and as a token. Properties:
 * what is admitted is refused when nobody is trusted; a module that has a place for claims is that
 * place and the rest; stripped twice it is what it was stripped once, and unsigned; an archive's
 * libraries lie inside it; nothing is admitted under an account this input cannot know.
 */
#include <sodium.h>
#include <stdlib.h>

#include "policy/identity/par.h"
#include "policy/identity/wascap_module.h"

enum { NOW = 1700000000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static bool
inside(struct bytes part, struct bytes whole)
{
	return part.len == 0 ||
	       (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

/* believed() - the claims of the corpus are by the account of 32 times "a". */
static const struct nkey_pair *
believed(void)
{
	static const char seed[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	static struct nkey_pair pair;

	if (pair.seed.ptr == NULL)
		check(nkey_pair_raw(&pair, NKEY_ACCOUNT, bytes_str(seed)) == 0);
	return &pair;
}

static void
strip(struct bytes in)
{
	char why[WHY_MAX];
	struct wascap_place p;
	struct buf once, twice;

	buf_init(&once, in.len + 16);
	buf_init(&twice, in.len + 16);
	if (wascap_module_strip(&once, in, why) == 0) {
		check(once.len <= in.len);
		check(wascap_module_strip(&twice, buf_bytes(&once), why) == 0);
		check(bytes_eq(buf_bytes(&once), buf_bytes(&twice)));
		check(wascap_module_find(&p, buf_bytes(&once), why) == WASCAP_UNSIGNED);
	} else {
		check(wascap_module_find(&p, in, why) != 0);
	}
	buf_deinit(&once);
	buf_deinit(&twice);
}

static void
module(struct bytes in, const struct wascap_trust *t, const struct wascap_trust *none)
{
	char why[WHY_MAX];
	struct wascap_place p;
	struct wascap w;

	if (wascap_module_find(&p, in, why) == 0) {
		check(inside(p.token, in) && p.before.ptr == in.ptr && inside(p.after, in));
		check(p.before.len + p.token.len + p.after.len < in.len);
	}
	if (wascap_module_admit(&w, in, t, why) == 0) {
		check(nkey_eq(&w.iss, &believed()->pub) && w.sub.type == NKEY_MODULE);
		wascap_deinit(&w);
		check(wascap_module_admit(&w, in, none, why) == WASCAP_ISSUER);
	}
	check(w.kind == WASCAP_NONE);
	strip(in);
}

static void
archive(struct bytes in, const struct wascap_trust *t, const struct wascap_trust *none)
{
	static struct par p;
	char why[WHY_MAX];
	struct wascap w;

	if (par_read(&p, in, why) == 0) {
		check(p.n > 0 && inside(p.token, in));
		for (size_t i = 0; i < p.n; i++)
			check(inside(p.lib[i].content, in) && inside(p.lib[i].target, in) &&
			      p.lib[i].target.len > 0);
	}
	if (par_admit(&w, &p, in, t, why) == 0) {
		check(w.n_targets == p.n && w.sub.type == NKEY_SERVICE);
		wascap_deinit(&w);
		check(par_admit(&w, &p, in, none, why) == WASCAP_ISSUER);
	}
	check(w.kind == WASCAP_NONE && p.n == 0);
}

static void
token(struct bytes in, enum wascap_kind kind)
{
	char why[WHY_MAX];
	struct wascap w;

	if (wascap_read(&w, in, kind, why) != 0) {
		check(w.kind == WASCAP_NONE && why[0] != '\0');
		return;
	}
	check(w.iss.type == NKEY_ACCOUNT && w.caps.n <= WASCAP_ITEMS_MAX);
	check(buf_bytes(&w.signed_part).len < in.len);
	wascap_deinit(&w);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wascap_trust t = { .n = 1, .now_s = NOW }, none = { .now_s = NOW };
	struct bytes in = bytes_of(data, size);

	if (sodium_init() < 0)
		return 0;
	t.issuer = &believed()->pub;
	module(in, &t, &none);
	archive(in, &t, &none);
	token(in, WASCAP_ACTOR);
	token(in, WASCAP_PROVIDER);
	return 0;
}
