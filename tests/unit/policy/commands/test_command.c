#include "policy/commands/command.h"
#include "tests/unit/policy/commands/suites.h"

static const struct {
	const char *subject;
	enum dialect dialect;
	enum verb verb;
	const char *lattice, *host, *object;
	bool mutating;
} commands[] = {
	/* A: wasmCloud v0.18.2, wasmcloud-control-interface broker.rs */
	{ "wasmbus.ctl.default.get.hosts", DIALECT_A, VERB_HOST_LIST, "default", "", "", false },
	{ "wasmbus.ctl.default.auction.provider", DIALECT_AB, VERB_PROVIDER_AUCTION, "default", "",
	    "", false },
	{ "wasmbus.ctl.default.cmd.NX.la", DIALECT_AB, VERB_ACTOR_START, "default", "NX", "",
	    true },
	{ "wasmbus.ctl.default.cmd.NX.lp", DIALECT_AB, VERB_PROVIDER_START, "default", "NX", "",
	    true },
	{ "wasmbus.ctl.default.cmd.NX.sp", DIALECT_AB, VERB_PROVIDER_STOP, "default", "NX", "",
	    true },
	{ "wasmbus.ctl.default.cmd.NX.upd", DIALECT_AB, VERB_ACTOR_UPDATE, "default", "NX", "",
	    true },
	{ "wasmbus.ctl.default.get.NX.inv", DIALECT_AB, VERB_HOST_INVENTORY, "default", "NX", "",
	    false },
	{ "wasmbus.ctl.default.events", DIALECT_A, VERB_HOST_EVENT, "default", "", "", false },
	{ "wasmbus.rpc.default.links", DIALECT_A, VERB_LINK_PUT, "default", "", "", true },
	{ "wasmbus.rpc.default.remlinks", DIALECT_A, VERB_LINK_DEL, "default", "", "", true },
	/* B: wasmcloud-otp v0.63.2 lattice_server.ex, wasmCloud v0.82.0 */
	{ "wasmbus.ctl.l.ping.hosts", DIALECT_B, VERB_HOST_LIST, "l", "", "", false },
	{ "wasmbus.ctl.l.cmd.NX.scale", DIALECT_B, VERB_ACTOR_SCALE, "l", "NX", "", true },
	{ "wasmbus.ctl.l.cmd.NX.stop", DIALECT_B, VERB_HOST_STOP, "l", "NX", "", true },
	{ "wasmbus.ctl.l.linkdefs.put", DIALECT_B, VERB_LINK_PUT, "l", "", "", true },
	{ "wasmbus.ctl.l.registries.put", DIALECT_B, VERB_REGISTRY_PUT, "l", "", "", true },
	{ "wasmbus.ctl.l.labels.NX.put", DIALECT_B, VERB_LABEL_PUT, "l", "NX", "", true },
	{ "wasmbus.ctl.l.config.put.MX.k", DIALECT_B, VERB_CONFIG_PUT, "l", "", "MX", true },
	{ "wasmbus.ctl.l.config.clear.MX", DIALECT_B, VERB_CONFIG_DEL, "l", "", "MX", true },
	{ "wasmbus.ctl.l.get.config.MX.k", DIALECT_B, VERB_CONFIG_GET, "l", "", "MX", false },
	/* C: wasmCloud v1.9.2 control-interface */
	{ "wasmbus.ctl.v1.l.host.ping", DIALECT_C, VERB_HOST_LIST, "l", "", "", false },
	{ "wasmbus.ctl.v1.l.component.scale.NX", DIALECT_C, VERB_ACTOR_SCALE, "l", "NX", "", true },
	{ "wasmbus.ctl.v1.l.provider.start.NX", DIALECT_C, VERB_PROVIDER_START, "l", "NX", "",
	    true },
	{ "wasmbus.ctl.v1.l.config.put.c", DIALECT_C, VERB_CONFIG_PUT, "l", "", "c", true },
	{ "wasmbus.ctl.v1.l.claims.get", DIALECT_C, VERB_CLAIMS_GET, "l", "", "", false },
	/* D: wasmCloud v2.7.0 washlet */
	{ "runtime.host.h1.workload.start", DIALECT_D, VERB_WORKLOAD_START, "", "h1", "", true },
	{ "runtime.host.h1.heartbeat", DIALECT_D, VERB_HOST_HEARTBEAT_GET, "", "h1", "", false },
	/* wadm */
	{ "wadm.api.l.model.put", DIALECT_WADM, VERB_MANIFEST_PUT, "l", "", "", true },
	{ "wadm.api.l.model.get.shop", DIALECT_WADM, VERB_MANIFEST_GET, "l", "", "shop", false },
	{ "X.wadm.api.l.model.deploy.shop", DIALECT_WADM, VERB_MANIFEST_DEPLOY, "l", "", "shop",
	    true },
	{ "wadm.cmd.l", DIALECT_WADM, VERB_WADM_COMMAND, "l", "", "", true },
	{ "X.wasmbus.ctl.l.cmd.NX.lp", DIALECT_AB, VERB_PROVIDER_START, "l", "NX", "", true },
	/* side doors */
	{ "$KV.LATTICEDATA_l.LINKDEF_X", DIALECT_KV, VERB_STATE_WRITE, "l", "", "LINKDEF_X", true },
	{ "$KV.CONFIGDATA_l.a.b", DIALECT_KV, VERB_STATE_WRITE, "l", "", "a.b", true },
	{ "$JS.hub.API.$KV.LATTICEDATA_l.X", DIALECT_KV, VERB_STATE_WRITE, "l", "", "X", true },
	{ "$KV.wadm_state.host_l", DIALECT_KV, VERB_STATE_WRITE, "", "", "host_l", true },
	{ "lc.l.linkdefs.x", DIALECT_KV, VERB_STATE_WRITE, "l", "", "linkdefs.x", true },
	/* in a control space and in no table */
	{ "wasmbus.ctl", DIALECT_NONE, VERB_UNKNOWN, "", "", "", true },
	{ "wasmbus.ctl.l", DIALECT_NONE, VERB_UNKNOWN, "l", "", "", true },
	{ "wasmbus.ctl.l.cmd.NX", DIALECT_NONE, VERB_UNKNOWN, "l", "", "", true },
	{ "wasmbus.ctl.l.cmd.NX.lp.x", DIALECT_NONE, VERB_UNKNOWN, "l", "", "", true },
	{ "wasmbus.ctl.v1.cmd.NX.lp", DIALECT_NONE, VERB_UNKNOWN, "cmd", "", "", true },
	{ "wasmbus.ctl.v1.l.component.stop.NX", DIALECT_NONE, VERB_UNKNOWN, "l", "", "", true },
	{ "wasmbus.ctl.get.get.hosts", DIALECT_NONE, VERB_UNKNOWN, "get", "", "", true },
	{ "runtime.host", DIALECT_NONE, VERB_UNKNOWN, "", "", "", true },
	{ "wadm.cmd.l.x", DIALECT_NONE, VERB_UNKNOWN, "l", "", "", true },
	{ "$KV.LATTICEDATA_l", DIALECT_NONE, VERB_UNKNOWN, "l", "", "", true },
};

