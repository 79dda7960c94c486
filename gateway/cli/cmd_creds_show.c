/*
 * creds show - what a creds file says, never its seed. The JWT's signature and the seed are checked
 * against what it says, because a file that cannot log in should say so before a host tries it.
 */
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/files.h"
#include "gateway/cli/when.h"
#include "policy/core/members.h"
#include "policy/identity/creds.h"
#include "policy/identity/jwt.h"

enum { CREDS_MAX = 64 * 1024, SHOW_MAX = 1 << 20 };

struct shown {
	struct jwt j;
	char name[JWT_STRING_MAX + 1], user[64], issuer[64], account[64];
	int64_t now_s;
};

static void
print_list(struct buf *b, const struct shown *s, size_t at, bool upper_hosts)
{
	const struct json *j = &s->j.json;
	size_t n = at != 0 && j->tok[at].kind == JSON_ARRAY ? j->tok[at].n : 0;
	size_t e = n > 0 ? json_first(j, at) : 0;

	for (size_t i = 0; i < n; i++, e = j->tok[e].next) {
		uint8_t room[1024];
		struct bytes t = BYTES_NULL;
		bool host;

		if (json_text(j, e, room, sizeof(room), &t) != 0)
			t = BYTES_LIT("?");
		host = upper_hosts && bytes_starts(t, BYTES_LIT("host:"));
		buf_put_str(b, i > 0 ? ", " : "");
		for (size_t k = 0; k < t.len; k++) {
			uint8_t ch = t.ptr[k];

			if (host && k >= 5)
				ch = (uint8_t)toupper(ch);
			/* whatever signed this wrote it: no control bytes to a terminal */
			buf_put_u8(b, ch < 0x20 || ch == 0x7f ? '?' : ch);
		}
	}
}

static void
print_row(struct buf *b, const char *name, const char *value)
{
	size_t n = strlen(name);

	buf_put_str(b, name);
	while (n++ < 10)
		buf_put_u8(b, ' ');
	for (; *value != '\0'; value++)
		buf_put_u8(b, (uint8_t)*value < 0x20 || *value == 0x7f ? '?' : (uint8_t)*value);
	buf_put_u8(b, '\n');
}

static void
print_permission(
    struct buf *b, const struct shown *s, const char *kind, const char *list, const char *label)
{
	size_t obj = json_member(&s->j.json, s->j.nats, kind);
	size_t at = obj != 0 ? json_member(&s->j.json, obj, list) : 0;

	if (at == 0)
		return;
	print_row(b, label, "");
	b->len--; /* the list follows on the same line */
	print_list(b, s, at, false);
	buf_put_u8(b, '\n');
}

static bool
any_permission(const struct shown *s)
{
	const struct json *j = &s->j.json;
	size_t pub = json_member(j, s->j.nats, "pub"), sub = json_member(j, s->j.nats, "sub");

	return (pub != 0 && j->tok[pub].n > 0) || (sub != 0 && j->tok[sub].n > 0) ||
	       json_member(j, s->j.nats, "resp") != 0;
}

static void
show_text(struct buf *b, const struct shown *s)
{
	char when[WHEN_TEXT + 16];
	size_t tags = json_member(&s->j.json, s->j.nats, "tags");
	size_t types = json_member(&s->j.json, s->j.nats, "allowed_connection_types");

	print_row(b, "name", s->name);
	print_row(b, "user", s->user);
	print_row(b, "account", s->account);
	if (strcmp(s->account, s->issuer) != 0)
		print_row(b, "signed by", s->issuer);
	print_row(b, "tags", "");
	b->len--;
	print_list(b, s, tags, true);
	buf_put_u8(b, '\n');
	when_format(s->j.iat_s, when);
	print_row(b, "issued", when);
	if (s->j.nbf_s != 0) {
		when_format(s->j.nbf_s, when);
		print_row(b, "not before", when);
	}
	when_format(s->j.exp_s, when);
	if (s->j.exp_s != 0 && s->j.exp_s < s->now_s)
		snprintf(when + strlen(when), sizeof(when) - strlen(when), "  expired");
	print_row(b, "expires", when);
	if (types != 0) {
		print_row(b, "types", "");
		b->len--;
		print_list(b, s, types, false);
		buf_put_u8(b, '\n');
	}
	if (!any_permission(s))
		print_row(b, "may", "what the policy allows these tags");
	print_permission(b, s, "pub", "allow", "pub");
	print_permission(b, s, "pub", "deny", "pub deny");
	print_permission(b, s, "sub", "allow", "sub");
	print_permission(b, s, "sub", "deny", "sub deny");
}

