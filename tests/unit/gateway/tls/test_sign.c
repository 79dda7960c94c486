/*
 * A key that is elsewhere: what is signed with it, and what is not, whoever asks.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <check.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#include "gateway/tls/context.h"
#include "gateway/tls/key.h"
#include "gateway/tls/sign.h"
#include "tests/unit/gateway/tls/suites.h"

static EVP_PKEY *made;
static struct tls_private *priv;

/* read_made() - the key as the signer reads it. Return: as tls_private_read(). */
static int
read_made(const char **why)
{
	BIO *b = BIO_new(BIO_s_mem());
	char *text;
	long n;
	int r;

	ck_assert(PEM_write_bio_PrivateKey(b, made, NULL, NULL, 0, NULL, NULL) == 1);
	n = BIO_get_mem_data(b, &text);
	r = tls_private_read(&priv, bytes_of(text, (size_t)n), why);
	BIO_free(b);
	return r;
}

static void
rsa(void)
{
	const char *why;

	made = EVP_RSA_gen(2048);
	ck_assert_int_eq(read_made(&why), 0);
}

static void
ec(void)
{
	const char *why;

	made = EVP_EC_gen("P-256");
	ck_assert_int_eq(read_made(&why), 0);
}

static void
done(void)
{
	tls_private_free(priv);
	EVP_PKEY_free(made);
	priv = NULL;
	made = NULL;
}

static int
sign(enum tls_scheme scheme, const uint8_t *input, size_t n)
{
	struct tls_sign w = { .scheme = scheme, .input = bytes_of(input, n) };
	uint8_t sig[TLS_SIGNED_MAX];
	size_t len;

	return tls_private_sign(priv, &w, sig, &len);
}

static const uint8_t zeros[TLS_SIGN_INPUT_MAX];

START_TEST(ecdsa_signs_digests_and_nothing_else)
{
	for (size_t n = 0; n < 256; n++)
		ck_assert_int_eq(sign(TLS_ECDSA, zeros, n),
		    n == 32 || n == 48 || n == 64 ? 0 : TLS_SIGN_REFUSED);
	for (int s = TLS_PKCS1_SHA256; s <= TLS_SCHEMES; s++)
		ck_assert_int_eq(sign((enum tls_scheme)s, zeros, 32), TLS_SIGN_REFUSED);
}
END_TEST

START_TEST(pkcs1_signs_digests_of_its_size)
{
	for (size_t n = 0; n < 300; n++) {
		ck_assert_int_eq(sign(TLS_PKCS1_SHA256, zeros, n), n == 32 ? 0 : TLS_SIGN_REFUSED);
		ck_assert_int_eq(sign(TLS_PKCS1_SHA384, zeros, n), n == 48 ? 0 : TLS_SIGN_REFUSED);
		ck_assert_int_eq(sign(TLS_PKCS1_SHA512, zeros, n), n == 64 ? 0 : TLS_SIGN_REFUSED);
	}
	ck_assert_int_eq(sign(TLS_ECDSA, zeros, 32), TLS_SIGN_REFUSED);
	ck_assert_int_eq(sign(TLS_SCHEME_NONE, zeros, 32), TLS_SIGN_REFUSED);
}
END_TEST

static const EVP_MD *
md(int i)
{
	return i == 0 ? EVP_sha256() : i == 1 ? EVP_sha384() : EVP_sha512();
}

START_TEST(a_block_is_signed_when_it_is_pss)
{
	uint8_t block[256];
	RSA *r = EVP_PKEY_get1_RSA(made);

	ck_assert(RSA_padding_add_PKCS1_PSS_mgf1(
		      r, block, zeros, md(_i), md(_i), RSA_PSS_SALTLEN_DIGEST) == 1);
	ck_assert_int_eq(sign(TLS_PSS, block, sizeof(block)), 0);
	/* one bit of the part that says nothing but "this is PSS" */
	for (size_t at = 0; at < sizeof(block); at += 5) {
		block[at] ^= 1;
		if (at < 120 || at == 255)
			ck_assert_int_eq(sign(TLS_PSS, block, sizeof(block)), TLS_SIGN_REFUSED);
		block[at] ^= 1;
	}
	/* a salt of another length is not what TLS makes */
	ck_assert(RSA_padding_add_PKCS1_PSS_mgf1(r, block, zeros, md(_i), md(_i), 20) == 1);
	ck_assert_int_eq(sign(TLS_PSS, block, sizeof(block)), TLS_SIGN_REFUSED);
	RSA_free(r);
}
END_TEST

