/*
 * store_ops - what is done in a store: each operation is one or a few statements that were prepared
 * when it was opened, with names and values bound to them and never part of their text.
 */
#include <stdio.h>

#include "host/providers/keyvalue/store_priv.h"

int
store_broken(const struct store *s, char why[STORE_WHY])
{
	snprintf(
	    why, STORE_WHY, "the database: %.120s", s->db != NULL ? sqlite3_errmsg(s->db) : "none");
	return err_raise(-EIO);
}

static sqlite3_stmt *
bind(struct store *s, enum sql which, struct bytes space, struct bytes key)
{
	sqlite3_stmt *st = s->st[which];

	sqlite3_reset(st);
	sqlite3_bind_text(
	    st, 1, space.len > 0 ? (const char *)space.ptr : "", (int)space.len, SQLITE_STATIC);
	sqlite3_bind_text(
	    st, 2, key.len > 0 ? (const char *)key.ptr : "", (int)key.len, SQLITE_STATIC);
	return st;
}

static void
bind_value(sqlite3_stmt *st, struct bytes v)
{
	sqlite3_bind_text(st, 3, v.len > 0 ? (const char *)v.ptr : "", (int)v.len, SQLITE_STATIC);
}

/* run() - to its end. Return: SQLITE_DONE; else what went wrong. */
static int
run(sqlite3_stmt *st)
{
	int r;

	while ((r = sqlite3_step(st)) == SQLITE_ROW)
		continue;
	sqlite3_reset(st);
	return r;
}

int
store_plain(struct store *s, enum sql which)
{
	return run(s->st[which]);
}

int
store_accident(struct store *s, int r, char why[STORE_WHY])
{
	if (r == SQLITE_FULL || r == SQLITE_TOOBIG || sqlite3_system_errno(s->db) == ENOSPC ||
	    sqlite3_system_errno(s->db) == EFBIG) {
		snprintf(why, STORE_WHY, "the store is full");
		return STORE_FULL;
	}
	return store_broken(s, why);
}

/* change() - a statement whose number of rows counts. Return: 0, STORE_FULL, -EIO. */
static int
change(struct store *s, sqlite3_stmt *st, int *rows, char why[STORE_WHY])
{
	int r = run(st);

	if (r != SQLITE_DONE)
		return err_pass(store_accident(s, r, why));
	*rows = sqlite3_changes(s->db);
	return 0;
}

static struct bytes
column(sqlite3_stmt *st)
{
	const void *p = sqlite3_column_text(st, 0);

	return bytes_of(p, (size_t)sqlite3_column_bytes(st, 0));
}

/* ---- operations ---- */

static int
refuse(struct turn *t, const char *why)
{
	snprintf(t->why, STORE_WHY, "%s", why);
	return STORE_REFUSED;
}

static int
get(struct turn *t)
{
	sqlite3_stmt *st = bind(t->s, SQL_GET, t->space, t->op->key);
	int r;

	sqlite3_bind_int64(st, 3, t->now_s);
	r = sqlite3_step(st);
	if (r == SQLITE_ROW)
		kv_put_value(t->out, column(st), true);
	else if (r == SQLITE_DONE)
		kv_put_value(t->out, BYTES_NULL, false);
	sqlite3_reset(st);
	return r == SQLITE_ROW || r == SQLITE_DONE ? 0 : err_pass(store_accident(t->s, r, t->why));
}

static int
put(struct turn *t, struct bytes value, int64_t expires)
{
	sqlite3_stmt *st = bind(t->s, SQL_SET, t->space, t->op->key);
	int rows;

	bind_value(st, value);
	sqlite3_bind_int64(st, 4, expires);
	return err_pass(change(t->s, st, &rows, t->why));
}

/* number() - what a text is; false for what is none of 64 bits. */
static bool
number(struct bytes s, int64_t *out)
{
	bool minus = s.len > 0 && s.ptr[0] == '-';
	int64_t v = 0;

	s = bytes_from(s, minus);
	if (s.len == 0 || s.len > 19)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		int digit = s.ptr[i] - '0';

		if (digit < 0 || digit > 9 || __builtin_mul_overflow(v, 10, &v) ||
		    __builtin_sub_overflow(v, digit, &v))
			return false;
	}
	*out = minus ? v : -v;
	return minus || v != INT64_MIN;
}

