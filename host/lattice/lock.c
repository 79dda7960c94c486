/*
 * lock - see lock.h. A line that cannot be read refuses the whole file: half a lock is none.
 */
#include "host/lattice/lock.h"

#include "policy/core/text.h"
#include "policy/core/utf8.h"
#include "policy/identity/nkey.h"

static const char *const kinds[] = { "", "actor", "provider" };

void
lock_deinit(struct lock *l)
{
	free(l->item);
	*l = (struct lock){ 0 };
}

static int
compare(const struct lock_item *a, const struct lock_item *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return strcmp(a->ref, b->ref);
}

/* place() - where the item is, or belongs. */
static size_t
place(const struct lock *l, const struct lock_item *item, bool *found)
{
	size_t at = 0;
	int x = -1;

	while (at < l->n && (x = compare(&l->item[at], item)) < 0)
		at++;
	*found = at < l->n && x == 0;
	return at;
}

/* is_plain() - text that our own files may hold. */
static bool
is_plain(struct bytes s)
{
	while (s.len != 0) {
		uint32_t cp = 0;
		size_t used = utf8_next(s, &cp);

		if (used == 0 || cp < ' ' || cp == 0x7f || utf8_is_bidi(cp))
			return false;
		s = bytes_from(s, used);
	}
	return true;
}

static bool
is_digest(struct bytes s)
{
	if (s.len != LOCK_DIGEST || !bytes_starts(s, BYTES_LIT("sha256:")))
		return false;
	for (size_t i = 7; i < s.len; i++)
		if (!((s.ptr[i] >= '0' && s.ptr[i] <= '9') || (s.ptr[i] >= 'a' && s.ptr[i] <= 'f')))
			return false;
	return true;
}

static bool
is_key(const char *s, enum nkey_type type)
{
	struct nkey k;

	return nkey_parse(&k, bytes_str(s)) == 0 && k.type == type;
}

static bool
is_item(const struct lock_item *i)
{
	return (i->kind == LOCK_ACTOR || i->kind == LOCK_PROVIDER) && i->ref[0] != 0 &&
	       is_plain(bytes_str(i->ref)) && i->revision >= 0 &&
	       is_key(i->key, i->kind == LOCK_ACTOR ? NKEY_MODULE : NKEY_SERVICE) &&
	       (i->issuer[0] == 0 || is_key(i->issuer, NKEY_ACCOUNT)) &&
	       (i->digest[0] == 0 || is_digest(bytes_str(i->digest)));
}

int
lock_set(struct lock *l, const struct lock_item *item)
{
	struct lock_item *more;
	bool found;
	size_t at;

	if (!is_item(item))
		return LOCK_BAD;
	at = place(l, item, &found);
	if (found) {
		l->item[at] = *item;
		return 0;
	}
	if (l->n == LOCK_ITEMS)
		return LOCK_BAD;
	more = realloc(l->item, (l->n + 1) * sizeof(*more));
	if (more == NULL)
		return err_raise(-ENOMEM);
	l->item = more;
	memmove(more + at + 1, more + at, (l->n - at) * sizeof(*more));
	more[at] = *item;
	l->n++;
	return 0;
}

const struct lock_item *
lock_find(const struct lock *l, enum lock_kind kind, const char *ref)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->item[i].kind == kind && strcmp(l->item[i].ref, ref) == 0)
			return &l->item[i];
	return NULL;
}

/* A file that is being read. */
struct reading {
	const struct text *t;
	struct text_report *report;
};

/* copy_string() - an entry's text into a field; absent leaves it empty. */
static bool
copy_string(
    const struct reading *rd, struct text_node *block, const char *key, char *out, size_t room)
{
	struct text_node *e = text_find(block, key);
	struct bytes s = BYTES_NULL;

	if (text_get_string(rd->t, e, &s, rd->report) != 0)
		return false;
	if (s.len >= room) {
		text_error(rd->report, rd->t, e, "%s is too long", key);
		return false;
	}
	if (s.len != 0)
		memcpy(out, s.ptr, s.len);
	out[s.len] = 0;
	return true;
}

static int
read_item(const struct reading *rd, struct text_node *n, enum lock_kind kind, struct lock *l)
{
	struct lock_item item = { .kind = kind };
	uint64_t revision = 0;
	bool found;
	int r;

	if (n->label.len == 0 || n->label.len > LOCK_REF) {
		text_error(
		    rd->report, rd->t, n, "a reference of 1 to %d bytes is missing", LOCK_REF);
		return LOCK_BAD;
	}
	memcpy(item.ref, n->label.ptr, n->label.len);
	if (!copy_string(rd, n, "id", item.key, sizeof(item.key)) ||
	    !copy_string(rd, n, "issuer", item.issuer, sizeof(item.issuer)) ||
	    !copy_string(rd, n, "digest", item.digest, sizeof(item.digest)) ||
	    text_get_number(rd->t, text_find(n, "revision"), 0, INT32_MAX, &revision, rd->report) !=
		0)
		return LOCK_BAD;
	item.revision = (int32_t)revision;
	place(l, &item, &found);
	r = found ? LOCK_BAD : lock_set(l, &item);
	if (r == LOCK_BAD)
		text_error(rd->report, rd->t, n, "not an %s with id, issuer, revision and digest",
		    kinds[kind]);
	return err_pass(r);
}