START_TEST(a_command_is_understood)
{
	struct command c;

	ck_assert_int_eq(command_classify(bytes_str(commands[_i].subject), &c), 0);
	ck_assert_msg(
	    c.verb == commands[_i].verb, "%s: %s", commands[_i].subject, command_verb_name(c.verb));
	if (c.verb != VERB_UNKNOWN)
		ck_assert_msg(c.dialect == commands[_i].dialect, "%s", commands[_i].subject);
	ck_assert_msg(bytes_is(c.lattice, commands[_i].lattice), "%s", commands[_i].subject);
	ck_assert_msg(bytes_is(c.host, commands[_i].host), "%s", commands[_i].subject);
	ck_assert_msg(bytes_is(c.object, commands[_i].object), "%s", commands[_i].subject);
	ck_assert_msg(c.mutating == commands[_i].mutating, "%s", commands[_i].subject);
	ck_assert(command_overlaps(bytes_str(commands[_i].subject)));
	ck_assert(command_covers(bytes_str(commands[_i].subject)));
}
END_TEST

static const char *const data[] = { "a", "wasmbus", "wasmbus.evt.l.x", "wasmbus.rpc.l.MX",
	"wasmbus.rpc.l.VX.default.linkdefs.put", "wasmbus.rpcevt.l", "wasmbus.cfg.l.req", "runtime",
	"runtime.operator.heartbeat.h", "wadm", "wadm.evt.l.x", "wadm.status.l.x", "$KV.orders.1",
	"$JS.API.STREAM.LIST", "$JS.API.$KV.orders.1", "l.MX.wrpc.0.0.1.a.b", "a.b.wasmbus.ctl.l",
	"lcx.l", "wasmbus.ctlx.l.cmd.NX.lp", "Wasmbus.ctl.l.ping.hosts", "" };

