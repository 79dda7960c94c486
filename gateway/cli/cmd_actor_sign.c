/*
 * actor sign - claims into a module. The bytes that are written are admitted by our own reader with
 * this issuer trusted before they are: a module that leaves here is one a host takes.
 */
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <time.h>

#include "gateway/cli/actor_key.h"
#include "gateway/cli/files.h"
#include "gateway/cli/verbs_actor.h"
#include "gateway/cli/when.h"
#include "policy/core/utf8.h"
#include "policy/identity/wascap_mint.h"
#include "policy/identity/wascap_module.h"

enum { MODULE_MAX = 64 << 20, JTI_LEN = 22, OUT_MAX = 64 * 1024 };

/* What is asked for. */
struct job {
	const struct cli_args *a;
	struct nkey_pair issuer, subject;
	struct wascap_mint m;
	char jti[JTI_LEN + 1];
	const char *caps[WASCAP_ITEMS_MAX], *tags[WASCAP_ITEMS_MAX];
};

/* text_ok() - 1 to 1024 bytes of UTF-8 without control characters. */
static bool
text_ok(const char *s)
{
	struct bytes in = bytes_str(s);
	bool ok = in.len > 0 && in.len <= JWT_STRING_MAX;

	while (ok && in.len > 0) {
		uint32_t cp;
		size_t n = utf8_next(in, &cp);

		ok = n > 0 && cp >= 0x20 && cp != 0x7f && !utf8_is_bidi(cp);
		in = bytes_from(in, n);
	}
	return ok;
}

static int
bad_text(const char *option)
{
	cli_error(
	    "--%s: 1 to %d bytes of UTF-8 without control characters", option, JWT_STRING_MAX);
	return CLI_USAGE;
}

static int
read_list(const struct cli_args *a, const char *option, const char **item, size_t *n)
{
	for (const char *v; (v = cli_value_nth(a, option, *n)) != NULL;) {
		if (!text_ok(v))
			return bad_text(option);
		if (*n == WASCAP_ITEMS_MAX) {
			cli_error("--%s: more than %d", option, WASCAP_ITEMS_MAX);
			return CLI_USAGE;
		}
		item[(*n)++] = v;
	}
	return CLI_OK;
}

static int
read_rev(struct job *j)
{
	const char *s = cli_value(j->a, "rev");
	int64_t v = 0;

	if (s == NULL)
		return CLI_OK;
	for (const char *p = s; v >= 0 && *p != '\0'; p++)
		v = *p >= '0' && *p <= '9' && v <= INT32_MAX ? v * 10 + (*p - '0') : -1;
	if (v < 0 || v > INT32_MAX) {
		cli_error("--rev: `%s' is not a number of 0 to %d", s, INT32_MAX);
		return CLI_USAGE;
	}
	j->m.has_rev = true;
	j->m.rev = (int32_t)v;
	return CLI_OK;
}

static int
read_options(struct job *j)
{
	const char *expires = cli_value(j->a, "expires-in");
	int64_t span_s = 0;
	int r;

	j->m.name = cli_value(j->a, "name");
	j->m.ver = cli_value(j->a, "ver");
	j->m.call_alias = cli_value(j->a, "call-alias");
	if (!text_ok(j->m.name))
		return bad_text("name");
	if (j->m.ver != NULL && !text_ok(j->m.ver))
		return bad_text("ver");
	if (j->m.call_alias != NULL && !wascap_alias_ok(j->m.call_alias)) {
		cli_error("--call-alias: lower-case letters, digits and `_' only");
		return CLI_USAGE;
	}
	if (expires != NULL && when_span(expires, &span_s) != 0) {
		cli_error(
		    "--expires-in: `%s' is no time: write e.g. 90s, 15m, 12h or 30d", expires);
		return CLI_USAGE;
	}
	j->m.iat_s = (int64_t)time(NULL);
	j->m.exp_s = span_s != 0 ? j->m.iat_s + span_s : 0;
	r = read_list(j->a, "cap", j->caps, &j->m.n_caps);
	if (r == CLI_OK)
		r = read_list(j->a, "tag", j->tags, &j->m.n_tags);
	j->m.caps = j->caps;
	j->m.tags = j->tags;
	return r == CLI_OK ? read_rev(j) : r;
}

/* name_it() - as wascap's, 22 random letters and digits. */
static void
name_it(struct job *j)
{
	static const char letters[] =
	    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

	for (size_t i = 0; i < JTI_LEN; i++)
		j->jti[i] = letters[randombytes_uniform(sizeof(letters) - 1)];
	j->m.jti = j->jti;
}

