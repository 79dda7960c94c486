#include <stdio.h>

#include "policy/rules/lint.h"
#include "policy/rules/policy_priv.h"
#include "tests/unit/policy/rules/suites.h"

static struct text_report report;
static struct buf snapshot;

static void
setup(void)
{
	text_report_init(&report);
	buf_init(&snapshot, 64 << 20);
}

static void
teardown(void)
{
	text_report_deinit(&report);
	buf_deinit(&snapshot);
}

static int
compile(const char *text)
{
	struct policy_source src = { "p.policy", bytes_str(text) };

	return policy_compile(&snapshot, &src, 1, &report);
}

static bool
reported(const char *words)
{
	return report.out.len != 0 &&
	       memmem(report.out.ptr, report.out.len, words, strlen(words)) != NULL;
}

#define ROLE "role r { account = " ACME " }\n"
#define L "lattices = [\"default\"]\n"

/* Every mistake is an error at its place, none is ignored. */
static const struct {
	const char *text;
	const char *says;
} mistakes[] = {
	{ "surprise = 1\n", "p.policy:1:1: error: a policy has lattices" },
	{ "roles { }\n", "not 'roles'" },
	{ "lattices = [v1]\n", "no lattice can be called 'v1'" },
	{ "lattices = [\"a.b\"]\n", "a lattice is called by" },
	{ "lattices = []\n", "the list is empty" },
	{ "lattices = default\n", "expected lattices = [" },
	{ "accounts { X = \"nonsense\" }\n", "is no account key" },
	{ "accounts { X = " USER " }\n", "is no account key" },
	{ "role r { tags = [\"role:r\"] }\n", "needs account" },
	{ "role r { account = NOBODY }\n", "neither an account key" },
	{ "role \"a b\" { account = " ACME " }\n", "a role is called by" },
	{ "role r { account = " ACME " colour = red }\n", "not 'colour'" },
	{ "role r { account = " ACME " users = [" ACME "] }\n", "is no user key" },
	{ "role r { account = " ACME " issuers = [" USER "] }\n", "is no account or signing key" },
	{ "role r { account = " ACME " sources = [\"10.0.0.1\"] }\n", "is no network" },
	{ "role r { account = " ACME " sources = [\"10.0.0.0/33\"] }\n", "is no network" },
	{ "role r { account = " ACME " certificates = [x] }\n", "written with its kind" },
	{ "role r { account = " ACME " certificates = [\"dn:CN=*\"] }\n", "written with its kind" },
	{ ROLE "rule a { publish = [x] }\n", "the rule is for nobody" },
	{ ROLE "rule a { to = [r] }\n", "neither grants nor denies" },
	{ ROLE "rule a { publish = [x] to = [s] }\n", "no role 's' in this file" },
	{ ROLE "rule a { publish = [x] to = [r, \"*\"] }\n", "name no roles beside it" },
	{ ROLE "rule none { publish = [x] to = [r] }\n", "a rule is called by" },
	{ ROLE "rule a { publish = [\"x..y\"] to = [r] }\n", "is no subject pattern" },
	{ ROLE "rule a { publish = [] to = [r] }\n", "the list is empty" },
	{ ROLE "rule a { publish = [[x]] to = [r] }\n", "expected a word or a string" },
	{ ROLE "rule a { publish = [x] deny_publish = [y] to = [r] }\n",
	    "either grants or denies" },
	{ ROLE L "rule a { allow = [read] deny = [deploy] to = [r] }\n",
	    "either grants or denies" },
	{ ROLE L "rule a { allow = [actor.begin] to = [r] }\n", "no verb or bundle is called" },
	{ ROLE L "rule a { allow = [unknown] to = [r] }\n", "no verb or bundle is called" },
	{ ROLE L "rule a { allow = [host.event] to = [r] }\n", "no verb or bundle is called" },
	{ ROLE "rule a { allow = [read] to = [r] }\n", "says for which lattices" },
	{ ROLE "rule a { publish = [\"wasmbus.ctl.>\"] to = [r] }\n", "overlaps command subjects" },
	{ ROLE "rule a { publish = [\"wasmbus.>\"] to = [r] }\n", "overlaps command subjects" },
	{ ROLE "rule a { publish = [\"wasmbus.*.x.y\"] to = [r] }\n", "overlaps command subjects" },
	{ ROLE "rule a { publish = [\"x.wadm.api.>\"] to = [r] }\n", "overlaps command subjects" },
	{ ROLE "rule a { publish = [\"wasmbus.rpc.*.links\"] to = [r] }\n",
	    "overlaps command subjects" },
	{ ROLE "rule a { publish = [\"$KV.LATTICEDATA_x.>\"] to = [r] }\n",
	    "overlaps command subjects" },
	{ ROLE "rule a { subscribe = [\"runtime.host.>\"] to = [r] }\n",
	    "overlaps command subjects" },
	{ ROLE "rule a { reply = [\"wadm.cmd.x\"] to = [r] }\n", "overlaps command subjects" },
	{ ROLE "rule a { subscribe = [\"x y z\"] to = [r] }\n", "is no queue name" },
	{ ROLE "rule a { publish = [\"x y\"] to = [r] }\n", "is no subject pattern" },
	{ ROLE "rule a { publish = [x] to = [r] where { count <= 3 } }\n",
	    "where { } is about commands" },
	{ ROLE "rule a { publish = [x] to = [r] rates { } }\n", "'rates { }' is not understood" },
	{ ROLE "rule a { publish = [x] to = [r] rate = 10 }\n", "'10' is no rate" },
	{ ROLE "rule a { publish = [x] to = [r] rate = 0/s }\n", "'0/s' is no rate" },
	{ ROLE "rule a { publish = [x] to = [r] rate = \"1000001/s\" }\n", "is no rate" },
	{ ROLE "rule a { publish = [x] to = [r] rate = 10/d }\n", "'10/d' is no rate" },
	{ ROLE "rule a { publish = [x] to = [r] rate = 10/s burst = 0 }\n", "'burst' must be between 1" },
	{ ROLE "rule a { publish = [x] to = [r] burst = 5 }\n", "burst needs rate" },
	{ ROLE "rule a { deny_publish = [x] to = [r] rate = 10/s }\n", "a denial has no measure" },
	{ "lattices = [x]\n" ROLE "rule a { allow = [read] to = [r] sample = 10 }\n", "'10' is no sample" },
	{ "lattices = [x]\n" ROLE "rule a { allow = [read] to = [r] sample = \"1 in 0\" }\n", "is no sample" },
	{ "lattices = [x]\n" ROLE "rule a { allow = [read] to = [r] sample = \"1 in \" }\n", "is no sample" },
	{ "lattices = [x]\n" ROLE "rule a { allow = [read] to = [r] sample = \"1 in 1000001\" }\n", "is no sample" },
	{ "lattices = [x]\n" ROLE "rule a { allow = [read, actor.stop] to = [r] sample = \"1 in 2\" }\n",
	    "commands that only read" },
	{ "lattices = [x]\n" ROLE "rule a { allow = [\"*\"] to = [r] sample = \"1 in 2\" }\n", "commands that only read" },
	{ "lattices = [x]\n" ROLE "rule a { allow = [control.watch] to = [r] sample = \"1 in 2\" }\n",
	    "commands that only read" },
	{ "lattices = [x]\n" ROLE "rule a { deny = [read] to = [r] sample = \"1 in 2\" }\n", "every denial is on record" },
	{ ROLE "rule a { publish = [x] to = [r] sample = \"1 in 2\" }\n", "sample needs allow" },
	{ ROLE "rule a { reply = [x] to = [r] rate = 10/s }\n", "give reply, respond" },
	{ "lattices = [x]\n" ROLE "rule a { allow = [serve] to = [r] rate = 10/s }\n", "serve and control.watch" },
	{ ROLE "rule a { publish = [x] to = [r] zone = UTC }\n", "there are none" },
	{ ROLE "rule a { publish = [x] to = [r] during = [\"mon-fri\"] zone = \"Europe/Berlin\" }\n", "fixed offset" },
	{ "zone = \"+25:00\"\n" ROLE, "fixed offset" },
	{ ROLE "rule a { publish = [x] to = [r] during = [\"mon-xyz\"] }\n", "expected days" },
	{ ROLE "rule a { publish = [x] to = [r] during = [\"08:00-08:00\"] }\n", "these hours are never" },
	{ ROLE "rule a { publish = [x] to = [r] from = tomorrow }\n", "expected a moment" },
	{ ROLE "rule a { publish = [x] to = [r] from = \"2026-02-29T00:00Z\" }\n", "expected a moment" },
	{ ROLE "rule a { publish = [x] to = [r] from = \"2026-03-01T00:00Z\" until = \"2026-03-01T01:00+01:00\" }\n",
	    "until is not behind from" },
	{ ROLE "rule a { publish = [x] to = [r] mode = maybe }\n", "mode is enforce or observe" },
	{ ROLE "rule a { publish = [x] to = [r] respond_within = 2s }\n", "needs respond" },
	{ ROLE "rule a { respond = 0 to = [r] }\n", "error" },
	{ ROLE "rule a { headers = [\"a:b\"] to = [r] }\n", "is no header name" },
	{ ROLE "rule a { publish < [x] to = [r] }\n", "error" },
	{ ROLE "rule a { publish = [x] unstamped = allow to = [r] }\n", "it needs serve in allow" },
	{ ROLE L "rule a { allow = [read] host_id = first_use to = [r] }\n",
	    "it needs serve in allow" },
	{ ROLE L "rule a { deny = [serve] unstamped = refuse to = [r] }\n",
	    "it needs serve in allow" },
	{ ROLE L "rule a { allow = [serve] unstamped = maybe to = [r] }\n",
	    "unstamped is refuse or allow" },
	{ ROLE "rule a { publish = [x] rpc = yes to = [r] }\n", "or respond = N" },
	{ ROLE "rule a { streams = [\"a.b\"] to = [r] }\n", "names no stream" },
	{ ROLE "rule a { deny_publish = [x] streams = [S] to = [r] }\n",
	    "either grants or denies" },
	{ "hosts { NA = [x]  na = [y] }\n", "host na is labelled in p.policy:1 as well" },
	{ "hosts { NA = [\"g*\"] }\n", "a label is no glob" },
	{ "hosts { NA.x = [g] }\n", "expected HOST-ID = [labels]" },
	{ "hosts here { NA = [g] }\n", "no name of its own" },
	{ ROLE ROLE, "r" },
};