static int
read_items(const struct reading *rd, struct lock *l)
{
	uint64_t version = 0;
	int r =
	    text_get_number(rd->t, text_find(rd->t->root, "version"), 1, 1, &version, rd->report);

	if (r == 0 && version != 1) {
		text_error(rd->report, rd->t, NULL, "no version = 1");
		return LOCK_BAD;
	}
	for (struct text_node *n = rd->t->root->child; r == 0 && n != NULL; n = n->next) {
		if (n->kind != TEXT_SECTION)
			continue;
		for (size_t k = LOCK_ACTOR; r == 0 && k <= LOCK_PROVIDER; k++)
			if (bytes_is(n->text, kinds[k]))
				r = read_item(rd, text_use(n), (enum lock_kind)k, l);
	}
	text_unused(rd->t, rd->t->root, rd->report);
	return r < 0 ? r : rd->report->errors != 0 ? LOCK_BAD : 0;
}

int
lock_read(struct lock *l, const char *file, struct bytes text, struct buf *report)
{
	struct text_report said;
	struct text *t = NULL;
	struct reading rd = { .report = &said };
	int r;

	*l = (struct lock){ 0 };
	text_report_init(&said);
	r = text_parse(&t, file, text, &said);
	rd.t = t;
	if (r == 0)
		r = read_items(&rd, l);
	if (r > 0)
		r = LOCK_BAD;
	if (r != 0)
		lock_deinit(l);
	buf_put(report, buf_bytes(&said.out));
	text_free(t);
	text_report_deinit(&said);
	return err_pass(r);
}

static void
put_quoted(struct buf *b, const char *s)
{
	buf_put_u8(b, '"');
	for (; *s != 0; s++) {
		if (*s == '"' || *s == '\\')
			buf_put_u8(b, '\\');
		buf_put_u8(b, (uint8_t)*s);
	}
	buf_put_u8(b, '"');
}

static void
put_entry(struct buf *b, const char *key, const char *value)
{
	if (value[0] == 0)
		return;
	buf_put_str(b, "  ");
	buf_put_str(b, key);
	buf_put_str(b, " = ");
	buf_put_str(b, value);
	buf_put_u8(b, '\n');
}

void
lock_put(struct buf *b, const struct lock *l)
{
	buf_put_str(b, "# What the references of the manifest beside this file turned out to "
		       "be.\nversion = 1\n");
	for (size_t i = 0; i < l->n; i++) {
		const struct lock_item *it = &l->item[i];

		buf_put_u8(b, '\n');
		buf_put_str(b, kinds[it->kind]);
		buf_put_u8(b, ' ');
		put_quoted(b, it->ref);
		buf_put_str(b, " {\n");
		put_entry(b, "id", it->key);
		put_entry(b, "issuer", it->issuer);
		buf_put_str(b, "  revision = ");
		buf_put_int(b, it->revision);
		buf_put_u8(b, '\n');
		put_entry(b, "digest", it->digest);
		buf_put_str(b, "}\n");
	}
}

enum lock_drift
lock_drift(const struct lock *l, const struct lock_item *found)
{
	const struct lock_item *pinned = lock_find(l, found->kind, found->ref);

	if (pinned == NULL)
		return LOCK_NOT_PINNED;
	if (strcmp(pinned->key, found->key) != 0)
		return LOCK_OTHER_KEY;
	if (strcmp(pinned->issuer, found->issuer) != 0)
		return LOCK_OTHER_ISSUER;
	if (found->revision < pinned->revision)
		return LOCK_OLDER;
	if (found->revision > pinned->revision)
		return LOCK_NEWER;
	return strcmp(pinned->digest, found->digest) != 0 ? LOCK_OTHER_BYTES : LOCK_AS_PINNED;
}

const char *
lock_drift_words(enum lock_drift d)
{
	switch (d) {
	case LOCK_AS_PINNED:
		return "as pinned";
	case LOCK_NOT_PINNED:
		return "not in the lockfile";
	case LOCK_OTHER_KEY:
		return "another id than is pinned";
	case LOCK_OTHER_ISSUER:
		return "signed by another issuer than is pinned";
	case LOCK_OLDER:
		return "an older revision than is pinned";
	case LOCK_NEWER:
		return "a newer revision than is pinned";
	case LOCK_OTHER_BYTES:
		return "the pinned revision with other bytes";
	default:
		return "unknown";
	}
}

bool
lock_accepts(enum lock_drift d, bool locked)
{
	return d == LOCK_AS_PINNED || (!locked && (d == LOCK_NOT_PINNED || d == LOCK_NEWER));
}