static void
put_raw(struct buf *b, const struct shown *s, const char *name, const char *empty)
{
	size_t at = json_member(&s->j.json, s->j.nats, name);

	members_name(b, name);
	if (at == 0)
		buf_put_str(b, empty);
	else
		buf_put(b, json_raw(&s->j.json, at));
}

static void
show_json(struct buf *b, const struct shown *s)
{
	buf_put_u8(b, '{');
	members_text(b, "name", s->name);
	members_text(b, "user", s->user);
	members_text(b, "account", s->account);
	members_text(b, "issuer", s->issuer);
	members_int(b, "iat", s->j.iat_s);
	members_int(b, "nbf", s->j.nbf_s);
	members_int(b, "exp", s->j.exp_s);
	members_bool(b, "expired", s->j.exp_s != 0 && s->j.exp_s < s->now_s);
	put_raw(b, s, "tags", "[]");
	put_raw(b, s, "pub", "{}");
	put_raw(b, s, "sub", "{}");
	put_raw(b, s, "resp", "null");
	put_raw(b, s, "allowed_connection_types", "[]");
	buf_put_str(b, "}\n");
}

/* check() - the JWT is a user's and whole, and the seed is its. */
static int
check(const char *file, struct bytes jwt, const struct nkey_pair *pair, struct shown *s)
{
	uint8_t room[JWT_STRING_MAX];
	struct bytes name;
	char why[WHY_MAX];
	int r = jwt_read(&s->j, jwt, NKEY_USER, why);
	size_t at;

	if (r != 0) {
		cli_error("%s: %s", file, r < 0 ? strerror(-r) : why);
		return CLI_FAILED;
	}
	if (jwt_verify(&s->j) != 0) {
		cli_error("%s: the JWT's signature does not fit: it was changed", file);
		return CLI_FAILED;
	}
	at = json_member(&s->j.json, s->j.nats, "issuer_account");
	if (s->j.name != 0 && json_text(&s->j.json, s->j.name, room, sizeof(room), &name) == 0)
		snprintf(s->name, sizeof(s->name), "%.*s", (int)name.len, (const char *)name.ptr);
	nkey_format(&s->j.sub, s->user);
	nkey_format(&s->j.iss, s->issuer);
	snprintf(s->account, sizeof(s->account), "%s", s->issuer);
	if (at != 0)
		snprintf(s->account, sizeof(s->account), "%.*s", (int)json_raw(&s->j.json, at).len,
		    (const char *)json_raw(&s->j.json, at).ptr);
	if (!nkey_eq(&pair->pub, &s->j.sub)) {
		cli_error("%s: the seed is not the one of user %s", file, s->user);
		return CLI_FAILED;
	}
	return CLI_OK;
}

int
cmd_creds_show(const struct cli_args *a)
{
	const char *file = a->args[0];
	struct nkey_pair pair = { 0 };
	struct shown s = { .now_s = (int64_t)time(NULL) };
	struct buf text, out;
	struct bytes jwt;
	int r;

	secret_buf_init(&text, CREDS_MAX);
	buf_init(&out, SHOW_MAX);
	r = file_read(AT_FDCWD, file, &text);
	if (r == 0)
		r = creds_read(buf_bytes(&text), &jwt, &pair);
	if (r != 0) {
		cli_error("%s: %s", file,
		    r > 0         ? creds_why(r)
		    : r == -EFBIG ? "too large for a creds file"
				  : strerror(-r));
		r = CLI_FAILED;
	} else {
		r = check(file, jwt, &pair, &s);
	}
	if (r == CLI_OK) {
		if (cli_flag(a, "json"))
			show_json(&out, &s);
		else
			show_text(&out, &s);
		r = cli_print(&out);
	}
	jwt_deinit(&s.j);
	nkey_pair_deinit(&pair);
	secret_buf_deinit(&text);
	buf_deinit(&out);
	return r;
}