START_TEST(a_mistake_is_an_error_with_its_place)
{
	ck_assert_msg(compile(mistakes[_i].text) == POLICY_BAD, "%s", mistakes[_i].text);
	ck_assert_uint_gt(report.errors, 0);
	ck_assert_msg(reported(mistakes[_i].says), "%s\n%.*s", mistakes[_i].text,
	    (int)report.out.len, (const char *)report.out.ptr);
}
END_TEST

/* What grazes command subjects without naming them is fine. */
static const char *const fine[] = {
	"",
	ROLE "rule a { publish = [\">\"] to = [r] }\n",
	ROLE "rule a { publish = [\"*.x\", \"metrics.>\"] to = [r] }\n",
	ROLE "rule a { publish = [\"$KV.>\", \"$JS.API.>\"] to = [r] }\n",
	ROLE "rule a { publish = [\"wasmbus.rpc.default.>\", \"wasmbus.evt.>\"] to = [r] }\n",
	ROLE "rule a { deny_publish = [\"wasmbus.>\"] to = [\"*\"] }\n",
	"rule a { publish = [x] to = [r] }\n" ROLE,
	"accounts { ACME = " ACME " }\nrole r { account = ACME names = [\"a*\"] users = [" USER
	"] }\n",
	"lattices = [\"acme-*\", \"*\", runtime, wadm]\n",
};

