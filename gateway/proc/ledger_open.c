/*
 * ledger_open - what is there when a run begins: where the last segment ends, which commands have no
 * outcome, who signs. Trusts nothing it reads: a log that is not what a crash leaves is not written to.
 *
 * The last segment is read whole, and those before it for what may reach over its end: the last checkpoint
 * (one segment), commands without an outcome (what was begun in the minutes before). Older ones are the
 * verifier's business.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "gateway/proc/ledger_priv.h"

enum {
	OPEN_CHUNK = 256 * 1024,
	OPEN_COMMANDS = 1 << 20,
	OPEN_BACK_S = 180,           /* no command is under way for longer */
	OPEN_BACK_BYTES = 1 << 30,   /* nobody waits for more than that to be read */
};

/* What is looked for while lines go by. */
struct scan {
	struct ledger *l;
	struct record_reader *reader;
	struct recover *recover; /* NULL: lines are looked at; else only where they end */
	uint64_t upto;           /* bytes of the file that count */
	uint8_t held[RECORD_LINE_MAX];
	size_t n;
	bool skip; /* a line that is too long */
	struct buf note;
	bool handover; /* ->note is one */
	int error;
};

static int
say(struct ledger *l, int r, const char *why)
{
	snprintf(l->why, sizeof(l->why), "%s", why);
	return r < 0 ? err_raise(r) : r;
}

/* ---- commands without an outcome ---- */

int
ledger_unknown(struct ledger *l, uint64_t seq)
{
	if (l->n_open == l->cap_open) {
		size_t cap = l->cap_open * 2 + 256;
		uint64_t *more = cap <= OPEN_COMMANDS * 2 ? realloc(l->open, cap * sizeof(*more)) : NULL;

		if (more == NULL)
			return err_raise(-ENOMEM);
		l->open = more;
		l->cap_open = cap;
	}
	l->open[l->n_open++] = seq;
	return 0;
}

/* ledger_keep() - outcomes mostly come for one of the newest. */
bool
ledger_keep(struct ledger *l, uint64_t seq)
{
	for (size_t i = l->n_open; i > l->closing; i--) {
		if (l->open[i - 1] != seq)
			continue;
		memmove(&l->open[i - 1], &l->open[i], (l->n_open - i) * sizeof(l->open[0]));
		l->n_open--;
		return true;
	}
	return false;
}

static void
on_line(struct scan *s, struct bytes line)
{
	struct record_head h;
	struct record r;

	if (record_head(line, &h) != 0 || (h.kind != RECORD_COMMAND && h.kind != RECORD_OUTCOME &&
					      h.kind != RECORD_CHECKPOINT && h.kind != RECORD_KEY))
		return;
	if (record_decode(s->reader, line, &r) != 0)
		return;
	if (r.kind == RECORD_COMMAND && bytes_is(r.decision, "allow")) {
		if (ledger_unknown(s->l, r.seq) != 0)
			s->error = -ENOMEM;
	} else if (r.kind == RECORD_OUTCOME) {
		(void)ledger_keep(s->l, r.of);
	} else if (r.kind == RECORD_CHECKPOINT || r.kind == RECORD_KEY) {
		buf_reset(&s->note);
		buf_put(&s->note, r.note);
		s->handover = r.kind == RECORD_KEY;
	}
}

/* scan_feed() - bytes cut anywhere into lines; a half one at the end is nobody's. */
static void
scan_feed(struct scan *s, struct bytes in)
{
	while (in.len > 0) {
		size_t n = bytes_find(in, '\n');
		bool whole = n < in.len;

		if (s->n == 0 && whole && !s->skip) {
			on_line(s, bytes_upto(in, n));
		} else if (n <= sizeof(s->held) - s->n) {
			memcpy(s->held + s->n, in.ptr, n);
			s->n += n;
		} else {
			s->skip = true;
		}
		if (whole && s->n > 0 && !s->skip)
			on_line(s, bytes_of(s->held, s->n));
		if (whole) {
			s->n = 0;
			s->skip = false;
		}
		in = bytes_from(in, n + (whole ? 1 : 0));
	}
}

