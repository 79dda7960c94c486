/*
 * The log on a folder, with a crash, a loss of power or a failing disk at every single step by which it
 * changes the disk: batches, segments, checkpoints, handovers of keys, `roots`, retention, the end.
 *
 * A child plays a life of the log and says in shared memory what it was told is durable. Whatever happened to it:
 * the log opens again, verifies, and holds all that, once; what was refused is not there.
 */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/proc/audit_keys.h"
#include "gateway/proc/ledger.h"
#include "policy/audit/checkpoint.h"
#include "policy/audit/inspect.h"
#include "tests/unit/gateway/ledger/steps.h"

#define SECOND INT64_C(1000000000)

enum { COMMANDS = 64, BATCHES = 20, SEGMENTS = 512, ROOTS = 64, FILE_MOST = 1 << 20 };

enum fate { NOT_TRIED, DURABLE, REFUSED, UNDECIDED };

/* What the child knows of itself. */
struct life {
	struct steps steps;
	enum fate command[COMMANDS]; /* by its number */
	uint64_t seq[COMMANDS];
	int n;         /* commands so far */
	bool rotating; /* the second key is the one that signs, the first lies beside it */
	bool ended;
	uint64_t lost, untold; /* records that were not written; of them, those of which it could not be said */
};

static struct life *life;
static struct audit_key key, other;
static struct ledger l;
static struct ledger_time now;
static char folder[64];

static void
pass_s(int64_t s)
{
	now.wall_ns += s * SECOND;
	now.mono_ns += s * SECOND;
}

static int
reopen(void)
{
	struct ledger_setup setup = { .limits = { .max_bytes = 3000, .keep_bytes = 12000 }, .checkpoint_records = 9,
		.checkpoint_ns = 300 * SECOND, .signer = &key.signer, .version = "0" };

	if (life->rotating) {
		setup.signer = &other.signer;
		setup.former = &key.signer;
	}
	setup.dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(setup.dir, 0);
	return ledger_open(&l, &setup, now);
}

/* ---- a life ---- */

static uint64_t
put_command(int n)
{
	char id[32];
	struct record r = { .kind = RECORD_COMMAND, .verb = BYTES_LIT("actor.start"), .decision = BYTES_LIT("allow"),
		.subject = BYTES_LIT("wasmbus.ctl.default.cmd.N.la") };

	snprintf(id, sizeof(id), "0.1.c%d", n);
	r.id = bytes_str(id);
	now.wall_ns += 1000;
	now.mono_ns += 1000;
	if (ledger_put(&l, &r, now) != 0)
		abort();
	return r.seq;
}

/* put_outcomes() - of all that are durable and have none; as the auditor, put again when they are not written. */
static size_t
put_outcomes(const bool closed[COMMANDS], int put[COMMANDS])
{
	size_t n = 0;

	for (int i = 0; i < life->n; i++) {
		struct record r = { .kind = RECORD_OUTCOME, .of = life->seq[i], .outcome = BYTES_LIT("answered") };

		if (life->command[i] != DURABLE || closed[i])
			continue;
		if (ledger_put(&l, &r, now) != 0)
			abort();
		l.again++;
		put[n++] = i;
	}
	return n;
}

/* met() - the first error: how long the log was. */
static void
met(void)
{
	if (life->steps.failed > 0 && life->steps.met == 0)
		life->steps.met = l.base.tree.size + 1;
}

static void
play(void)
{
	bool closed[COMMANDS] = { false };
	int put[COMMANDS], r;

	if (reopen() != 0)
		abort();
	for (int batch = 0; batch < BATCHES; batch++) {
		int first = life->n, many = 1 + batch % 3;
		size_t n = put_outcomes(closed, put);

		for (int i = 0; i < many; i++, life->n++) {
			life->command[life->n] = UNDECIDED;
			life->seq[life->n] = put_command(life->n);
		}
		r = ledger_commit(&l, now);
		for (int i = first; i < life->n; i++)
			life->command[i] = r == 0 ? DURABLE : REFUSED;
		for (size_t i = 0; r == 0 && i < n; i++)
			closed[put[i]] = true;
		met();
		pass_s(61);
		(void)!ledger_tick(&l, now);
		met();
		if (batch == BATCHES / 2) {
			life->rotating = true;
			(void)!ledger_rotate(&l, &other.signer, now);
			met();
		}
	}
	life->lost = l.lost_ever;
	life->untold = l.lost;
	life->ended = true;
	ledger_close(&l, "stopped", now);
}

/* ---- what is left ---- */

