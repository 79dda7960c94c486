/* Which streams hold what hosts believe, and which requests are about those alone. */
#include "policy/commands/state.h"
#include "tests/unit/policy/commands/suites.h"

static const struct {
	const char *stream, *lattice; /* lattice NULL: no state */
} streams[] = {
	{ "KV_LATTICEDATA_l", "l" },
	{ "KV_CONFIGDATA_l", "l" },
	{ "LATTICECACHE_l", "l" },
	{ "KV_wadm_state", "wadm" },
	{ "wadm_commands", "wadm" },
	{ "KV_LATTICECACHE_l", NULL },
	{ "LATTICEDATA_l", NULL },
	{ "KV_latticedata_l", NULL },
	{ "OBJ_l", NULL },
	{ "KV_mine", NULL },
	{ "", NULL },
};

START_TEST(these_streams_hold_state)
{
	struct bytes lattice;
	bool is = state_stream(bytes_str(streams[_i].stream), &lattice);

	ck_assert_msg(is == (streams[_i].lattice != NULL), "%s", streams[_i].stream);
	if (is)
		ck_assert(bytes_is(lattice, streams[_i].lattice));
}
END_TEST

static const struct {
	const char *subject;
	enum verb word;
	const char *lattice;
} requests[] = {
	{ "$JS.API.STREAM.INFO.KV_LATTICEDATA_l", VERB_STATE_READ, "l" },
	{ "$JS.hub.API.STREAM.INFO.KV_LATTICEDATA_l", VERB_STATE_READ, "l" },
	{ "$JS.API.STREAM.CREATE.KV_CONFIGDATA_l", VERB_STATE_MANAGE, "l" },
	{ "$JS.hub.API.STREAM.CREATE.LATTICECACHE_l", VERB_STATE_MANAGE, "l" },
	{ "$JS.API.STREAM.PURGE.KV_LATTICEDATA_l", VERB_STATE_MANAGE, "l" },
	{ "$JS.API.STREAM.MSG.GET.KV_LATTICEDATA_l", VERB_STATE_READ, "l" },
	{ "$JS.API.DIRECT.GET.KV_LATTICEDATA_l", VERB_STATE_READ, "l" },
	{ "$JS.API.DIRECT.GET.KV_LATTICEDATA_l.$KV.LATTICEDATA_l.COMPONENT_x", VERB_STATE_READ, "l" },
	{ "$JS.API.CONSUMER.CREATE.KV_LATTICEDATA_l", VERB_STATE_READ, "l" },
	{ "$JS.API.CONSUMER.CREATE.KV_LATTICEDATA_l.n.$KV.LATTICEDATA_l.>", VERB_STATE_READ, "l" },
	{ "$JS.API.CONSUMER.DELETE.KV_LATTICEDATA_l.n", VERB_STATE_READ, "l" },
	{ "$JS.API.CONSUMER.MSG.NEXT.KV_LATTICEDATA_l.n", VERB_STATE_READ, "l" },
	{ "$JS.ACK.KV_LATTICEDATA_l.n.1.1.1.1.0", VERB_STATE_READ, "l" },
	{ "$JS.FC.KV_LATTICEDATA_l.n.x", VERB_STATE_READ, "l" },
	{ "$JS.API.CONSUMER.DURABLE.CREATE.KV_LATTICEDATA_l.n", VERB_NONE, "" },
	{ "$JS.API.CONSUMER.CREATE.S.n.$KV.LATTICEDATA_l.>", VERB_NONE, "" },
	{ "$JS.API.STREAM.INFO.S", VERB_NONE, "" },
	{ "$JS.API.STREAM.INFO.KV_LATTICEDATA_l.x", VERB_NONE, "" },
	{ "$JS.API.STREAM.NAMES", VERB_NONE, "" },
	{ "$JS.API.STREAM.SNAPSHOT.KV_LATTICEDATA_l", VERB_NONE, "" },
	{ "$JS.API.STREAM.LEADER.STEPDOWN.KV_LATTICEDATA_l", VERB_NONE, "" },
	{ "$JS.a.b.API.STREAM.INFO.KV_LATTICEDATA_l", VERB_NONE, "" },
	{ "$JS.ACK.hub.A.KV_LATTICEDATA_l.n", VERB_NONE, "" },
	{ "$JS.FC.KV_LATTICEDATA_l", VERB_NONE, "" },
	{ "$JS", VERB_NONE, "" },
	{ "$JS.", VERB_NONE, "" },
	{ "x", VERB_NONE, "" },
};

START_TEST(these_requests_are_about_them)
{
	struct bytes lattice = BYTES_NULL;
	enum verb word = state_request(bytes_str(requests[_i].subject), &lattice);

	ck_assert_msg(word == requests[_i].word, "%s: %s", requests[_i].subject, command_verb_name(word));
	if (word != VERB_NONE)
		ck_assert(bytes_is(lattice, requests[_i].lattice));
}
END_TEST

static const struct {
	const char *pattern, *lattice;
} patterns[] = {
	{ "$KV.LATTICEDATA_l.>", "l" },
	{ "$KV.LATTICEDATA_l.*", "l" },
	{ "$KV.CONFIGDATA_l.a.b", "l" },
	{ "$KV.wadm_state.>", "wadm" },
	{ "lc.l.>", "l" },
	{ "lc.l", NULL },
	{ "lc.*.>", NULL },
	{ "lc.>", NULL },
	{ "$KV.LATTICEDATA_l", NULL },
	{ "$KV.LATTICEDATA_*.>", NULL },
	{ "$KV.*.>", NULL },
	{ "$KV.>", NULL },
	{ "$KV.mine.>", NULL },
	{ "wasmbus.ctl.l.>", NULL },
};

START_TEST(these_patterns_lie_in_them)
{
	struct bytes lattice;
	bool in = state_pattern(bytes_str(patterns[_i].pattern), &lattice);

	ck_assert_msg(in == (patterns[_i].lattice != NULL), "%s", patterns[_i].pattern);
	if (in)
		ck_assert(bytes_is(lattice, patterns[_i].lattice));
}
END_TEST

TCase *
state_tests(void)
{
	TCase *t = tcase_create("state");

	tcase_add_loop_test(t, these_streams_hold_state, 0, (int)(sizeof(streams) / sizeof(streams[0])));
	tcase_add_loop_test(t, these_requests_are_about_them, 0, (int)(sizeof(requests) / sizeof(requests[0])));
	tcase_add_loop_test(t, these_patterns_lie_in_them, 0, (int)(sizeof(patterns) / sizeof(patterns[0])));
	return t;
}
