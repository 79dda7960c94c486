/*
 * audit_keys - see audit_keys.h. What is read goes into guarded memory and is wiped where it passed.
 */
#include "gateway/proc/audit_keys.h"

#include <sodium.h>

enum { SEED = NOTE_SEED_LEN, ALG = 1, ID_HEX = 8 };

/* line_of() - the first line, without blanks at its end. */
static struct bytes
line_of(struct bytes text)
{
	struct bytes line = bytes_upto(text, bytes_find(text, '\n'));

	while (line.len > 0 && (line.ptr[line.len - 1] == '\r' || line.ptr[line.len - 1] == ' '))
		line.len--;
	return line;
}

/* from_hex() - exactly 64 digits. */
static bool
from_hex(struct bytes line, uint8_t out[SEED])
{
	size_t n = 0;

	return line.len == (size_t)SEED * 2 &&
	       sodium_hex2bin(out, SEED, (const char *)line.ptr, line.len, NULL, &n, NULL) == 0 && n == SEED;
}

/* part() - up to the next plus, which is taken too. */
static struct bytes
part(struct bytes *line)
{
	struct bytes p = bytes_upto(*line, bytes_find(*line, '+'));

	*line = bytes_from(*line, p.len + 1);
	return p;
}

/* from_note() - PRIVATE+KEY+NAME+ID+BASE64. The last may have plus signs of its own. */
static bool
from_note(struct bytes line, struct bytes *name, uint8_t id[4], uint8_t out[SEED])
{
	static const struct bytes begin = BYTES_LIT("PRIVATE+KEY+");
	uint8_t raw[SEED + 1];
	struct bytes hex;
	size_t n = 0;
	bool ok;

	if (!bytes_starts(line, begin))
		return false;
	line = bytes_from(line, begin.len);
	*name = part(&line);
	hex = part(&line);
	ok = note_name_ok(*name) && hex.len == ID_HEX &&
	     sodium_hex2bin(id, 4, (const char *)hex.ptr, hex.len, NULL, &n, NULL) == 0 && n == 4 &&
	     sodium_base642bin(raw, sizeof(raw), (const char *)line.ptr, line.len, NULL, &n, NULL,
		 sodium_base64_VARIANT_ORIGINAL) == 0 &&
	     n == sizeof(raw) && raw[0] == ALG;
	if (ok)
		memcpy(out, raw + 1, SEED);
	wipe(raw, sizeof(raw));
	return ok;
}

int
audit_key_read(struct audit_key *k, struct bytes text)
{
	struct bytes line = line_of(text), name = BYTES_LIT("portcullis-audit");
	uint8_t seed[SEED], id[4];
	bool hex = from_hex(line, seed);
	struct hasher h;
	int r;

	*k = (struct audit_key){ .seed = { .ptr = NULL } };
	if (!hex && !from_note(line, &name, id, seed)) {
		wipe(seed, sizeof(seed));
		return AUDIT_KEY_BAD;
	}
	r = secret_new(&k->seed, bytes_of(seed, sizeof(seed)));
	wipe(seed, sizeof(seed));
	if (r != 0 || hasher_init(&h) != 0)
		return err_raise(-ENOMEM);
	r = note_signer_make(&k->signer, &h, name, &k->seed);
	hasher_deinit(&h);
	if (r == 0 && (hex || memcmp(id, k->signer.key.id, sizeof(id)) == 0))
		return 0;
	audit_key_deinit(k);
	return AUDIT_KEY_BAD;
}

void
audit_key_deinit(struct audit_key *k)
{
	secret_deinit(&k->seed);
	*k = (struct audit_key){ .seed = { .ptr = NULL } };
}

void
audit_key_move(struct audit_key *to, struct audit_key *from)
{
	*to = *from;
	to->signer.seed = &to->seed;
	*from = (struct audit_key){ .seed = { .ptr = NULL } };
}

int
redact_key_read(struct secret *k, struct bytes text)
{
	uint8_t raw[SEED];
	int r = AUDIT_KEY_BAD;

	if (from_hex(line_of(text), raw))
		r = secret_new(k, bytes_of(raw, sizeof(raw)));
	wipe(raw, sizeof(raw));
	return err_pass(r);
}

int
redact_key_derive(struct secret *k, const struct audit_key *from)
{
	static const char what[] = "portcullis audit redaction key v1";
	uint8_t raw[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state s;
	int r;

	crypto_auth_hmacsha256_init(&s, from->seed.ptr, from->seed.len);
	crypto_auth_hmacsha256_update(&s, (const uint8_t *)what, sizeof(what) - 1);
	crypto_auth_hmacsha256_final(&s, raw);
	wipe(&s, sizeof(s));
	r = secret_new(k, bytes_of(raw, REDACT_KEY_LEN));
	wipe(raw, sizeof(raw));
	return err_pass(r);
}
