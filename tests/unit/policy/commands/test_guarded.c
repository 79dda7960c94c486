#include "policy/commands/guarded.h"

#include "tests/unit/policy/commands/suites.h"

static const struct {
	const char *subject;
	enum verb publish;
	unsigned named;
	const char *lattice;
} guarded[] = {
	/* what a provider obeys: one token in front (1.x) or two (0.18 to 0.82) */
	{ "wasmbus.rpc.l.kv.linkdefs.put", VERB_RPC_LINK, 4, "l" },
	{ "wasmbus.rpc.l.VX.default.linkdefs.put", VERB_RPC_LINK, 4, "l" },
	{ "wasmbus.rpc.l.VX.default.linkdefs.del", VERB_RPC_LINK, 4, "l" },
	{ "wasmbus.rpc.l.VX.default.linkdefs.get", VERB_RPC_LINK, 4, "l" },
	{ "wasmbus.rpc.l.VX.default.shutdown", VERB_RPC_SHUTDOWN, 4, "l" },
	{ "wasmbus.rpc.l.kv.shutdown", VERB_RPC_SHUTDOWN, 4, "l" },
	{ "wasmbus.rpc.l.VX.default.health", VERB_RPC_HEALTH, 4, "l" },
	{ "wasmbus.rpc.l.kv.config.update", VERB_RPC_CONFIG, 4, "l" },
	{ "wasmbus.rpc.l.claims", VERB_SERVE, 4, "l" },
	/* names of links do not hide it */
	{ "wasmbus.rpc.l.VX.a.b.c.shutdown", VERB_RPC_SHUTDOWN, 4, "l" },
	{ "ACME.wasmbus.rpc.l.VX.default.shutdown", VERB_RPC_SHUTDOWN, 5, "l" },
	/* what is believed */
	{ "wasmbus.evt.l", VERB_NONE, 2, "l" },
	{ "wasmbus.evt.l.host_started", VERB_NONE, 2, "l" },
	{ "wasmbus.evt.>", VERB_NONE, 2, "" },
	{ "wasmbus.evt", VERB_NONE, 2, "" },
	{ "wasmbus.rpcevt.l", VERB_NONE, 2, "l" },
	{ "wasmbus.cfg.l.req", VERB_NONE, 2, "l" },
	{ "wadm.evt.l.x", VERB_NONE, 2, "l" },
	{ "wadm.status.l.shop", VERB_NONE, 2, "l" },
	{ "wadm.notify.l", VERB_NONE, 2, "l" },
	{ "runtime.operator.heartbeat.NX", VERB_NONE, 2, "" },
	{ "lattice.state.events", VERB_NONE, 2, "" },
	{ "lattice.state.replay", VERB_NONE, 2, "" },
	{ "wasmcloud.policy", VERB_NONE, 2, "" },
	{ "wasmcloud.secrets.v1alpha1.vault.server_xkey", VERB_NONE, 2, "" },
	{ "ACME.wasmbus.evt.l.x", VERB_NONE, 3, "l" },
	{ "ACME.wadm.evt.l.x", VERB_NONE, 3, "l" },
	{ "$O.l.C.x", VERB_NONE, 2, "l" },
};

START_TEST(a_guarded_subject_is_known_by_its_space)
{
	struct guarded g;

	ck_assert_msg(
	    guarded_classify(bytes_str(guarded[_i].subject), &g) == 0, "%s", guarded[_i].subject);
	ck_assert_msg(g.publish == guarded[_i].publish && g.named == guarded[_i].named,
	    "%s: %s, %u", guarded[_i].subject, command_verb_name(g.publish), g.named);
	ck_assert_msg(bytes_is(g.lattice, guarded[_i].lattice), "%s", guarded[_i].subject);
	ck_assert_msg(guarded_overlaps(bytes_str(guarded[_i].subject)), "%s", guarded[_i].subject);
}
END_TEST

static const char *const data[] = { "app.x", "wasmbus.rpc.l.MX", "wasmbus.rpc.l.VX.default",
	"wasmbus.rpc.l.VX.default.put", "wasmbus.rpc.l.health", "wasmbus.rpc.l.VX.linkdefs.patch",
	"wasmbus.rpc", "wasmbus", "runtime", "runtime.x", "lattice.x", "wadm.evtx",
	"a.wasmcloud.policy", "l.kv.wrpc.0.0.1.wasi:http.handle", "linkdefs.put", "shutdown",
	"$KV.b.k", "_INBOX.x", "" };

START_TEST(what_nobody_obeys_is_not_guarded)
{
	struct guarded g;

	ck_assert_msg(guarded_classify(bytes_str(data[_i]), &g) == GUARDED_NOT, "%s", data[_i]);
	ck_assert_msg(!guarded_overlaps(bytes_str(data[_i])), "%s", data[_i]);
}
END_TEST

static const struct {
	const char *pattern;
	bool names, overlaps;
} patterns[] = {
	{ ">", false, true },
	{ "*.>", false, true },
	{ "wasmbus.>", false, true },
	{ "wasmbus.*.l", false, true },
	{ "*.evt.l", false, true },
	{ "wasmbus.rpc.>", false, true },
	{ "wasmbus.rpc.l.>", false, true },
	{ "wasmbus.rpc.l.VX.>", false, true },
	{ "wasmbus.rpc.l.*.linkdefs.put", true, true },
	{ "wasmcloud.>", false, true },
	{ "$O.>", false, true },
	{ "orders.>", false, true }, /* orders.wasmbus.evt... */
	{ "orders.*", false, false },
	{ "orders.new.>", false, false },
	{ "wadm.evt.*.>", true, true },
};

START_TEST(a_pattern_names_a_space_or_only_grazes_it)
{
	struct bytes p = bytes_str(patterns[_i].pattern);
	struct guarded g;

	ck_assert_msg(
	    (guarded_classify(p, &g) == 0) == patterns[_i].names, "%s", patterns[_i].pattern);
	ck_assert_msg(guarded_overlaps(p) == patterns[_i].overlaps, "%s", patterns[_i].pattern);
}
END_TEST

struct found {
	size_t n;
	bool control, events;
	bool granted;
};

static bool
granted(void *ctx, struct bytes space)
{
	return ((struct found *)ctx)->granted && bytes_is(space, "wasmbus.evt.>");
}

static void
look(void *ctx, struct bytes pattern)
{
	struct found *f = ctx;

	f->n++;
	f->control |= bytes_is(pattern, "wasmbus.rpc.*.*.*.linkdefs.*");
	f->events |= bytes_is(pattern, "wasmbus.evt.>");
}

START_TEST(a_minted_login_is_denied_what_was_not_granted)
{
	struct found none = { 0 }, some = { .granted = true };

	guarded_deny_list(false, granted, look, &none);
	ck_assert(none.control && none.events);
	guarded_deny_list(true, granted, look, &some);
	ck_assert(!some.control && !some.events && some.n < none.n);
}
END_TEST

#define N_OF(a) (int)(sizeof(a) / sizeof((a)[0]))

TCase *
guarded_tests(void)
{
	TCase *t = tcase_create("guarded");

	tcase_add_loop_test(t, a_guarded_subject_is_known_by_its_space, 0, N_OF(guarded));
	tcase_add_loop_test(t, what_nobody_obeys_is_not_guarded, 0, N_OF(data));
	tcase_add_loop_test(t, a_pattern_names_a_space_or_only_grazes_it, 0, N_OF(patterns));
	tcase_add_test(t, a_minted_login_is_denied_what_was_not_granted);
	return t;
}
