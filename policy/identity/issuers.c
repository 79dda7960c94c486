/*
 * issuers - see issuers.h. A token's key is inside it: a good signature says that somebody wrote it
 * who has that key, and only this list makes it somebody's. Claims cannot be taken back by those
 * who hold them, and many have no end: so what was lost is named here, by who signed it, what it
 * is, and when it was signed.
 */
#include "policy/identity/issuers.h"

#include <stdlib.h>

#include "policy/identity/why_priv.h"

struct reading {
	struct issuers *l;
	struct text *t;
	struct text_report *r;
};

/* digits() - exactly @n of them at @at. */
static bool
digits(struct bytes s, size_t at, size_t n, int *v)
{
	*v = 0;
	for (size_t i = at; i < at + n; i++) {
		if (i >= s.len || s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
		*v = *v * 10 + (s.ptr[i] - '0');
	}
	return true;
}

static int
days_in(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

/* days_before() - from 1970-01-01 to the first of a month. */
static int64_t
days_before(int year, int month)
{
	int y = year - 1;
	int64_t days = (int64_t)y * 365 + y / 4 - y / 100 + y / 400 - 719162;

	for (int m = 1; m < month; m++)
		days += days_in(year, m);
	return days;
}

bool
issuers_moment(struct bytes text, int64_t *s)
{
	int year, month, day, hour = 0, minute = 0, second = 0;

	if (text.len != 10 && text.len != 20)
		return false;
	if (!digits(text, 0, 4, &year) || text.ptr[4] != '-' || !digits(text, 5, 2, &month) ||
	    text.ptr[7] != '-' || !digits(text, 8, 2, &day))
		return false;
	if (text.len == 20 &&
	    (text.ptr[10] != 'T' || !digits(text, 11, 2, &hour) || text.ptr[13] != ':' ||
		!digits(text, 14, 2, &minute) || text.ptr[16] != ':' ||
		!digits(text, 17, 2, &second) || text.ptr[19] != 'Z'))
		return false;
	if (year < 1970 || month < 1 || month > 12 || day < 1 || day > days_in(year, month) ||
	    hour > 23 || minute > 59 || second > 59)
		return false;
	*s = (days_before(year, month) + day - 1) * 86400 + hour * 3600 + minute * 60 + second;
	return true;
}

static bool
wrong(const struct reading *rd, const struct text_node *at, const char *what)
{
	text_error(rd->r, rd->t, at, "%s", what);
	return false;
}

/* read_name() - a section's label: letters, digits, - _ and dots. */
static bool
read_name(const struct reading *rd, const struct text_node *s, char out[ISSUER_NAME_MAX + 1])
{
	if (s->label.len == 0 || s->label.len > ISSUER_NAME_MAX)
		return wrong(rd, s, "it needs a name of 1 to 64 characters");
	for (size_t i = 0; i < s->label.len; i++) {
		uint8_t c = s->label.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			c == '-' || c == '_' || c == '.'))
			return wrong(rd, s, "a name is of letters, digits, dots, - and _");
	}
	memcpy(out, s->label.ptr, s->label.len);
	out[s->label.len] = '\0';
	return true;
}

static bool
read_moment(const struct reading *rd, struct text_node *s, const char *key, int64_t *out)
{
	struct text_node *e = text_find(s, key);
	struct bytes text = BYTES_NULL;

	if (text_get_string(rd->t, e, &text, rd->r) != 0)
		return false;
	if (e == NULL || issuers_moment(text, out))
		return true;
	return wrong(rd, e, "not a time: write 2027-06-30 or 2027-06-30T12:00:00Z");
}

/* read_key() - *k stays as it was when there is none. */
static bool
read_key(const struct reading *rd, struct text_node *e, struct nkey *k)
{
	struct bytes text = BYTES_NULL;

	if (text_get_string(rd->t, e, &text, rd->r) != 0)
		return false;
	return e == NULL || nkey_parse(k, text) == 0 || wrong(rd, e, "not a public key");
}

static bool
read_issuer(const struct reading *rd, struct text_node *s)
{
	struct issuer *i = &rd->l->issuer[rd->l->n];
	struct text_node *e = text_find(s, "key");

	*i = (struct issuer){ .expires_s = INT64_MAX };
	if (!read_name(rd, s, i->name) || !read_key(rd, e, &i->key) ||
	    !read_moment(rd, s, "expires", &i->expires_s))
		return false;
	if (e == NULL || i->key.type != NKEY_ACCOUNT)
		return wrong(
		    rd, e == NULL ? s : e, "key is missing or not an account's: write key = A...");
	for (size_t k = 0; k < rd->l->n; k++)
		if (nkey_eq(&rd->l->issuer[k].key, &i->key))
			return wrong(rd, e, "this key has another name above");
	rd->l->n++;
	return true;
}

/* read_of() - the issuer a revocation speaks of: by name, of all the file. */
static bool
read_of(const struct reading *rd, struct text_node *e, struct nkey *k)
{
	struct bytes name = BYTES_NULL;

	if (text_get_string(rd->t, e, &name, rd->r) != 0)
		return false;
	for (size_t i = 0; e != NULL && i < rd->l->n; i++) {
		if (!bytes_is(name, rd->l->issuer[i].name))
			continue;
		*k = rd->l->issuer[i].key;
		return true;
	}
	return e == NULL || wrong(rd, e, "no issuer of this file has that name");
}

