/* Names of inboxes on both sides: there and back, and other people's. */
#include "gateway/relay/inbox.h"
#include "tests/unit/gateway/relay/suites.h"

#define OWN "~abcdefghijklmnopqrstu"
#define OTHER "~ABCDEFGHIJKLMNOPQRSTU"

/* name, own?, virtual?, foreign?, upstream */
static const struct {
	const char *name;
	bool inbox, virtual, foreign;
	const char *up;
} names[] = {
	{ "_INBOX.x", true, false, false, "_INBOX." OWN ".x" },
	{ "_INBOX.x.y.1", true, false, false, "_INBOX." OWN ".x.y.1" },
	{ "_INBOX.>", true, false, false, "_INBOX." OWN ".>" },
	{ "_INBOX.*.x", true, false, false, "_INBOX." OWN ".*.x" },
	{ "_INBOX." OWN ".x", true, true, false, "_INBOX." OWN ".x" },
	{ "_INBOX." OWN ".>", true, true, false, "_INBOX." OWN ".>" },
	{ "_INBOX." OTHER ".x", true, false, true, NULL },
	{ "_INBOX." OTHER ".>", true, false, true, NULL },
	/* the token alone, cut, or with a tail: nobody's */
	{ "_INBOX." OWN, true, false, true, NULL },
	{ "_INBOX." OWN "v.x", true, false, true, NULL },
	{ "_INBOX.~", true, false, true, NULL },
	{ "_INBOX.~.x", true, false, true, NULL },
	{ "_INBOX", false, false, false, NULL },
	{ "_INBOX.", false, false, false, NULL },
	{ "_inbox.x", false, false, false, NULL },
	{ "_INBOXES.x", false, false, false, NULL },
	{ "x._INBOX.y", false, false, false, NULL },
	{ "", false, false, false, NULL },
};

START_TEST(a_name_is_own_or_foreign_or_no_inbox)
{
	struct bytes s = bytes_str(names[_i].name), up, down;
	char room[INBOX_NAME_MAX], back[INBOX_NAME_MAX];

	ck_assert_int_eq(inbox_is(s), names[_i].inbox);
	ck_assert_int_eq(inbox_is_virtual(s, OWN), names[_i].virtual);
	ck_assert_int_eq(inbox_is_foreign(s, OWN), names[_i].foreign);
	if (names[_i].up == NULL)
		return;
	up = inbox_up(s, OWN, room);
	ck_assert(bytes_is(up, names[_i].up));
	ck_assert(inbox_is_foreign(up, OTHER));
	down = inbox_down(up, OWN, back);
	ck_assert(names[_i].virtual || bytes_eq(down, s));
	ck_assert(bytes_eq(inbox_down(up, OTHER, back), up));
}
END_TEST

START_TEST(a_name_that_does_not_fit_becomes_none)
{
	static char large[INBOX_NAME_MAX + 100];
	char room[INBOX_NAME_MAX];
	size_t most = INBOX_NAME_MAX - INBOX_TOKEN - 1;

	memset(large, 'x', sizeof(large));
	memcpy(large, "_INBOX.", 7);
	ck_assert_uint_eq(inbox_up(bytes_of(large, most), OWN, room).len, INBOX_NAME_MAX);
	ck_assert_uint_eq(inbox_up(bytes_of(large, most + 1), OWN, room).len, 0);
	memcpy(large, "_INBOX." OWN ".", 8 + INBOX_TOKEN);
	ck_assert_uint_eq(inbox_down(bytes_of(large, sizeof(large)), OWN, room).len, sizeof(large));
}
END_TEST

TCase *
inbox_tests(void)
{
	TCase *t = tcase_create("inbox");

	tcase_add_loop_test(
	    t, a_name_is_own_or_foreign_or_no_inbox, 0, sizeof(names) / sizeof(names[0]));
	tcase_add_test(t, a_name_that_does_not_fit_becomes_none);
	return t;
}