START_TEST(a_block_of_somebodys_choice_is_refused)
{
	uint8_t block[256] = { 0 };
	static const uint8_t secret[48] = { 3, 3 };
	size_t n = sizeof(block);
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(made, NULL);

	ck_assert_int_eq(sign(TLS_PSS, block, sizeof(block)), TLS_SIGN_REFUSED);
	block[255] = 0xbc;
	ck_assert_int_eq(sign(TLS_PSS, block, sizeof(block)), TLS_SIGN_REFUSED);
	/* what an old handshake had encrypted to this key */
	ck_assert(EVP_PKEY_encrypt_init(c) == 1 &&
		  EVP_PKEY_encrypt(c, block, &n, secret, sizeof(secret)) == 1);
	ck_assert_int_eq(sign(TLS_PSS, block, sizeof(block)), TLS_SIGN_REFUSED);
	/* a PKCS#1 signature's block, of the kind certificates are signed with */
	memset(block, 0xff, sizeof(block));
	block[0] = 0;
	block[1] = 1;
	ck_assert_int_eq(sign(TLS_PSS, block, sizeof(block)), TLS_SIGN_REFUSED);
	for (size_t len = 0; len < 400; len++)
		ck_assert_int_eq(sign(TLS_PSS, zeros, len), TLS_SIGN_REFUSED);
	EVP_PKEY_CTX_free(c);
}
END_TEST

START_TEST(a_key_that_cannot_stay_elsewhere_is_refused)
{
	const char *why = NULL;

	made = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	ck_assert_int_eq(read_made(&why), TLS_SIGN_REFUSED);
	ck_assert_ptr_nonnull(strstr(why, "Ed25519"));
	EVP_PKEY_free(made);
	made = EVP_RSA_gen(1024);
	ck_assert_int_eq(read_made(&why), TLS_SIGN_REFUSED);
	EVP_PKEY_free(made);
	made = EVP_EC_gen("P-224");
	ck_assert_int_eq(read_made(&why), TLS_SIGN_REFUSED);
	ck_assert_int_eq(tls_private_read(&priv, BYTES_LIT("nonsense"), &why), TLS_SIGN_REFUSED);
	ck_assert_int_eq(tls_private_read(&priv, BYTES_NULL, &why), TLS_SIGN_REFUSED);
}
END_TEST

/* ---- the asking side ---- */

struct local {
	struct tls_signer signer; /* first */
	unsigned asked;
	bool refuse, wrong;
};

static int
local_sign(
    struct tls_signer *s, const struct tls_sign *what, uint8_t sig[TLS_SIGNED_MAX], size_t *len)
{
	struct local *l = (struct local *)s;
	int r;

	l->asked++;
	if (l->refuse)
		return -ETIMEDOUT;
	ck_assert_mem_eq(what->key, tls_private_id(priv), TLS_KEY_ID);
	r = tls_private_sign(priv, what, sig, len);
	if (l->wrong)
		sig[*len - 1] ^= 1;
	return r;
}

static void
sign_through(const EVP_MD *digest, bool pss)
{
	struct local l = { .signer.sign = local_sign };
	const char *why;
	struct tls_key *k = tls_key_new(made, &l.signer, &why);
	EVP_MD_CTX *m = EVP_MD_CTX_new(), *v = EVP_MD_CTX_new();
	EVP_PKEY_CTX *a, *b;
	uint8_t sig[TLS_SIGNED_MAX];
	size_t len = sizeof(sig);

	ck_assert_ptr_nonnull(k);
	ck_assert(EVP_DigestSignInit(m, &a, digest, NULL, tls_key_pkey(k)) == 1);
	ck_assert(EVP_DigestVerifyInit(v, &b, digest, NULL, made) == 1);
	if (pss) {
		ck_assert(EVP_PKEY_CTX_set_rsa_padding(a, RSA_PKCS1_PSS_PADDING) == 1);
		ck_assert(EVP_PKEY_CTX_set_rsa_pss_saltlen(a, RSA_PSS_SALTLEN_DIGEST) == 1);
		ck_assert(EVP_PKEY_CTX_set_rsa_padding(b, RSA_PKCS1_PSS_PADDING) == 1);
		ck_assert(EVP_PKEY_CTX_set_rsa_pss_saltlen(b, RSA_PSS_SALTLEN_DIGEST) == 1);
	}
	ck_assert(EVP_DigestSign(m, sig, &len, zeros, 100) == 1);
	ck_assert(EVP_DigestVerify(v, sig, len, zeros, 100) == 1);
	ck_assert_uint_eq(l.asked, 1);
	EVP_MD_CTX_free(m);
	EVP_MD_CTX_free(v);
	tls_key_free(k);
}

