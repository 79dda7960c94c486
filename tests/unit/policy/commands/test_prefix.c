#include "policy/commands/prefix.h"

#include "policy/commands/command.h"
#include "tests/unit/policy/commands/suites.h"

static const struct {
	const char *prefix;
	int answer;
} prefixes[] = {
	{ "acme.prod.wasmbus.ctl", 0 },
	{ "control.plane", 0 },
	{ "X.wasmbus.ctl", 0 },
	{ "wasmbus.ctl", PREFIX_USUAL },
	{ "wasmbus.ctl.more", PREFIX_OVERLAPS },
	{ "wasmbus", PREFIX_OVERLAPS },
	{ "wasmbus.rpc", PREFIX_OVERLAPS },
	{ "wasmbus.rpc.l.VX", PREFIX_OVERLAPS },
	{ "wasmbus.evt", PREFIX_OVERLAPS },
	{ "wasmbus.evt.x", PREFIX_OVERLAPS },
	{ "wadm.api", PREFIX_OVERLAPS },
	{ "wadm.evt.l", PREFIX_OVERLAPS },
	{ "runtime.host", PREFIX_OVERLAPS },
	{ "runtime.operator", PREFIX_OVERLAPS },
	{ "lc.l", PREFIX_OVERLAPS },
	{ "lattice.state", PREFIX_OVERLAPS },
	{ "wasmcloud.policy", PREFIX_OVERLAPS },
	{ "X.wasmbus.evt", PREFIX_OVERLAPS },
	{ "acme", PREFIX_OVERLAPS }, /* acme.wasmbus.ctl... */
	{ "$KV.LATTICEDATA_l", PREFIX_RESERVED },
	{ "_INBOX.x", PREFIX_RESERVED },
	{ "", PREFIX_SPELLING },
	{ "a..b", PREFIX_SPELLING },
	{ ".a", PREFIX_SPELLING },
	{ "a.b.", PREFIX_SPELLING },
	{ "a.*", PREFIX_SPELLING },
	{ "a.>", PREFIX_SPELLING },
	{ "a b.c", PREFIX_SPELLING },
	{ "a:b.c", PREFIX_SPELLING },
};

START_TEST(a_prefix_with_a_second_reading_is_refused)
{
	struct prefixes set = { 0 };
	int got = prefix_add(&set, bytes_str(prefixes[_i].prefix));

	ck_assert_msg(got == prefixes[_i].answer, "%s: %d", prefixes[_i].prefix, got);
	ck_assert_uint_eq(set.n, got == 0);
}
END_TEST

START_TEST(no_prefix_begins_with_another)
{
	struct prefixes set = { 0 };

	ck_assert_int_eq(prefix_add(&set, BYTES_LIT("a.b")), 0);
	ck_assert_int_eq(prefix_add(&set, BYTES_LIT("a.b")), PREFIX_TWICE);
	ck_assert_int_eq(prefix_add(&set, BYTES_LIT("a.b.c")), PREFIX_TWICE);
	ck_assert_int_eq(prefix_add(&set, BYTES_LIT("a.bc")), 0);
	ck_assert_int_eq(prefix_add(&set, BYTES_LIT("c.d.e")), 0);
	ck_assert_int_eq(prefix_add(&set, BYTES_LIT("c.d")), PREFIX_TWICE);
	for (size_t i = set.n; i < PREFIX_MAX; i++) {
		static const char *const more[] = { "m1.x", "m2.x", "m3.x", "m4.x", "m5.x", "m6.x",
			"m7.x" };

		ck_assert_int_eq(prefix_add(&set, bytes_str(more[i - 3])), 0);
	}
	ck_assert_int_eq(prefix_add(&set, BYTES_LIT("one.more")), PREFIX_TOO_MANY);
}
END_TEST

START_TEST(a_command_under_a_prefix_is_the_usual_one)
{
	static const char subject[] = "acme.prod.ctl.shop.cmd.NX.lp";
	struct prefixes set = { 0 }, none = { 0 };
	struct command c;

	ck_assert_int_eq(prefix_add(&set, BYTES_LIT("acme.prod.ctl")), 0);
	ck_assert_int_eq(command_classify_under(&set, bytes_str(subject), &c), 0);
	ck_assert_int_eq(c.verb, VERB_PROVIDER_START);
	ck_assert(bytes_is(c.lattice, "shop") && bytes_is(c.host, "NX") && c.account.len == 0);
	ck_assert_ptr_eq(c.lattice.ptr, (const uint8_t *)subject + 14);
	ck_assert_int_eq(command_classify_under(&none, bytes_str(subject), &c), COMMAND_NOT);
	ck_assert_int_eq(
	    command_classify_under(&set, BYTES_LIT("acme.prod.ctl.v1.shop.host.stop.NX"), &c), 0);
	ck_assert_int_eq(c.verb, VERB_HOST_STOP);
	ck_assert_int_eq(
	    command_classify_under(&set, BYTES_LIT("wasmbus.ctl.shop.cmd.NX.lp"), &c), 0);
	ck_assert_int_eq(c.verb, VERB_PROVIDER_START);
}
END_TEST

