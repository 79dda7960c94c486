/* The log on a real folder, with clocks of our own; what is written is read by policy/audit's verifier. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/proc/audit_keys.h"
#include "gateway/proc/ledger.h"
#include "policy/audit/inspect.h"
#include "tests/unit/gateway/proc/suites.h"

#define SECOND INT64_C(1000000000)

static struct audit_key key, other;
static struct ledger l;
static struct ledger_setup setup;
static struct ledger_time now;
static char folder[64];

static void
begin(void)
{
	snprintf(folder, sizeof(folder), "/tmp/ledger-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(audit_key_read(&key, bytes_str("00112233445566778899aabbccddeeff"
							"00112233445566778899aabbccddeeff\n")),
	    0);
	ck_assert_int_eq(audit_key_read(&other, bytes_str("ff112233445566778899aabbccddeeff"
							  "00112233445566778899aabbccddeeff")),
	    0);
	setup = (struct ledger_setup){ .limits = { .max_bytes = 1 << 20 }, .checkpoint_records = 100,
		.checkpoint_ns = 60 * SECOND, .signer = &key.signer, .version = "0" };
	now = (struct ledger_time){ 1700000000 * SECOND, 5 * SECOND };
}

static void
end(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
	audit_key_deinit(&key);
	audit_key_deinit(&other);
}

static int
reopen(void)
{
	setup.dir = open(folder, O_RDONLY | O_DIRECTORY);
	ck_assert_int_ge(setup.dir, 0);
	return ledger_open(&l, &setup, now);
}

static void
pass_s(int64_t s)
{
	now.wall_ns += s * SECOND;
	now.mono_ns += s * SECOND;
}

static uint64_t
put_command(bool allow)
{
	struct record r = { .kind = RECORD_COMMAND, .id = BYTES_LIT("0.1.c1"), .verb = BYTES_LIT("actor.start"),
		.subject = BYTES_LIT("wasmbus.ctl.default.cmd.N.la"), .lattice = BYTES_LIT("default") };

	r.decision = allow ? BYTES_LIT("allow") : BYTES_LIT("deny");
	now.wall_ns += 1000;
	now.mono_ns += 1000;
	ck_assert_int_eq(ledger_put(&l, &r, now), 0);
	return r.seq;
}

static void
put_outcome(uint64_t of)
{
	struct record r = { .kind = RECORD_OUTCOME, .of = of, .outcome = BYTES_LIT("answered") };

	ck_assert_int_eq(ledger_put(&l, &r, now), 0);
}

static void
commit(void)
{
	ck_assert_int_eq(ledger_commit(&l, now), 0);
}

static size_t
slurp(const char *name, uint8_t *room, size_t cap)
{
	char path[128];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "rb");
	if (f == NULL)
		return 0;
	n = fread(room, 1, cap, f);
	fclose(f);
	return n;
}

/* verify() - all segments there are, with what `roots` says. */
static struct inspect_result
verify(const struct note_key *k)
{
	static uint8_t room[4 << 20];
	static struct inspect_result result;
	struct segment_root removed[64];
	struct inspect_setup s = { .key = k, .n_keys = 1, .removed = removed };
	struct bytes roots = { room, slurp("roots", room, sizeof(room)) };
	struct inspect *in;

	while (roots.len > 0) {
		size_t n = bytes_find(roots, '\n');

		ck_assert_int_eq(segment_root_parse(bytes_upto(roots, n), &removed[s.n_removed++]), 0);
		roots = bytes_from(roots, n + 1);
	}
	in = inspect_new(&s);
	ck_assert_ptr_nonnull(in);
	for (uint64_t first = 1; first < 5000; first++) {
		char name[SEGMENT_NAME_LEN + 1];
		size_t n;

		segment_name(first, name);
		n = slurp(name, room, sizeof(room));
		if (n == 0)
			continue;
		inspect_segment(in, first);
		inspect_feed(in, bytes_of(room, n));
	}
	ck_assert_int_eq(inspect_end(in, &result), 0);
	inspect_free(in);
	return result;
}