START_TEST(openssl_signs_through_it_with_ecdsa)
{
	sign_through(md(_i), false);
}
END_TEST

START_TEST(openssl_signs_through_it_with_rsa)
{
	sign_through(md(_i), false);
	sign_through(md(_i), true);
}
END_TEST

START_TEST(it_does_not_decrypt)
{
	struct local l = { .signer.sign = local_sign };
	const char *why;
	struct tls_key *k = tls_key_new(made, &l.signer, &why);
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(made, NULL),
		     *d = EVP_PKEY_CTX_new(tls_key_pkey(k), NULL);
	uint8_t block[256], out[256];
	size_t n = sizeof(block), m = sizeof(out);

	ck_assert(EVP_PKEY_encrypt_init(c) == 1 && EVP_PKEY_encrypt(c, block, &n, zeros, 48) == 1);
	ck_assert(EVP_PKEY_decrypt_init(d) != 1 || EVP_PKEY_decrypt(d, out, &m, block, n) != 1);
	ck_assert_uint_eq(l.asked, 0);
	/* the control: with the private half it is decrypted */
	m = sizeof(out);
	ck_assert(EVP_PKEY_decrypt_init(c) == 1 && EVP_PKEY_decrypt(c, out, &m, block, n) == 1 &&
		  m == 48);
	EVP_PKEY_CTX_free(c);
	EVP_PKEY_CTX_free(d);
	tls_key_free(k);
}
END_TEST

START_TEST(a_signer_without_the_right_key_is_found_out)
{
	struct local l = { .signer.sign = local_sign };
	const char *why;
	struct tls_key *k = tls_key_new(made, &l.signer, &why);

	ck_assert(tls_key_try(k, &why));
	l.wrong = true;
	ck_assert(!tls_key_try(k, &why));
	l.refuse = true;
	ck_assert(!tls_key_try(k, &why));
	tls_key_free(k);
}
END_TEST

static TCase *
with_key(const char *name, SFun begin)
{
	TCase *t = tcase_create(name);

	tcase_set_timeout(t, 60); /* keys of RSA are made */
	tcase_add_checked_fixture(t, begin, done);
	return t;
}

int
main(void)
{
	Suite *s = suite_create("gateway/tls");
	TCase *e = with_key("ecdsa", ec), *r = with_key("rsa", rsa),
	      *none = tcase_create("neither");
	SRunner *runner;
	int failed;

	tls_begin();
	tcase_add_test(e, ecdsa_signs_digests_and_nothing_else);
	tcase_add_loop_test(e, openssl_signs_through_it_with_ecdsa, 0, 3);
	tcase_add_test(e, a_signer_without_the_right_key_is_found_out);
	tcase_add_test(r, pkcs1_signs_digests_of_its_size);
	tcase_add_loop_test(r, a_block_is_signed_when_it_is_pss, 0, 3);
	tcase_add_test(r, a_block_of_somebodys_choice_is_refused);
	tcase_add_loop_test(r, openssl_signs_through_it_with_rsa, 0, 3);
	tcase_add_test(r, it_does_not_decrypt);
	tcase_add_test(r, a_signer_without_the_right_key_is_found_out);
	tcase_add_checked_fixture(none, NULL, done);
	tcase_add_test(none, a_key_that_cannot_stay_elsewhere_is_refused);
	suite_add_tcase(s, e);
	suite_add_tcase(s, r);
	suite_add_tcase(s, none);
	suite_add_tcase(s, peer_cases());
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
