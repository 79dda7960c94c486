/*
 * audit tail - the end of the log, and what is added to it while one looks.
 *
 * An outcome comes some time after its command: the last commands shown are remembered, so that it
 * can be told with who and what. What the log writes for its own sake is no line to people: a gate
 * where nothing happens writes a checkpoint each minute.
 */
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "gateway/cli/audit_lines.h"
#include "gateway/cli/audit_say.h"

enum {
	REMEMBERED = 4096,
	LOOK_MS = 1000, /* where nobody tells that a file grew: another machine's files */
	OUT_MAX = 4 << 20,
};

static volatile sig_atomic_t stopped;

static void
on_stop(int sig)
{
	stopped = sig;
}

struct tail {
	struct audit_dir dir;
	struct audit_lines lines;
	struct record_reader *reader;
	struct said *said; /* by seq modulo REMEMBERED */
	struct buf out;
	uint64_t shown; /* lines */
	uint64_t skip;  /* lines to pass over before the first that is shown */
	bool json, colour;
};

/* is_own() - segments and checkpoints; in --json every line counts. */
static bool
is_own(const struct tail *t, struct bytes line)
{
	struct record_head h;

	return !t->json && record_head(line, &h) == 0 &&
	       (h.kind == RECORD_SEGMENT || h.kind == RECORD_CHECKPOINT);
}

static void
show(struct tail *t, struct bytes line)
{
	const struct said *of = NULL;
	struct record r;

	if (is_own(t, line))
		return;
	if (t->skip > 0) {
		t->skip--;
		if (record_decode(t->reader, line, &r) == 0 && r.kind == RECORD_COMMAND)
			say_keep(&t->said[r.seq % REMEMBERED], &r);
		return;
	}
	t->shown++;
	if (record_decode(t->reader, line, &r) != 0) {
		/* not even as JSON: what is no record may hold anything */
		if (t->json)
			cli_note("segment %llu line %llu is no record",
			    (unsigned long long)t->lines.segment,
			    (unsigned long long)t->lines.line);
		else
			say_bad(
			    &t->out, t->lines.segment, 0, record_reader_why(t->reader), t->colour);
		return;
	}
	if (t->json) {
		buf_put(&t->out, line);
		buf_put_u8(&t->out, '\n');
		return;
	}
	if (r.kind == RECORD_COMMAND)
		say_keep(&t->said[r.seq % REMEMBERED], &r);
	if (r.kind == RECORD_OUTCOME && t->said[r.of % REMEMBERED].seq == r.of)
		of = &t->said[r.of % REMEMBERED];
	say_line(&t->out, &r, of, t->colour);
}

/* flush() - Return: can somebody still read it? */
static bool
flush(struct tail *t)
{
	bool ok = t->out.len == 0 || cli_print(&t->out) == CLI_OK;

	buf_reset(&t->out);
	return ok;
}

/* drain() - all there is. Return: CLI_OK, CLI_FAILED. */
static int
drain(struct tail *t)
{
	struct bytes line;
	int r = 0;

	while (stopped == 0 && (r = audit_lines_next(&t->lines, &line)) == 1) {
		show(t, line);
		if (t->out.len > OUT_MAX / 4 && !flush(t))
			return CLI_FAILED;
	}
	if (r < 0) {
		cli_error("%s: %s", t->dir.path, strerror(-r));
		return CLI_FAILED;
	}
	return flush(t) ? CLI_OK : CLI_FAILED;
}

/* pass_over() - remember the commands before the first line shown, whose outcomes may come. */
static int
pass_over(struct tail *t, uint64_t n, uint64_t segment, uint64_t offset)
{
	uint64_t from, at;
	struct bytes line;
	struct record r;
	int got = audit_lines_back(&t->dir, n + REMEMBERED, &from, &at);

	if (got == 0)
		got = audit_lines_open(&t->lines, &t->dir, from, at);
	for (uint64_t i = 0; got == 0 && i < REMEMBERED; i++) {
		if (t->lines.segment > segment)
			break;
		got = audit_lines_next(&t->lines, &line) == 1 ? 0 : 1;
		if (got == 0 && record_decode(t->reader, line, &r) == 0 && r.kind == RECORD_COMMAND)
			say_keep(&t->said[r.seq % REMEMBERED], &r);
	}
	audit_lines_close(&t->lines);
	return got < 0 ? got : audit_lines_open(&t->lines, &t->dir, segment, offset);
}

/* wait_for_more() - until something in the folder changed, a second went by or we are to stop. */
static void
wait_for_more(int watch, const sigset_t *mask)
{
	const struct timespec most = { .tv_sec = LOOK_MS / 1000,
		.tv_nsec = LOOK_MS % 1000 * 1000000L };
	struct pollfd p = { .fd = watch, .events = POLLIN };
	char events[4096];

	if (ppoll(&p, 1, &most, mask) > 0)
		while (read(watch, events, sizeof(events)) > 0)
			continue;
}