static void
ck_fine(void)
{
	struct inspect_result r = verify(&key.signer.key);

	ck_assert_msg(r.worst == INSPECT_FINE, "%s at %llu: %s", inspect_what_name(r.worst),
	    (unsigned long long)r.finding[0].seq, r.finding[0].why);
}

/* count() - lines of the newest segment that hold this. */
static int
count(const char *what)
{
	static uint8_t room[4 << 20];
	char name[SEGMENT_NAME_LEN + 1];
	int n = 0;
	char *at;

	segment_name(l.first != 0 ? l.first : 1, name);
	room[slurp(name, room, sizeof(room) - 1)] = '\0';
	for (at = (char *)room; (at = strstr(at, what)) != NULL; at++)
		n++;
	return n;
}

START_TEST(a_new_log_verifies_and_so_does_one_gone_on_with)
{
	for (int run = 0; run < 3; run++) {
		ck_assert_int_eq(reopen(), 0);
		for (int i = 0; i < 250; i++) {
			put_outcome(put_command(true));
			if (i % 7 == 0)
				commit();
		}
		commit();
		pass_s(1);
		ledger_close(&l, "stopped", now);
	}
	ck_fine();
	ck_assert_uint_gt(verify(&key.signer.key).checkpoints, 6);
	/* all of it is signed: stop, and then the checkpoint over it */
	ck_assert_uint_eq(verify(&key.signer.key).signed_upto, verify(&key.signer.key).last - 1);
}
END_TEST

START_TEST(a_command_whose_outcome_a_crash_hides_is_closed_once)
{
	uint64_t open;

	ck_assert_int_eq(reopen(), 0);
	put_outcome(put_command(true));
	(void)put_command(false);
	open = put_command(true);
	commit();
	ledger_deinit(&l);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(reopen(), 0);
		ck_assert_uint_eq(l.n_open, i == 0 ? 1 : 0);
		ck_assert(i != 0 || l.open[0] == open);
		ck_assert_int_eq(ledger_tick(&l, now), 0);
		ledger_deinit(&l);
	}
	ck_assert_int_eq(count("\"outcome\":\"unknown\""), 1);
	ck_fine();
}
END_TEST

START_TEST(more_open_commands_than_fit_into_a_batch_are_closed_over_several)
{
	setup.limits.max_bytes = 0;
	setup.checkpoint_records = 1000000;
	ck_assert_int_eq(reopen(), 0);
	for (int i = 0; i < 9000; i++) {
		(void)put_command(true);
		if (i % 1000 == 0)
			commit();
	}
	commit();
	ledger_deinit(&l);
	ck_assert_int_eq(reopen(), 0);
	ck_assert_uint_eq(l.n_open, 9000);
	ck_assert_int_eq(ledger_tick(&l, now), 0);
	ck_assert_uint_gt(l.n_open, 0);
	ck_assert_int_eq(ledger_tick(&l, now), 0);
	ck_assert_uint_eq(l.n_open, 0);
	ledger_deinit(&l);
	ck_assert_int_eq(reopen(), 0);
	ck_assert_uint_eq(l.n_open, 0);
	ledger_deinit(&l);
}
END_TEST

START_TEST(an_idle_log_is_signed_by_time)
{
	ck_assert_int_eq(reopen(), 0);
	ck_assert_int_eq(ledger_tick(&l, now), 0);
	for (int i = 0; i < 600; i++) {
		pass_s(1);
		ck_assert_int_eq(ledger_tick(&l, now), 0);
	}
	ck_assert_int_ge(count("\"checkpoint\""), 10);
	ck_assert_int_le(count("\"checkpoint\""), 12);
	ledger_deinit(&l);
	ck_fine();
}
END_TEST