/* sign() - the module of @in with its claims. Return: 0, an answer with @why, -ENOMEM. */
static int
sign(struct job *j, struct bytes in, struct buf *out, char why[WHY_MAX])
{
	struct wascap_trust t = { &j->issuer.pub, 1, j->m.iat_s };
	struct wascap_place p;
	struct wascap w;
	struct buf token;
	int r = wascap_module_strip(out, in, why);

	if (r != 0)
		return err_pass(r);
	p = (struct wascap_place){ .before = buf_bytes(out) };
	wascap_module_hash(&p, j->m.hash);
	buf_init(&token, WASCAP_TOKEN_MAX);
	r = wascap_mint(&token, &j->m, &j->issuer, why);
	if (r == 0)
		wascap_module_append(out, buf_bytes(&token));
	if (r == 0 && buf_failed(out))
		r = err_raise(-ENOMEM);
	if (r == 0)
		r = wascap_module_admit(&w, buf_bytes(out), &t, why);
	if (r == 0)
		wascap_deinit(&w);
	buf_deinit(&token);
	return err_pass(r);
}

static int
say(const struct job *j)
{
	char sub[NKEY_TEXT_LEN + 1], iss[NKEY_TEXT_LEN + 1], exp[WHEN_TEXT];
	bool json = cli_flag(j->a, "json");
	struct buf b;
	int r;

	nkey_format(&j->subject.pub, sub);
	nkey_format(&j->issuer.pub, iss);
	when_format(j->m.exp_s, exp);
	buf_init(&b, OUT_MAX);
	buf_put_str(&b, json ? "{\"file\":" : "Wrote ");
	if (json)
		buf_put_json(&b, bytes_str(cli_value(j->a, "out")));
	else
		buf_put_str(&b, cli_value(j->a, "out"));
	buf_put_str(&b, json ? ",\"module\":\"" : "\n  module   ");
	buf_put_str(&b, sub);
	buf_put_str(&b, json ? "\",\"issuer\":\"" : "\n  issuer   ");
	buf_put_str(&b, iss);
	buf_put_str(&b, json ? "\",\"hash\":\"" : "\n  hash     ");
	wascap_hash_put(&b, j->m.hash);
	buf_put_str(&b, json ? "\",\"exp\":" : "\n  expires  ");
	if (json)
		buf_put_int(&b, j->m.exp_s);
	else
		buf_put_str(&b, exp);
	buf_put_str(&b, json ? "}\n" : "\n");
	r = cli_print(&b);
	buf_deinit(&b);
	return r;
}

static int
write_out(const char *out, const struct buf *b)
{
	int r = file_new(AT_FDCWD, out, 0644, buf_bytes(b));

	if (r == 0)
		return CLI_OK;
	if (r == -EEXIST)
		cli_error("%s is there already; nothing was written", out);
	else
		cli_error("%s: %s", out, strerror(-r));
	return CLI_FAILED;
}

static int
run(struct job *j)
{
	const char *file = j->a->args[0];
	char why[WHY_MAX];
	struct buf in, out;
	int r;

	buf_init(&in, MODULE_MAX);
	buf_init(&out, MODULE_MAX + WASCAP_TOKEN_MAX);
	r = file_read(AT_FDCWD, file, &in);
	if (r < 0)
		snprintf(why, sizeof(why), "%s", r == -EFBIG ? "over 64 MiB" : strerror(-r));
	else
		r = sign(j, buf_bytes(&in), &out, why);
	if (r == -ENOMEM)
		snprintf(why, sizeof(why), "out of memory");
	if (r != 0) {
		cli_error("%s: %s", file, why);
		r = CLI_FAILED;
	}
	if (r == CLI_OK)
		r = write_out(cli_value(j->a, "out"), &out);
	if (r == CLI_OK)
		r = say(j);
	buf_deinit(&in);
	buf_deinit(&out);
	return r;
}

int
cmd_actor_sign(const struct cli_args *a)
{
	struct job j = { .a = a };
	int r = read_options(&j);

	if (r == CLI_OK)
		r = actor_key_load(&j.issuer, "issuer", cli_value(a, "issuer"), NKEY_ACCOUNT);
	if (r == CLI_OK)
		r = actor_key_load(&j.subject, "subject", cli_value(a, "subject"), NKEY_MODULE);
	if (r == CLI_OK) {
		j.m.sub = &j.subject.pub;
		name_it(&j);
		r = run(&j);
	}
	nkey_pair_deinit(&j.issuer);
	nkey_pair_deinit(&j.subject);
	return r;
}
