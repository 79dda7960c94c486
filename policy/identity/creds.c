/*
 * creds - see creds.h. A credentials file is text around two values; each value is the one
 * non-blank line between two lines of dashes. What the lines of dashes say is not looked at
 * (tools differ), their number and order is: first block the token, second the seed.
 *
 * The seed must be a user's. A file without any line of dashes is refused: reading the whole of
 * it as a token, as some libraries do, would make one file mean two things.
 */
#include "policy/identity/creds.h"

enum { CREDS_MAX = 64 * 1024 };

/* trim() - without blanks, tabs and CR at both ends. */
static struct bytes
trim(struct bytes s)
{
	while (s.len > 0 && (s.ptr[0] == ' ' || s.ptr[0] == '\t' || s.ptr[0] == '\r'))
		s = bytes_from(s, 1);
	while (s.len > 0 &&
	       (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t' || s.ptr[s.len - 1] == '\r'))
		s.len--;
	return s;
}

/* next_line() - cut the first line off @text. */
static struct bytes
next_line(struct bytes *text)
{
	struct bytes line = bytes_upto(*text, bytes_find(*text, '\n'));

	*text = bytes_from(*text, line.len + 1);
	return trim(line);
}

/* is_dashes() - begins and ends with three dashes. */
static bool
is_dashes(struct bytes line)
{
	return line.len >= 6 && memcmp(line.ptr, "---", 3) == 0 &&
	       memcmp(line.ptr + line.len - 3, "---", 3) == 0;
}

/* next_block() - the value of the next block; false when there is none, or it is not one line. */
static bool
next_block(struct bytes *text, struct bytes *value)
{
	struct bytes line = BYTES_NULL;

	*value = BYTES_NULL;
	while (text->len > 0 && !is_dashes(line))
		line = next_line(text);
	if (!is_dashes(line))
		return false;
	while (text->len > 0) {
		line = next_line(text);
		if (is_dashes(line))
			return value->len > 0;
		if (line.len == 0)
			continue;
		if (value->len > 0)
			return false;
		*value = line;
	}
	return false;
}

/* is_token() - the alphabet of a JWT. */
static bool
is_token(struct bytes s)
{
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.ptr[i];
		bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			  (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';

		if (!ok)
			return false;
	}
	return s.len > 0;
}

bool
creds_block(struct bytes text, struct bytes *value)
{
	return next_block(&text, value);
}

int
creds_read(struct bytes text, struct bytes *jwt, struct nkey_pair *pair)
{
	struct bytes seed;
	int r;

	*jwt = BYTES_NULL;
	*pair = (struct nkey_pair){ 0 };
	if (text.len > CREDS_MAX)
		return CREDS_TOO_BIG;
	if (!next_block(&text, jwt) || !is_token(*jwt)) {
		*jwt = BYTES_NULL;
		return CREDS_NO_JWT;
	}
	if (!next_block(&text, &seed))
		return CREDS_NO_SEED;
	r = nkey_pair_parse(pair, seed);
	if (r < 0)
		return err_pass(r);
	if (r > 0 || pair->pub.type != NKEY_USER) {
		nkey_pair_deinit(pair);
		return CREDS_BAD_SEED;
	}
	return 0;
}

void
creds_write(struct buf *out, struct bytes jwt, const struct nkey_pair *pair)
{
	char seed[NKEY_SEED_LEN + 1];

	buf_put_str(out, "-----BEGIN NATS USER JWT-----\n");
	buf_put(out, jwt);
	buf_put_str(out, "\n------END NATS USER JWT------\n\n"
			 "************************* IMPORTANT *************************\n"
			 "Whoever holds the seed below is this user. Keep this file secret.\n\n"
			 "-----BEGIN USER NKEY SEED-----\n");
	nkey_pair_seed(pair, seed);
	buf_put(out, bytes_of(seed, NKEY_SEED_LEN));
	wipe(seed, sizeof(seed));
	buf_put_str(out, "\n------END USER NKEY SEED------\n\n"
			 "*************************************************************\n");
}

const char *
creds_why(int answer)
{
	switch (answer) {
	case 0:
		return "no error";
	case CREDS_NO_JWT:
		return "no user JWT between lines of dashes";
	case CREDS_NO_SEED:
		return "no seed between lines of dashes after the JWT";
	case CREDS_BAD_SEED:
		return "the seed is not a user's seed (58 characters, SU...)";
	case CREDS_TOO_BIG:
		return "over 64 KiB";
	default:
		return "out of memory";
	}
}
