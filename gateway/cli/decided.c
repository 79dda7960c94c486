/*
 * decided - see decided.h.
 *
 * Logs are read from their end in blocks, so that a decision of just now is found in a log of any
 * size, and no further than a ceiling. Ids begin anew with each start of the gate: the newest line
 * is the one that is meant. Members are looked up by name and everything else is skipped, so lines
 * of the decision log and records of either audit format will do.
 */
#include "gateway/cli/decided.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/proc/file.h"
#include "policy/audit/record.h"
#include "policy/core/json.h"
#include "policy/rules/window.h"

enum {
	BLOCK = 1 << 20,
	LINE_MAX_BYTES = 1 << 20,
	TOKENS = 4096,
	PROGRESS = 64, /* blocks */
};

#define LOOK_BACK ((off_t)4 << 30) /* bytes of one file */

bool
decided_is_id(const char *s)
{
	size_t dots = 0;

	for (; *s != '\0'; s++) {
		if (*s == '.')
			dots++;
		else if ((*s == 'd' || *s == 'c') && dots == 2 && s[-1] == '.')
			continue;
		else if (*s < '0' || *s > '9')
			return false;
	}
	return dots == 2 && s[-1] != '.';
}

/* ---- one line ---- */

struct line {
	struct json j;
	struct json_tok tok[TOKENS];
	struct decided *d;
};

/* member() - a string's value; unescaped into ->memory, which was made long enough. */
static struct bytes
member(struct line *l, size_t object, const char *name)
{
	size_t at = json_member(&l->j, object, name);
	struct buf *b = &l->d->memory;
	struct bytes s = BYTES_NULL;
	size_t room = b->cap - b->len;

	if (at == 0 || json_text(&l->j, at, b->ptr + b->len, room, &s) != 0)
		return BYTES_NULL;
	if (s.ptr == b->ptr + b->len)
		b->len += s.len;
	return s;
}

static void
copy(char *to, size_t room, struct bytes s)
{
	snprintf(to, room, "%.*s", (int)s.len, s.len != 0 ? (const char *)s.ptr : "");
}

static int
take_tags(struct line *l, size_t at)
{
	struct identity *id = &l->d->who;

	for (size_t t = json_first(&l->j, at), i = 0; i < l->tok[at].n; i++, t = l->tok[t].next) {
		char **more = reallocarray(id->tags, id->n_tags + 1, sizeof(*more));
		struct bytes s = BYTES_NULL;
		uint8_t text[512];

		if (more == NULL)
			return CLI_FAILED;
		id->tags = more;
		if (json_text(&l->j, t, text, sizeof(text), &s) != 0)
			continue;
		id->tags[id->n_tags] = strndup((const char *)s.ptr, s.len);
		if (id->tags[id->n_tags] == NULL)
			return CLI_FAILED;
		id->n_tags++;
	}
	return CLI_OK;
}

static int
take_identity(struct line *l)
{
	struct identity *id = &l->d->who;
	struct bytes name = member(l, 0, "name"), port;
	size_t tags = json_member(&l->j, 0, "tags");

	*id = (struct identity){ .max_subs = -1, .max_payload = -1 };
	copy(id->user, sizeof(id->user), member(l, 0, "user"));
	copy(id->account, sizeof(id->account), member(l, 0, "account"));
	copy(id->issuer, sizeof(id->issuer), member(l, 0, "issuer"));
	copy(id->source, sizeof(id->source), record_address(member(l, 0, "source"), &port));
	id->name = strndup(name.len != 0 ? (const char *)name.ptr : "", name.len);
	if (id->name == NULL)
		return CLI_FAILED;
	return tags != 0 ? take_tags(l, tags) : CLI_OK;
}

/* Of "2026-11-22T10:00:00.123456789Z" the seconds. */
static int64_t
seconds_of(struct bytes time)
{
	char text[32];
	int64_t at = 0;

	if (time.len < 20)
		return 0;
	copy(text, sizeof(text), bytes_upto(time, 19));
	text[19] = 'Z';
	text[20] = '\0';
	return window_instant(bytes_str(text), &at) == NULL ? at : 0;
}

/* take_line() - Return: CLI_OK, CLI_FAILED (memory), CLI_TESTS (not a line about this). */
static int
take_line(struct decided *d, const char *id)
{
	struct line *l = calloc(1, sizeof(*l));
	struct bytes what;
	int r = CLI_TESTS;

	if (l == NULL)
		return CLI_FAILED;
	l->d = d;
	l->j = (struct json){ .text = buf_bytes(&d->memory), .tok = l->tok, .cap = TOKENS };
	if (json_read(&l->j) == 0 && json_is(&l->j, json_member(&l->j, 0, "id"), id)) {
		d->id = member(l, 0, "id");
		d->time = member(l, 0, "time");
		d->event = member(l, 0, "event");
		if (d->event.len == 0)
			d->event = member(l, 0, "kind");
		what = member(l, 0, "what");
		d->subject = member(l, 0, "subject");
		d->reply = member(l, 0, "reply");
		d->queue = member(l, 0, "queue");
		d->decision = member(l, 0, "decision");
		d->rule = member(l, 0, "rule");
		d->reason = member(l, 0, "reason");
		d->policy = member(l, 0, "policy");
		d->at_s = seconds_of(d->time);
		d->subscribes = bytes_is(d->event, "sub_denied") || bytes_is(what, "subscribe");
		r = bytes_is(d->event, "outcome") ? CLI_TESTS : take_identity(l);
		d->explains = d->subject.len != 0 && d->who.account[0] != '\0' &&
			      !bytes_is(d->event, "unstamped") && !bytes_is(what, "unstamped") &&
			      !bytes_is(d->event, "header_denied") && !bytes_is(what, "header");
	}
	free(l);
	return r;
}

