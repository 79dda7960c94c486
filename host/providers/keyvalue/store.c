/*
 * store - see store.h. One connection, exclusive, with a write-ahead log and a sync at each commit:
 * who got an answer finds the change after a crash of everything.
 *
 * The process has no path to its folder, only the folder (it is the working directory), and may not
 * walk there from the root. SQLite makes every name absolute; a file system of ours, which is
 * SQLite's own but for that one function, leaves names as they are. Source: sqlite3.h (sqlite3_vfs,
 * xFullPathname), sqlite.org/wal.html 7 (exclusive mode needs no shared memory).
 */
#include "host/providers/keyvalue/store.h"

#include <stdio.h>

#include "host/providers/keyvalue/store_priv.h"

#define STORE_FILE "store.db"

enum { PAGE = 4096, CACHE_KIB = 8192 };

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS value (space TEXT, key TEXT, value TEXT, expires INTEGER,"
    " PRIMARY KEY (space, key)) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS expiring ON value (expires) WHERE expires > 0;"
    "CREATE TABLE IF NOT EXISTS list (id INTEGER PRIMARY KEY AUTOINCREMENT, space TEXT, name TEXT, "
    "value TEXT);"
    "CREATE INDEX IF NOT EXISTS list_name ON list (space, name, id);"
    "CREATE TABLE IF NOT EXISTS member (space TEXT, name TEXT, value TEXT,"
    " PRIMARY KEY (space, name, value)) WITHOUT ROWID;";

/* ?1 is the space, ?2 the key; ?3 a value or the time; ?4 the time */
static const char *const texts[SQL_COUNT] = {
	[SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",
	[SQL_SAVE] = "SAVEPOINT one",
	[SQL_RELEASE] = "RELEASE one",
	[SQL_BACK] = "ROLLBACK TO one",
	[SQL_GET] = "SELECT value, expires FROM value WHERE space = ?1 AND key = ?2 AND (expires = "
		    "0 OR expires > ?3)",
	[SQL_SET] = "INSERT INTO value VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET value = "
		    "?3, expires = ?4",
	[SQL_DEL] = "DELETE FROM value WHERE space = ?1 AND key = ?2",
	[SQL_HAS] = ("SELECT 1 WHERE EXISTS (SELECT 1 FROM value WHERE space = ?1 AND key = ?2 AND "
		     "(expires = 0 OR expires > ?3))"
		     " OR EXISTS (SELECT 1 FROM list WHERE space = ?1 AND name = ?2)"
		     " OR EXISTS (SELECT 1 FROM member WHERE space = ?1 AND name = ?2)"),
	[SQL_LIST_ADD] = "INSERT INTO list (space, name, value) VALUES (?1, ?2, ?3)",
	[SQL_LIST_LEN] = "SELECT count(*) FROM list WHERE space = ?1 AND name = ?2",
	[SQL_LIST_CLEAR] = "DELETE FROM list WHERE space = ?1 AND name = ?2",
	[SQL_LIST_DEL] = "DELETE FROM list WHERE space = ?1 AND name = ?2 AND value = ?3",
	[SQL_LIST_RANGE] =
	    "SELECT value FROM list WHERE space = ?1 AND name = ?2 ORDER BY id LIMIT ?3 OFFSET ?4",
	[SQL_SET_ADD] = "INSERT INTO member VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
	[SQL_SET_DEL] = "DELETE FROM member WHERE space = ?1 AND name = ?2 AND value = ?3",
	[SQL_SET_CLEAR] = "DELETE FROM member WHERE space = ?1 AND name = ?2",
	[SQL_SET_QUERY] = "SELECT value FROM member WHERE space = ?1 AND name = ?2",
	[SQL_SET_HAS] = "SELECT 1 FROM member WHERE space = ?1 AND name = ?2 AND value = ?3",
	[SQL_SWEEP] =
	    ("DELETE FROM value WHERE (space, key) IN"
	     " (SELECT space, key FROM value WHERE expires > 0 AND expires <= ?3 LIMIT 1000)"),
};

/* ---- SQLite ---- */

static int
as_it_is(sqlite3_vfs *v, const char *name, int room, char *out)
{
	(void)v;
	return snprintf(out, (size_t)room, "%s", name) < room ? SQLITE_OK : SQLITE_CANTOPEN;
}

static sqlite3_vfs *
own_files(void)
{
	static sqlite3_vfs own;
	sqlite3_vfs *unix_files = sqlite3_vfs_find("unix");

	if (unix_files == NULL)
		return NULL;
	own = *unix_files;
	own.zName = "folder";
	own.pNext = NULL;
	own.xFullPathname = as_it_is;
	return sqlite3_vfs_register(&own, 0) == SQLITE_OK ? &own : NULL;
}

static int
set_up(struct store *s, uint64_t size)
{
	char text[160];

	snprintf(text, sizeof(text),
	    "PRAGMA page_size=%d; PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA "
	    "synchronous=FULL;"
	    "PRAGMA cache_size=-%d;",
	    PAGE, CACHE_KIB);
	if (sqlite3_exec(s->db, text, NULL, NULL, NULL) != SQLITE_OK)
		return -EIO;
	snprintf(text, sizeof(text),
	    "PRAGMA max_page_count=%llu; PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF;",
	    (unsigned long long)(size / PAGE));
	if (sqlite3_exec(s->db, text, NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(s->db, schema, NULL, NULL, NULL) != SQLITE_OK)
		return -EIO;
	for (int i = 0; i < SQL_COUNT; i++)
		if (sqlite3_prepare_v3(s->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT, &s->st[i],
			NULL) != SQLITE_OK)
			return -EIO;
	return 0;
}

int
store_open(struct store **out, uint64_t size, char why[STORE_WHY])
{
	struct store *s = calloc(1, sizeof(*s));
	int r;

	*out = NULL;
	if (s == NULL || own_files() == NULL) {
		free(s);
		snprintf(why, STORE_WHY, "out of memory");
		return err_raise(-ENOMEM);
	}
	r = sqlite3_open_v2(STORE_FILE, &s->db,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, "folder");
	if (r != SQLITE_OK || set_up(s, size) != 0) {
		(void)!store_broken(s, why);
		store_close(s);
		return err_raise(-EIO);
	}
	*out = s;
	return 0;
}

void
store_close(struct store *s)
{
	if (s == NULL)
		return;
	for (int i = 0; i < SQL_COUNT; i++)
		sqlite3_finalize(s->st[i]);
	sqlite3_close(s->db);
	free(s);
}

/* sweep() - what has expired goes, a little at a time. */
static void
sweep(struct store *s, int64_t now_s)
{
	if (now_s - s->swept_s < STORE_SWEEP_S && now_s >= s->swept_s)
		return;
	s->swept_s = now_s;
	sqlite3_bind_int64(s->st[SQL_SWEEP], 3, now_s);
	(void)store_plain(s, SQL_SWEEP);
}

int
store_do(struct store *s, struct bytes space, const struct kv_op *op, int64_t now_s,
    struct buf *out, char why[STORE_WHY])
{
	struct turn t = { s, space, op, now_s, out, why };
	bool changes = kv_changes(op->verb);
	int r;

	if (changes && s->lost) {
		snprintf(why, STORE_WHY, "the store is full");
		return STORE_FULL;
	}
	if (changes && !s->open) {
		r = store_plain(s, SQL_BEGIN);
		if (r != SQLITE_DONE)
			return err_pass(store_accident(s, r, why));
		s->open = true;
		sweep(s, now_s);
	}
	if (changes && (r = store_plain(s, SQL_SAVE)) != SQLITE_DONE)
		return err_pass(store_accident(s, r, why));
	r = store_act(&t);
	if (changes && r != 0 && sqlite3_get_autocommit(s->db) != 0) {
		s->lost = true;
		return err_pass(r);
	}
	/* one that cannot be done leaves nothing behind, and the others of its transaction as they
	 * are */
	if (changes && r != 0 && store_plain(s, SQL_BACK) != SQLITE_DONE)
		r = store_broken(s, why);
	if (changes && store_plain(s, SQL_RELEASE) != SQLITE_DONE)
		r = store_broken(s, why);
	return err_pass(r);
}

bool
store_changed(const struct store *s)
{
	return s->open;
}

int
store_commit(struct store *s)
{
	if (!s->open)
		return 0;
	s->open = false;
	if (s->lost) {
		s->lost = false;
		return err_raise(-EIO);
	}
	if (store_plain(s, SQL_COMMIT) == SQLITE_DONE)
		return 0;
	(void)store_plain(s, SQL_ROLLBACK);
	return err_raise(-EIO);
}