static int
numbers(uint64_t first[SEGMENTS])
{
	DIR *d = opendir(folder);
	struct dirent *e;
	int n = 0;

	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d)) != NULL)
		if (segment_name_parse(bytes_str(e->d_name), &first[n]) == 0)
			ck_assert_int_lt(++n, SEGMENTS);
	closedir(d);
	for (int i = 1; i < n; i++)
		for (int k = i; k > 0 && first[k - 1] > first[k]; k--) {
			uint64_t was = first[k];

			first[k] = first[k - 1];
			first[k - 1] = was;
		}
	return n;
}

static struct bytes
slurp(const char *name, uint8_t *room)
{
	char path[128];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "rb");
	if (f == NULL)
		return BYTES_NULL;
	n = fread(room, 1, FILE_MOST, f);
	fclose(f);
	ck_assert_uint_lt(n, FILE_MOST);
	return bytes_of(room, n);
}

/* removed() - the lines of `roots` before @first, as the verifier of the command line takes them. */
static size_t
removed(struct segment_root root[ROOTS], uint64_t first)
{
	static uint8_t room[FILE_MOST];
	struct bytes text = slurp("roots", room);
	size_t n = 0;

	while (text.len > 0) {
		size_t end = bytes_find(text, '\n');

		if (end == text.len)
			break;
		ck_assert_msg(segment_root_parse(bytes_upto(text, end), &root[n]) == 0,
		    "a line of roots is none, before step %ld", life->steps.at);
		n += root[n].last < first;
		ck_assert_uint_lt(n, ROOTS);
		text = bytes_from(text, end + 1);
	}
	return n;
}

/* read_log() - verified, and as one text. */
static struct bytes
read_log(uint64_t *begins, struct inspect_result *out)
{
	static uint8_t all[FILE_MOST], note[FILE_MOST];
	struct note_key keys[2] = { key.signer.key, other.signer.key };
	struct segment_root root[ROOTS];
	uint64_t first[SEGMENTS];
	int n = numbers(first);
	struct inspect_setup s = { .key = keys, .n_keys = 1, .removed = root, .beside = slurp("checkpoint", note) };
	struct inspect *in;
	size_t len = 0;

	*begins = n > 0 ? first[0] : 1;
	s.n_removed = removed(root, *begins);
	/* the first key alone, unless retention took the handover */
	if (s.n_removed > 0)
		s.n_keys = 2;
	in = inspect_new(&s);
	ck_assert_ptr_nonnull(in);
	for (int i = 0; i < n; i++) {
		char name[SEGMENT_NAME_LEN + 1];
		struct bytes text;

		segment_name(first[i], name);
		text = slurp(name, all + len);
		inspect_segment(in, first[i]);
		inspect_feed(in, text);
		len += text.len;
		ck_assert_uint_lt(len, FILE_MOST / 2);
	}
	ck_assert_int_eq(inspect_end(in, out), 0);
	inspect_free(in);
	return bytes_of(all, len);
}

static size_t
times(struct bytes text, const char *what)
{
	size_t n = 0, len = strlen(what);
	const uint8_t *at = text.ptr;

	while (text.len > 0 && (at = memmem(at, text.len - (size_t)(at - text.ptr), what, len)) != NULL) {
		at += len;
		n++;
	}
	return n;
}

/* told() - what the gaps say was not written. */
static uint64_t
told(struct bytes text)
{
	static const char what[] = "\"kind\":\"gap\",\"reason\":\"not_written\"";
	uint64_t sum = 0;

	while (text.len > 0) {
		struct bytes line = bytes_upto(text, bytes_find(text, '\n'));
		const uint8_t *at;

		text = bytes_from(text, line.len + 1);
		if (memmem(line.ptr, line.len, what, sizeof(what) - 1) == NULL)
			continue;
		at = memmem(line.ptr, line.len, "\"summed\":", 9);
		ck_assert_ptr_nonnull(at);
		sum += strtoull((const char *)at + 9, NULL, 10);
	}
	return sum;
}