static bool
read_revoked(const struct reading *rd, struct text_node *s)
{
	struct revoked *x = &rd->l->revoked[rd->l->n_revoked];
	struct text_node *issuer = text_find(s, "issuer"), *subject = text_find(s, "subject");

	*x = (struct revoked){ .before_s = INT64_MAX };
	if (!read_name(rd, s, x->name) || !read_of(rd, issuer, &x->issuer) ||
	    !read_key(rd, subject, &x->subject) ||
	    !read_moment(rd, s, "issued_before", &x->before_s))
		return false;
	if (issuer == NULL && subject == NULL)
		return wrong(rd, s, "it revokes nothing: name an issuer, a subject or both");
	if (subject != NULL && x->subject.type != NKEY_MODULE && x->subject.type != NKEY_SERVICE)
		return wrong(rd, subject, "not the key of an actor (M...) or a provider (V...)");
	rd->l->n_revoked++;
	return true;
}

static bool
is_kind(const struct text_node *n, const char *kind)
{
	return n->kind == TEXT_SECTION && bytes_is(n->text, kind);
}

/* count() - sections of a kind. */
static size_t
count(const struct text *t, const char *kind)
{
	size_t n = 0;

	for (const struct text_node *s = t->root->child; s != NULL; s = s->next)
		n += is_kind(s, kind) ? 1 : 0;
	return n;
}

static bool
read_each(const struct reading *rd, const char *kind,
    bool (*read)(const struct reading *, struct text_node *))
{
	bool good = true;

	for (struct text_node *s = rd->t->root->child; s != NULL; s = s->next)
		if (is_kind(s, kind))
			good = read(rd, text_use(s)) && good;
	return good;
}

/* read_all() - issuers first, for revocations name them. */
static int
read_all(const struct reading *rd)
{
	size_t n = count(rd->t, "issuer"), revoked = count(rd->t, "revoke");
	bool good;

	if (n > ISSUERS_MAX || revoked > REVOKED_MAX) {
		text_error(rd->r, rd->t, NULL, "over %d issuers or %d revocations", ISSUERS_MAX,
		    REVOKED_MAX);
		return err_raise(TEXT_BAD);
	}
	rd->l->issuer = calloc(n + 1, sizeof(*rd->l->issuer));
	rd->l->revoked = calloc(revoked + 1, sizeof(*rd->l->revoked));
	if (rd->l->issuer == NULL || rd->l->revoked == NULL)
		return err_raise(-ENOMEM);
	good = read_each(rd, "issuer", read_issuer);
	good = read_each(rd, "revoke", read_revoked) && good;
	if (n == 0)
		text_error(rd->r, rd->t, NULL, "no issuer: write `issuer NAME { key = A... }`");
	text_unused(rd->t, rd->t->root, rd->r);
	return good && rd->r->errors == 0 ? 0 : err_raise(TEXT_BAD);
}

int
issuers_read(struct issuers *l, const char *file, struct bytes in, struct text_report *r)
{
	autofree(text_freep) struct text *t = NULL;
	struct reading rd = { .l = l, .r = r };
	int x;

	*l = (struct issuers){ 0 };
	x = text_parse(&t, file, in, r);
	if (x == 0) {
		rd.t = t;
		x = read_all(&rd);
	}
	if (x != 0)
		issuers_deinit(l);
	return err_pass(x);
}

void
issuers_deinit(struct issuers *l)
{
	free(l->issuer);
	free(l->revoked);
	*l = (struct issuers){ 0 };
}

int
issuers_believed(const struct issuers *l, const struct wascap *w, int64_t now_s, char why[WHY_MAX])
{
	char text[NKEY_TEXT_LEN + 1];

	nkey_format(&w->iss, text);
	for (size_t i = 0; i < l->n; i++) {
		const struct issuer *x = &l->issuer[i];

		if (!nkey_eq(&x->key, &w->iss))
			continue;
		if (now_s < x->expires_s)
			return 0;
		return why_say(why, WASCAP_ISSUER,
		    "the issuer %s (%s) is not believed any more since %lld (unix time)", text,
		    x->name, (long long)x->expires_s);
	}
	return why_say(why, WASCAP_ISSUER, "the issuer %s is not trusted", text);
}

int
issuers_revoked(const struct issuers *l, const struct wascap *w, char why[WHY_MAX])
{
	for (size_t i = 0; i < l->n_revoked; i++) {
		const struct revoked *x = &l->revoked[i];

		if (x->issuer.type != NKEY_NONE && !nkey_eq(&x->issuer, &w->iss))
			continue;
		if (x->subject.type != NKEY_NONE && !nkey_eq(&x->subject, &w->sub))
			continue;
		if (w->iat_s < x->before_s)
			return why_say(why, WASCAP_REVOKED, "revoked by `%s'", x->name);
	}
	return 0;
}