START_TEST(a_clock_that_is_set_is_said_and_breaks_nothing)
{
	ck_assert_int_eq(reopen(), 0);
	put_outcome(put_command(true));
	commit();
	pass_s(1);
	now.wall_ns -= 3600 * SECOND;
	ck_assert_int_eq(ledger_tick(&l, now), 0);
	ck_assert_int_eq(count("\"kind\":\"clock\",\"what\":\"back\",\"reason\":\"stepped\",\"detail\":\"by -3600.000 s\""), 1);
	put_outcome(put_command(true));
	commit();
	ledger_close(&l, "stopped", now);
	ck_assert(!verify(&key.signer.key).broken);
	ck_assert_int_eq(verify(&key.signer.key).worst, INSPECT_CLOCK);
	/* and a start goes on behind it */
	ck_assert_int_eq(reopen(), 0);
	ck_assert_int_eq(ledger_tick(&l, now), 0);
	ledger_deinit(&l);
	ck_assert(!verify(&key.signer.key).broken);
}
END_TEST

START_TEST(segments_rotate_and_go_and_leave_their_roots)
{
	uint64_t first;

	setup.limits = (struct segment_limits){ .max_bytes = 8192, .keep_bytes = 40000 };
	ck_assert_int_eq(reopen(), 0);
	for (int i = 0; i < 400; i++) {
		put_outcome(put_command(true));
		commit();
		pass_s(1);
		ck_assert_int_eq(ledger_tick(&l, now), 0);
	}
	first = l.first;
	ledger_close(&l, "stopped", now);
	ck_fine();
	ck_assert_uint_gt(first, 100);
	ck_assert_uint_gt(verify(&key.signer.key).first, 1);
	ck_assert_int_eq(reopen(), 0);
	ck_assert_int_eq(ledger_tick(&l, now), 0);
	ledger_close(&l, "stopped", now);
	ck_fine();
}
END_TEST

/* in_the_way() - a folder where the log wants to write @name: as root too, that is an error. */
static void
in_the_way(const char *name, bool there)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	ck_assert_int_eq(there ? mkdir(path, 0700) : rmdir(path), 0);
}

START_TEST(roots_and_checkpoint_that_cannot_be_written_lose_nothing_and_come_later)
{
	struct stat st;
	char path[128];

	setup.limits = (struct segment_limits){ .max_bytes = 2000, .keep_bytes = 4000 };
	ck_assert_int_eq(reopen(), 0);
	in_the_way("roots", true);
	in_the_way("checkpoint.new", true);
	for (int i = 0; i < 60; i++) {
		put_outcome(put_command(true));
		commit();
		pass_s(61);
		ck_assert_int_eq(ledger_tick(&l, now), 0);
	}
	/* no segment goes without its root, and nothing else stops */
	snprintf(path, sizeof(path), "%s/00000000000000000001.jsonl", folder);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert(l.note_unsaved);
	ck_assert_int_ne(l.note_error, 0);
	ck_assert_int_ne(l.retire_error, 0);
	ck_assert_int_eq(verify(&key.signer.key).worst, INSPECT_FINE);
	in_the_way("roots", false);
	in_the_way("checkpoint.new", false);
	pass_s(61);
	ck_assert_int_eq(ledger_tick(&l, now), 0);
	ck_assert_int_ne(stat(path, &st), 0);
	ck_assert(!l.note_unsaved);
	ck_assert_int_eq(l.note_error, 0);
	ck_assert_int_eq(l.retire_error, 0);
	ledger_close(&l, "stopped", now);
	ck_fine();
}
END_TEST

START_TEST(a_disk_that_fills_and_empties_again_and_again_counts_each_loss_once)
{
	int file, full = open("/dev/full", O_WRONLY);
	uint64_t lost = 0, told = 0;

	ck_assert_int_ge(full, 0);
	ck_assert_int_eq(reopen(), 0);
	(void)put_command(true);
	commit();
	file = l.file;
	for (int i = 0; i < 40; i++) {
		l.file = i % 2 == 0 ? full : file;
		for (int k = 0; k <= i % 5; k++)
			put_outcome(put_command(true));
		if (ledger_commit(&l, now) != 0)
			lost += 2 * (uint64_t)(i % 5 + 1);
		else
			told++;
	}
	l.file = file;
	close(full);
	ck_assert_uint_eq(l.lost, 0);
	ck_assert_uint_eq(told, 20);
	ck_assert_uint_eq(lost, 120);
	ck_assert_int_eq(count("\"reason\":\"not_written\""), 20);
	ledger_close(&l, "stopped", now);
	ck_fine();
}
END_TEST

