/* Who is who when verifiers come and go; and what an edge may write down. */
#include "gateway/proc/auditor_priv.h"
#include "gateway/proc/doors.h"
#include "gateway/proc/roster.h"
#include "tests/unit/gateway/proc/suites.h"

#include <stdio.h>
#include <unistd.h>

static struct msg_who
who_of(uint32_t edge, uint64_t conn, const char *user)
{
	struct msg_who w = { .edge = edge, .conn = conn, .listener = 1 };

	snprintf(w.identity.user, sizeof(w.identity.user), "%s", user);
	snprintf(w.identity.account, sizeof(w.identity.account), "%s", "A");
	return w;
}

static struct roster_entry *
meet(struct roster *t, uint32_t edge, uint64_t conn, const char *user)
{
	struct msg_who w = who_of(edge, conn, user);
	struct roster_entry *e = NULL;

	ck_assert_int_eq(roster_meet(t, &w, &e), 0);
	return e;
}

START_TEST(whom_the_next_verifier_does_not_name_is_stale)
{
	static struct roster t;
	struct roster_entry *kept, *stale;

	roster_init(&t, sizeof(struct roster_entry));
	roster_begin(&t);
	kept = meet(&t, 0, 1, "UA");
	stale = meet(&t, 0, 2, "UB");
	ck_assert_ptr_null(roster_stale(&t, NULL));
	roster_begin(&t);
	ck_assert_ptr_eq(meet(&t, 0, 1, "UA"), kept);
	ck_assert_ptr_eq(roster_stale(&t, NULL), stale);
	ck_assert_ptr_null(roster_stale(&t, stale));
	roster_forget(&t, stale);
	ck_assert_ptr_null(roster_find(&t, 0, 2));
	ck_assert_ptr_eq(roster_find(&t, 0, 1), kept);
	roster_forget(&t, kept);
	conns_deinit(&t.conns);
}
END_TEST

START_TEST(the_newest_word_on_a_connection_counts)
{
	static struct roster t;
	struct roster_entry *e;

	roster_init(&t, sizeof(struct roster_entry));
	roster_begin(&t);
	e = meet(&t, 3, 7, "UA");
	ck_assert_str_eq(e->person->identity.user, "UA");
	roster_begin(&t);
	ck_assert_ptr_eq(meet(&t, 3, 7, "UB"), e);
	ck_assert_str_eq(e->person->identity.user, "UB");
	ck_assert_uint_eq(t.people.n, 1);
	roster_forget(&t, e);
	conns_deinit(&t.conns);
}
END_TEST

START_TEST(who_leaves_is_known_until_forgotten)
{
	static struct roster t;
	struct roster_entry *a, *b, *c;

	roster_init(&t, sizeof(struct roster_entry));
	roster_begin(&t);
	a = meet(&t, 0, 1, "UA");
	b = meet(&t, 0, 2, "UB");
	c = meet(&t, 0, 3, "UC");
	ck_assert_ptr_null(roster_leaving(&t));
	roster_leave(&t, b);
	roster_leave(&t, a);
	roster_leave(&t, b);
	roster_leave(&t, c);
	ck_assert_ptr_eq(roster_find(&t, 0, 2), b);
	ck_assert_ptr_eq(roster_leaving(&t), b);
	roster_forget(&t, a); /* by another way, in the middle of the list */
	roster_forget(&t, b);
	ck_assert_ptr_eq(roster_leaving(&t), c);
	roster_forget(&t, c);
	ck_assert_ptr_null(roster_leaving(&t));
	conns_deinit(&t.conns);
}
END_TEST

START_TEST(an_edge_in_the_place_of_another_has_none_of_its_connections)
{
	static struct roster t;
	struct roster_entry *of, *later, *elsewhere;

	roster_init(&t, sizeof(struct roster_entry));
	roster_begin(&t);
	of = meet(&t, 1, 100, "UA");
	later = meet(&t, 1, 101, "UA");
	elsewhere = meet(&t, 2, 7, "UA");
	ck_assert_ptr_eq(roster_before(&t, 1, 100, NULL), of);
	ck_assert_ptr_null(roster_before(&t, 1, 100, of));
	ck_assert_ptr_null(roster_before(&t, 1, 99, NULL));
	ck_assert_ptr_null(roster_before(&t, 3, 100, NULL));
	roster_forget(&t, of);
	roster_forget(&t, later);
	roster_forget(&t, elsewhere);
	conns_deinit(&t.conns);
}
END_TEST