START_TEST(data_is_no_command)
{
	struct command c;

	ck_assert_msg(command_classify(bytes_str(data[_i]), &c) == COMMAND_NOT, "%s", data[_i]);
	ck_assert_msg(
	    data[_i][0] == '\0' || !command_overlaps(bytes_str(data[_i])), "%s", data[_i]);
}
END_TEST

static const struct {
	const char *pattern;
	bool overlaps, covers;
} patterns[] = {
	{ ">", true, false },
	{ "*", true, false }, /* lc */
	{ "*.*", true, false },
	{ "wasmbus.>", true, false },
	{ "wasmbus.ctl.>", true, true },
	{ "wasmbus.*.x.links", true, false },
	{ "wasmbus.rpc.>", true, false },
	{ "wasmbus.rpc.*.links", true, true },
	{ "wasmbus.evt.>", false, false },
	{ "*.wasmbus.ctl.>", true, true },
	{ "*.*.ctl.x", true, false },
	{ "metrics.>", true, false }, /* metrics.wasmbus.ctl */
	{ "metrics.*", false, false },
	{ "$KV.>", true, false },
	{ "$KV.orders.>", false, false },
	{ "$KV.*.x", true, false },
	{ "$KV.LATTICEDATA_x.>", true, true },
	{ "$JS.API.>", true, false },
	{ "$JS.*.API.$KV.CONFIGDATA_x.*", true, true },
	{ "$JS.API.STREAM.>", false, false },
	{ "runtime.host.*", true, true },
	{ "runtime.operator.>", false, false },
};

START_TEST(patterns_overlap_or_are_covered)
{
	struct bytes p = bytes_str(patterns[_i].pattern);

	ck_assert_msg(command_overlaps(p) == patterns[_i].overlaps, "%s", patterns[_i].pattern);
	ck_assert_msg(command_covers(p) == patterns[_i].covers, "%s", patterns[_i].pattern);
}
END_TEST

/* A matcher of its own, so that the deny list is not checked by what made it. */
static bool
matches(const char *pattern, const char *s)
{
	if (strcmp(pattern, ">") == 0)
		return *s != '\0';
	for (; *pattern != '\0'; pattern++) {
		if (*pattern == '*' && (pattern[1] == '.' || pattern[1] == '\0')) {
			while (*s != '\0' && *s != '.')
				s++;
		} else if (*pattern == '>' && pattern[1] == '\0') {
			return *s != '\0';
		} else if (*pattern != *s) {
			return false;
		} else {
			s++;
		}
	}
	return *s == '\0';
}

struct found {
	const char *subject;
	bool yes;
};

static void
look(void *ctx, struct bytes pattern)
{
	struct found *f = ctx;
	char text[128];

	ck_assert_uint_lt(pattern.len, sizeof(text));
	memcpy(text, pattern.ptr, pattern.len);
	text[pattern.len] = '\0';
	f->yes = f->yes || matches(text, f->subject);
}

START_TEST(the_deny_list_covers_every_command)
{
	struct found f = { commands[_i].subject, false };

	command_deny_list(look, &f);
	ck_assert_msg(f.yes, "%s", f.subject);
}
END_TEST

START_TEST(a_lattice_is_not_called_like_a_word_of_the_grammar)
{
	ck_assert(command_lattice_ok(BYTES_LIT("default")));
	ck_assert(command_lattice_ok(BYTES_LIT("acme-1_x")));
	ck_assert(!command_lattice_ok(BYTES_LIT("v1")));
	ck_assert(!command_lattice_ok(BYTES_LIT("wadm")));
	ck_assert(!command_lattice_ok(BYTES_LIT("*")));
	ck_assert(!command_lattice_ok(BYTES_LIT("_INBOX")));
	ck_assert(!command_lattice_ok(BYTES_LIT("a.b")));
	ck_assert(!command_lattice_ok(BYTES_NULL));
}
END_TEST

