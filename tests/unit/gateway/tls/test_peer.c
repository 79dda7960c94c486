/*
 * A client's certificate as the verifier judges it: nothing that an edge may hand over makes somebody
 * of nobody. Certificates are made here, so that what is wrong with each is the one thing named.
 */
#include <check.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "gateway/tls/peer.h"
#include "policy/core/buf.h"
#include "tests/unit/gateway/tls/suites.h"

enum { NOW = 1900000000, DAY = 86400 };

struct made {
	X509 *x;
	EVP_PKEY *key;
};

static struct made root, other, mid, leaf;
static struct peer_roots *roots;
static struct peer peer;

static void
extend(X509 *x, const struct made *by, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	X509V3_set_ctx(&ctx, by->x != NULL ? by->x : x, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	ck_assert_ptr_nonnull(e);
	ck_assert_int_eq(X509_add_ext(x, e, -1), 1);
	X509_EXTENSION_free(e);
}

/* What is said of one; 0 and NULL: nothing, or as usual. */
struct order {
	const char *cn, *alt, *basic, *usage;
	int64_t from_s, until_s;
	size_t cn_len;
	const char *key_usage;
};

static void
make(struct made *out, const struct order *o, const struct made *by)
{
	static long serial = 1;
	struct made self;
	X509_NAME *name;

	out->key = EVP_EC_gen("P-256");
	out->x = X509_new();
	self = *out;
	by = by != NULL ? by : &self;
	X509_set_version(out->x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(out->x), serial++);
	ASN1_TIME_set(X509_getm_notBefore(out->x), (time_t)(o->from_s != 0 ? o->from_s : NOW - DAY));
	ASN1_TIME_set(X509_getm_notAfter(out->x), (time_t)(o->until_s != 0 ? o->until_s : NOW + DAY));
	name = X509_get_subject_name(out->x);
	if (o->cn != NULL)
		X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8, (const uint8_t *)o->cn,
		    o->cn_len != 0 ? (int)o->cn_len : -1, -1, 0);
	X509_set_issuer_name(out->x, X509_get_subject_name(by->x));
	X509_set_pubkey(out->x, out->key);
	if (o->basic != NULL)
		extend(out->x, by, NID_basic_constraints, o->basic);
	if (o->usage != NULL)
		extend(out->x, by, NID_ext_key_usage, o->usage);
	if (o->key_usage != NULL)
		extend(out->x, by, NID_key_usage, o->key_usage);
	if (o->alt != NULL)
		extend(out->x, by, NID_subject_alt_name, o->alt);
	ck_assert_int_gt(X509_sign(out->x, by->key, EVP_sha256()), 0);
}

static void
unmake(struct made *m)
{
	X509_free(m->x);
	EVP_PKEY_free(m->key);
	*m = (struct made){ 0 };
}

static void
begin(void)
{
	static const struct order ca = { .cn = "root", .basic = "critical,CA:TRUE" };
	static const struct order ca2 = { .cn = "other", .basic = "critical,CA:TRUE" };
	char why[TLS_WHY], *text;
	BIO *b = BIO_new(BIO_s_mem());
	long n;

	make(&root, &ca, NULL);
	make(&other, &ca2, NULL);
	PEM_write_bio_X509(b, root.x);
	n = BIO_get_mem_data(b, &text);
	ck_assert_int_eq(peer_roots_new(&roots, bytes_of(text, (size_t)n), why), 0);
	BIO_free(b);
}

static void
end(void)
{
	peer_roots_free(roots);
	roots = NULL;
	unmake(&root);
	unmake(&other);
	unmake(&mid);
	unmake(&leaf);
}

static void
put(struct buf *b, const X509 *x)
{
	unsigned char *der = NULL;
	int n = i2d_X509(x, &der);

	buf_put_sized(b, bytes_of(der, (size_t)n));
	OPENSSL_free(der);
}

/* judge() - a chain of these. */
static int
judge(const X509 *a, const X509 *b, const X509 *c)
{
	char why[TLS_WHY] = "";
	struct buf chain;
	int r;

	buf_init(&chain, PEER_CHAIN_MAX);
	if (a != NULL)
		put(&chain, a);
	if (b != NULL)
		put(&chain, b);
	if (c != NULL)
		put(&chain, c);
	r = peer_judge(roots, buf_bytes(&chain), NOW, &peer, why);
	ck_assert(r == 0 || why[0] != '\0');
	ck_assert(r == 0 || peer.n_names == 0);
	buf_deinit(&chain);
	return r;
}