START_TEST(these_compile)
{
	int r = compile(fine[_i]);

	ck_assert_msg(r == 0, "%s\n%.*s", fine[_i], (int)report.out.len,
	    report.out.len != 0 ? (const char *)report.out.ptr : "");
}
END_TEST

START_TEST(several_files_are_one_policy)
{
	struct policy_source src[] = {
		{ "a.policy", BYTES_LIT("accounts { ACME = " ACME " }\n" ROLE
					"rule a { publish = [x] to = [r] because = \"so\" }\n") },
		{ "b.policy",
		    BYTES_LIT("\nrole r { account = ACME }\nrule b { publish = [y] to = [r] }\n") },
	};
	struct policy *p;

	ck_assert_int_eq(policy_compile(&snapshot, src, 2, &report), 0);
	ck_assert_int_eq(policy_open(&p, buf_bytes(&snapshot)), 0);
	ck_assert_uint_eq(policy_rules(p), 2);
	ck_assert_str_eq(policy_rule_name(p, 0), "a");
	ck_assert_str_eq(policy_rule_because(p, 0), "so");
	ck_assert_str_eq(policy_rule_place(p, 1), "b.policy:3");
	ck_assert_str_eq(policy_rule_name(p, RULE_NONE), "none");
	ck_assert_str_eq(policy_rule_place(p, RULE_NONE), "");
	ck_assert_uint_eq(strlen(policy_id(p)), 16);
	policy_close(p);
	src[1].text = BYTES_LIT("role r { account = ACME }\nrule a { publish = [y] to = [r] }\n");
	ck_assert_int_eq(policy_compile(&snapshot, src, 2, &report), POLICY_BAD);
	ck_assert(reported("b.policy:2:1: error: another rule of this policy is called a"));
}
END_TEST

