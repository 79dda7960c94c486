/*
 * connect - see connect.h.
 *
 * CONNECT is read before anybody has proved anything. nats-server reads it with Go's lenient JSON
 * (names in any case, the last duplicate wins), so a gate that checked the first "jwt" and passed
 * the object on would let the second one in. Here an object has one reading or none, it ends here,
 * and what goes upstream is an object of our own.
 *
 * Members we do not know are refused, not skipped: account and new_account chose the account in
 * servers of the past, proxy_sig is how a gate vouches for a client, and the next such member will
 * not be on a list of ours.
 */
#include "gateway/nats/connect.h"
#include "policy/core/base64url.h"
#include "policy/core/json.h"
#include "policy/core/utf8.h"
#include "policy/core/wipe.h"

enum {
	TOKENS_MAX = 128, /* more than twice the members there are */
	DEPTH_MAX = 4,
	NOT_MINE = 100, /* a member another reader knows; no answer of connect_decode() */
};

/* One pass over the object: where we are in the tokens, what has gone wrong. */
struct decoder {
	struct json json;
	struct json_tok tok[TOKENS_MAX];
	struct nats_connect *c;
	int64_t protocol;
};

static int
bad(struct decoder *d, size_t token, const char *why)
{
	d->c->why = why;
	d->c->at = d->tok[token].start;
	return CONNECT_BAD;
}

static int
read_bool(struct decoder *d, size_t at, bool *out)
{
	switch (d->tok[at].kind) {
	case JSON_NULL:
		return 0;
	case JSON_TRUE:
	case JSON_FALSE:
		*out = d->tok[at].kind == JSON_TRUE;
		return 0;
	default:
		return bad(d, at, "true or false expected");
	}
}

static int
read_protocol(struct decoder *d, size_t at)
{
	if (d->tok[at].kind == JSON_NULL)
		return 0;
	if (d->tok[at].kind != JSON_NUMBER || json_int(&d->json, at, &d->protocol) != 0)
		return bad(d, at, "protocol must be an integer");
	return 0;
}

/* read_text() - a string of at most @max bytes to *out; the raw text is never shorter than it. */
static int
read_text(struct decoder *d, size_t at, size_t max, char **out)
{
	size_t room = d->tok[at].len + (size_t)1;
	struct bytes s;
	char *copy;

	if (d->tok[at].kind == JSON_NULL)
		return 0;
	if (d->tok[at].kind != JSON_STRING)
		return bad(d, at, "string expected");
	copy = malloc(room);
	if (copy == NULL)
		return err_raise(-ENOMEM);
	if (json_text(&d->json, at, (uint8_t *)copy, room, &s) != 0 || s.len > max) {
		wipe(copy, room);
		free(copy);
		return bad(d, at, "string too long");
	}
	if (s.len == 0) {
		free(copy);
		return 0;
	}
	memmove(copy, s.ptr, s.len);
	copy[s.len] = '\0';
	*out = copy;
	return 0;
}

/* read_label() - a string for people: of any length, kept up to CONNECT_LABEL_MAX in whole letters.
 */
static int
read_label(struct decoder *d, size_t at, char **out)
{
	int r = read_text(d, at, SIZE_MAX, out);
	size_t keep = 0, n;
	struct bytes s;
	uint32_t cp;

	if (r != 0 || *out == NULL)
		return err_pass(r);
	for (s = bytes_str(*out); s.len != 0; s = bytes_from(s, n)) {
		n = utf8_next(s, &cp);
		if (n == 0 || keep + n > CONNECT_LABEL_MAX)
			break;
		keep += n;
	}
	(*out)[keep] = '\0';
	return 0;
}