START_TEST(a_certificate_of_a_root_has_all_its_names)
{
	make(&leaf,
	    &(struct order){ .cn = "Ann, the second", .usage = "clientAuth", .until_s = NOW + 7,
		.alt = "URI:spiffe://a/b,DNS:H1.Example,email:ann@Example.org,DNS:h2.example,IP:127.0.0.1" },
	    &root);
	ck_assert_int_eq(judge(leaf.x, NULL, NULL), 0);
	ck_assert_uint_eq(peer.n_names, 5);
	ck_assert_str_eq(peer.name[0].text, "email:ann@Example.org");
	ck_assert_str_eq(peer.name[1].text, "dns:h1.example");
	ck_assert_str_eq(peer.name[2].text, "dns:h2.example");
	ck_assert_str_eq(peer.name[3].text, "uri:spiffe://a/b");
	ck_assert_str_eq(peer.name[4].text, "dn:CN=Ann\\, the second");
	ck_assert_int_eq(peer.until_s, NOW + 7);
	ck_assert_int_eq(peer.from_s, NOW - DAY);
	ck_assert_uint_eq(strlen(peer.fingerprint), 64);
	ck_assert(peer_roots_have(roots, peer.root));
	peer.root[0] ^= 1;
	ck_assert(!peer_roots_have(roots, peer.root));
}
END_TEST

static const struct {
	struct order o;
	int answer;
} alone[] = {
	{ { .cn = "a", .alt = "DNS:a" }, 0 },
	{ { .cn = "a", .usage = "serverAuth" }, PEER_UNTRUSTED },
	{ { .cn = "a", .usage = "serverAuth,clientAuth" }, 0 },
	{ { .cn = "a", .key_usage = "critical,keyEncipherment" }, PEER_UNTRUSTED },
	{ { .cn = "a", .until_s = NOW - 1 }, PEER_UNTRUSTED },
	{ { .cn = "a", .from_s = NOW + 1 }, PEER_UNTRUSTED },
	{ { .cn = "a\0b", .cn_len = 3 }, PEER_NAMES },
	{ { .cn = "a\nb" }, PEER_NAMES },
	{ { .cn = "a*" }, 0 }, /* compared whole */
	{ { .cn = "a", .alt = "DNS:*.example" }, PEER_NAMES },
	{ { .cn = "a", .alt = "DNS:a b" }, PEER_NAMES },
	{ { .cn = "a", .alt = "email:a*@example.org" }, PEER_NAMES },
	{ { .cn = "a", .alt = "URI:x://*" }, PEER_NAMES },
	{ { .cn = NULL }, PEER_NAMES }, /* none at all */
	{ { .cn = NULL, .alt = "DNS:a" }, 0 },
	{ { .cn = "a", .alt = "IP:127.0.0.1" }, 0 }, /* by its subject alone */
};

START_TEST(one_thing_wrong_is_enough)
{
	make(&leaf, &alone[_i].o, &root);
	ck_assert_int_eq(judge(leaf.x, NULL, NULL), alone[_i].answer);
	unmake(&leaf);
	make(&leaf, &alone[_i].o, &other);
	ck_assert_int_eq(judge(leaf.x, NULL, NULL), PEER_UNTRUSTED);
	/* nor when it brings its root along */
	ck_assert_int_eq(judge(leaf.x, other.x, NULL), PEER_UNTRUSTED);
	ck_assert_int_eq(judge(leaf.x, other.x, root.x), PEER_UNTRUSTED);
}
END_TEST

