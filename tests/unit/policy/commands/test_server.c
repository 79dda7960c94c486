#include "policy/commands/server.h"

#include "tests/unit/policy/commands/suites.h"

static const struct {
	const char *pattern, *queue;
	enum verb bundle;
	const char *lattice;
} subs[] = {
	{ "wadm.api.>", "wadm_server", VERB_SERVE_WADM, "*" },
	{ "wadm.api.l.>", "wadm_server", VERB_SERVE_WADM, "l" },
	{ "wadm.api.>", "", VERB_NONE, "" },
	{ "wadm.api.>", "thief", VERB_NONE, "" },
	{ "wadm.>", "wadm_server", VERB_NONE, "" },
	{ "wadm.cmd.*", "", VERB_SERVE_WADM, "*" },
	{ "wadm.cmd.l", "", VERB_SERVE_WADM, "l" },
	{ "wadm.evt.*.>", "", VERB_SERVE_WADM, "*" },
	{ "wadm.status.*.*", "", VERB_SERVE_WADM, "*" },
	{ "wadm.notify.*", "", VERB_SERVE_WADM, "*" },
	{ "wasmbus.evt.*.>", "", VERB_SERVE_WADM, "*" },
	{ "$KV.wadm_state.>", "", VERB_SERVE_WADM, "wadm" },
	{ "$KV.wadm_manifests.>", "", VERB_SERVE_WADM, "wadm" },
	{ "$KV.wadm_other.>", "", VERB_NONE, "" },
	{ "$KV.LATTICEDATA_l.>", "", VERB_NONE, "" },
	{ "wasmbus.ctl.l.>", "", VERB_NONE, "" },
	{ "ACME.wadm.api.>", "wadm_server", VERB_NONE, "" },
	{ "wadm.api.v1.>", "wadm_server", VERB_NONE, "" },
	{ "runtime.operator.heartbeat.>", "", VERB_SERVE_OPERATOR, "runtime" },
	{ "runtime.host.>", "", VERB_NONE, "" },
};

START_TEST(a_server_subscribes_to_what_its_bundle_has)
{
	struct bytes lattice = BYTES_NULL;
	enum verb got =
	    server_subscribe(bytes_str(subs[_i].pattern), bytes_str(subs[_i].queue), &lattice);

	ck_assert_msg(got == subs[_i].bundle, "%s %s: %s", subs[_i].pattern, subs[_i].queue,
	    command_verb_name(got));
	if (got != VERB_NONE)
		ck_assert_msg(bytes_is(lattice, subs[_i].lattice), "%s", subs[_i].pattern);
}
END_TEST

START_TEST(wadm_publishes_its_events_and_no_others)
{
	struct bytes lattice;

	ck_assert_int_eq(
	    server_publish(BYTES_LIT("wadm.evt.l.manifest_published"), &lattice), VERB_SERVE_WADM);
	ck_assert(bytes_is(lattice, "l"));
	ck_assert_int_eq(
	    server_publish(BYTES_LIT("wadm.status.l.shop"), &lattice), VERB_SERVE_WADM);
	ck_assert_int_eq(server_publish(BYTES_LIT("wasmbus.evt.l.x"), &lattice), VERB_NONE);
	ck_assert_int_eq(server_publish(BYTES_LIT("wadm.api.l.model.put"), &lattice), VERB_NONE);
	ck_assert_int_eq(
	    server_publish(BYTES_LIT("runtime.operator.heartbeat.NX"), &lattice), VERB_NONE);
}
END_TEST

START_TEST(commands_that_are_part_of_a_bundle_are_granted_by_it)
{
	struct command c;

	ck_assert_int_eq(command_classify(BYTES_LIT("wadm.cmd.l"), &c), 0);
	ck_assert_uint_eq(server_commands(&c), VERB_BIT(VERB_SERVE_WADM));
	ck_assert_int_eq(command_classify(BYTES_LIT("$KV.wadm_state.provider_l"), &c), 0);
	ck_assert_uint_eq(server_commands(&c), VERB_BIT(VERB_SERVE_WADM));
	ck_assert_int_eq(command_classify(BYTES_LIT("$KV.LATTICEDATA_l.CLAIMS_M"), &c), 0);
	ck_assert_uint_eq(server_commands(&c), 0);
	ck_assert_int_eq(command_classify(BYTES_LIT("wasmbus.ctl.l.events"), &c), 0);
	ck_assert_uint_eq(server_commands(&c), VERB_BIT(VERB_SERVE));
	ck_assert_int_eq(command_classify(BYTES_LIT("wasmbus.ctl.l.cmd.NX.lp"), &c), 0);
	ck_assert_uint_eq(server_commands(&c), 0);
}
END_TEST

TCase *
server_tests(void)
{
	TCase *t = tcase_create("server");

	tcase_add_loop_test(t, a_server_subscribes_to_what_its_bundle_has, 0,
	    (int)(sizeof(subs) / sizeof(subs[0])));
	tcase_add_test(t, wadm_publishes_its_events_and_no_others);
	tcase_add_test(t, commands_that_are_part_of_a_bundle_are_granted_by_it);
	return t;
}
