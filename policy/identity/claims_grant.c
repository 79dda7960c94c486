/*
 * claims_grant - what a user token and the template of a scoped signing key may both say: subjects,
 * limits, source networks, hours, connection types.
 *
 * Invalid entries are refused with the whole token. Servers have dropped a deny entry they could
 * not parse; here a rule that cannot be applied is never a rule that does not apply.
 */
#include "policy/identity/claims_priv.h"

#include <strings.h>

#include "policy/identity/list_priv.h"
#include "policy/identity/why_priv.h"

enum { TOKENS_MAX = 64, NS_PER_MS = 1000000, RESP_TTL_MS = 120000 };

int
claims_bool(const struct json *js, size_t obj, const char *name, bool *out, char *why)
{
	size_t at = json_member(js, obj, name);

	if (at == 0)
		return 0;
	if (js->tok[at].kind != JSON_TRUE && js->tok[at].kind != JSON_FALSE)
		return why_say(why, JWT_BAD, "%s: not true or false", name);
	*out = js->tok[at].kind == JSON_TRUE;
	return 0;
}

int
claims_limit(const struct json *js, size_t obj, const char *name, int64_t *out, char *why)
{
	size_t at = json_member(js, obj, name);

	if (at == 0)
		return 0;
	if (json_int(js, at, out) != 0)
		return why_say(why, JWT_BAD, "%s: not an integer", name);
	if (*out < 0)
		*out = -1;
	return 0;
}

int
claims_child(
    const struct json *js, size_t obj, const char *name, enum json_kind kind, size_t *at, char *why)
{
	*at = json_member(js, obj, name);
	if (*at != 0 && js->tok[*at].kind != kind)
		return why_say(
		    why, JWT_BAD, "%s: not an %s", name, kind == JSON_ARRAY ? "array" : "object");
	return 0;
}

/* subject_fine() - non-empty tokens of 0x21..0x7e; ">" alone only as the last. */
static bool
subject_fine(struct bytes s)
{
	size_t tokens = 0;

	if (s.len > ITEM_MAX)
		return false;
	for (;;) {
		struct bytes token = bytes_upto(s, bytes_find(s, '.'));

		if (token.len == 0 || ++tokens > TOKENS_MAX)
			return false;
		for (size_t i = 0; i < token.len; i++)
			if (token.ptr[i] <= 0x20 || token.ptr[i] >= 0x7f)
				return false;
		if (token.len == s.len)
			return true;
		if (bytes_is(token, ">"))
			return false;
		s = bytes_from(s, token.len + 1);
		if (s.len == 0)
			return false;
	}
}

bool
claims_item_ok(struct bytes item, bool queue)
{
	size_t blank = bytes_find(item, ' ');

	if (item.len > ITEM_MAX || !subject_fine(bytes_upto(item, blank)))
		return false;
	return blank == item.len || (queue && subject_fine(bytes_from(item, blank + 1)));
}

/* is_template() - holds "{{". */
static bool
is_template(struct bytes s)
{
	return s.len >= 2 && memmem(s.ptr, s.len, "{{", 2) != NULL;
}

/* read_list() - an optional array of subjects. */
static int
read_list(struct subject_list *l, const struct json *js, size_t obj, const char *name, bool queue,
    bool templates, char *why)
{
	uint8_t room[JWT_STRING_MAX];
	struct bytes item;
	size_t at, array;
	int r = claims_child(js, obj, name, JSON_ARRAY, &array, why);

	if (r != 0 || array == 0)
		return err_pass(r);
	l->present = true;
	if (js->tok[array].n > LIST_MAX)
		return why_say(why, JWT_BAD, "%s: over %d subjects", name, LIST_MAX);
	at = json_first(js, array);
	for (uint32_t i = 0; i < js->tok[array].n; i++, at = js->tok[at].next) {
		if (jwt_string(js, at, room, &item) != 0 ||
		    (!(templates && is_template(item)) && !claims_item_ok(item, queue)))
			return why_say(
			    why, JWT_BAD, "%s: entry %u is no valid subject", name, i + 1);
		r = list_add(l, item);
		if (r != 0)
			return err_pass(r);
	}
	return 0;
}

/* read_half() - pub or sub. */
static int
read_half(struct subject_list *allow, struct subject_list *deny, const struct json *js, size_t obj,
    const char *name, bool templates, char *why)
{
	static const char *const known[] = { "allow", "deny", NULL };
	bool queue = name[0] == 's';
	size_t half;
	int r = claims_child(js, obj, name, JSON_OBJECT, &half, why);

	if (r != 0 || half == 0)
		return err_pass(r);
	r = jwt_names(js, half, known, false, why);
	if (r == 0)
		r = read_list(allow, js, half, "allow", queue, templates, why);
	if (r == 0)
		r = read_list(deny, js, half, "deny", queue, templates, why);
	return err_pass(r);
}