static void
ck_log(const char *when)
{
	const struct steps *at = &life->steps;
	struct inspect_result r;
	uint64_t begins;
	struct bytes text = read_log(&begins, &r);

	ck_assert_msg(!r.broken, "%s, step %ld half %d error %d: %s at %lu: %s", when, at->at, at->half, at->error,
	    inspect_what_name(r.broke.what), (unsigned long)r.broke.seq, r.broke.why);
	for (int i = 0; i < life->n; i++) {
		char id[64], of[64];
		size_t there;

		snprintf(id, sizeof(id), "\"id\":\"0.1.c%d\"", i);
		there = times(text, id);
		snprintf(of, sizeof(of), "\"kind\":\"outcome\",\"of\":%lu,", (unsigned long)life->seq[i]);
		/* what a failing disk did not let it cut off before it ended is still there */
		if (life->command[i] == REFUSED && life->untold == 0)
			ck_assert_msg(there == 0, "%s, step %ld error %d: refused and on record: %d", when, at->at, at->error, i);
		if (life->command[i] != DURABLE || life->seq[i] < begins)
			continue;
		ck_assert_msg(there == 1, "%s, step %ld half %d error %d: command %d, record %lu, is there %zu times", when,
		    at->at, at->half, at->error, i, (unsigned long)life->seq[i], there);
		if (strcmp(when, "at last") == 0)
			ck_assert_msg(times(text, of) == 1, "%s, step %ld error %d: command %d, record %lu, has %zu outcomes",
			    when, at->at, at->error, i, (unsigned long)life->seq[i], times(text, of));
	}
	/* whoever could not write counts what was lost, and says so when he can */
	if (at->failed > 0 && life->ended && life->untold == 0 && begins < at->met)
		ck_assert_msg(told(text) == life->lost, "%s, step %ld error %d times %ld: %lu lost, the gaps say %lu", when,
		    at->at, at->error, at->times, (unsigned long)life->lost, (unsigned long)told(text));
}

/* power_is_cut() - all that nobody told the disk to keep is gone. */
static void
power_is_cut(void)
{
	DIR *d = opendir(folder);
	struct dirent *e;

	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d)) != NULL) {
		struct stat st;
		char path[400];

		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size > steps_synced(st.st_ino))
			ck_assert_int_eq(truncate(path, (off_t)steps_synced(st.st_ino)), 0);
	}
	closedir(d);
}

/* ck_checkpoint() - the file is there as a whole, or it is not there. */
static void
ck_checkpoint(void)
{
	static uint8_t room[FILE_MOST];
	struct note_key keys[2] = { key.signer.key, other.signer.key };
	struct bytes note = slurp("checkpoint", room), text;
	struct checkpoint c;
	uint64_t by;

	if (note.ptr == NULL)
		return;
	ck_assert_msg(note_open(note, keys, 2, &text, &by) == 0 && checkpoint_parse(text, &c) == 0,
	    "step %ld: the file checkpoint, of %zu bytes, is none", life->steps.at, note.len);
}

/* and_on() - after it: the log opens, goes on, ends well, twice. */
static void
and_on(void)
{
	steps = NULL;
	for (int i = 0; i < 2; i++) {
		int r;

		pass_s(61);
		r = reopen();
		ck_assert_msg(r == 0, "step %ld half %d error %d: does not open: %s", life->steps.at, life->steps.half,
		    life->steps.error, l.why);
		for (int k = 0; k < 3; k++, pass_s(61))
			ck_assert_int_eq(ledger_tick(&l, now), 0);
		ck_assert_uint_eq(l.n_open, 0);
		ledger_close(&l, "stopped", now);
		ck_log("at last");
	}
}

static void
begin(void)
{
	snprintf(folder, sizeof(folder), "/tmp/ledger-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	memset(life, 0, sizeof(*life));
	now = (struct ledger_time){ 1700000000 * SECOND, 5 * SECOND };
}

static void
end(void)
{
	DIR *d = opendir(folder);
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL)
		(void)unlinkat(dirfd(d), e->d_name, 0);
	if (d != NULL)
		closedir(d);
	ck_assert_int_eq(rmdir(folder), 0);
}

/* live() - one life, with what is to happen in it. Return: its exit code. */
static int
live(const struct steps *what)
{
	int status;
	pid_t pid;

	begin();
	life->steps = *what;
	steps = &life->steps;
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		play();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status), "step %ld: ended by signal %d", what->at, WTERMSIG(status));
	/* clocks go on for whoever comes after */
	pass_s(61 * (BATCHES + 5));
	return WEXITSTATUS(status);
}

/*
 * A process with a sanitizer takes ten times as long to fork: there each test has its third of the steps. The ways to
 * fail share them in any case. A fork copies the tables of all memory that was touched, so what is freed is not kept
 * back for long: that is most of it.
 */
#if defined(__SANITIZE_ADDRESS__)
enum { STRIDE = 3, STRIDE_FAILING = 6 };