START_TEST(a_batch_that_cannot_be_written_never_was)
{
	int file, full = open("/dev/full", O_WRONLY);
	uint64_t seq;

	ck_assert_int_eq(reopen(), 0);
	put_outcome(put_command(true));
	commit();
	ck_assert_int_ge(full, 0);
	file = l.file;
	l.file = full;
	for (int i = 0; i < 5; i++) {
		uint64_t before = l.chain.tree.size;

		seq = put_command(true);
		ck_assert_int_eq(ledger_commit(&l, now), i == 0 ? -ENOSPC : -EIO);
		ck_assert_uint_eq(l.chain.tree.size, before);
		ck_assert_uint_eq(l.lost, (uint64_t)i + 1);
	}
	/* what a write leaves that was cut off, and could not be cut away */
	ck_assert_int_eq(write(file, "{\"v\":2", 6), 6);
	l.file = file;
	close(full);
	/* the next attempt says so first, and takes the numbers anew */
	ck_assert_int_eq(ledger_tick(&l, now), 0);
	ck_assert_uint_eq(l.lost, 0);
	ck_assert_int_eq(count("\"reason\":\"not_written\""), 1);
	ck_assert_int_eq(count("\"summed\":5"), 1);
	ck_assert_uint_eq(put_command(true), seq);
	commit();
	ledger_close(&l, "stopped", now);
	ck_fine();
}
END_TEST

START_TEST(what_is_lost_while_a_batch_is_made_is_told_by_the_next)
{
	int file, full = open("/dev/full", O_WRONLY);

	ck_assert_int_eq(reopen(), 0);
	(void)put_command(true);
	commit();
	ck_assert_int_ge(full, 0);
	file = l.file;
	l.file = full;
	ck_assert_uint_ne(put_command(true), 0);
	ck_assert_int_eq(ledger_commit(&l, now), -ENOSPC);
	l.file = file;
	close(full);
	(void)put_command(true); /* its batch begins with the gap of one */
	ledger_lose(&l, 7);
	commit();
	ck_assert_uint_eq(l.lost, 7);
	ck_assert_int_eq(count("\"summed\":1"), 1);
	ck_assert_int_eq(ledger_tick(&l, now), 0);
	ck_assert_uint_eq(l.lost, 0);
	ck_assert_int_eq(count("\"summed\":7"), 1);
	ledger_close(&l, "stopped", now);
	ck_fine();
}
END_TEST

START_TEST(a_lost_summary_counts_what_it_stood_for)
{
	struct record sum = { .kind = RECORD_SUMMARY, .what = BYTES_LIT("publish"), .summed = 1000 };
	struct record denial = { .kind = RECORD_DENIAL, .what = BYTES_LIT("publish"), .summed = 30 };
	struct record none = { .kind = RECORD_SUMMARY, .what = BYTES_LIT("publish") };
	int file, full = open("/dev/full", O_WRONLY);

	ck_assert_uint_eq(ledger_stands_for(&none), 1);
	ck_assert_int_eq(reopen(), 0);
	(void)put_command(true);
	commit();
	ck_assert_int_ge(full, 0);
	file = l.file;
	l.file = full;
	ck_assert_int_eq(ledger_put(&l, &sum, now), 0);
	ck_assert_int_eq(ledger_put(&l, &denial, now), 0);
	(void)put_command(true);
	put_outcome(1);
	l.again = 1; /* that one is kept */
	ck_assert_int_eq(ledger_commit(&l, now), -ENOSPC);
	ck_assert_uint_eq(l.lost, 1000 + 31 + 1);
	/* the gap record itself is told again, not counted */
	ck_assert_int_eq(ledger_put(&l, &sum, now), 0);
	ck_assert_int_ne(ledger_commit(&l, now), 0);
	ck_assert_uint_eq(l.lost, 2032);
	l.file = file;
	close(full);
	ck_assert_int_eq(ledger_tick(&l, now), 0);
	ck_assert_int_eq(count("\"summed\":2032"), 1);
	ledger_close(&l, "stopped", now);
	ck_fine();
}
END_TEST

