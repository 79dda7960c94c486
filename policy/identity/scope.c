/*
 * scope - see scope_priv.h. An account lends a signing key a template, and whoever holds the key
 * chooses names and tags of the users it signs; so what is filled in must never be wider than one
 * token. The server substitutes text as it comes, which turns the name ">" into every subject.
 * Here a value is letters, digits, "-" and "_", or the login is refused.
 *
 * Entries are expanded by counting: how many values each {{...}} has gives the size of the
 * product, which is checked against its ceiling before the first item is built.
 * Source: nats-server auth.go, processUserPermissionsTemplate.
 */
#include "policy/identity/scope_priv.h"

#include <assert.h>
#include <strings.h>

#include "policy/identity/list_priv.h"
#include "policy/identity/why_priv.h"

struct call {
	struct bytes name, arg; /* of {{name(arg)}} */
};

/* next_call() - literal text up to a {{name(arg)}} and the call. Return: 1, 0 at the end, -1
 * malformed. */
static int
next_call(struct bytes *rest, struct bytes *literal, struct call *c)
{
	const uint8_t *open = rest->len < 2 ? NULL : memmem(rest->ptr, rest->len, "{{", 2), *close;
	struct bytes body;
	size_t paren;

	*literal = *rest;
	if (open == NULL) {
		*rest = bytes_from(*rest, rest->len);
		return 0;
	}
	*literal = bytes_upto(*rest, (size_t)(open - rest->ptr));
	body = bytes_from(*rest, literal->len + 2);
	close = body.len < 2 ? NULL : memmem(body.ptr, body.len, "}}", 2);
	if (close == NULL)
		return -1;
	*rest = bytes_from(body, (size_t)(close - body.ptr) + 2);
	body = bytes_upto(body, (size_t)(close - body.ptr));
	while (body.len > 0 && body.ptr[0] == ' ')
		body = bytes_from(body, 1);
	while (body.len > 0 && body.ptr[body.len - 1] == ' ')
		body.len--;
	paren = bytes_find(body, '(');
	if (paren == body.len || body.ptr[body.len - 1] != ')')
		return -1;
	c->name = bytes_upto(body, paren);
	c->arg = bytes_from(bytes_upto(body, body.len - 1), paren + 1);
	return 1;
}

static bool
is_call(const struct call *c, const char *name)
{
	return c->name.len == strlen(name) &&
	       strncasecmp((const char *)c->name.ptr, name, c->name.len) == 0;
}

/* tag_value() - the n-th value of "key:value" among tags, or NULL. */
static const char *
tag_value(const struct claims_tags *t, struct bytes key, size_t n)
{
	for (size_t i = 0; i < t->n; i++) {
		const char *tag = t->tag[i];

		if (key.len == 0 || strncasecmp(tag, (const char *)key.ptr, key.len) != 0 ||
		    tag[key.len] != ':')
			continue;
		if (n-- == 0)
			return tag + key.len + 1;
	}
	return NULL;
}

/* value() - the n-th value of a call, NULL past the last; *known: false for an unknown function. */
static const char *
value(const struct scope_values *v, const struct call *c, size_t n, bool *known)
{
	*known = true;
	if (is_call(c, "tag"))
		return tag_value(v->user_tags, c->arg, n);
	if (is_call(c, "account-tag"))
		return tag_value(v->account_tags, c->arg, n);
	*known = c->arg.len == 0;
	if (n > 0)
		return NULL;
	if (is_call(c, "name"))
		return v->user_name;
	if (is_call(c, "subject"))
		return v->user;
	if (is_call(c, "account-name"))
		return v->account_name;
	if (is_call(c, "account-subject"))
		return v->account;
	*known = false;
	return NULL;
}

static bool
plain(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

	return n > 0 && s[n] == '\0';
}

