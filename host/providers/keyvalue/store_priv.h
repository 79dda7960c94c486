/* store_priv - a store from within: store.c (the file and its transactions), store_ops.c (what is
 * done in it). */
#ifndef HOST_PROVIDERS_KEYVALUE_STORE_PRIV_H
#define HOST_PROVIDERS_KEYVALUE_STORE_PRIV_H

#include <sqlite3.h>

#include "host/providers/keyvalue/store.h"

/* Statements, by what they do. */
enum sql {
	SQL_BEGIN,
	SQL_COMMIT,
	SQL_ROLLBACK,
	SQL_SAVE,
	SQL_RELEASE,
	SQL_BACK,
	SQL_GET,
	SQL_SET,
	SQL_DEL,
	SQL_HAS,
	SQL_LIST_ADD,
	SQL_LIST_LEN,
	SQL_LIST_CLEAR,
	SQL_LIST_DEL,
	SQL_LIST_RANGE,
	SQL_SET_ADD,
	SQL_SET_DEL,
	SQL_SET_CLEAR,
	SQL_SET_QUERY,
	SQL_SET_HAS,
	SQL_SWEEP,
	SQL_COUNT
};

struct store {
	sqlite3 *db;
	sqlite3_stmt *st[SQL_COUNT];
	bool open; /* a transaction is */
	bool lost; /* ... and was undone: SQLite does that by itself when there is no room */
	int64_t swept_s;
};

/* Everything one of them needs. */
struct turn {
	struct store *s;
	struct bytes space;
	const struct kv_op *op;
	int64_t now_s;
	struct buf *out;
	char *why;
};

/* store_act() - one operation. Return: 0, STORE_REFUSED, STORE_FULL, -EIO. */
int store_act(struct turn *t) must_check;
/* store_plain() - a statement without words of ours. Return: SQLITE_DONE; else what went wrong. */
int store_plain(struct store *s, enum sql which);
/* store_accident() - a full database is an answer, all else is not. Return: STORE_FULL, -EIO. */
int store_accident(struct store *s, int r, char why[STORE_WHY]) must_check;
/* store_broken() - Return: -EIO with @why. */
int store_broken(const struct store *s, char why[STORE_WHY]) must_check;

#endif
