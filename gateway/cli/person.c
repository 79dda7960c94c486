/*
 * person - see person.h. The JWT carries tags and no permissions: what a role may do is in the
 * policy, so that it can change without new creds. Tags are written in lower case, as every NATS
 * tool does.
 */
#include "gateway/cli/person.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "gateway/cli/cli.h"
#include "policy/core/members.h"
#include "policy/core/utf8.h"
#include "policy/identity/creds.h"
#include "policy/identity/mint.h"

enum { TAG_MAX = 80 };

static bool
plain_word(const char *s, size_t max)
{
	size_t n = strlen(s);

	if (n == 0 || n > max)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)s[i]) && s[i] != '-' && s[i] != '_')
			return false;
	return true;
}

bool
person_role_ok(const char *role)
{
	return plain_word(role, ROLE_NAME_MAX);
}

bool
person_name_ok(const char *name)
{
	struct bytes s = bytes_str(name);

	if (s.len == 0 || s.len > PERSON_NAME_MAX)
		return false;
	while (s.len > 0) {
		uint32_t cp;
		size_t n = utf8_next(s, &cp);

		if (n == 0 || cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || utf8_is_bidi(cp))
			return false;
		s = bytes_from(s, n);
	}
	return true;
}

static void
tag_put(char out[TAG_MAX], const char *key, const char *value)
{
	snprintf(out, TAG_MAX, "%s:%s", key, value);
	for (char *p = out; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
}

static int
person_mint(const struct person *p, const struct nkey_pair *user, const struct nkey_pair *account,
    int64_t now_s, struct buf *jwt)
{
	static const char *const types[] = { "STANDARD", NULL };
	char text[1 + PERSON_MAX_HOSTS][TAG_MAX];
	const char *tags[1 + PERSON_MAX_HOSTS];
	struct mint_user m = {
		.c = { .name = p->name,
		    .iat_s = now_s,
		    .exp_s = p->exp_s,
		    .tags = tags,
		    .n_tags = 1 + p->n_hosts },
		.subject = &user->pub,
		.max_subs = -1,
		.max_payload = -1,
		.types = types,
	};

	tag_put(text[0], "role", p->role);
	for (size_t i = 0; i < p->n_hosts; i++)
		tag_put(text[1 + i], "host", p->hosts[i]);
	for (size_t i = 0; i < m.c.n_tags; i++)
		tags[i] = text[i];
	return mint_user(jwt, &m, account);
}

int
person_creds(const struct person *p, const struct nkey_pair *account, int64_t now_s,
    struct buf *creds, char user[NKEY_TEXT_LEN + 1])
{
	struct nkey_pair pair = { 0 };
	struct buf jwt;
	int r = nkey_pair_new(&pair, NKEY_USER);

	buf_init(&jwt, TOKEN_MAX);
	if (r == 0)
		r = person_mint(p, &pair, account, now_s, &jwt);
	if (r == 0) {
		creds_write(creds, buf_bytes(&jwt), &pair);
		nkey_format(&pair.pub, user);
		r = buf_failed(creds) ? -ENOMEM : 0;
	}
	if (r != 0)
		cli_error("cannot make creds for %s: %s", p->name, strerror(-r));
	buf_deinit(&jwt);
	nkey_pair_deinit(&pair);
	return r != 0 ? CLI_FAILED : CLI_OK;
}

void
person_record(
    struct buf *out, const struct person *p, const char *account, const char *user, int64_t now_s)
{
	buf_put_u8(out, '{');
	members_text(out, "user", user);
	members_text(out, "name", p->name);
	members_text(out, "role", p->role);
	members_text(out, "lattice", p->lattice);
	members_text(out, "account", account);
	members_array(out, "hosts");
	for (size_t i = 0; i < p->n_hosts; i++)
		members_text(out, NULL, p->hosts[i]);
	members_end_array(out);
	members_int(out, "iat", now_s);
	members_int(out, "exp", p->exp_s);
	buf_put_str(out, "}\n");
}