START_TEST(a_scale_is_all_it_may_turn_out_to_be)
{
	struct command c;

	ck_assert_int_eq(command_classify(BYTES_LIT("wasmbus.ctl.v1.l.component.scale.NX"), &c), 0);
	ck_assert_uint_eq(command_may_be(&c),
	    VERB_BIT(VERB_ACTOR_SCALE) | VERB_BIT(VERB_ACTOR_STOP) | VERB_BIT(VERB_ACTOR_START));
}
END_TEST

TCase *
command_tests(void)
{
	TCase *t = tcase_create("command");
	int n = (int)(sizeof(commands) / sizeof(commands[0]));

	tcase_add_loop_test(t, a_command_is_understood, 0, n);
	tcase_add_loop_test(t, data_is_no_command, 0, (int)(sizeof(data) / sizeof(data[0])));
	tcase_add_loop_test(
	    t, patterns_overlap_or_are_covered, 0, (int)(sizeof(patterns) / sizeof(patterns[0])));
	tcase_add_loop_test(t, the_deny_list_covers_every_command, 0, n);
	tcase_add_test(t, a_lattice_is_not_called_like_a_word_of_the_grammar);
	tcase_add_test(t, a_scale_is_all_it_may_turn_out_to_be);
	return t;
}

START_TEST(every_verb_has_its_name)
{
	for (unsigned v = VERB_NONE; v < VERB_COUNT; v++) {
		const char *name = command_verb_name((enum verb)v);
		uint64_t set = command_verbs_of(bytes_str(name));

		ck_assert_str_ne(name, "");
		if (v == VERB_NONE || v == VERB_UNKNOWN || v == VERB_HOST_EVENT)
			ck_assert_uint_eq(set, 0);
		else
			ck_assert_uint_eq(set, VERB_BIT(v));
	}
	ck_assert_str_eq(command_verb_name((enum verb)999), "unknown");
}
END_TEST

START_TEST(bundles_hold_what_they_say)
{
	uint64_t read = command_verbs_of(BYTES_LIT("read")), all = command_verbs_of(BYTES_LIT("*"));
	uint64_t operate = command_verbs_of(BYTES_LIT("operate"));
	uint64_t deploy = command_verbs_of(BYTES_LIT("deploy"));

	ck_assert_uint_eq(read & VERB_BIT(VERB_PROVIDER_AUCTION), 0);
	ck_assert_uint_eq(read & (operate | VERB_BIT(VERB_CONTROL_WATCH)), 0);
	ck_assert_uint_ne(deploy & VERB_BIT(VERB_PROVIDER_START), 0);
	ck_assert_uint_eq(
	    (read | operate | deploy) & (VERB_BIT(VERB_WADM_COMMAND) | VERB_BIT(VERB_STATE_WRITE) |
					    VERB_BIT(VERB_CONTROL_WATCH)),
	    0);
	ck_assert_uint_eq(all & (read | operate | deploy), read | operate | deploy);
	ck_assert_uint_eq(all & (VERB_BIT(VERB_UNKNOWN) | VERB_BIT(VERB_NONE)), 0);
	ck_assert_uint_eq(command_verbs_of(BYTES_LIT("link.*")),
	    VERB_BIT(VERB_LINK_GET) | VERB_BIT(VERB_LINK_PUT) | VERB_BIT(VERB_LINK_DEL));
	ck_assert_uint_eq(command_verbs_of(BYTES_LIT("nothing.*")), 0);
	ck_assert_uint_eq(command_verbs_of(BYTES_LIT(".*")), 0);
	ck_assert_uint_eq(command_verbs_of(BYTES_NULL), 0);
}
END_TEST

TCase *
verb_tests(void)
{
	TCase *t = tcase_create("verb");

	tcase_add_test(t, every_verb_has_its_name);
	tcase_add_test(t, bundles_hold_what_they_say);
	return t;
}