START_TEST(a_rule_reaches_only_roles_of_its_own_file)
{
	struct policy_source src[] = {
		{ "a.policy", BYTES_LIT(ROLE) },
		{ "b.policy", BYTES_LIT("rule b { publish = [y] to = [r] }\n") },
	};

	ck_assert_int_eq(policy_compile(&snapshot, src, 2, &report), POLICY_BAD);
	ck_assert(reported("no role 'r' in this file"));
}
END_TEST

START_TEST(an_account_name_means_one_key)
{
	struct policy_source src[] = {
		{ "a.policy", BYTES_LIT("accounts { X = " ACME " }\n") },
		{ "b.policy", BYTES_LIT("accounts { X = " OTHER " }\n") },
	};

	ck_assert_int_eq(policy_compile(&snapshot, src, 2, &report), POLICY_BAD);
	ck_assert(reported("bound to another key"));
}
END_TEST

START_TEST(the_id_is_of_the_text)
{
	char id[3][17];
	static const char *const texts[] = { ROLE, ROLE "\n", ROLE };

	for (size_t i = 0; i < 3; i++) {
		struct policy *p;

		ck_assert_int_eq(compile(texts[i]), 0);
		ck_assert_int_eq(policy_open(&p, buf_bytes(&snapshot)), 0);
		memcpy(id[i], policy_id(p), sizeof(id[i]));
		policy_close(p);
	}
	ck_assert_str_eq(id[0], id[2]);
	ck_assert_str_ne(id[0], id[1]);
}
END_TEST

START_TEST(a_snapshot_too_big_for_its_buffer_is_an_accident)
{
	struct policy_source src = { "p.policy", BYTES_LIT(ROLE) };
	struct buf small;

	buf_init(&small, 100);
	ck_assert_int_eq(policy_compile(&small, &src, 1, &report), -ENOMEM);
	buf_deinit(&small);
}
END_TEST

/* many() - @n rules of @roles roles, each for some of them. */
static void
many(struct buf *text, size_t n, size_t roles, size_t to)
{
	char line[256];

	buf_init(text, 8 << 20);
	buf_put_str(text, "lattices = [\"acme-*\"]\naccounts { ACME = " ACME " }\n");
	for (size_t i = 0; i < roles; i++) {
		snprintf(line, sizeof(line), "role r%zu { account = ACME tags = [\"role:r%zu\"] }\n", i, i);
		buf_put_str(text, line);
	}
	for (size_t i = 0; i < n; i++) {
		snprintf(line, sizeof(line), "rule rule-number-%zu {\n  %s = [%s]\n", i,
		    i % 3 == 0 ? "allow" : "publish",
		    i % 3 == 0 ? "actor.start, actor.scale" : "\"shop.*.orders.>\", \"metrics.>\"");
		buf_put_str(text, line);
		buf_put_str(text, i % 3 == 0 ? "  where { image = \"a.b/*\" count <= 10 }\n" : "");
		buf_put_str(text, "  to = [");
		for (size_t k = 0; k < to; k++) {
			snprintf(line, sizeof(line), "r%zu ", (i + k) % roles);
			buf_put_str(text, line);
		}
		buf_put_str(text, "]\n}\n");
	}
	ck_assert(!buf_failed(text));
}

static int
compile_bytes(struct bytes text)
{
	struct policy_source src = { "p.policy", text };

	return policy_compile(&snapshot, &src, 1, &report);
}