/* NOLINTBEGIN(bugprone-reserved-identifier): the sanitizer's name */
const char *__asan_default_options(void);
const char *
__asan_default_options(void)
{
	return "quarantine_size_mb=1";
}
/* NOLINTEND(bugprone-reserved-identifier) */
#else
enum { STRIDE = 1, STRIDE_FAILING = 2 };
#endif

static bool writes[STEPS_MOST];

/* all_steps() - a life in which nothing happens. Return: how many steps it has. */
static long
all_steps(void)
{
	struct steps none = { .at = 0 };
	uint64_t first[SEGMENTS];
	long n;

	ck_assert_int_eq(live(&none), 0);
	n = life->steps.done;
	ck_assert(n > 120 && n < STEPS_MOST);
	memcpy(writes, life->steps.writes, sizeof(writes));
	/* it has everything in it */
	ck_log("undisturbed");
	ck_assert_int_gt(numbers(first), 2);
	ck_assert_uint_gt(first[0], 1);
	and_on();
	end();
	return n;
}

START_TEST(killed_at_any_step_nothing_that_was_durable_is_lost)
{
	long n = all_steps();

	for (long at = 1; at <= n; at += STRIDE) {
		for (int half = 0; half < 1 + writes[at]; half++) {
			struct steps s = { .at = at, .half = half };

			ck_assert_int_eq(live(&s), STEPS_DIED);
			ck_log("killed");
			and_on();
			end();
		}
	}
}
END_TEST

START_TEST(without_power_at_any_step_nothing_that_was_durable_is_lost)
{
	long n = all_steps();

	for (long at = 1 + STRIDE / 2; at <= n; at += STRIDE) {
		struct steps s = { .at = at };

		ck_assert_int_eq(live(&s), STEPS_DIED);
		power_is_cut();
		ck_checkpoint();
		and_on();
		end();
	}
}
END_TEST

/* a disk that fails at any step: once, for a while, every other time */
static const struct steps failing[] = {
	{ .error = EIO, .times = 1 },
	{ .error = ENOSPC, .times = 1, .half = true },
	{ .error = EROFS, .times = 12 },
	{ .error = ENOSPC, .times = 24, .flap = true },
};

START_TEST(a_disk_that_fails_at_any_step_is_told_and_recovered_from)
{
	long n = all_steps();

	for (long at = 1 + _i % STRIDE_FAILING; at <= n; at += STRIDE_FAILING) {
		struct steps s = failing[_i];

		s.at = at;
		ck_assert_int_eq(live(&s), 0);
		ck_log("failing");
		and_on();
		end();
	}
}
END_TEST

/* put_commands() - durable by the time anybody looks. */
static void
put_commands(int n)
{
	for (int i = 0; i < n; i++, life->n++) {
		life->command[life->n] = DURABLE;
		life->seq[life->n] = put_command(life->n);
	}
}

START_TEST(a_key_hands_over_whatever_the_batch_under_way_holds)
{
	for (int before = 0; before < 24; before++)
		for (int under_way = 0; under_way < 3; under_way++) {
			struct inspect_result r;
			uint64_t begins;

			begin();
			steps = NULL;
			ck_assert_int_eq(reopen(), 0);
			for (int i = 0; i < before; i++) {
				put_commands(1);
				ck_assert_int_eq(ledger_commit(&l, now), 0);
			}
			put_commands(under_way);
			life->rotating = true;
			ck_assert_int_eq(ledger_rotate(&l, &other.signer, now), 0);
			ck_assert(!l.handover);
			ledger_close(&l, "stopped", now);
			ck_log("a key's end");
			ck_assert_uint_eq(times(read_log(&begins, &r), "\"kind\":\"key\""), 1);
			and_on();
			end();
		}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("gateway/ledger");
	TCase *t = tcase_create("steps");
	SRunner *runner;
	int failed;

	if (sodium_init() < 0)
		return 1;
	life = mmap(NULL, sizeof(*life), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (life == MAP_FAILED ||
	    audit_key_read(&key, bytes_str("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")) != 0 ||
	    audit_key_read(&other, bytes_str("ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")) != 0)
		return 1;
	tcase_set_timeout(t, 600);
	tcase_add_test(t, a_key_hands_over_whatever_the_batch_under_way_holds);
	tcase_add_test(t, killed_at_any_step_nothing_that_was_durable_is_lost);
	tcase_add_test(t, without_power_at_any_step_nothing_that_was_durable_is_lost);
	tcase_add_loop_test(t, a_disk_that_fails_at_any_step_is_told_and_recovered_from, 0,
	    (int)(sizeof(failing) / sizeof(failing[0])));
	suite_add_tcase(s, t);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