/* follow() - until INT or TERM. They are let in only while waiting, so none is missed. */
static int
follow(struct tail *t)
{
	struct sigaction stop = { .sa_handler = on_stop };
	sigset_t block, before;
	int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC), r = CLI_OK;

	sigemptyset(&block);
	sigaddset(&block, SIGINT);
	sigaddset(&block, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &block, &before);
	(void)sigaction(SIGINT, &stop, NULL);
	(void)sigaction(SIGTERM, &stop, NULL);
	if (watch >= 0)
		(void)inotify_add_watch(watch, t->dir.path, IN_MODIFY | IN_CREATE | IN_MOVED_TO);
	while (stopped == 0 && r == CLI_OK) {
		/* names first: a segment whose successor is there is complete */
		int err = audit_dir_list(&t->dir);

		if (err != 0) {
			cli_error("%s: %s", t->dir.path, strerror(-err));
			r = CLI_FAILED;
			break;
		}
		r = drain(t);
		if (r == CLI_OK)
			wait_for_more(watch, &before);
	}
	if (watch >= 0)
		close(watch);
	return r;
}

static int
read_count(const struct cli_args *a, uint64_t *n)
{
	const char *s = cli_value(a, "lines"), *p = s;

	*n = 10;
	if (s == NULL)
		return CLI_OK;
	for (*n = 0; *p >= '0' && *p <= '9' && *n < 1000000000; p++)
		*n = *n * 10 + (uint64_t)(*p - '0');
	if (*p == '\0' && p != s && *n <= 1000000000)
		return CLI_OK;
	cli_error("--lines %s: not a number up to 1000000000", s);
	return CLI_USAGE;
}

/* count() - lines to show from there to the end. Return: 0, -errno. */
static int
count(const struct tail *t, uint64_t segment, uint64_t offset, uint64_t *n)
{
	struct audit_lines l;
	struct bytes line;
	int r = audit_lines_open(&l, &t->dir, segment, offset);

	*n = 0;
	while (r == 0 && stopped == 0) {
		int got = audit_lines_next(&l, &line);

		if (got <= 0) {
			r = got;
			break;
		}
		*n += !is_own(t, line);
	}
	audit_lines_close(&l);
	return err_pass(r);
}

/*
 * far_enough() - where to begin, so that @n lines are shown: further back while too many of them
 * are the log's own. *back: lines of any kind from there. Return: 0, -errno.
 */
static int
far_enough(struct tail *t, uint64_t n, uint64_t *back, uint64_t *segment, uint64_t *offset)
{
	uint64_t have = 0;
	int r;

	for (*back = n;; *back *= 4) {
		r = audit_lines_back(&t->dir, *back, segment, offset);
		if (r != 0 || n == 0 || t->json || t->dir.n == 0)
			return err_pass(r);
		r = count(t, *segment, *offset, &have);
		if (r != 0 || have >= n || (*offset == 0 && *segment <= t->dir.first[0]))
			break;
	}
	t->skip = have > n ? have - n : 0;
	return err_pass(r);
}

static int
start(struct tail *t, uint64_t n)
{
	uint64_t segment, offset, back;
	int r;

	t->reader = record_reader_new();
	t->said = calloc(REMEMBERED, sizeof(*t->said));
	if (t->reader == NULL || t->said == NULL) {
		cli_error("out of memory");
		return CLI_FAILED;
	}
	r = far_enough(t, n, &back, &segment, &offset);
	if (r == 0)
		r = t->json ? audit_lines_open(&t->lines, &t->dir, segment, offset)
			    : pass_over(t, back, segment, offset);
	if (r == 0)
		return CLI_OK;
	cli_error("%s: %s", t->dir.path, strerror(-r));
	return CLI_FAILED;
}

int
cmd_audit_tail(const struct cli_args *a)
{
	struct tail t = { .dir = { .fd = -1 }, .lines = { .fd = -1 } };
	uint64_t n;
	int r = read_count(a, &n);

	t.json = cli_flag(a, "json");
	t.colour = cli_colour(stdout);
	buf_init(&t.out, OUT_MAX);
	if (r == CLI_OK)
		r = audit_dir_open(&t.dir, a);
	if (r == CLI_OK && !cli_flag(a, "follow"))
		r = audit_dir_some(&t.dir);
	if (r == CLI_OK)
		r = start(&t, n);
	if (r == CLI_OK)
		r = cli_flag(a, "follow") ? follow(&t) : drain(&t);
	if (r == CLI_OK && n > 0 && t.shown == 0 && !cli_flag(a, "follow"))
		cli_note("no record is there yet");
	audit_lines_close(&t.lines);
	record_reader_free(t.reader);
	free(t.said);
	buf_deinit(&t.out);
	audit_dir_close(&t.dir);
	return r;
}