START_TEST(a_door_keeps_the_latest_descriptor)
{
	struct doors d;
	int a[2], b[2];
	unsigned index;

	ck_assert_int_eq(pipe(a), 0);
	ck_assert_int_eq(pipe(b), 0);
	doors_init(&d);
	doors_keep(&d, 5, a[0]);
	doors_keep(&d, 5, b[0]);
	ck_assert_int_ne(close(a[0]), 0);
	ck_assert_int_eq(doors_take(&d, &index), b[0]);
	ck_assert_uint_eq(index, 5);
	ck_assert_int_eq(doors_take(&d, &index), -1);
	close(a[1]);
	close(b[0]);
	close(b[1]);
}
END_TEST

/* What a hostile edge may say; @named: the verifier has named connection 7 of edge 2, at listener 1. */
static const struct {
	const char *event, *id, *source;
	uint8_t listener;
	bool named, own;
	const char *at; /* its address; NULL: 10.0.0.1 */
} notes[] = {
	{ "pub_denied", "2.7.d1", "10.0.0.1:99", 1, true, true },
	{ "conn_open", "", "10.0.0.1:99", 1, true, true },
	{ "pub_denied", "1.7.d1", "10.0.0.1:99", 1, true, false },   /* another edge's */
	{ "pub_denied", "2.8.d1", "10.0.0.1:99", 1, true, false },   /* another connection's */
	{ "pub_denied", "2.70.d1", "10.0.0.1:99", 1, true, false },
	{ "pub_denied", "2.7", "10.0.0.1:99", 1, true, false },
	{ "pub_denied", "", "10.0.0.2:99", 1, true, false },         /* another address */
	{ "pub_denied", "", "10.0.0.11:99", 1, true, false },
	{ "pub_denied", "", "10.0.0.1", 1, true, false },
	{ "pub_denied", "", "10.0.0.1:", 1, true, false },
	{ "pub_denied", "", "10.0.0.1:9x", 1, true, false },
	{ "pub_denied", "", "10.0.0.1:999999", 1, true, false },
	{ "pub_denied", "", "[::1]:99", 1, true, true, "::1" },
	{ "pub_denied", "", "::1:99", 1, true, false, "::1" },       /* another address, and no port */
	{ "pub_denied", "", "[::11]:99", 1, true, false, "::1" },
	{ "pub_denied", "", "[::1", 1, true, false, "::1" },
	{ "pub_denied", "", "10.0.0.1:99", 0, true, false },         /* another listener */
	{ "pub_denied", "", "10.0.0.1:99", 255, false, false },
	{ "login_failed", "", "10.9.9.9:1", 0, false, true },        /* nobody's name is on it */
	{ "pub_denied", "1.7.d1", "10.9.9.9:1", 0, false, false },
};

static void
setup_named(struct named *n)
{
	*n = (struct named){ .entry.listener = 1 };
	snprintf(n->source, sizeof(n->source), "10.0.0.1");
}

START_TEST(an_edge_writes_of_its_own_connections_only)
{
	struct msg_note m = { .conn = 7, .event = bytes_str(notes[_i].event), .id = bytes_str(notes[_i].id),
		.source = bytes_str(notes[_i].source), .listener = notes[_i].listener };
	struct named n;

	setup_named(&n);
	if (notes[_i].at != NULL)
		snprintf(n.source, sizeof(n.source), "%s", notes[_i].at);
	ck_assert_int_eq(note_is_own(&m, 2, notes[_i].named ? &n : NULL), notes[_i].own);
}
END_TEST

START_TEST(a_connection_opens_once_and_closes_once)
{
	struct msg_note m = { .conn = 7, .source = BYTES_LIT("10.0.0.1:99"), .listener = 1 };
	struct named n;

	setup_named(&n);
	m.event = BYTES_LIT("conn_open");
	ck_assert(note_is_own(&m, 2, &n));
	ck_assert(!note_is_own(&m, 2, &n));
	m.event = BYTES_LIT("conn_close");
	ck_assert(note_is_own(&m, 2, &n));
	ck_assert(!note_is_own(&m, 2, &n));
}
END_TEST

TCase *
roster_tests(void)
{
	TCase *t = tcase_create("roster");

	tcase_add_test(t, whom_the_next_verifier_does_not_name_is_stale);
	tcase_add_test(t, the_newest_word_on_a_connection_counts);
	tcase_add_test(t, who_leaves_is_known_until_forgotten);
	tcase_add_test(t, an_edge_in_the_place_of_another_has_none_of_its_connections);
	tcase_add_test(t, a_door_keeps_the_latest_descriptor);
	tcase_add_loop_test(t, an_edge_writes_of_its_own_connections_only, 0, sizeof(notes) / sizeof(notes[0]));
	tcase_add_test(t, a_connection_opens_once_and_closes_once);
	return t;
}