/* scan_file() - a segment, up to ->upto. Return: 0, -errno. */
static int
scan_file(struct scan *s, int fd)
{
	autofree(mem_freep) char *room = malloc(OPEN_CHUNK);
	uint64_t at = 0;
	ssize_t n = 1;

	if (room == NULL)
		return err_raise(-ENOMEM);
	s->n = 0;
	s->skip = false;
	while (n > 0 && at < s->upto) {
		n = pread(fd, room, s->upto - at < OPEN_CHUNK ? (size_t)(s->upto - at) : OPEN_CHUNK, (off_t)at);
		if (n < 0)
			return err_raise(-errno);
		if (s->recover != NULL)
			recover_feed(s->recover, bytes_of(room, (size_t)n));
		else
			scan_feed(s, bytes_of(room, (size_t)n));
		at += (uint64_t)n;
	}
	return err_pass(s->error);
}

/* recover_file() - where a segment ends. Return: 0, -errno. */
static int
recover_file(struct scan *s, int fd, uint64_t first, struct recovered *out)
{
	int r;

	s->recover = recover_new(first, NULL);
	s->upto = UINT64_MAX;
	r = s->recover == NULL ? -ENOMEM : scan_file(s, fd);
	if (r == 0)
		r = recover_end(s->recover, 0, out);
	recover_free(s->recover);
	s->recover = NULL;
	return err_pass(r);
}

/* ---- the newest checkpoint beside the log ---- */

/* kept_size() - how many records the file `checkpoint` covers; 0 when it says nothing we signed. */
static uint64_t
kept_size(struct ledger *l)
{
	struct note_key keys[2] = { l->setup.signer->key };
	size_t n = 1;
	struct checkpoint c;
	struct bytes text;
	uint64_t by, size = 0;

	if (l->setup.former != NULL)
		keys[n++] = l->setup.former->key;
	buf_reset(&l->scratch);
	if (folder_read(l->setup.dir, "checkpoint", &l->scratch) == 0 &&
	    note_open(buf_bytes(&l->scratch), keys, n, &text, &by) == 0 && checkpoint_parse(text, &c) == 0)
		size = c.size;
	return size;
}

/* ---- who signs ---- */

static bool
same_key(const struct note_key *k, struct bytes name, const uint8_t id[4])
{
	return bytes_is(name, k->name) && memcmp(k->id, id, sizeof(k->id)) == 0;
}

/* learn_signer() - the log's name and key, by the last checkpoint or handover that was seen. */
static int
learn_signer(struct ledger *l, const struct scan *s)
{
	const struct note_signer *now = l->setup.signer, *former = l->setup.former;
	struct note_parts parts;
	struct checkpoint c;
	struct rotation r;
	struct bytes origin, name;
	const uint8_t *id;

	snprintf(l->origin, sizeof(l->origin), "%s", now->key.name);
	if (s->note.len == 0)
		return 0;
	if (note_split(buf_bytes(&s->note), &parts) != 0)
		return say(l, LEDGER_DAMAGED, "a checkpoint in it cannot be read");
	if (s->handover) {
		struct bytes line = bytes_from(parts.text, bytes_find(parts.text, '\n') + 1);

		origin = bytes_upto(line, bytes_find(line, '\n'));
		if (rotation_open(buf_bytes(&s->note), &l->h, origin, &r) != 0)
			return say(l, LEDGER_DAMAGED, "a handover of keys in it cannot be read");
		name = bytes_str(r.to.name);
		id = r.to.id;
	} else {
		if (checkpoint_parse(parts.text, &c) != 0)
			return say(l, LEDGER_DAMAGED, "a checkpoint in it cannot be read");
		origin = c.origin;
		name = parts.name;
		id = parts.id;
	}
	if (origin.len > NOTE_NAME_MAX)
		return say(l, LEDGER_DAMAGED, "a checkpoint in it cannot be read");
	memcpy(l->origin, origin.ptr, origin.len);
	l->origin[origin.len] = '\0';
	if (same_key(&now->key, name, id))
		return 0;
	if (former == NULL || !same_key(&former->key, name, id))
		return say(l, LEDGER_OTHER_KEY,
		    "its checkpoints are signed by another key: put that one beside the key, with .old at its end");
	l->handover = true;
	return 0;
}