/* try_line() - keep it when it is the one. */
static int
try_line(struct decided *d, struct bytes line, const char *id)
{
	int r;

	if (memmem(line.ptr, line.len, id, strlen(id)) == NULL)
		return CLI_TESTS;
	decided_deinit(d);
	buf_init(&d->memory, 3 * (size_t)LINE_MAX_BYTES);
	/* what is unescaped goes behind the line, and is never longer than it */
	if (buf_reserve(&d->memory, 2 * line.len + 16) == NULL)
		return CLI_FAILED;
	buf_put(&d->memory, line);
	r = take_line(d, id);
	if (r != CLI_OK)
		decided_deinit(d);
	return r;
}

/* ---- a file, from its end ---- */

/* try_block() - the whole lines of a block, last first. @rest: what stands before the first. */
static int
try_block(struct decided *d, struct bytes block, bool first, const char *id, size_t *rest)
{
	size_t end = block.len;
	int r = CLI_TESTS;

	while (r == CLI_TESTS && end > 0) {
		const uint8_t *feed = memrchr(block.ptr, '\n', end);
		size_t begin = feed != NULL ? (size_t)(feed - block.ptr) + 1 : 0;

		if (feed == NULL && !first)
			break;
		if (begin < end)
			r = try_line(d, bytes_of(block.ptr + begin, end - begin), id);
		end = feed != NULL ? begin - 1 : 0;
	}
	*rest = end;
	return r;
}

static void
progress(const char *file, off_t at, size_t blocks)
{
	if (blocks % PROGRESS == 0 && isatty(STDERR_FILENO))
		fprintf(stderr, "\r%s: %lld MiB to go ", file, (long long)(at >> 20));
}

/* find_in() - Return: CLI_OK, CLI_TESTS (not there), CLI_FAILED. */
static int
find_in(struct decided *d, int fd, const char *file, off_t size, const char *id)
{
	uint8_t *room = malloc((size_t)BLOCK + LINE_MAX_BYTES);
	off_t at = size, stop = size > LOOK_BACK ? size - LOOK_BACK : 0;
	size_t carry = 0, blocks = 0;
	int r = CLI_TESTS;

	if (room == NULL)
		return CLI_FAILED;
	while (r == CLI_TESTS && at > stop) {
		size_t n = at - stop > BLOCK ? BLOCK : (size_t)(at - stop);

		/* the head of a line that began in an earlier block goes behind that one */
		memmove(room + n, room, carry);
		if (pread(fd, room, n, at - (off_t)n) != (ssize_t)n)
			break;
		at -= (off_t)n;
		progress(file, at, ++blocks);
		r = try_block(d, bytes_of(room, n + carry), at == 0, id, &carry);
		if (carry > LINE_MAX_BYTES)
			carry = 0; /* no line of ours */
	}
	if (blocks >= PROGRESS && isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K");
	free(room);
	if (r == CLI_TESTS && stop > 0)
		cli_note("%s: only its last %lld MiB were looked through", file,
		    (long long)(LOOK_BACK >> 20));
	return r;
}

static int
find_in_file(struct decided *d, const char *file, const char *id)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC), r;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0) {
		cli_error("%s: %s", file, strerror(errno));
		r = CLI_FAILED;
	} else {
		r = find_in(d, fd, file, st.st_size, id);
	}
	if (fd >= 0)
		close(fd);
	return r;
}

/* find_in_audit() - the files of an audit folder, newest first: their names are numbers. */
static int
find_in_audit(struct decided *d, const char *folder, const char *id)
{
	char **names = NULL, path[PATH_MAX];
	size_t n = 0;
	int r = CLI_TESTS;

	if (names_in(AT_FDCWD, folder, ".jsonl", &names, &n) != 0)
		return CLI_TESTS;
	for (size_t i = n; r == CLI_TESTS && i-- > 0;)
		if (snprintf(path, sizeof(path), "%s/%s", folder, names[i]) < (int)sizeof(path))
			r = find_in_file(d, path, id);
	names_free(names, n);
	return r;
}

int
decided_find(struct decided *d, const struct cli_args *a, const char *id)
{
	const char *dir = cli_value(a, "dir"), *file = cli_value_nth(a, "log", 0);
	char path[PATH_MAX];
	int r = CLI_TESTS;

	*d = (struct decided){ 0 };
	for (size_t i = 0; file != NULL && r == CLI_TESTS; file = cli_value_nth(a, "log", ++i))
		r = find_in_file(d, file, id);
	if (cli_value_nth(a, "log", 0) == NULL) {
		snprintf(path, sizeof(path), "%s/log/decisions.jsonl", dir != NULL ? dir : ".");
		r = find_in_file(d, path, id);
		snprintf(path, sizeof(path), "%s/audit", dir != NULL ? dir : ".");
		if (r == CLI_TESTS)
			r = find_in_audit(d, path, id);
	}
	if (r != CLI_TESTS)
		return r;
	cli_error("no decision %s in the log", id);
	cli_try("name rotated logs with --log FILE, or the deployment with --dir DIR");
	return CLI_FAILED;
}

void
decided_deinit(struct decided *d)
{
	identity_deinit(&d->who);
	buf_deinit(&d->memory);
	*d = (struct decided){ 0 };
}