START_TEST(all_of_a_prefix_is_a_control_space)
{
	static const char *const odd[] = { "a.b", "a.b.c", "a.b.l.made.up", "a.b.>", "a.b.v1.l.x" };
	struct prefixes set = { 0 };
	struct command c;

	ck_assert_int_eq(prefix_add(&set, BYTES_LIT("a.b")), 0);
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		ck_assert_int_eq(command_classify_under(&set, bytes_str(odd[i]), &c), 0);
		ck_assert_msg(c.verb == VERB_UNKNOWN, "%s", odd[i]);
		ck_assert(command_covers_under(&set, bytes_str(odd[i])));
		ck_assert(command_overlaps_under(&set, bytes_str(odd[i])));
	}
	ck_assert_int_eq(command_classify_under(&set, BYTES_LIT("a.bc.d"), &c), COMMAND_NOT);
	ck_assert(command_overlaps_under(&set, BYTES_LIT("*.b.x")));
	ck_assert(command_overlaps_under(&set, BYTES_LIT("a.>")));
	ck_assert(!command_overlaps_under(&set, BYTES_LIT("a.x")));
	ck_assert(!command_covers_under(&set, BYTES_LIT("a.>")));
}
END_TEST

struct deny {
	bool self, below, usual;
};

static void
look(void *ctx, struct bytes pattern)
{
	struct deny *d = ctx;

	d->self |= bytes_is(pattern, "a.b");
	d->below |= bytes_is(pattern, "a.b.>");
	d->usual |= bytes_is(pattern, "wasmbus.ctl.>");
}

START_TEST(a_minted_login_is_denied_the_prefix_too)
{
	struct prefixes set = { 0 };
	struct deny d = { 0 };

	ck_assert_int_eq(prefix_add(&set, BYTES_LIT("a.b")), 0);
	command_deny_under(&set, look, &d);
	ck_assert(d.self && d.below && d.usual);
}
END_TEST

START_TEST(patterns_and_groups_are_read_as_the_usual_ones)
{
	struct prefixes set = { 0 };
	uint8_t room[PREFIX_ROOM];

	ck_assert_int_eq(prefix_add(&set, BYTES_LIT("a.b")), 0);
	ck_assert(bytes_is(
	    prefix_usual(&set, BYTES_LIT("a.b.l.cmd.NX.*"), room), "wasmbus.ctl.l.cmd.NX.*"));
	ck_assert(bytes_is(prefix_usual(&set, BYTES_LIT("a.b"), room), "wasmbus.ctl"));
	ck_assert(bytes_is(prefix_usual(&set, BYTES_LIT("a.bc"), room), "a.bc"));
	ck_assert(bytes_is(prefix_usual(&set, BYTES_LIT(""), room), ""));
}
END_TEST

START_TEST(a_set_survives_its_text)
{
	struct prefixes set = { 0 }, back;
	char room[PREFIX_LIST];

	ck_assert_int_eq(prefix_add(&set, BYTES_LIT("a.b")), 0);
	ck_assert_int_eq(prefix_add(&set, BYTES_LIT("c.d.e")), 0);
	ck_assert_int_eq(prefix_split(&back, prefix_join(&set, room)), 0);
	ck_assert(prefix_same(&set, &back));
	ck_assert_int_eq(prefix_split(&back, BYTES_LIT("a.b $SYS.x ")), PREFIX_RESERVED);
	ck_assert_int_eq(prefix_split(&back, BYTES_NULL), 0);
	ck_assert(!prefix_same(&set, &back));
}
END_TEST

START_TEST(a_lattice_whose_calls_lie_under_a_prefix_is_seen)
{
	struct prefixes set = { 0 };

	ck_assert_int_eq(prefix_add(&set, BYTES_LIT("shop.ctl")), 0);
	ck_assert_int_eq(prefix_add(&set, BYTES_LIT("farm.prod.ctl")), 0);
	ck_assert(prefix_meets_lattice(&set, BYTES_LIT("shop")));
	ck_assert(!prefix_meets_lattice(&set, BYTES_LIT("farm")));
	ck_assert(!prefix_meets_lattice(&set, BYTES_LIT("other")));
}
END_TEST

TCase *
prefix_tests(void)
{
	TCase *t = tcase_create("prefix");

	tcase_add_loop_test(t, a_prefix_with_a_second_reading_is_refused, 0,
	    (int)(sizeof(prefixes) / sizeof(prefixes[0])));
	tcase_add_test(t, no_prefix_begins_with_another);
	tcase_add_test(t, a_command_under_a_prefix_is_the_usual_one);
	tcase_add_test(t, all_of_a_prefix_is_a_control_space);
	tcase_add_test(t, a_minted_login_is_denied_the_prefix_too);
	tcase_add_test(t, patterns_and_groups_are_read_as_the_usual_ones);
	tcase_add_test(t, a_set_survives_its_text);
	tcase_add_test(t, a_lattice_whose_calls_lie_under_a_prefix_is_seen);
	return t;
}