/* ---- the segments ---- */

/* recover_last() - where the newest segment ends. Return: 0, LEDGER_DAMAGED, -errno. */
static int
recover_last(struct ledger *l, struct scan *s, uint64_t first)
{
	int r = recover_file(s, l->file, first, &l->found);

	l->first = first;
	if (r != 0)
		return err_pass(r);
	if (l->found.state == RECOVER_DAMAGED)
		return say(l, LEDGER_DAMAGED, "a signed part of it is gone or was changed");
	if (l->found.cut > LEDGER_BATCH)
		return say(l, LEDGER_DAMAGED, "more than one batch at its end cannot be read");
	s->upto = l->found.valid;
	return scan_file(s, l->file);
}

/* chain_before() - of the segment before the newest, which has no record of its own. */
static int
chain_before(struct ledger *l, struct scan *s, uint64_t first, struct chain *out)
{
	struct recovered prior;
	int fd = folder_open(l->setup.dir, first, O_RDONLY), r;

	if (fd < 0)
		return err_pass(fd);
	r = recover_file(s, fd, first, &prior);
	close(fd);
	if (r != 0)
		return err_pass(r);
	*out = prior.chain;
	return prior.state == RECOVER_CLEAN ? 0 : say(l, LEDGER_DAMAGED, "a segment before the last one is not whole");
}

/* remove_removed() - what a crash left between `roots` and the removal. */
static void
remove_removed(struct ledger *l, uint64_t last, uint64_t *first, size_t *n)
{
	size_t gone = 0;

	while (gone + 1 < *n && first[gone + 1] <= last + 1) {
		char name[SEGMENT_NAME_LEN + 1];

		segment_name(first[gone], name);
		(void)unlinkat(l->setup.dir, name, 0);
		gone++;
	}
	*n -= gone;
	memmove(first, first + gone, *n * sizeof(*first));
}