/* read_flag_member() - Return: NOT_MINE when @name is no flag, else as read_bool(). */
static int
read_flag_member(struct decoder *d, size_t name)
{
	struct nats_connect *c = d->c;
	const struct {
		const char *name;
		bool *out;
	} flags[] = {
		{ "verbose", &c->verbose },
		{ "pedantic", &c->pedantic },
		{ "echo", &c->echo },
		{ "headers", &c->headers },
		{ "no_responders", &c->no_responders },
		{ "tls_required", &c->tls_required },
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (json_is(&d->json, name, flags[i].name))
			return read_bool(d, d->tok[name].next, flags[i].out);
	return NOT_MINE;
}

/* read_text_member() - Return: NOT_MINE when @name is no text, else as read_text(). */
static int
read_text_member(struct decoder *d, size_t name)
{
	struct nats_connect *c = d->c;
	const struct {
		const char *name;
		char **out;
		size_t max; /* 0: a label */
	} texts[] = {
		{ "jwt", &c->jwt, CONNECT_JWT_MAX },
		{ "sig", &c->sig, CONNECT_TEXT_MAX },
		{ "nkey", &c->nkey, CONNECT_TEXT_MAX },
		{ "user", &c->user, CONNECT_TEXT_MAX },
		{ "pass", &c->pass, CONNECT_TEXT_MAX },
		{ "auth_token", &c->auth_token, CONNECT_TEXT_MAX },
		{ "name", &c->name, 0 },
		{ "lang", &c->lang, 0 },
		{ "version", &c->version, 0 },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (!json_is(&d->json, name, texts[i].name))
			continue;
		if (texts[i].max == 0)
			return read_label(d, d->tok[name].next, texts[i].out);
		return read_text(d, d->tok[name].next, texts[i].max, texts[i].out);
	}
	return NOT_MINE;
}

static int
read_member(struct decoder *d, size_t name)
{
	static const char *const refused[][2] = {
		{ "account", "member account is refused: a login names its account by its JWT" },
		{ "new_account",
		    "member new_account is refused: a login names its account by its JWT" },
		{ "proxy_sig", "member proxy_sig is refused: no proxy logs in here" },
	};
	int r = read_flag_member(d, name);

	if (r == NOT_MINE)
		r = read_text_member(d, name);
	if (r != NOT_MINE)
		return err_pass(r);
	if (json_is(&d->json, name, "protocol"))
		return read_protocol(d, d->tok[name].next);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (json_is(&d->json, name, refused[i][0]))
			return bad(d, name, refused[i][1]);
	return bad(d, name, "unknown member");
}

static int
read_object(struct decoder *d)
{
	size_t name = json_first(&d->json, 0);
	int r;

	if (d->tok[0].kind != JSON_OBJECT)
		return bad(d, 0, "an object expected");
	for (uint32_t i = 0; i < d->tok[0].n; i++) {
		r = read_member(d, name);
		if (r != 0)
			return err_pass(r);
		name = d->tok[d->tok[name].next].next;
	}
	if (d->protocol != 0 && d->protocol != 1)
		return CONNECT_PROTOCOL;
	d->c->protocol = (int)d->protocol;
	if (d->c->no_responders && !d->c->headers)
		return CONNECT_NO_RESPONDERS;
	return 0;
}

int
connect_decode(struct nats_connect *c, struct bytes json)
{
	struct decoder d = { .c = c };

	*c = (struct nats_connect){ .verbose = true, .pedantic = true, .echo = true };
	d.json =
	    (struct json){ .text = json, .tok = d.tok, .cap = TOKENS_MAX, .max_depth = DEPTH_MAX };
	switch (json_read(&d.json)) {
	case 0:
		return read_object(&d);
	case JSON_TOO_MANY:
		c->why = "too many members";
		return CONNECT_BAD;
	default:
		c->why = d.json.why;
		c->at = d.json.at;
		return CONNECT_BAD;
	}
}

static void
free_secret(char *s)
{
	if (s != NULL)
		wipe(s, strlen(s));
	free(s);
}

void
connect_deinit(struct nats_connect *c)
{
	if (c == NULL)
		return;
	free_secret(c->pass);
	free_secret(c->auth_token);
	free_secret(c->sig);
	free(c->jwt);
	free(c->nkey);
	free(c->user);
	free(c->name);
	free(c->lang);
	free(c->version);
	*c = (struct nats_connect){ .why = c->why, .at = c->at };
}

/* put_flag() - a comma, "name":true or false. */
static void
put_flag(struct buf *out, const char *name, bool value)
{
	buf_put_str(out, ",\"");
	buf_put_str(out, name);
	buf_put_str(out, value ? "\":true" : "\":false");
}

void
connect_encode(struct buf *out, const struct nats_login *l)
{
	buf_put_str(out, "{\"verbose\":false,\"pedantic\":false");
	if (l->jwt.len != 0) {
		buf_put_str(out, ",\"jwt\":");
		buf_put_json(out, l->jwt);
	}
	if (l->sig.len != 0) {
		buf_put_str(out, ",\"sig\":\"");
		base64url_put(out, l->sig);
		buf_put_str(out, "\"");
	}
	buf_put_str(out, ",\"name\":");
	buf_put_json(out, l->name);
	buf_put_str(out, ",\"lang\":\"c\",\"version\":\"" PORTCULLIS_VERSION "\",\"protocol\":1");
	put_flag(out, "echo", l->echo);
	put_flag(out, "headers", l->headers);
	put_flag(out, "no_responders", l->no_responders);
	buf_put_u8(out, '}');
}
