/*
 * note_key - see note_key.h. HASH is the first four bytes, in hexadecimal, of SHA-256 over the
 * name, a line end, the algorithm byte (1: Ed25519) and the public key; BASE64 is the algorithm
 * byte and the key, standard alphabet with padding.
 */
#include "gateway/cli/note_key.h"

#include <sodium.h>

#include "policy/core/wipe.h"

enum { ALG_ED25519 = 1 };

static void
put_key(struct buf *b, const char *name, const uint8_t hash[4], const uint8_t key[33])
{
	char text[sodium_base64_ENCODED_LEN(33, sodium_base64_VARIANT_ORIGINAL)];

	sodium_bin2base64(text, sizeof(text), key, 33, sodium_base64_VARIANT_ORIGINAL);
	buf_put_str(b, name);
	buf_put_u8(b, '+');
	buf_put_hex(b, bytes_of(hash, 4));
	buf_put_u8(b, '+');
	buf_put_str(b, text);
	buf_put_u8(b, '\n');
	wipe(text, sizeof(text));
}

int
note_key_new(const char *name, struct buf *secret, struct buf *pub)
{
	uint8_t pk[33] = { ALG_ED25519 }, sk[64], seed[33] = { ALG_ED25519 };
	uint8_t hash[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state h;

	crypto_sign_keypair(pk + 1, sk);
	crypto_sign_ed25519_sk_to_seed(seed + 1, sk);
	crypto_hash_sha256_init(&h);
	crypto_hash_sha256_update(&h, (const uint8_t *)name, strlen(name));
	crypto_hash_sha256_update(&h, (const uint8_t *)"\n", 1);
	crypto_hash_sha256_update(&h, pk, sizeof(pk));
	crypto_hash_sha256_final(&h, hash);
	buf_put_str(secret, "PRIVATE+KEY+");
	put_key(secret, name, hash, seed);
	put_key(pub, name, hash, pk);
	wipe(sk, sizeof(sk));
	wipe(seed, sizeof(seed));
	return buf_failed(secret) || buf_failed(pub) ? err_raise(-ENOMEM) : 0;
}