static const struct {
	struct order mid;
	int answer;
} between[] = {
	{ { .cn = "mid", .basic = "critical,CA:TRUE" }, 0 },
	{ { .cn = "mid", .basic = "critical,CA:FALSE" }, PEER_UNTRUSTED },
	{ { .cn = "mid" }, PEER_UNTRUSTED },
	{ { .cn = "mid", .basic = "critical,CA:TRUE", .key_usage = "critical,digitalSignature" }, PEER_UNTRUSTED },
	{ { .cn = "mid", .basic = "critical,CA:TRUE", .usage = "serverAuth" }, PEER_UNTRUSTED },
	{ { .cn = "mid", .basic = "critical,CA:TRUE", .until_s = NOW - 1 }, PEER_UNTRUSTED },
};

START_TEST(who_signs_must_be_a_ca_for_it)
{
	make(&mid, &between[_i].mid, &root);
	make(&leaf, &(struct order){ .cn = "a", .until_s = NOW + 10 * DAY }, &mid);
	ck_assert_int_eq(judge(leaf.x, mid.x, NULL), between[_i].answer);
	/* it is over when its CA is */
	ck_assert(between[_i].answer != 0 || peer.until_s == NOW + DAY);
	ck_assert_int_eq(judge(leaf.x, NULL, NULL), PEER_UNTRUSTED);
	ck_assert_int_eq(judge(leaf.x, other.x, NULL), PEER_UNTRUSTED);
}
END_TEST

START_TEST(what_is_no_chain_is_refused)
{
	char why[TLS_WHY];
	struct buf b;

	make(&leaf, &(struct order){ .cn = "a" }, &root);
	ck_assert_int_eq(judge(NULL, NULL, NULL), PEER_NONE);
	buf_init(&b, 4 * PEER_CHAIN_MAX);
	put(&b, leaf.x);
	ck_assert_int_eq(peer_judge(roots, buf_bytes(&b), NOW, &peer, why), 0);
	for (size_t n = 1; n < b.len; n++)
		ck_assert_int_eq(
		    peer_judge(roots, bytes_upto(buf_bytes(&b), n), NOW, &peer, why), PEER_BAD);
	/* a byte behind it, outside and inside of its length */
	buf_put_u8(&b, 0);
	ck_assert_int_eq(peer_judge(roots, buf_bytes(&b), NOW, &peer, why), PEER_BAD);
	b.ptr[0]++;
	ck_assert_int_eq(peer_judge(roots, buf_bytes(&b), NOW, &peer, why), PEER_BAD);
	buf_reset(&b);
	for (int i = 0; i < TLS_CHAIN_MAX + 1; i++)
		put(&b, leaf.x);
	ck_assert_int_eq(peer_judge(roots, buf_bytes(&b), NOW, &peer, why), PEER_BAD);
	buf_deinit(&b);
	/* one bit of the signed part */
	put(&b, leaf.x);
	for (size_t i = 40; i < b.len; i += 7) {
		b.ptr[i] ^= 1;
		ck_assert_int_ne(peer_judge(roots, buf_bytes(&b), NOW, &peer, why), 0);
		b.ptr[i] ^= 1;
	}
	buf_deinit(&b);
}
END_TEST

START_TEST(more_names_than_there_is_room_for_are_refused)
{
	char alt[1024] = "DNS:a0";

	for (int i = 1; i < PEER_NAMES_MAX; i++)
		snprintf(alt + strlen(alt), sizeof(alt) - strlen(alt), ",DNS:a%d", i);
	make(&leaf, &(struct order){ .alt = alt }, &root);
	ck_assert_int_eq(judge(leaf.x, NULL, NULL), 0);
	ck_assert_uint_eq(peer.n_names, PEER_NAMES_MAX);
	unmake(&leaf);
	make(&leaf, &(struct order){ .alt = alt, .cn = "one more" }, &root);
	ck_assert_int_eq(judge(leaf.x, NULL, NULL), PEER_NAMES);
}
END_TEST

TCase *
peer_cases(void)
{
	TCase *t = tcase_create("peer");

	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, a_certificate_of_a_root_has_all_its_names);
	tcase_add_loop_test(t, one_thing_wrong_is_enough, 0, (int)(sizeof(alone) / sizeof(alone[0])));
	tcase_add_loop_test(t, who_signs_must_be_a_ca_for_it, 0, (int)(sizeof(between) / sizeof(between[0])));
	tcase_add_test(t, what_is_no_chain_is_refused);
	tcase_add_test(t, more_names_than_there_is_room_for_are_refused);
	return t;
}
