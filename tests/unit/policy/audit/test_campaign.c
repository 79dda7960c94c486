/*
 * test_campaign - many thousand random changes of one log, each of them alone: the verifier finds it and names
 * the place, or it says of itself that nothing is proved there. Never does it say that a changed record is the
 * one that was written.
 */
#include "tests/unit/policy/audit/log.h"
#include "tests/unit/policy/audit/suites.h"

enum { RECORDS = 45, SHARES = 8, ROUNDS = 3000, LINES_MAX = 128 };

/* One record of the log as it is handed to the verifier. */
struct line {
	struct bytes text; /* with its line feed */
	size_t segment;
	uint64_t seq; /* that it was written as */
};

static struct log l, other;
static struct line line[LINES_MAX], theirs[LINES_MAX];
static size_t n_lines, n_theirs;
static uint64_t proved; /* up to this record the whole log is signed */
static struct buf room; /* a line that is made anew */

static size_t
split(const struct log *of, struct line out[LINES_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < of->n_segments; i++) {
		struct bytes all = buf_bytes(&of->segment[i]);

		for (; all.len > 0; n++) {
			ck_assert_uint_lt(n, LINES_MAX);
			out[n] = (struct line){ bytes_upto(all, bytes_find(all, '\n') + 1), i, n + 1 };
			all = bytes_from(all, out[n].text.len);
		}
	}
	return n;
}

static void
setup(void)
{
	struct inspect_result r;
	struct inspect_setup s;

	log_new(&l, 9);
	log_fill(&l, RECORDS, 15, 6);
	log_checkpoint(&l, 0);
	log_command(&l);
	log_command(&l);
	log_new(&other, 31);
	log_fill(&other, RECORDS, 15, 6);
	n_lines = split(&l, line);
	n_theirs = split(&other, theirs);
	buf_init(&room, SIZE_MAX / 2);
	s = log_setup(&l);
	log_verify(&l, &s, 0, 0, &r);
	ck_assert(!r.broken);
	proved = r.signed_upto;
	ck_assert_uint_eq(r.last, proved + 3);
}

static void
teardown(void)
{
	buf_deinit(&room);
	log_free(&l);
	log_free(&other);
}

static size_t
any(size_t below)
{
	return log_random(&l, (uint32_t)below);
}

/* ---- what is done to it ---- */

/* made() - a line of three pieces. */
static struct bytes
made(struct bytes before, struct bytes put, struct bytes behind)
{
	buf_reset(&room);
	buf_put(&room, before);
	buf_put(&room, put);
	buf_put(&room, behind);
	ck_assert(!buf_failed(&room));
	return buf_bytes(&room);
}

static struct bytes
change_bytes(struct bytes t)
{
	uint8_t c = (uint8_t)any(256);
	size_t at = any(t.len), n = 1 + any(t.len - at < 40 ? t.len - at : 40);

	switch (any(6)) {
	case 0:
		c = (uint8_t)(t.ptr[at] ^ 1U << any(8));
		return made(bytes_upto(t, at), bytes_of(&c, 1), bytes_from(t, at + 1));
	case 1:
		return made(bytes_upto(t, at), bytes_of(&c, 1), bytes_from(t, at + 1));
	case 2:
		return made(bytes_upto(t, at), bytes_of(&c, 1), bytes_from(t, at));
	case 3:
		return made(bytes_upto(t, at), BYTES_NULL, bytes_from(t, at + n));
	case 4:
		return made(bytes_upto(t, at), bytes_of(t.ptr + at, n), bytes_from(t, at));
	default:
		c = t.ptr[any(t.len)];
		return made(bytes_upto(t, at), bytes_of(&c, 1), bytes_from(t, at + 1));
	}
}

static void
insert(struct line m[LINES_MAX], size_t *n, size_t at, struct line x)
{
	memmove(m + at + 1, m + at, (*n - at) * sizeof(m[0]));
	x.segment = at > 0 ? m[at - 1].segment : 0;
	m[at] = x;
	++*n;
}

static void
take_out(struct line m[LINES_MAX], size_t *n, size_t at, size_t many)
{
	memmove(m + at, m + at + many, (*n - at - many) * sizeof(m[0]));
	*n -= many;
}