/* The runner's own limit of time is the bound. */
START_TEST(ten_thousand_rules_load)
{
	struct policy *p;
	struct buf text;

	many(&text, 10000, 50, 5);
	ck_assert_uint_gt(text.len, 1 << 20);
	ck_assert_int_eq(compile_bytes(buf_bytes(&text)), 0);
	ck_assert_int_eq(policy_open(&p, buf_bytes(&snapshot)), 0);
	ck_assert_uint_eq(policy_rules(p), 10000);
	policy_lint(p, &report);
	ck_assert(report.out.len < 1 << 20);
	policy_close(p);
	buf_deinit(&text);
}
END_TEST

START_TEST(long_lists_of_many_roles_load)
{
	struct buf text;

	many(&text, 1000, 4000, 500);
	ck_assert_int_eq(compile_bytes(buf_bytes(&text)), 0);
	buf_deinit(&text);
}
END_TEST

START_TEST(more_than_anybody_writes_is_refused)
{
	struct buf text;

	many(&text, 10, 5000, 1);
	ck_assert_int_eq(compile_bytes(buf_bytes(&text)), POLICY_BAD);
	ck_assert(reported("more than 4096 roles"));
	buf_deinit(&text);
	many(&text, 50000, 10, 1);
	ck_assert_uint_gt(text.len, TEXT_MAX_FILE);
	ck_assert_int_eq(compile_bytes(buf_bytes(&text)), POLICY_BAD);
	buf_deinit(&text);
}
END_TEST

TCase *
compile_tests(void)
{
	TCase *t = tcase_create("compile");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(
	    t, a_mistake_is_an_error_with_its_place, 0, sizeof(mistakes) / sizeof(mistakes[0]));
	tcase_add_loop_test(t, these_compile, 0, sizeof(fine) / sizeof(fine[0]));
	tcase_add_test(t, several_files_are_one_policy);
	tcase_add_test(t, a_rule_reaches_only_roles_of_its_own_file);
	tcase_add_test(t, an_account_name_means_one_key);
	tcase_add_test(t, the_id_is_of_the_text);
	tcase_add_test(t, ten_thousand_rules_load);
	tcase_add_test(t, long_lists_of_many_roles_load);
	tcase_add_test(t, more_than_anybody_writes_is_refused);
	tcase_add_test(t, a_snapshot_too_big_for_its_buffer_is_an_accident);
	return t;
}

#define WHOLE                                                                                      \
	L ROLE "rule a { allow = [read] to = [r] because = \"x\" }\n"                              \
	       "rule b { publish = [\"x.>\"] subscribe = [\"y q\"] reply = [z] headers = [h] to "  \
	       "= [r] }\n"                                                                         \
	       "rule c { deny_publish = [\"x.y\"] to = [\"*\"] }\n"                                   \
	       "rule d { allow = [actor.start] to = [r] where { image = \"a.b/*\" count in [1..3] } }\n"

START_TEST(a_cut_or_grown_snapshot_does_not_open)
{
	struct policy *p;

	ck_assert_int_eq(compile(WHOLE), 0);
	for (size_t n = 0; n < snapshot.len; n++)
		ck_assert_int_eq(policy_open(&p, bytes_of(snapshot.ptr, n)), -EBADMSG);
	buf_put_u64(&snapshot, 0);
	ck_assert_int_eq(policy_open(&p, buf_bytes(&snapshot)), -EBADMSG);
}
END_TEST

START_TEST(a_changed_byte_opens_or_does_not_but_never_leads_astray)
{
	uint8_t *copy;

	ck_assert_int_eq(compile(WHOLE), 0);
	copy = aligned_alloc(8, (snapshot.len + 7) & ~(size_t)7);
	ck_assert_ptr_nonnull(copy);
	for (size_t i = 0; i < snapshot.len; i++) {
		static const uint8_t flips[] = { 0xff, 0x01, 0x80 };

		for (size_t k = 0; k < sizeof(flips); k++) {
			struct policy *p;

			memcpy(copy, snapshot.ptr, snapshot.len);
			copy[i] ^= flips[k];
			if (policy_open(&p, bytes_of(copy, snapshot.len)) != 0)
				continue;
			for (uint32_t r = 0; r < policy_rules(p); r++)
				ck_assert_uint_le(strlen(policy_rule_name(p, r)), snapshot.len);
			policy_close(p);
		}
	}
	free(copy);
}
END_TEST

TCase *
snapshot_tests(void)
{
	TCase *t = tcase_create("snapshot");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_cut_or_grown_snapshot_does_not_open);
	tcase_add_test(t, a_changed_byte_opens_or_does_not_but_never_leads_astray);
	return t;
}