START_TEST(a_log_cut_at_any_byte_behind_its_checkpoint_opens_and_verifies)
{
	static uint8_t whole[1 << 20], again[1 << 20];
	char path[128];
	size_t n, from;
	int fd;

	ck_assert_int_eq(reopen(), 0);
	ck_assert_int_eq(ledger_tick(&l, now), 0);
	ck_assert_int_eq(ledger_tick(&l, now), 0);
	from = l.bytes;
	(void)put_command(true);
	put_outcome(put_command(true));
	commit();
	ledger_deinit(&l);
	snprintf(path, sizeof(path), "%s/00000000000000000001.jsonl", folder);
	n = slurp("00000000000000000001.jsonl", whole, sizeof(whole));
	for (size_t cut = from; cut < n; cut += 7) {
		fd = open(path, O_WRONLY | O_TRUNC);
		ck_assert_int_eq(write(fd, whole, cut), (ssize_t)cut);
		close(fd);
		ck_assert_int_eq(reopen(), 0);
		ck_assert_int_eq(ledger_tick(&l, now), 0);
		ledger_deinit(&l);
		ck_fine();
		/* what was whole is still there, byte for byte */
		ck_assert_uint_gt(slurp("00000000000000000001.jsonl", again, sizeof(again)), from);
		ck_assert_int_eq(memcmp(whole, again, from), 0);
	}
}
END_TEST

START_TEST(a_log_that_was_cut_before_its_checkpoint_is_not_written_to)
{
	char path[128];

	ck_assert_int_eq(reopen(), 0);
	for (int i = 0; i < 300; i++)
		put_outcome(put_command(true));
	commit();
	ledger_close(&l, "stopped", now);
	snprintf(path, sizeof(path), "%s/00000000000000000001.jsonl", folder);
	ck_assert_int_eq(truncate(path, 2000), 0);
	ck_assert_int_eq(reopen(), LEDGER_DAMAGED);
	ledger_deinit(&l);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(reopen(), LEDGER_DAMAGED);
	ledger_deinit(&l);
}
END_TEST

START_TEST(another_key_signs_only_after_a_handover)
{
	ck_assert_int_eq(reopen(), 0);
	put_outcome(put_command(true));
	commit();
	ledger_close(&l, "stopped", now);
	setup.signer = &other.signer;
	ck_assert_int_eq(reopen(), LEDGER_OTHER_KEY);
	ledger_deinit(&l);
	setup.former = &key.signer;
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(reopen(), 0);
		put_outcome(put_command(true));
		commit();
		ledger_close(&l, "stopped", now);
	}
	ck_fine();
	ck_assert_uint_eq(verify(&other.signer.key).rotations, 1);
	ck_assert_int_eq(verify(&other.signer.key).worst, INSPECT_FINE);
}
END_TEST

START_TEST(keys_follow_each_other_while_it_is_written_and_any_of_them_verifies)
{
	struct audit_key third;
	const struct note_key *all[3];

	ck_assert_int_eq(audit_key_read(&third, bytes_str("ee112233445566778899aabbccddeeff"
							  "00112233445566778899aabbccddeeff")),
	    0);
	ck_assert_int_eq(reopen(), 0);
	put_outcome(put_command(true));
	commit();
	ck_assert_int_eq(ledger_rotate(&l, &other.signer, now), 0);
	ck_assert(!l.handover && !l.turned);
	ck_assert_ptr_null(l.setup.former);
	ck_assert_uint_gt(l.first, 1); /* a segment of its own */
	put_outcome(put_command(true));
	commit();
	pass_s(120);
	ck_assert_int_eq(ledger_rotate(&l, &third.signer, now), 0);
	put_outcome(put_command(true));
	commit();
	ledger_close(&l, "stopped", now);
	all[0] = &key.signer.key;
	all[1] = &other.signer.key;
	all[2] = &third.signer.key;
	for (size_t i = 0; i < 3; i++) {
		struct inspect_result r = verify(all[i]);

		ck_assert_msg(r.worst == INSPECT_FINE, "key %zu", i);
		ck_assert_uint_eq(r.rotations, 2);
	}
	/* a crash behind it needs no old key */
	setup.signer = &third.signer;
	ck_assert_int_eq(reopen(), 0);
	ledger_close(&l, "stopped", now);
	ck_assert_int_eq(verify(&key.signer.key).worst, INSPECT_FINE);
	audit_key_deinit(&third);
}
END_TEST