/* read_resp() - {max, ttl}: 0 is the default (1 message, 2 minutes), negative has no limit. */
static int
read_resp(struct permissions *p, const struct json *js, size_t obj, char *why)
{
	static const char *const known[] = { "max", "ttl", NULL };
	int64_t max = 0, ttl_ns = 0;
	size_t resp;
	int r = claims_child(js, obj, "resp", JSON_OBJECT, &resp, why);

	if (r != 0 || resp == 0)
		return err_pass(r);
	r = jwt_names(js, resp, known, false, why);
	if (r == 0)
		r = claims_limit(js, resp, "max", &max, why);
	if (r == 0)
		r = claims_limit(js, resp, "ttl", &ttl_ns, why);
	if (r != 0)
		return err_pass(r);
	p->resp = true;
	p->resp_max = max == 0 ? 1 : max;
	/* rounded down, but what is granted is granted for a moment at least */
	p->resp_ttl_ms = ttl_ns == 0          ? RESP_TTL_MS
			 : ttl_ns < 0         ? -1
			 : ttl_ns < NS_PER_MS ? 1
					      : ttl_ns / NS_PER_MS;
	/* who may answer and has no list of subjects may do nothing else */
	p->pub_allow.present = true;
	return 0;
}

int
claims_permissions(
    struct permissions *p, const struct json *js, size_t obj, bool templates, char *why)
{
	int r = read_half(&p->pub_allow, &p->pub_deny, js, obj, "pub", templates, why);

	if (r == 0)
		r = read_half(&p->sub_allow, &p->sub_deny, js, obj, "sub", templates, why);
	if (r == 0)
		r = read_resp(p, js, obj, why);
	return err_pass(r);
}

bool
claims_permissions_say(const struct permissions *p)
{
	return p->resp || p->pub_allow.present || p->sub_allow.present || p->pub_deny.n > 0 ||
	       p->sub_deny.n > 0;
}

/* add_src() - one network. */
static int
add_src(struct claims_grant *g, struct bytes text, char *why)
{
	if (g->n_src >= CLAIMS_SRC_MAX)
		return why_say(why, JWT_BAD, "src: over %d networks", CLAIMS_SRC_MAX);
	if (g->src == NULL)
		g->src = calloc(CLAIMS_SRC_MAX, sizeof(*g->src));
	if (g->src == NULL)
		return err_raise(-ENOMEM);
	if (!cidr_parse(&g->src[g->n_src++], text))
		return why_say(
		    why, JWT_BAD, "src: entry %zu is no network (ADDRESS/BITS)", g->n_src);
	return 0;
}

/* read_src() - an array of networks, or one string with commas. */
static int
read_src(struct claims_grant *g, const struct json *js, size_t obj, char *why)
{
	size_t src = json_member(js, obj, "src"), at, comma;
	uint8_t room[JWT_STRING_MAX];
	struct bytes text;
	int r = 0;

	if (src == 0)
		return 0;
	g->src_present = true;
	if (js->tok[src].kind == JSON_ARRAY) {
		at = json_first(js, src);
		for (uint32_t i = 0; r == 0 && i < js->tok[src].n; i++, at = js->tok[at].next)
			r = jwt_string(js, at, room, &text) != 0
				? why_say(why, JWT_BAD, "src: not an array of strings")
				: add_src(g, text, why);
		return err_pass(r);
	}
	if (jwt_string(js, src, room, &text) != 0)
		return why_say(why, JWT_BAD, "src: not an array or a string");
	for (; r == 0 && text.len > 0; text = bytes_from(text, comma + 1)) {
		comma = bytes_find(text, ',');
		r = add_src(g, bytes_upto(text, comma), why);
	}
	return err_pass(r);
}

/* clock_text() - HH:MM:SS to seconds of the day, or -1. */
static int32_t
clock_text(const struct json *js, size_t at)
{
	struct bytes s = at != 0 && js->tok[at].kind == JSON_STRING ? json_raw(js, at) : BYTES_NULL;
	static const char shape[] = "dd:dd:dd";
	int32_t part[3];

	if (s.len != sizeof(shape) - 1)
		return -1;
	for (size_t i = 0; i < s.len; i++)
		if (shape[i] == ':' ? s.ptr[i] != ':' : s.ptr[i] < '0' || s.ptr[i] > '9')
			return -1;
	for (size_t i = 0; i < 3; i++)
		part[i] = (s.ptr[3 * i] - '0') * 10 + (s.ptr[3 * i + 1] - '0');
	return part[0] > 23 || part[1] > 59 || part[2] > 59
		   ? -1
		   : part[0] * 3600 + part[1] * 60 + part[2];
}