/* count() - how many items an entry makes; 0 when a tag is missing. */
static int
count(const struct scope_values *v, struct bytes entry, size_t *product, char *why)
{
	struct bytes literal;
	struct call c;
	bool known;
	int r;

	*product = 1;
	while ((r = next_call(&entry, &literal, &c)) == 1) {
		size_t n = 0;

		for (const char *s; (s = value(v, &c, n, &known)) != NULL && known; n++)
			if (!plain(s))
				return why_say(why, SCOPE_BAD,
				    "template: a value of %.*s() is not one plain token",
				    (int)bytes_upto(c.name, 32).len, (const char *)c.name.ptr);
		if (!known)
			return why_say(why, SCOPE_BAD, "template: unknown function");
		*product *= n;
		if (*product > SCOPE_PRODUCT_MAX)
			return why_say(
			    why, SCOPE_BAD, "template: over %d combinations", SCOPE_PRODUCT_MAX);
	}
	return r == 0 ? 0 : why_say(why, SCOPE_BAD, "template: malformed {{...}}");
}

/* build() - the @nth item of an entry: one value per call, the first turning fastest. */
static void
build(struct buf *b, const struct scope_values *v, struct bytes entry, size_t nth)
{
	struct bytes literal;
	struct call c;
	bool known;

	while (next_call(&entry, &literal, &c) == 1) {
		size_t n = 0;

		while (value(v, &c, n, &known) != NULL)
			n++;
		assert(n > 0); /* or count() had answered 0 */
		buf_put(b, literal);
		buf_put_str(b, value(v, &c, nth % n, &known));
		nth /= n;
	}
	buf_put(b, literal);
}

/* expand_entry() - all items of one entry into a list. */
static int
expand_entry(struct subject_list *out, struct bytes entry, bool queue, size_t product,
    const struct scope_values *v, char *why)
{
	struct buf b;
	int r = 0;

	buf_init(&b, ITEM_MAX);
	/* all the room at once: what fails after this is too long, not out of memory */
	if (buf_reserve(&b, ITEM_MAX) == NULL)
		return err_raise(-ENOMEM);
	for (size_t i = 0; r == 0 && i < product; i++) {
		buf_reset(&b);
		build(&b, v, entry, i);
		if (buf_failed(&b) || !claims_item_ok(buf_bytes(&b), queue))
			r = why_say(why, SCOPE_BAD, "template: gives no valid subject");
		else
			r = list_add(out, buf_bytes(&b));
	}
	buf_deinit(&b);
	return r == -E2BIG ? why_say(why, SCOPE_BAD, "template: over %d subjects", LIST_MAX) : r;
}

static int
expand_list(struct subject_list *out, const struct subject_list *in, bool queue, bool deny,
    const struct scope_values *v, char *why)
{
	out->present = in->present;
	for (size_t i = 0; i < in->n; i++) {
		size_t product;
		int r = count(v, in->item[i], &product, why);

		if (r == 0 && product == 0 && deny)
			r = why_say(
			    why, SCOPE_BAD, "template: a deny entry names a tag this user lacks");
		if (r == 0)
			r = expand_entry(out, in->item[i], queue, product, v, why);
		if (r != 0)
			return err_pass(r);
	}
	return 0;
}

int
scope_expand(struct permissions *out, const struct permissions *template,
    const struct scope_values *v, char why[WHY_MAX])
{
	int r;

	*out = (struct permissions){ .resp = template->resp,
		.resp_max = template->resp_max,
		.resp_ttl_ms = template->resp_ttl_ms };
	r = expand_list(&out->pub_allow, &template->pub_allow, false, false, v, why);
	if (r == 0)
		r = expand_list(&out->pub_deny, &template->pub_deny, false, true, v, why);
	if (r == 0)
		r = expand_list(&out->sub_allow, &template->sub_allow, true, false, v, why);
	if (r == 0)
		r = expand_list(&out->sub_deny, &template->sub_deny, true, true, v, why);
	return err_pass(r);
}