START_TEST(a_handover_that_cannot_be_written_waits_and_the_old_key_signs_nothing_more)
{
	int file, full = open("/dev/full", O_WRONLY);

	ck_assert_int_eq(reopen(), 0);
	(void)put_command(true);
	commit();
	ck_assert_int_ge(full, 0);
	file = l.file;
	l.file = full;
	ck_assert_int_eq(ledger_rotate(&l, &other.signer, now), 0);
	ck_assert(l.handover);
	ck_assert_int_eq(ledger_rotate(&l, &key.signer, now), -EBUSY);
	l.file = file;
	close(full);
	for (int i = 0; i < 4; i++) {
		pass_s(70);
		ck_assert_int_eq(ledger_tick(&l, now), 0);
	}
	ck_assert(!l.handover);
	ledger_close(&l, "stopped", now);
	ck_assert_int_eq(verify(&key.signer.key).worst, INSPECT_FINE);
	ck_assert_uint_eq(verify(&other.signer.key).rotations, 1);
}
END_TEST

START_TEST(a_segment_whose_first_write_was_cut_off_is_begun_again)
{
	char path[128], name[SEGMENT_NAME_LEN + 1];
	int fd;

	ck_assert_int_eq(reopen(), 0);
	put_outcome(put_command(true));
	commit();
	segment_name(chain_next(&l.chain), name);
	ledger_deinit(&l);
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	ck_assert_int_eq(write(fd, "{\"v\":2,\"se", 10), 10);
	close(fd);
	ck_assert_int_eq(reopen(), 0);
	put_outcome(put_command(true));
	commit();
	ck_assert_int_eq(count("\"reason\":\"torn\""), 1);
	ledger_close(&l, "stopped", now);
	ck_fine();
}
END_TEST

TCase *
ledger_tests(void)
{
	TCase *t = tcase_create("ledger");

	tcase_add_checked_fixture(t, begin, end);
	tcase_set_timeout(t, 30);
	tcase_add_test(t, a_new_log_verifies_and_so_does_one_gone_on_with);
	tcase_add_test(t, a_command_whose_outcome_a_crash_hides_is_closed_once);
	tcase_add_test(t, more_open_commands_than_fit_into_a_batch_are_closed_over_several);
	tcase_add_test(t, an_idle_log_is_signed_by_time);
	tcase_add_test(t, a_clock_that_is_set_is_said_and_breaks_nothing);
	tcase_add_test(t, segments_rotate_and_go_and_leave_their_roots);
	tcase_add_test(t, roots_and_checkpoint_that_cannot_be_written_lose_nothing_and_come_later);
	tcase_add_test(t, a_disk_that_fills_and_empties_again_and_again_counts_each_loss_once);
	tcase_add_test(t, a_batch_that_cannot_be_written_never_was);
	tcase_add_test(t, a_log_cut_at_any_byte_behind_its_checkpoint_opens_and_verifies);
	tcase_add_test(t, a_log_that_was_cut_before_its_checkpoint_is_not_written_to);
	tcase_add_test(t, what_is_lost_while_a_batch_is_made_is_told_by_the_next);
	tcase_add_test(t, a_lost_summary_counts_what_it_stood_for);
	tcase_add_test(t, another_key_signs_only_after_a_handover);
	tcase_add_test(t, keys_follow_each_other_while_it_is_written_and_any_of_them_verifies);
	tcase_add_test(t, a_handover_that_cannot_be_written_waits_and_the_old_key_signs_nothing_more);
	tcase_add_test(t, a_segment_whose_first_write_was_cut_off_is_begun_again);
	return t;
}
