/* What a sink wants, and how a record looks to syslog. */
#include "gateway/proc/ship.h"
#include "gateway/proc/syslog_line.h"
#include "tests/unit/gateway/proc/suites.h"

static struct record
command(const char *decision, const char *lattice)
{
	struct record r = {
		.seq = 7, .time_ns = INT64_C(1795375802123456789), .kind = RECORD_COMMAND
	};

	memset(r.run, 'a', RECORD_RUN_LEN);
	r.decision = bytes_str(decision);
	r.lattice = bytes_str(lattice);
	r.verb = BYTES_LIT("actor.start");
	return r;
}

static const struct {
	struct sink_filter filter;
	const char *decision, *lattice;
	bool wanted;
} wants[] = {
	{ { 0 }, "allow", "default", true },
	{ { .kinds = 1U << RECORD_COMMAND }, "allow", "default", true },
	{ { .kinds = 1U << RECORD_OUTCOME }, "allow", "default", false },
	{ { .decisions = SINK_DENY }, "deny", "default", true },
	{ { .decisions = SINK_DENY }, "allow", "default", false },
	{ { .decisions = SINK_DENY | SINK_ALLOW }, "allow", "default", true },
	{ { .decisions = SINK_DENY | SINK_ALLOW }, "", "default", false },
	{ { .n_lattices = 2, .lattice = { "a", "b-*" } }, "allow", "b-1", true },
	{ { .n_lattices = 2, .lattice = { "a", "b-*" } }, "allow", "c", false },
	{ { .n_lattices = 1, .lattice = { "*" } }, "allow", "", false },
	{ { .kinds = 1U << RECORD_COMMAND,
	      .decisions = SINK_DENY,
	      .n_lattices = 1,
	      .lattice = { "a" } },
	    "deny", "a", true },
	{ { .kinds = 1U << RECORD_COMMAND,
	      .decisions = SINK_DENY,
	      .n_lattices = 1,
	      .lattice = { "a" } },
	    "deny", "b", false },
};

START_TEST(a_filter_wants_one_of_each_list)
{
	autofree(record_reader_freep) struct record_reader *reader = record_reader_new();
	struct record r = command(wants[_i].decision, wants[_i].lattice);
	struct buf line;

	buf_init(&line, RECORD_LINE_MAX);
	ck_assert_int_eq(record_encode(&r, &line), 0);
	ck_assert(
	    filter_wants(&wants[_i].filter, r.kind, buf_bytes(&line), reader) == wants[_i].wanted);
	buf_deinit(&line);
}
END_TEST

START_TEST(what_is_no_record_is_for_who_wants_all)
{
	ck_assert(filter_wants(&(struct sink_filter){ 0 }, RECORD_NONE, BYTES_LIT("x"), NULL));
	ck_assert(!filter_wants(
	    &(struct sink_filter){ .kinds = ~0U }, RECORD_NONE, BYTES_LIT("x"), NULL));
}
END_TEST

START_TEST(an_id_is_made_of_the_record_alone)
{
	struct ship_item i = { .seq = 42, .leaf = { { 0xab, 1, 2, 3, 4, 5, 6, 0xff, 9 } } };
	char id[SHIP_ID_MAX];

	memset(i.run, 'c', RECORD_RUN_LEN);
	ship_id(&i, id);
	ck_assert_str_eq(id, "cccccccccccccccccccccccccccccccc.42.ab010203040506ff");
}
END_TEST

static void
looks(enum sink_format format, const struct record *r, const char *want)
{
	struct buf b;

	buf_init(&b, SYSLOG_LINE_MAX);
	syslog_line(&b, format, "box", BYTES_LIT("{the line}"), r);
	ck_assert_msg(bytes_is(buf_bytes(&b), want), "%.*s", (int)b.len, (const char *)b.ptr);
	buf_deinit(&b);
}

START_TEST(a_syslog_message_is_the_line_behind_a_head)
{
	struct record r = command("allow", "default");

	looks(SINK_RFC5424, &r,
	    "<110>1 2026-11-22T19:30:02.123456Z box portcullis - command - {the line}");
	r = command("deny", "default");
	looks(SINK_RFC5424, &r,
	    "<108>1 2026-11-22T19:30:02.123456Z box portcullis - command - {the line}");
}
END_TEST

START_TEST(no_text_of_a_stranger_is_a_field_of_cef)
{
	struct record r = command("deny", "d");

	r.verb = BYTES_LIT("a|b\\c");
	r.name = BYTES_LIT("x act=allow\nsuser=root\\\x01");
	looks(SINK_CEF, &r,
	    "<108>1 2026-11-22T19:30:02.123456Z box portcullis - command - "
	    "CEF:0|Portcullis|portcullis-gateway|" PORTCULLIS_VERSION
	    "|command|command a\\|b\\\\c|6|rt=1795375802123 externalId=7 act=deny "
	    "suser=x act\\=allow\\nsuser\\=root\\\\\\\\u0001 cs2=d cs2Label=lattice");
}
END_TEST

/* sources, and what CEF says of each */
static const struct {
	const char *source, *want;
} sources[] = {
	{ "192.0.2.7", "src=192.0.2.7" },
	{ "192.0.2.7:5121", "src=192.0.2.7 spt=5121" },
	{ "::1", "src=::1" },
	{ "2001:db8::7", "src=2001:db8::7" },
	{ "[2001:db8::7]:5121", "src=2001:db8::7 spt=5121" },
	{ "[::1", "src=::1" },
	{ "[]", "" },
	{ ":", "" },
};

START_TEST(a_source_is_an_address_and_may_have_a_port)
{
	struct record r = command("allow", "d");
	char want[256];

	r.source = bytes_str(sources[_i].source);
	snprintf(want, sizeof(want),
	    "<110>1 2026-11-22T19:30:02.123456Z box portcullis - command - "
	    "CEF:0|Portcullis|portcullis-gateway|" PORTCULLIS_VERSION
	    "|command|command actor.start|3|rt=1795375802123 externalId=7 act=allow%s%s cs2=d cs2Label=lattice",
	    sources[_i].want[0] != '\0' ? " " : "", sources[_i].want);
	looks(SINK_CEF, &r, want);
}
END_TEST

TCase *
ship_tests(void)
{
	TCase *t = tcase_create("ship");

	tcase_add_loop_test(
	    t, a_filter_wants_one_of_each_list, 0, sizeof(wants) / sizeof(wants[0]));
	tcase_add_test(t, what_is_no_record_is_for_who_wants_all);
	tcase_add_test(t, an_id_is_made_of_the_record_alone);
	tcase_add_test(t, a_syslog_message_is_the_line_behind_a_head);
	tcase_add_test(t, no_text_of_a_stranger_is_a_field_of_cef);
	tcase_add_loop_test(t, a_source_is_an_address_and_may_have_a_port, 0,
	    sizeof(sources) / sizeof(sources[0]));
	return t;
}
