#include "policy/commands/serve.h"
#include "tests/unit/policy/commands/suites.h"

static const struct bytes ids[] = { { (const uint8_t *)"nown", 4 } };
static const struct serve_host me = { 1, ids };

static const struct {
	const char *pattern, *queue;
	enum serve_answer answer;
	const char *lattice;
	bool command;
} subs[] = {
	{ "wasmbus.ctl.l.ping.hosts", "", SERVE_OWN, "l", true },
	{ "wasmbus.ctl.l.auction.>", "", SERVE_OWN, "l", true },
	{ "wasmbus.ctl.l.auction.actor", "", SERVE_OWN, "l", true },
	{ "wasmbus.ctl.l.cmd.NOWN.*", "", SERVE_OWN, "l", true },
	{ "wasmbus.ctl.l.cmd.NOWN.lp", "", SERVE_OWN, "l", true },
	{ "wasmbus.ctl.l.cmd.NOWN.>", "", SERVE_NOT, "", true },
	{ "wasmbus.ctl.l.cmd.NX.lp", "", SERVE_ANOTHER_HOST, "l", true },
	{ "wasmbus.ctl.l.cmd.*.lp", "", SERVE_NOT, "", true },
	{ "wasmbus.ctl.*.ping.hosts", "", SERVE_NOT, "", true },
	{ "wasmbus.ctl.l.cmd.NOWN.*", "thief", SERVE_NOT, "", true },
	{ "wasmbus.ctl.l.linkdefs.*", "wasmbus.ctl.l", SERVE_OWN, "l", true },
	{ "wasmbus.ctl.l.linkdefs.*", "wasmbus.ctl.l.linkdefs", SERVE_OWN, "l", true },
	{ "wasmbus.ctl.l.linkdefs.*", "wasmbus.ctl.l2", SERVE_NOT, "", true },
	{ "wasmbus.ctl.l.linkdefs.*", "", SERVE_OWN, "l", true },
	{ "wasmbus.ctl.l.get.config.>", "wasmbus.ctl.l.get.config", SERVE_OWN, "l", true },
	{ "wasmbus.ctl.v1.l.component.*.NOWN", "", SERVE_OWN, "l", true },
	{ "wasmbus.ctl.v1.l.component.*.NX", "", SERVE_ANOTHER_HOST, "l", true },
	{ "wasmbus.ctl.v1.l.component.*.*", "", SERVE_NOT, "", true },
	{ "wasmbus.ctl.v1.l.config.>", "wasmbus.ctl.v1.l.config", SERVE_OWN, "l", true },
	{ "wasmbus.ctl.v1.ping.hosts", "", SERVE_NOT, "", true },
	{ "runtime.host.nown.>", "", SERVE_OWN, "runtime", true },
	{ "runtime.host.other.>", "", SERVE_ANOTHER_HOST, "runtime", true },
	{ "runtime.host.>", "", SERVE_NOT, "", true },
	{ "runtime.host.*.>", "", SERVE_NOT, "", true },
	{ "wasmbus.rpc.l.>", "", SERVE_OWN, "l", false },
	{ "wasmbus.rpc.l.VX.default", "rpc", SERVE_OWN, "l", false },
	{ "wasmbus.rpc.l.links", "", SERVE_OWN, "l", true },
	{ "wasmbus.rpc.>", "", SERVE_NOT, "", false },
	{ "wasmbus.evt.l.>", "", SERVE_NOT, "", false },
	{ ">", "", SERVE_NOT, "", false },
};

START_TEST(a_host_subscribes_to_its_own)
{
	struct bytes lattice = BYTES_NULL;
	bool command = false;
	enum serve_answer a = serve_subscribe(
	    bytes_str(subs[_i].pattern), bytes_str(subs[_i].queue), &me, &lattice, &command);

	ck_assert_msg(a == subs[_i].answer, "%s %s: %d", subs[_i].pattern, subs[_i].queue, a);
	if (a == SERVE_NOT)
		return;
	ck_assert_msg(bytes_is(lattice, subs[_i].lattice), "%s", subs[_i].pattern);
	if (a == SERVE_OWN)
		ck_assert_msg(command == subs[_i].command, "%s", subs[_i].pattern);
}
END_TEST

static const struct {
	const char *subject;
	enum serve_answer answer;
} pubs[] = {
	{ "wasmbus.evt.l", SERVE_OWN },
	{ "wasmbus.evt.l.host_started", SERVE_OWN },
	{ "wasmbus.rpc.l.MX", SERVE_OWN },
	{ "wasmbus.rpcevt.l", SERVE_OWN },
	{ "runtime.operator.heartbeat.NOWN", SERVE_OWN },
	{ "runtime.operator.heartbeat.NX", SERVE_ANOTHER_HOST },
	{ "wasmbus.evt", SERVE_NOT },
	{ "wadm.evt.l.x", SERVE_NOT },
	{ "wasmbus.evt.v1.x", SERVE_NOT },
};

START_TEST(a_host_publishes_as_itself)
{
	struct bytes lattice;

	ck_assert_msg(serve_publish(bytes_str(pubs[_i].subject), &me, &lattice) == pubs[_i].answer,
	    "%s", pubs[_i].subject);
}
END_TEST

START_TEST(a_watcher_names_the_lattice)
{
	struct bytes lattice;

	ck_assert(serve_watch(BYTES_LIT("wasmbus.ctl.l.>"), &lattice));
	ck_assert(bytes_is(lattice, "l"));
	ck_assert(serve_watch(BYTES_LIT("wasmbus.ctl.v1.l.host.*"), &lattice));
	ck_assert(bytes_is(lattice, "l"));
	ck_assert(serve_watch(BYTES_LIT("wasmbus.ctl.*.cmd.>"), &lattice));
	ck_assert(bytes_is(lattice, "*"));
	ck_assert(serve_watch(BYTES_LIT("$KV.LATTICEDATA_l.*"), &lattice));
	ck_assert(bytes_is(lattice, "l"));
	ck_assert(!serve_watch(BYTES_LIT("wasmbus.ctl.>"), &lattice));
	ck_assert(!serve_watch(BYTES_LIT("wasmbus.ctl.v1.>"), &lattice));
	ck_assert(!serve_watch(BYTES_LIT("wasmbus.evt.l.>"), &lattice));
}
END_TEST

TCase *
serve_tests(void)
{
	TCase *t = tcase_create("serve");

	tcase_add_loop_test(
	    t, a_host_subscribes_to_its_own, 0, (int)(sizeof(subs) / sizeof(subs[0])));
	tcase_add_loop_test(
	    t, a_host_publishes_as_itself, 0, (int)(sizeof(pubs) / sizeof(pubs[0])));
	tcase_add_test(t, a_watcher_names_the_lattice);
	return t;
}