static int
increment(struct turn *t)
{
	sqlite3_stmt *st = bind(t->s, SQL_GET, t->space, t->op->key);
	int64_t v = 0, expires = 0;
	char text[24];
	int r, n;
	bool ok = true;

	sqlite3_bind_int64(st, 3, t->now_s);
	r = sqlite3_step(st);
	if (r == SQLITE_ROW) {
		ok = number(column(st), &v);
		expires = sqlite3_column_int64(st, 1);
	}
	sqlite3_reset(st);
	if (r != SQLITE_ROW && r != SQLITE_DONE)
		return err_pass(store_accident(t->s, r, t->why));
	if (!ok)
		return refuse(t, "the value is no number");
	if (__builtin_add_overflow(v, t->op->amount, &v) || v < INT32_MIN || v > INT32_MAX)
		return refuse(t, "the sum is no number of 32 bits");
	n = snprintf(text, sizeof(text), "%lld", (long long)v);
	kv_put_number(t->out, v);
	return err_pass(put(t, bytes_of(text, (size_t)n), expires));
}

static int
set(struct turn *t)
{
	int64_t expires = t->op->expires != 0 ? t->now_s + t->op->expires : 0;

	return err_pass(put(t, t->op->value, expires));
}

/* removed() - were there rows? */
static int
removed(struct turn *t, enum sql which, bool *any)
{
	int rows = 0, r = change(t->s, bind(t->s, which, t->space, t->op->key), &rows, t->why);

	*any = *any || rows > 0;
	return err_pass(r);
}

static int
has(struct turn *t, bool *there)
{
	sqlite3_stmt *st = bind(t->s, SQL_HAS, t->space, t->op->key);
	int r;

	sqlite3_bind_int64(st, 3, t->now_s);
	r = sqlite3_step(st);
	*there = r == SQLITE_ROW;
	sqlite3_reset(st);
	return r == SQLITE_ROW || r == SQLITE_DONE ? 0 : err_pass(store_accident(t->s, r, t->why));
}

/* del() - whatever has this name. */
static int
del(struct turn *t)
{
	bool there = false, any = false;
	int r = has(t, &there);

	if (r == 0)
		r = removed(t, SQL_DEL, &any);
	if (r == 0)
		r = removed(t, SQL_LIST_CLEAR, &any);
	if (r == 0)
		r = removed(t, SQL_SET_CLEAR, &any);
	kv_put_bool(t->out, there);
	return err_pass(r);
}

static int
clear(struct turn *t, enum sql which)
{
	bool any = false;
	int r = removed(t, which, &any);

	kv_put_bool(t->out, any);
	return err_pass(r);
}

static int
length(struct turn *t, int64_t *n)
{
	sqlite3_stmt *st = bind(t->s, SQL_LIST_LEN, t->space, t->op->key);
	int r = sqlite3_step(st);

	*n = r == SQLITE_ROW ? sqlite3_column_int64(st, 0) : 0;
	sqlite3_reset(st);
	return r == SQLITE_ROW ? 0 : err_pass(store_accident(t->s, r, t->why));
}

/* with_value() - a statement with a value. Return: rows in *rows. */
static int
with_value(struct turn *t, enum sql which, int *rows)
{
	sqlite3_stmt *st = bind(t->s, which, t->space, t->op->key);

	bind_value(st, t->op->value);
	return err_pass(change(t->s, st, rows, t->why));
}

static int
list_add(struct turn *t)
{
	int64_t n = 0;
	int rows, r = with_value(t, SQL_LIST_ADD, &rows);

	if (r == 0)
		r = length(t, &n);
	kv_put_number(t->out, n);
	return err_pass(r);
}

static int
list_del(struct turn *t)
{
	int rows = 0, r = with_value(t, SQL_LIST_DEL, &rows);

	kv_put_bool(t->out, rows > 0);
	return err_pass(r);
}

static int
changed_members(struct turn *t, enum sql which)
{
	int rows = 0, r = with_value(t, which, &rows);

	kv_put_number(t->out, rows);
	return err_pass(r);
}

static int
finish(struct turn *t, struct kv_texts *all, int r)
{
	bool ok = r == 0 && kv_texts_put(all, t->out);

	kv_texts_deinit(all);
	if (r == 0 && !ok) {
		snprintf(t->why, STORE_WHY, "the answer is too long");
		return STORE_FULL;
	}
	return err_pass(r);
}

static int
collect(struct turn *t, sqlite3_stmt *st, struct kv_texts *all)
{
	int r;

	while ((r = sqlite3_step(st)) == SQLITE_ROW && !all->full)
		kv_texts_add(all, column(st));
	sqlite3_reset(st);
	return r == SQLITE_DONE || all->full ? 0 : err_pass(store_accident(t->s, r, t->why));
}