/* read_location() - only UTC: other zones are files, and this library reads none. */
static int
read_location(const struct json *js, size_t obj, char *why)
{
	size_t at = json_member(js, obj, "times_location");

	if (at == 0 || json_is(js, at, "") || json_is(js, at, "UTC") || json_is(js, at, "Etc/UTC"))
		return 0;
	return why_say(
	    why, JWT_BAD, "times_location: only UTC is understood here; write the hours in UTC");
}

static int
read_times(struct claims_grant *g, const struct json *js, size_t obj, char *why)
{
	static const char *const known[] = { "start", "end", NULL };
	size_t times, at;
	int r = claims_child(js, obj, "times", JSON_ARRAY, &times, why);

	if (r != 0 || times == 0)
		return err_pass(r);
	g->times_present = true;
	r = read_location(js, obj, why);
	if (r != 0)
		return err_pass(r);
	if (js->tok[times].n > CLAIMS_TIMES_MAX)
		return why_say(why, JWT_BAD, "times: over %d windows", CLAIMS_TIMES_MAX);
	g->times = calloc(CLAIMS_TIMES_MAX, sizeof(*g->times));
	if (g->times == NULL)
		return err_raise(-ENOMEM);
	at = json_first(js, times);
	for (uint32_t i = 0; i < js->tok[times].n; i++, at = js->tok[at].next) {
		struct claims_window *w = &g->times[g->n_times++];

		if (js->tok[at].kind != JSON_OBJECT || jwt_names(js, at, known, true, why) != 0)
			return why_say(why, JWT_BAD, "times: entry %u is not {start, end}", i + 1);
		w->start_s = clock_text(js, json_member(js, at, "start"));
		w->end_s = clock_text(js, json_member(js, at, "end"));
		if (w->start_s < 0 || w->end_s < 0)
			return why_say(why, JWT_BAD, "times: entry %u is not HH:MM:SS", i + 1);
	}
	return 0;
}

uint32_t
claims_type(struct bytes name)
{
	static const char *const types[] = { "STANDARD", "WEBSOCKET", "LEAFNODE", "LEAFNODE_WS",
		"MQTT", "MQTT_WS", "IN_PROCESS" };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (name.len == strlen(types[i]) &&
		    strncasecmp((const char *)name.ptr, types[i], name.len) == 0)
			return 1U << i;
	return 0;
}

/* read_types() - unknown ones are no reason to refuse; a list of nothing else admits nobody. */
static int
read_types(struct claims_grant *g, const struct json *js, size_t obj, char *why)
{
	uint8_t room[JWT_STRING_MAX];
	struct bytes type;
	size_t types, at;
	int r = claims_child(js, obj, "allowed_connection_types", JSON_ARRAY, &types, why);

	if (r != 0 || types == 0)
		return err_pass(r);
	g->types_present = true;
	at = json_first(js, types);
	for (uint32_t i = 0; i < js->tok[types].n; i++, at = js->tok[at].next) {
		if (jwt_string(js, at, room, &type) != 0)
			return why_say(why, JWT_BAD, "allowed_connection_types: not strings");
		g->types |= claims_type(type);
	}
	return 0;
}

/* any_of() - does it differ from a grant that says nothing? */
static bool
any_of(const struct claims_grant *g, bool data)
{
	const struct permissions *p = &g->perms;

	return claims_permissions_say(p) || p->pub_deny.present || p->sub_deny.present || data ||
	       g->max_subs != 0 || g->max_payload != 0 || g->src_present || g->times_present ||
	       g->types_present || g->bearer;
}

int
claims_grant(struct claims_grant *g, const struct json *js, size_t obj, bool templates, char *why)
{
	static const char *const known[] = { "pub", "sub", "resp", "subs", "data", "payload", "src",
		"times", "times_location", "bearer_token", "allowed_connection_types",
		"proxy_required", "issuer_account", "tags", "type", "version", NULL };
	int64_t data = 0;
	int r = jwt_names(js, obj, known, false, why);

	if (r == 0)
		r = claims_permissions(&g->perms, js, obj, templates, why);
	if (r == 0)
		r = claims_limit(js, obj, "subs", &g->max_subs, why);
	if (r == 0)
		r = claims_limit(js, obj, "data", &data, why);
	if (r == 0)
		r = claims_limit(js, obj, "payload", &g->max_payload, why);
	if (r == 0)
		r = claims_bool(js, obj, "bearer_token", &g->bearer, why);
	if (r == 0)
		r = read_src(g, js, obj, why);
	if (r == 0)
		r = read_times(g, js, obj, why);
	if (r == 0)
		r = read_types(g, js, obj, why);
	g->any = any_of(g, data != 0);
	return err_pass(r);
}

void
claims_grant_deinit(struct claims_grant *g)
{
	permissions_deinit(&g->perms);
	free(g->src);
	free(g->times);
	*g = (struct claims_grant){ 0 };
}
