#include "tests/unit/host/lattice/made.h"

#include <check.h>
#include <stdarg.h>

enum { KEYS = 64 };

void
made_pair(struct nkey_pair *p, enum nkey_type type, unsigned n)
{
	uint8_t seed[32];

	memset(seed, (int)n, sizeof(seed));
	ck_assert_int_eq(nkey_pair_raw(p, type, bytes_of(seed, sizeof(seed))), 0);
}

const char *
made_key(enum nkey_type type, unsigned n)
{
	static char made[16][KEYS][NKEY_TEXT_LEN + 1];
	struct nkey_pair p;

	ck_assert(n < KEYS && (unsigned)type < 16);
	if (made[type][n][0] == 0) {
		made_pair(&p, type, n);
		nkey_format(&p.pub, made[type][n]);
		nkey_pair_deinit(&p);
	}
	return made[type][n];
}

static char *
copy(const char *s)
{
	char *p = strdup(s != NULL ? s : "");

	ck_assert_ptr_nonnull(p);
	return p;
}

void
made_claims(
    struct model_claims *c, const char *key, int32_t rev, const char *caps, const char *contract)
{
	*c = (struct model_claims){
		.name = copy(contract != NULL ? "HTTP server" : "Counter"),
		.alias = copy(contract != NULL ? "" : "acme/counter"),
		.caps = copy(caps),
		.tags = copy(contract != NULL ? "" : "demo,web"),
		.ver = copy("0.3.0"),
		.contract = copy(contract),
		.vendor = copy(contract != NULL ? "acme" : ""),
		.has_rev = true,
		.rev = rev,
		.iat_s = 1700000000,
	};
	strcpy(c->sub, key);
	strcpy(c->iss, ISSUER_KEY);
}

struct model *
made_model(void)
{
	struct model_limits limits = model_limits_default();
	struct model *m = NULL;

	ck_assert_int_eq(model_new(&m, &limits, HOST_KEY, ISSUER_KEY, "calm-water-7"), 0);
	ck_assert_int_eq(model_label_core(m, "hostcore.os", "linux"), 0);
	ck_assert_int_eq(model_label_put(m, BYTES_LIT("zone"), BYTES_LIT("a")), 0);
	return m;
}

const struct body_list *
made_list(const char *name, ...)
{
	static struct body_pair pairs[8];
	static struct body_list list;
	va_list ap;

	list = (struct body_list){ 0 };
	va_start(ap, name);
	for (; name != NULL; name = va_arg(ap, const char *)) {
		const char *value = va_arg(ap, const char *);

		ck_assert(list.n < 8);
		pairs[list.n] =
		    (struct body_pair){ .key = bytes_str(name), .value = bytes_str(value) };
		if (list.n > 0)
			pairs[list.n - 1].next = &pairs[list.n];
		list.first = &pairs[0];
		list.last = &pairs[list.n++];
	}
	va_end(ap);
	return &list;
}

struct body_link
made_link(const char *actor, const char *provider, const char *contract, const char *name)
{
	return (struct body_link){
		.source = bytes_str(actor),
		.target = bytes_str(provider),
		.contract = bytes_str(contract),
		.name = bytes_str(name),
		.values = *made_list("PORT", "8080", "PASSWORD", "secret-word", NULL),
	};
}

struct model *
made_busy(void)
{
	struct model *m = made_model();
	struct model_claims c;
	struct model_actor *a = NULL;
	struct model_instance *one = NULL, *two = NULL;
	struct model_provider *p = NULL;
	struct model_link *l = NULL;
	struct body_link link =
	    made_link(ACTOR_KEY, PROVIDER_KEY, "wasmcloud:httpserver", "default");

	made_claims(&c, ACTOR_KEY, 3,
	    "wasmcloud:httpserver,wasmcloud:keyvalue,wasmcloud:builtin:logging", NULL);
	ck_assert_int_eq(model_actor_add(m, &c, BYTES_LIT("ghcr.io/acme/counter:0.3.0"), ERA_LATER,
			     MADE_NOW, &a),
	    0);
	ck_assert_int_eq(
	    model_link_put(m, &link, "11111111-0000-4000-8000-000000000000", MADE_NOW, &l), 0);
	ck_assert_int_eq(model_actor_annotate(a, made_list("team", "shop", NULL)), 0);
	ck_assert_int_eq(
	    model_instance_add(m, a, "22222222-0000-4000-8000-000000000000", MADE_NOW, &one), 0);
	ck_assert_int_eq(
	    model_instance_add(m, a, "33333333-0000-4000-8000-000000000000", MADE_NOW, &two), 0);
	a->want = 2;
	ck_assert_int_eq(status_move(&one->status, STATE_RUNNING, NULL, MADE_NOW + 500, 0), 0);
	one->walls = 1U << 0 | 1U << 3 | 1U << 31;
	ck_assert_int_eq(
	    status_move(&two->status, STATE_FAILED, "it trapped", MADE_NOW + 700, MADE_NOW + 1700),
	    0);
	ck_assert_int_eq(model_actor_sum(a, MADE_NOW + 700), 0);
	made_claims(&c, PROVIDER_KEY, 0, "", "wasmcloud:httpserver");
	ck_assert_int_eq(
	    model_provider_add(m, &c, BYTES_LIT("wasmcloud+builtin://httpserver"),
		BYTES_LIT("default"), "44444444-0000-4000-8000-000000000000", MADE_NOW, &p),
	    0);
	ck_assert_int_eq(status_move(&p->status, STATE_FAILED, "port 8080 is in use",
			     MADE_NOW + 900, MADE_NOW + 1900),
	    0);
	return m;
}