/* nothing_there() - a new log, unless something says that there was one. */
static int
nothing_there(struct ledger *l, uint64_t kept, uint64_t removed)
{
	struct stat st;

	if (kept != 0 || removed != 0)
		return say(l, LEDGER_DAMAGED, "its segments are gone, a checkpoint or `roots` of it is there");
	chain_init(&l->found.chain);
	l->found.state = RECOVER_EMPTY;
	l->old_log = fstatat(l->setup.dir, "records.jsonl", &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_size > 0;
	return 0;
}

/* empty_last() - the newest segment was never begun: it is begun anew behind the one before it. */
static int
empty_last(struct ledger *l, struct scan *s, const uint64_t *first, size_t n)
{
	struct chain before;
	int r;

	chain_init(&before);
	r = n > 1 ? chain_before(l, s, first[n - 2], &before) : 0;
	if (r != 0)
		return err_pass(r);
	if (before.tree.size + 1 != first[n - 1])
		return say(l, LEDGER_DAMAGED, "a segment does not follow the one before it");
	if (ftruncate(l->file, 0) != 0)
		return err_raise(-errno);
	close(l->file);
	l->file = -1;
	l->found.chain = before;
	return 0;
}

/* began() - when a segment was begun, by the monotonic clock; 0: it does not say. */
static int64_t
began(const struct ledger *l, uint64_t first)
{
	uint8_t room[FOLDER_HEAD];
	struct record_shape shape;

	return folder_head(l->setup.dir, first, room, &shape) == 0 ? shape.head.mono_ns : 0;
}

/*
 * back_from() - the oldest segment that may hold a command under way when the newest one was begun: segments may be
 * begun each second.
 */
static size_t
back_from(const struct ledger *l, const uint64_t *first, size_t n)
{
	size_t at = n > 1 ? n - 2 : 0;
	int64_t newest = began(l, first[n - 1]), t;
	uint64_t bytes = 0;

	if (newest == 0 && n > 1)
		newest = began(l, first[n - 2]);
	while (at > 0 && (t = began(l, first[at])) != 0 && newest >= t &&
	       newest - t < OPEN_BACK_S * INT64_C(1000000000) && bytes < OPEN_BACK_BYTES) {
		char name[SEGMENT_NAME_LEN + 1];
		struct stat st;

		segment_name(first[--at], name);
		bytes += fstatat(l->setup.dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? (uint64_t)st.st_size : 0;
	}
	return at;
}

/* scan_back() - segments before the newest, oldest first. Return: 0, -errno. */
static int
scan_back(struct ledger *l, struct scan *s, const uint64_t *first, size_t n)
{
	int r = 0;

	s->upto = UINT64_MAX;
	for (size_t i = back_from(l, first, n); r == 0 && i + 1 < n; i++) {
		int fd = folder_open(l->setup.dir, first[i], O_RDONLY);

		if (fd < 0)
			return err_pass(fd);
		r = scan_file(s, fd);
		close(fd);
	}
	return err_pass(r);
}

static int
read_segments(struct ledger *l, struct scan *s, uint64_t *first, size_t n)
{
	uint64_t kept = kept_size(l), removed;
	struct record_shape shape;
	uint8_t room[FOLDER_HEAD];
	ssize_t got;
	int r = folder_removed(l->setup.dir, &removed);

	if (r > 0)
		return say(l, LEDGER_DAMAGED, "`roots` cannot be read");
	if (r < 0)
		return err_pass(r);
	if (removed != 0)
		remove_removed(l, removed, first, &n);
	if (n == 0)
		return nothing_there(l, kept, removed);
	r = scan_back(l, s, first, n);
	if (r != 0)
		return err_pass(r);
	segment_name(first[n - 1], l->found_in);
	l->file = folder_open(l->setup.dir, first[n - 1], O_RDWR | O_APPEND);
	if (l->file < 0)
		return err_pass(l->file);
	r = recover_last(l, s, first[n - 1]);
	if (r == 0 && l->found.state == RECOVER_EMPTY)
		r = empty_last(l, s, first, n);
	if (r == 0 && kept > l->found.chain.tree.size)
		return say(l, LEDGER_DAMAGED, "a checkpoint kept beside it covers more records than there are");
	if (r != 0 || l->file < 0)
		return err_pass(r);
	if (l->found.cut != 0 && ftruncate(l->file, (off_t)l->found.valid) != 0)
		return err_raise(-errno);
	l->bytes = l->found.valid;
	got = pread(l->file, room, sizeof(room), 0);
	if (got > 0 && record_shape(bytes_upto(bytes_of(room, (size_t)got), bytes_find(bytes_of(room, (size_t)got), '\n')),
			   &shape) == 0)
		l->opened_ns = shape.head.time_ns;
	return 0;
}

int
ledger_open(struct ledger *l, const struct ledger_setup *setup, struct ledger_time now)
{
	struct scan *s = calloc(1, sizeof(*s));
	uint64_t *first = NULL;
	uint8_t raw[RECORD_RUN_LEN / 2];
	size_t n = 0;
	int r;

	memset(l, 0, sizeof(*l));
	l->setup = *setup;
	l->file = -1;
	l->offset_ns = now.wall_ns - now.mono_ns;
	buf_init(&l->batch, LEDGER_BATCH);
	buf_init(&l->note, NOTE_MAX);
	buf_init(&l->next_note, NOTE_MAX);
	buf_init(&l->scratch, LEDGER_SMALL_FILE);
	randombytes_buf(raw, sizeof(raw));
	sodium_bin2hex(l->run, sizeof(l->run), raw, sizeof(raw));
	r = s != NULL ? hasher_init(&l->h) : -ENOMEM;
	if (s != NULL) {
		s->l = l;
		buf_init(&s->note, NOTE_MAX);
		s->reader = record_reader_new();
		if (s->reader == NULL)
			r = -ENOMEM;
	}
	if (r == 0)
		r = folder_segments(l->setup.dir, &first, &n);
	if (r == 0)
		r = read_segments(l, s, first, n);
	if (r == 0)
		r = learn_signer(l, s);
	l->chain = l->base = l->found.chain;
	l->checkpointed = l->found.checkpoint;
	if (r < 0 && l->why[0] == '\0')
		snprintf(l->why, sizeof(l->why), "%s", strerror(-r));
	if (s != NULL) {
		record_reader_free(s->reader);
		buf_deinit(&s->note);
	}
	free(s);
	free(first);
	return err_pass(r);
}
