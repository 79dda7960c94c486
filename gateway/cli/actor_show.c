/*
 * actor_show - see actor_show.h.
 */
#include "gateway/cli/actor_show.h"

#include "gateway/cli/when.h"
#include "policy/core/members.h"
#include "policy/core/shown.h"

static const char *const check_names[CHECKS] = { "signature", "issuer", "time", "hash" };

/* ---- for people ---- */

static void
label(struct buf *b, const char *name)
{
	size_t n = strlen(name);

	buf_put_str(b, name);
	while (n++ < 11)
		buf_put_u8(b, ' ');
}

static void
row(struct buf *b, const char *name, const char *value)
{
	if (value == NULL)
		return;
	label(b, name);
	buf_put_shown(b, bytes_str(value));
	buf_put_u8(b, '\n');
}

static void
row_key(struct buf *b, const char *name, const struct nkey *k)
{
	char text[NKEY_TEXT_LEN + 1];

	nkey_format(k, text);
	row(b, name, text);
}

static void
row_time(struct buf *b, const char *name, int64_t at_s)
{
	char text[WHEN_TEXT];

	when_format(at_s, text);
	row(b, name, text);
}

static void
row_list(struct buf *b, const char *name, const struct subject_list *l)
{
	if (l->n == 0)
		return;
	label(b, name);
	for (size_t i = 0; i < l->n; i++) {
		buf_put_str(b, i > 0 ? ", " : "");
		buf_put_shown(b, l->item[i]);
	}
	buf_put_u8(b, '\n');
}

static void
rows_actor(struct buf *b, const struct actor_seen *s)
{
	row_key(b, "module", &s->w.sub);
	row(b, "alias", s->w.call_alias);
	row_list(b, "caps", &s->w.caps);
	row_list(b, "tags", &s->w.tags);
	if (s->w.prov)
		row(b, "note", "says it is a provider");
	if (s->old_name)
		row(b, "note", "signed by wascap before 0.9 (section `jwt')");
}

static void
rows_provider(struct buf *b, const struct actor_seen *s)
{
	row_key(b, "provider", &s->w.sub);
	row(b, "contract", s->w.capid);
	row(b, "vendor", s->w.vendor);
	for (size_t i = 0; i < s->par->n; i++) {
		label(b, "library");
		buf_put_shown(b, s->par->lib[i].target);
		buf_put_str(b, ", ");
		buf_put_dec(b, s->par->lib[i].content.len);
		buf_put_str(b, " bytes\n");
	}
}

static void
rows_checks(struct buf *b, const struct actor_seen *s)
{
	for (int i = 0; i < CHECKS; i++) {
		bool asked = i != CHECK_ISSUER || s->issuer_asked;

		row(b, check_names[i],
		    !asked              ? "not checked: say whom to believe with --trust"
		    : s->answer[i] == 0 ? "ok"
					: wascap_code(s->answer[i]));
	}
}

void
actor_show_text(struct buf *b, const struct actor_seen *s)
{
	const struct wascap *w = &s->w;

	if (w->kind == WASCAP_NONE)
		return;
	row(b, "name", w->name);
	if (w->kind == WASCAP_ACTOR)
		rows_actor(b, s);
	else
		rows_provider(b, s);
	row_key(b, "account", &w->iss);
	row(b, "version", w->ver);
	if (w->has_rev) {
		label(b, "revision");
		buf_put_int(b, w->rev);
		buf_put_u8(b, '\n');
	}
	row_time(b, "issued", w->iat_s);
	if (w->nbf_s != 0)
		row_time(b, "not before", w->nbf_s);
	row_time(b, "expires", w->exp_s);
	rows_checks(b, s);
	row(b, "verdict", s->first == 0 ? "in order" : "refused");
}

/* ---- for programs ---- */

static void
pair(struct buf *b, const char *name, const char *value)
{
	members_name(b, name);
	if (value == NULL)
		buf_put_str(b, "null");
	else
		buf_put_json(b, bytes_str(value));
}

static void
pair_key(struct buf *b, const char *name, const struct nkey *k)
{
	char text[NKEY_TEXT_LEN + 1];

	nkey_format(k, text);
	pair(b, name, text);
}

static void
pair_list(struct buf *b, const char *name, const struct subject_list *l)
{
	members_array(b, name);
	for (size_t i = 0; i < l->n; i++)
		members_bytes(b, NULL, l->item[i]);
	members_end_array(b);
}

static void
pairs_actor(struct buf *b, const struct wascap *w)
{
	pair_key(b, "module", &w->sub);
	pair(b, "call_alias", w->call_alias);
	pair_list(b, "caps", &w->caps);
	pair_list(b, "tags", &w->tags);
	members_bool(b, "prov", w->prov);
	members_name(b, "hash");
	buf_put_u8(b, '"');
	wascap_hash_put(b, w->hash);
	buf_put_u8(b, '"');
}

static void
pairs_provider(struct buf *b, const struct wascap *w)
{
	pair_key(b, "provider", &w->sub);
	pair(b, "contract", w->capid);
	pair(b, "vendor", w->vendor);
	members_object(b, "targets");
	for (size_t i = 0; i < w->n_targets; i++) {
		members_text(b, NULL, w->target[i].name);
		buf_put_str(b, ":\"");
		wascap_hash_put(b, w->target[i].hash);
		buf_put_u8(b, '"');
	}
	buf_put_u8(b, '}');
}

static void
pairs_claims(struct buf *b, const struct actor_seen *s)
{
	const struct wascap *w = &s->w;

	pair(b, "kind", w->kind == WASCAP_ACTOR ? "actor" : "provider");
	pair(b, "name", w->name);
	pair_key(b, "account", &w->iss);
	pair(b, "ver", w->ver);
	if (w->has_rev)
		members_int(b, "rev", w->rev);
	members_int(b, "iat", w->iat_s);
	members_int(b, "nbf", w->nbf_s);
	members_int(b, "exp", w->exp_s);
	members_int(b, "wascap_revision", w->revision);
	if (w->kind == WASCAP_ACTOR)
		pairs_actor(b, w);
	else
		pairs_provider(b, w);
	members_object(b, "checks");
	for (int i = 0; i < CHECKS; i++) {
		bool asked = i != CHECK_ISSUER || s->issuer_asked;

		members_text(b, check_names[i], asked ? wascap_code(s->answer[i]) : "not_checked");
	}
	buf_put_u8(b, '}');
}

void
actor_show_json(struct buf *b, const struct actor_seen *s)
{
	buf_put_u8(b, '{');
	members_text(b, "file", s->file);
	members_int(b, "size", (int64_t)s->size);
	if (s->w.kind != WASCAP_NONE)
		pairs_claims(b, s);
	pair(b, "verdict", wascap_code(s->first));
	pair(b, "why", s->first != 0 ? s->why : NULL);
	buf_put_str(b, "}\n");
}