/* change() - one thing, somewhere; the records that are not touched stay where they stand. */
static const char *
change(struct line m[LINES_MAX], size_t *n)
{
	size_t a = any(*n), b = any(*n), many = 1 + any(5);
	struct line x = m[a];

	switch (any(10)) {
	case 0:
		take_out(m, n, a, many < *n - a ? many : *n - a);
		return "records deleted";
	case 1:
		m[a].text = m[b].text;
		m[b].text = x.text;
		return "two records exchanged";
	case 2:
		take_out(m, n, a, 1);
		insert(m, n, any(*n), x);
		return "a record moved";
	case 3:
		insert(m, n, b, x);
		return "a record repeated";
	case 4:
		m[a].text = theirs[any(n_theirs)].text;
		return "a record of another log";
	case 5:
		for (size_t i = a; i < *n && i < a + many && i < n_theirs; i++)
			m[i].text = theirs[i].text;
		return "records of another log";
	case 6:
		insert(m, n, b, theirs[any(n_theirs)]);
		return "a record of another log put in between";
	case 7:
		take_out(m, n, a, *n - a);
		return "the end cut off";
	default:
		m[a].text = change_bytes(x.text);
		return "bytes changed";
	}
}

/* ---- what is said of it ---- */

static void
verify(const struct line m[LINES_MAX], size_t n, const struct bytes *kept, struct inspect_result *r)
{
	struct inspect_setup s = log_setup(&l);
	struct inspect *in;
	size_t segment = SIZE_MAX;

	s.kept = kept;
	s.n_kept = kept != NULL;
	in = inspect_new(&s);
	ck_assert_ptr_nonnull(in);
	for (size_t i = 0; i < n; i++) {
		if (m[i].segment != segment) {
			segment = m[i].segment;
			inspect_segment(in, l.first[segment]);
		}
		inspect_feed(in, m[i].text);
	}
	ck_assert_int_eq(inspect_end(in, r), 0);
	inspect_free(in);
}

/* first_changed() - the first place where there is not the record that was written there; 0: there is none. */
static uint64_t
first_changed(const struct line m[LINES_MAX], size_t n)
{
	for (size_t i = 0; i < n_lines; i++) {
		if (i >= n || !bytes_eq(m[i].text, line[i].text) || m[i].segment != line[i].segment)
			return i + 1;
	}
	return n > n_lines ? n_lines + 1 : 0;
}

/*
 * names() - is it the record, or the one beside it, which it was linked to? Where all from the beginning on is
 * another log's, only the first record of ours can tell.
 */
static bool
names(const struct inspect_finding *f, uint64_t seq, const struct line m[LINES_MAX], uint64_t believed)
{
	uint64_t place = l.first[0];

	if (believed == 0 && seq == 1 && bytes_eq(m[0].text, theirs[0].text))
		return true;
	for (size_t i = 0; i < l.n_segments && l.first[i] <= f->segment; i++)
		place = l.first[i];
	place += f->line != 0 ? f->line - 1 : 0;
	return (f->seq <= seq + 1 && seq <= f->to + 1) || (f->line != 0 && place <= seq + 1 && seq <= place + 1);
}

static void
judge(const struct line m[LINES_MAX], size_t n, const char *what, uint64_t seq, const struct bytes *kept)
{
	struct inspect_result r;

	verify(m, n, kept, &r);
	/* whatever is believed was written so */
	ck_assert_msg(r.signed_upto < seq && r.kept_upto < seq, "%s: of record %lu it says proved up to %lu", what,
	    (unsigned long)seq, (unsigned long)r.signed_upto);
	/* without a checkpoint kept elsewhere a cut end cannot be seen: what is left must be whole */
	if (kept == NULL && n < n_lines && seq == n + 1)
		return;
	if (seq > proved)
		return;
	ck_assert_msg(r.broken && r.worst != INSPECT_FINE, "%s: record %lu is not found", what, (unsigned long)seq);
	ck_assert_msg(names(&r.broke, seq, m, r.signed_upto), "%s: record %lu is called %s: %lu to %lu, segment %lu line %lu", what,
	    (unsigned long)seq, inspect_what_name(r.broke.what), (unsigned long)r.broke.seq,
	    (unsigned long)r.broke.to, (unsigned long)r.broke.segment, (unsigned long)r.broke.line);
}

START_TEST(no_change_is_believed)
{
	struct bytes kept = buf_bytes(&l.note);
	struct line m[LINES_MAX];
	size_t found = 0;

	l.random = 1000 + (uint32_t)_i;
	for (int i = 0; i < ROUNDS;) {
		size_t n = n_lines;
		const char *what;
		uint64_t seq;

		memcpy(m, line, sizeof(m));
		what = change(m, &n);
		seq = first_changed(m, n);
		if (seq == 0)
			continue; /* put back where it was */
		judge(m, n, what, seq, NULL);
		if (i % 4 == 0 || seq == n + 1)
			judge(m, n, what, seq, &kept);
		found += seq <= proved;
		i++;
	}
	/* most of the log is signed */
	ck_assert_uint_gt(found, ROUNDS / 10 * 8);
}
END_TEST

TCase *
campaign_tests(void)
{
	TCase *t = tcase_create("campaign");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 240);
	tcase_add_loop_test(t, no_change_is_believed, 0, SHARES);
	return t;
}