/* list_range() - as Redis counts: -1 is the last. Source: redis.io/commands/lrange. */
static int
list_range(struct turn *t)
{
	int64_t n = 0, from = t->op->start, to = t->op->stop;
	struct kv_texts all;
	sqlite3_stmt *st;
	int r = length(t, &n);

	from = from < 0 ? from + n : from;
	to = to < 0 ? to + n : to;
	from = from < 0 ? 0 : from;
	to = to >= n ? n - 1 : to;
	kv_texts_init(&all);
	if (r == 0 && from <= to) {
		st = bind(t->s, SQL_LIST_RANGE, t->space, t->op->key);
		sqlite3_bind_int64(st, 3, to - from + 1);
		sqlite3_bind_int64(st, 4, from);
		r = collect(t, st, &all);
	}
	return err_pass(finish(t, &all, r));
}

static int
set_query(struct turn *t)
{
	struct kv_texts all;

	kv_texts_init(&all);
	return err_pass(
	    finish(t, &all, collect(t, bind(t->s, SQL_SET_QUERY, t->space, t->op->key), &all)));
}

/* member_of() - is @value in the set @name? */
static int
member_of(struct turn *t, struct bytes name, struct bytes value, bool *in)
{
	sqlite3_stmt *st = bind(t->s, SQL_SET_HAS, t->space, name);
	int r;

	bind_value(st, value);
	r = sqlite3_step(st);
	*in = r == SQLITE_ROW;
	sqlite3_reset(st);
	return r == SQLITE_ROW || r == SQLITE_DONE ? 0 : err_pass(store_accident(t->s, r, t->why));
}

/* wanted() - is a member of the @i-th set to be in the answer? */
static int
wanted(struct turn *t, size_t i, struct bytes value, bool *yes)
{
	bool both = t->op->verb == KV_SET_INTERSECTION, in = false;
	size_t from = both ? i + 1 : 0, to = both ? t->op->n_names : i;
	int r = 0;

	*yes = true;
	/* in all others; or in none of those before, where it was said already */
	for (size_t k = from; r == 0 && *yes && k < to; k++) {
		r = member_of(t, t->op->name[k], value, &in);
		*yes = both ? in : !in;
	}
	return err_pass(r);
}

static int
join(struct turn *t)
{
	size_t sets = t->op->verb == KV_SET_INTERSECTION ? 1 : t->op->n_names;
	struct kv_texts all;
	int r = 0;

	kv_texts_init(&all);
	for (size_t i = 0; r == 0 && i < sets; i++) {
		sqlite3_stmt *st = bind(t->s, SQL_SET_QUERY, t->space, t->op->name[i]);
		int step = SQLITE_DONE;

		while (r == 0 && !all.full && (step = sqlite3_step(st)) == SQLITE_ROW) {
			bool yes = false;

			r = wanted(t, i, column(st), &yes);
			if (yes)
				kv_texts_add(&all, column(st));
		}
		if (r == 0 && !all.full && step != SQLITE_DONE)
			r = store_accident(t->s, step, t->why);
		sqlite3_reset(st);
	}
	return err_pass(finish(t, &all, r));
}

int
store_act(struct turn *t)
{
	bool there;
	int r;

	switch (t->op->verb) {
	case KV_GET:
		return err_pass(get(t));
	case KV_SET:
		return err_pass(set(t));
	case KV_DEL:
		return err_pass(del(t));
	case KV_CONTAINS:
		r = has(t, &there);
		kv_put_bool(t->out, there);
		return err_pass(r);
	case KV_INCREMENT:
		return err_pass(increment(t));
	case KV_LIST_ADD:
		return err_pass(list_add(t));
	case KV_LIST_CLEAR:
		return err_pass(clear(t, SQL_LIST_CLEAR));
	case KV_LIST_DEL:
		return err_pass(list_del(t));
	case KV_LIST_RANGE:
		return err_pass(list_range(t));
	case KV_SET_ADD:
		return err_pass(changed_members(t, SQL_SET_ADD));
	case KV_SET_DEL:
		return err_pass(changed_members(t, SQL_SET_DEL));
	case KV_SET_CLEAR:
		return err_pass(clear(t, SQL_SET_CLEAR));
	case KV_SET_QUERY:
		return err_pass(set_query(t));
	case KV_SET_UNION:
	case KV_SET_INTERSECTION:
		return err_pass(join(t));
	default:
		return refuse(t, "nobody knows this operation");
	}
}
