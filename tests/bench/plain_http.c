/*
 * plain_http hello|count PORT FOLDER - what an actor does behind the HTTP provider, as one plain
 * program: the price of the host is measured against it. libmicrohttpd in one thread, SQLite as
 * the key-value provider opens it (host/providers/keyvalue/store.c), one transaction a request.
 * PORT 0: any; it is printed. Never installed. It trusts whoever speaks to it.
 */
#include <microhttpd.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct plain {
	sqlite3 *db; /* NULL: hello */
	sqlite3_stmt *add;
};

static void
fail(const char *what)
{
	fprintf(stderr, "plain_http: %s\n", what);
	exit(1);
}

/* count() - the path's number, one higher than it was, once that is on the disk. */
static long long
count(struct plain *p, const char *key)
{
	long long n = -1;

	sqlite3_bind_text(p->add, 1, key, -1, SQLITE_STATIC);
	if (sqlite3_step(p->add) == SQLITE_ROW)
		n = sqlite3_column_int64(p->add, 0);
	/* what RETURNING gives is not committed before the statement is done */
	if (n >= 0 && sqlite3_step(p->add) != SQLITE_DONE)
		n = -1;
	sqlite3_reset(p->add);
	return n;
}

static enum MHD_Result
on_request(void *ctx, struct MHD_Connection *c, const char *url, const char *method,
    const char *version, const char *upload, size_t *n_upload, void **state)
{
	static int seen;
	struct plain *p = ctx;
	char text[256] = "hello\n";
	struct MHD_Response *r;
	enum MHD_Result done;
	long long n;

	(void)method;
	(void)version;
	(void)upload;
	if (*state == NULL) {
		*state = &seen;
		return MHD_YES;
	}
	*n_upload = 0;
	if (p->db != NULL) {
		n = count(p, url + 1);
		if (n < 0)
			fail(sqlite3_errmsg(p->db));
		snprintf(text, sizeof(text), "{\"path\":\"%.128s\",\"count\":%lld}", url + 1, n);
	}
	r = MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_COPY);
	if (r == NULL)
		return MHD_NO;
	MHD_add_response_header(
	    r, "Content-Type", p->db != NULL ? "application/json" : "text/plain");
	done = MHD_queue_response(c, MHD_HTTP_OK, r);
	MHD_destroy_response(r);
	return done;
}

static void
open_db(struct plain *p)
{
	static const char setup[] =
	    "PRAGMA page_size=4096; PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL;"
	    "PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY;"
	    "CREATE TABLE value (name TEXT PRIMARY KEY, value INTEGER) WITHOUT ROWID";

	if (sqlite3_open("plain.db", &p->db) != SQLITE_OK ||
	    sqlite3_exec(p->db, setup, NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(p->db,
		"INSERT INTO value VALUES (?1, 1) ON CONFLICT DO UPDATE SET value = value + 1 "
		"RETURNING value",
		-1, &p->add, NULL) != SQLITE_OK)
		fail(sqlite3_errmsg(p->db));
}

int
main(int argc, char **argv)
{
	struct plain p = { NULL, NULL };
	const union MHD_DaemonInfo *i;
	struct MHD_Daemon *d;
	char byte;

	if (argc != 4 || chdir(argv[3]) != 0)
		fail("hello|count PORT FOLDER");
	if (strcmp(argv[1], "count") == 0)
		open_db(&p);
	d = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, (uint16_t)strtoul(argv[2], NULL, 10),
	    NULL, NULL, on_request, &p, MHD_OPTION_END);
	i = d != NULL ? MHD_get_daemon_info(d, MHD_DAEMON_INFO_BIND_PORT) : NULL;
	if (i == NULL)
		fail("cannot listen");
	printf("listening %u\n", i->port);
	fflush(stdout);
	while (read(0, &byte, 1) > 0)
		;
	MHD_stop_daemon(d);
	return 0;
}
