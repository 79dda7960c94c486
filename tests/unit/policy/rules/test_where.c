/*
 * Conditions on what is commanded: what is refused when a policy is compiled, and what a rule that
 * allows and one that denies make of a body. Bodies go through body_decode(), as the gate's do.
 */
#include <stdio.h>

#include "policy/rules/where.h"
#include "tests/unit/policy/rules/suites.h"

#define TOP                                                                                        \
	"lattices = [default, runtime]  hosts { Nhost = [\"zone=eu\", gpu] }\n"                    \
	"role r { account = " ACME " }\n"

/* Policies that do not compile. */
static const struct {
	const char *rule;
	const char *says;
} mistakes[] = {
	{ "allow = [actor.start] where { colour = red }",
	    "p.policy:3:49: error: where knows no field 'colour'" },
	{ "allow = [actor.start] where { image { } }", "where knows no field 'image'" },
	{ "allow = [actor.start] where { }", "where { } is empty" },
	{ "allow = [actor.start] where x { tag = a }", "no name of its own" },
	{ "allow = [actor.start] where { tag = a } where y { tag = a }", "is there already" },
	{ "allow = [link.put] where { image = \"*\" }", "no verb of this rule has a field image" },
	{ "deny = [actor.start] where { host_path = any }",
	    "no verb of this rule has a field host_path" },
	{ "publish = [x] where { lattice = x }", "where { } is about commands" },
	{ "allow = [actor.start] publish = [x] where { tag = a }", "where { } is about commands" },
	{ "allow = [serve, actor.start] where { tag = a }",
	    "serve and control.watch are no commands" },
	{ "deny = [control.watch, actor.start] where { tag = a }", "are no commands" },
	{ "allow = [actor.start] where { image <= 3 }", "image takes = and != with a text" },
	{ "allow = [actor.start] where { image in \"*\" }", "image takes = and != with a text" },
	{ "allow = [actor.start] where { count <= [3] }", "count takes = != < <=" },
	{ "allow = [actor.start] where { count in 3 }", "count takes = != < <=" },
	{ "allow = [actor.start] where { count = many }", "count is a number" },
	{ "allow = [actor.start] where { count = \"3\" }", "count is a number" },
	{ "allow = [actor.start] where { count = 03 }", "count is a number" },
	{ "allow = [actor.start] where { count = -1 }", "count is a number" },
	{ "allow = [actor.start] where { count = 1.5 }", "count is a number" },
	{ "allow = [actor.start] where { count = 5..2 }", "count is a number" },
	{ "allow = [actor.start] where { count = 18446744073709551616 }", "count is a number" },
	{ "allow = [actor.start] where { count <= none }", "count is a number" },
	{ "allow = [actor.start] where { count < 0 }", "no number is meant" },
	{ "allow = [actor.start] where { count <= 1..2 }", "no number is meant" },
	{ "allow = [actor.start] where { count > 18446744073709551615 }", "no number is meant" },
	{ "allow = [actor.start] where { count = [] }", "the list is empty" },
	{ "allow = [actor.start] where { tag = \"\" }", "expected a word or a string" },
	{ "allow = [actor.start] where { tag = [[a]] }", "expected a word or a string" },
	{ "allow = [actor.start] where { scheme = ftp }", "there is no scheme 'ftp'" },
	{ "allow = [actor.start] where { kind = wasm }", "there is no kind 'wasm'" },
	{ "allow = [actor.start] where { image = nginx }", "an image is REGISTRY/REPOSITORY" },
	{ "allow = [actor.start] where { image = acme/web }", "is no registry" },
	{ "allow = [provider.start] where { image = \"builtin:keyvalue\" }", "is wasmcloud+builtin://NAME" },
	{ "allow = [provider.start] where { image = [\"builtin:*\"] }", "is wasmcloud+builtin://NAME" },
	{ "allow = [actor.start] where { image = \"docker.io/nginx:*\" }",
	    "docker.io/library/NAME" },
	{ "allow = [actor.start] where { image = \"index.docker.io/a/b\" }", "called docker.io" },
	{ "allow = [actor.start] where { image = \"GHCR.io/*\" }", "in lower case" },
	{ "allow = [actor.start] where { image = \"ghcr.io/Acme/*\" }", "in lower case" },
	{ "allow = [actor.start] where { image = \"ghcr.io/?\" }", "the only wildcard" },
	{ "allow = [actor.start] where { image = \"oci://ghcr.io/a\" }", "without a scheme" },
	{ "allow = [actor.start] where { image = \"https://host\" }", "a URL is" },
	{ "allow = [actor.start] where { image = \"https:///x\" }", "a URL is" },
	{ "allow = [actor.start] where { image = \"file://\" }", "behind the scheme" },
	{ "allow = [actor.start] where { registry = \"GHCR.io\" }", "a registry is in lower case" },
	{ "allow = [actor.start] where { digest = [required, none] }", "required stands alone" },
	{ "allow = [actor.scale] where { allow_update = maybe }", "there is no allow_update 'maybe'" },
	{ "allow = [actor.start] where { allow_update = no }", "no verb of this rule has a field" },
	{ "allow = [host.stop] where { timeout = soon }", "timeout is a number" },
	{ "allow = [link.put] where { host.label = gpu }", "no verb of this rule has a field" },
};

static struct text_report report;
static struct buf snapshot;

static int
compile(const char *rule)
{
	struct policy_source src = { .file = "p.policy" };
	struct buf text;
	int r;

	buf_init(&text, 65536);
	buf_put_str(&text, TOP "rule a { to = [r] ");
	buf_put_str(&text, rule);
	buf_put_str(&text, " }\n");
	src.text = buf_bytes(&text);
	buf_init(&snapshot, 1 << 20);
	text_report_init(&report);
	r = policy_compile(&snapshot, &src, 1, &report);
	buf_deinit(&text);
	return r;
}

static bool
reported(const char *words)
{
	return report.out.len != 0 &&
	       memmem(report.out.ptr, report.out.len, words, strlen(words)) != NULL;
}

static void
compiled(void)
{
	text_report_deinit(&report);
	buf_deinit(&snapshot);
}

START_TEST(a_condition_nobody_can_meet_is_an_error)
{
	ck_assert_msg(compile(mistakes[_i].rule) == POLICY_BAD, "%s", mistakes[_i].rule);
	ck_assert_msg(reported(mistakes[_i].says), "%s\n%.*s", mistakes[_i].rule,
	    (int)report.out.len, (const char *)report.out.ptr);
	compiled();
}
END_TEST

START_TEST(verbs_a_condition_shuts_out_are_warned_of)
{
	ck_assert_int_eq(compile("allow = [actor.start, link.put] where { image = \"a.b/*\" }"), 0);
	ck_assert(reported("p.policy:3:"));
	ck_assert(reported("no image, so the rule never allows them: link.put"));
	compiled();
	ck_assert_int_eq(compile("deny = [actor.start, link.put] where { image = \"a.b/*\" }"), 0);
	ck_assert_uint_eq(report.warnings, 0);
	compiled();
	ck_assert_int_eq(
	    compile("allow = [actor.start, link.put] where { image = [none, \"a.b/*\"] }"), 0);
	ck_assert_uint_eq(report.warnings, 0);
	compiled();
}
END_TEST

/* Everything commands and their bodies can say, against one condition. */
#define SCALE "wasmbus.ctl.v1.default.component.scale.NHOST"
#define PROVIDER "wasmbus.ctl.v1.default.provider.start.NHOST"
#define LINK "wasmbus.ctl.v1.default.link.put"
#define DEL "wasmbus.ctl.v1.default.link.del"
#define START_A "wasmbus.ctl.default.cmd.NHOST.la"
#define STOP_A "wasmbus.ctl.default.cmd.NHOST.sa"
#define WORK "runtime.host.NHOST.workload.start"
#define PUT "wadm.api.default.model.put"
#define OF(ref, more) "{\"component_ref\":\"" ref "\",\"component_id\":\"echo\"," more "}"
#define IMAGE(ref) OF(ref, "\"count\":1")
#define SHA "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define TWO(a, b)                                                                                  \
	"{\"workloadId\":\"w\",\"workload\":{\"namespace\":\"ns\",\"name\":\"shop\",\"witWorld\":" \
	"{\"components\":[{\"name\":\"a\",\"image\":\"" a "\",\"poolSize\":1},{\"name\":\"b\","    \
	"\"image\":\"" b "\",\"poolSize\":20}]}}}"
#define POOL(n)                                                                                    \
	"{\"workloadId\":\"w\",\"workload\":{\"name\":\"shop\",\"witWorld\":{\"components\":[{"    \
	"\"image\":\"a.b/c:1\",\"poolSize\":" n "}]}}}"
#define VOLUME(v)                                                                                  \
	"{\"workloadId\":\"w\",\"workload\":{\"name\":\"shop\",\"witWorld\":{\"components\":[{"    \
	"\"image\":\"a.b/c:1\"}]},\"volumes\":[" v "]}}"
#define HOST_PATH(p) "{\"name\":\"v\",\"hostPath\":{\"localPath\":\"" p "\"}}"
#define C_LINK(src, dst, more)                                                                     \
	"{\"source_id\":\"" src "\",\"target\":\"" dst "\",\"wit_namespace\":\"wasi\","            \
	"\"wit_package\":\"http\",\"interfaces\":[\"x\"]" more "}"
#define APP                                                                                        \
	"apiVersion: core.oam.dev/v1beta1\nkind: Application\nmetadata:\n  name: shop\n"           \
	"  annotations: {}\nspec:\n  components:\n"                                                \
	"  - name: web\n    type: component\n    properties: {image: a.b/web:1}\n"                 \
	"  - name: db\n    type: capability\n    properties:\n"                                    \
	"      application: {name: other, component: db}\n"
#define FULL                                                                                       \
	"apiVersion: core.oam.dev/v1beta1\nkind: Application\nmetadata:\n  name: shop\n"           \
	"  annotations: {version: v1}\nspec:\n  policies:\n"                                        \
	"  - {name: vault, type: policy.secret.wasmcloud.dev/v1alpha1,"                            \
	"     properties: {backend: vault}}\n"                                                     \
	"  components:\n"                                                                          \
	"  - name: web\n    type: component\n    properties:\n      image: a.b/web:1\n"            \
	"      secrets: [{name: db-pass, properties: {policy: vault, key: k}}]\n"                  \
	"    traits:\n    - type: daemonscaler\n      properties: {instances: 2}\n"
#define LINK_A "wasmbus.ctl.default.linkdefs.put"
#define B_LINK(values)                                                                             \
	"{\"actor_id\":\"MAAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQD3CM\","               \
	"\"provider_id\":\"VAAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQDBJC\","             \
	"\"link_name\":\"default\",\"contract_id\":\"wasmcloud:x\",\"values\":{" values "}}"

enum { NO = 0, YES = 1 };

static const struct {
	const char *where;
	const char *subject, *body;
	int allows, denies;
} cases[] = {
	/* images: registry and the rest apart */
	{ "image = \"a.b/*\"", SCALE, IMAGE("a.b/c:1"), YES, YES },
	{ "image = \"a.b/*\"", SCALE, IMAGE("a.b.evil/c:1"), NO, NO },
	{ "image = \"a.b/*\"", SCALE, IMAGE("evil.x/a.b/c:1"), NO, NO },
	{ "image = \"*.b/*\"", SCALE, IMAGE("evil.x/a.b/c:1"), NO, NO },
	{ "image = \"*.b/*\"", SCALE, IMAGE("a.b/c:1"), YES, YES },
	{ "image = [\"x.y/*\", \"a.b/c:1\"]", SCALE, IMAGE("a.b/c:1"), YES, YES },
	{ "image in [\"x.y/*\", \"a.b/c:1\"]", SCALE, IMAGE("a.b/c:2"), NO, NO },
	{ "image != [\"x.y/*\", \"a.b/*\"]", SCALE, IMAGE("a.b/c:2"), NO, NO },
	{ "image != \"x.y/*\"", SCALE, IMAGE("a.b/c:2"), YES, YES },
	{ "image = \"a.b/c:latest\"", SCALE, IMAGE("a.b/c"), YES, YES },
	{ "image = \"docker.io/library/nginx:*\"", SCALE, IMAGE("nginx"), YES, YES },
	{ "image = \"docker.io/acme/*\"", SCALE, IMAGE("acme/x:1"), YES, YES },
	{ "image = \"localhost:5000/*\"", SCALE, IMAGE("localhost:5000/c:1"), YES, YES },
	{ "image = \"a.b/c:1@" SHA "\"", SCALE, IMAGE("a.b/c:1@" SHA), YES, YES },
	{ "image = \"a.b/c:1\"", SCALE, IMAGE("a.b/c:1@" SHA), NO, NO },
	{ "image = \"a.b/*\"", SCALE, IMAGE("https://a.b/c:1"), YES, YES },
	{ "image = \"*/*\"", SCALE, IMAGE("file:///tmp/c.wasm"), NO, NO },
	{ "image = \"*\"", SCALE, IMAGE("file:///tmp/c.wasm"), YES, YES },
	{ "image = \"file:///opt/*\"", SCALE, IMAGE("file:///opt/c.wasm"), YES, YES },
	{ "image = \"file:///opt/*\"", SCALE, IMAGE("file:///tmp/c.wasm"), NO, NO },
	{ "scheme = oci", SCALE, IMAGE("file:///tmp/c.wasm"), NO, NO },
	{ "scheme != oci", SCALE, IMAGE("file:///tmp/c.wasm"), YES, YES },
	{ "registry = [\"a.b\", \"c.d\"]", SCALE, IMAGE("c.d/e:1"), YES, YES },
	{ "registry = \"*\"", SCALE, IMAGE("file:///tmp/c.wasm"), NO, NO },
	{ "repository = \"ours/*\"", SCALE, IMAGE("c.d/ours/e:1"), YES, YES },
	{ "repository = \"library/nginx\"", SCALE, IMAGE("nginx"), YES, YES },
	{ "tag != latest", SCALE, IMAGE("a.b/c"), NO, NO },
	{ "tag != latest", SCALE, IMAGE("a.b/c:1"), YES, YES },
	{ "tag != latest", SCALE, IMAGE("a.b/c@" SHA), NO, NO },
	{ "tag = none", SCALE, IMAGE("a.b/c@" SHA), YES, YES },
	{ "digest = required", SCALE, IMAGE("a.b/c@" SHA), YES, YES },
	{ "digest = required", SCALE, IMAGE("a.b/c:1"), NO, NO },
	{ "digest != required", SCALE, IMAGE("a.b/c:1"), YES, YES },
	{ "digest = \"sha256:01*\"", SCALE, IMAGE("a.b/c@" SHA), YES, YES },
	{ "digest = none", SCALE, IMAGE("a.b/c:1"), YES, YES },
	/* a command without the field */
	{ "image = \"*\"", STOP_A,
	    "{\"actor_ref\":\""
	    "MAAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQD3CM"
	    "\"}",
	    -1, -1 },
	/* many parts: all of them for an allow, one for a deny */
	{ "image = \"a.b/*\"", WORK, TWO("a.b/c:1", "a.b/d:1"), YES, YES },
	{ "image = \"a.b/*\"", WORK, TWO("a.b/c:1", "x.y/d:1"), NO, YES },
	{ "image != \"a.b/*\"", WORK, TWO("a.b/c:1", "x.y/d:1"), NO, YES },
	{ "image = \"a.b/*\"", WORK, TWO("x.y/c:1", "x.y/d:1"), NO, NO },
	{ "count <= 20", WORK, TWO("a.b/c:1", "a.b/d:1"), YES, YES },
	{ "count < 20", WORK, TWO("a.b/c:1", "a.b/d:1"), NO, YES },
	{ "count > 20", WORK, TWO("a.b/c:1", "a.b/d:1"), NO, NO },
	{ "name = [a, b]", WORK, TWO("a.b/c:1", "a.b/d:1"), YES, YES },
	{ "name = a", WORK, TWO("a.b/c:1", "a.b/d:1"), NO, YES },
	{ "namespace = \"n*\"", WORK, TWO("a.b/c:1", "a.b/d:1"), YES, YES },
	{ "application = shop", WORK, TWO("a.b/c:1", "a.b/d:1"), YES, YES },
	{ "application = other", WORK, TWO("a.b/c:1", "a.b/d:1"), NO, NO },
	{ "kind = actor", WORK, TWO("a.b/c:1", "a.b/d:1"), YES, YES },
	{ "image = \"a.b/*\"", PUT, APP, NO, YES },
	{ "image = [none, \"a.b/*\"]", PUT, APP, YES, YES },
	{ "kind = provider", PUT, APP, NO, YES },
	{ "application = shop", PUT, APP, YES, YES },
	{ "count <= 1", PUT, APP, YES, YES },
	/* numbers */
	{ "count = 3", SCALE, OF("a.b/c:1", "\"count\":3"), YES, YES },
	{ "count = 2..4", SCALE, OF("a.b/c:1", "\"count\":4"), YES, YES },
	{ "count in [1, 5..7]", SCALE, OF("a.b/c:1", "\"count\":6"), YES, YES },
	{ "count in [1, 5..7]", SCALE, OF("a.b/c:1", "\"count\":2"), NO, NO },
	{ "count != [1, 5..7]", SCALE, OF("a.b/c:1", "\"count\":2"), YES, YES },
	{ "count = [none, 3]", SCALE, OF("a.b/c:1", "\"count\":3"), YES, YES },
	{ "count >= 3", SCALE, OF("a.b/c:1", "\"count\":3"), YES, YES },
	{ "count > 3", SCALE, OF("a.b/c:1", "\"count\":3"), NO, NO },
	{ "count < 4294967295", SCALE, OF("a.b/c:1", "\"count\":4294967295"), NO, NO },
	{ "count <= 10", WORK, POOL("-1"), NO, NO },
	{ "count > 10", WORK, POOL("-1"), YES, YES },
	/* labels that hosts { } gives */
	{ "host.label = \"zone=eu\"", SCALE, IMAGE("a.b/c:1"), YES, YES },
	{ "host.label = [\"zone=us\", \"g*\"]", SCALE, IMAGE("a.b/c:1"), YES, YES },
	{ "host.label = \"zone=us\"", SCALE, IMAGE("a.b/c:1"), NO, NO },
	{ "host.label != \"zone=us\"", SCALE, IMAGE("a.b/c:1"), YES, YES },
	{ "host.label != gpu", SCALE, IMAGE("a.b/c:1"), NO, NO },
	{ "host.label = none", SCALE, IMAGE("a.b/c:1"), NO, NO },
	{ "host.label = none", "wasmbus.ctl.v1.default.component.scale.NOTHER", IMAGE("a.b/c:1"),
	    YES, YES },
	{ "host.label = \"*\"", "wasmbus.ctl.v1.default.component.scale.NOTHER", IMAGE("a.b/c:1"),
	    NO, NO },
	{ "host.label != gpu", "wasmbus.ctl.v1.default.component.scale.NOTHER", IMAGE("a.b/c:1"),
	    NO, NO },
	{ "host.label = gpu", WORK, POOL("1"), YES, YES },
	/* hosts; own is the asker's */
	{ "host = nhost", SCALE, IMAGE("a.b/c:1"), YES, YES },
	{ "host = NHOST", SCALE, IMAGE("a.b/c:1"), YES, YES },
	{ "host = own", SCALE, IMAGE("a.b/c:1"), NO, NO },
	{ "host = own", "wasmbus.ctl.v1.default.component.scale." HOST, IMAGE("a.b/c:1"), YES,
	    YES },
	{ "host != own", SCALE, IMAGE("a.b/c:1"), YES, YES },
	{ "host = [own, \"NH*\"]", SCALE, IMAGE("a.b/c:1"), YES, YES },
	{ "lattice = \"def*\"", SCALE, IMAGE("a.b/c:1"), YES, YES },
	{ "lattice = runtime", WORK, POOL("1"), YES, YES },
	{ "id = echo", SCALE, IMAGE("a.b/c:1"), YES, YES },
	{ "id = w", WORK, POOL("1"), YES, YES },
	/* links */
	{ "link.source = a", LINK, C_LINK("a", "b", ""), YES, YES },
	{ "link.target = a", LINK, C_LINK("a", "b", ""), NO, NO },
	{ "link.target != a", LINK, C_LINK("a", "b", ""), YES, YES },
	{ "link.name = default", LINK, C_LINK("a", "b", ""), YES, YES },
	{ "contract = \"wasi:*\"", LINK, C_LINK("a", "b", ""), YES, YES },
	{ "contract = \"wasmcloud:*\"", LINK, C_LINK("a", "b", ""), NO, NO },
	{ "config = \"app-*\"", LINK, C_LINK("a", "b", ",\"target_config\":[\"app-1\"]"), YES,
	    YES },
	{ "config = \"app-*\"", LINK,
	    C_LINK("a", "b", ",\"source_config\":[\"x\"],\"target_config\":[\"app-1\"]"), NO, YES },
	{ "config = \"app-*\"", LINK, C_LINK("a", "b", ""), NO, NO },
	{ "config = [none, \"app-*\"]", LINK, C_LINK("a", "b", ""), YES, YES },
	{ "link.interface = x", LINK, C_LINK("a", "b", ""), YES, YES },
	{ "link.interface = [y, z]", LINK, C_LINK("a", "b", ""), NO, NO },
	{ "link.key = \"PORT\"", LINK_A, B_LINK("\"PORT\":\"80\""), YES, YES },
	{ "link.key = \"PORT\"", LINK_A, B_LINK("\"PORT\":\"80\",\"URL\":\"x\""), NO, YES },
	{ "link.key = none", LINK_A, B_LINK(""), YES, YES },
	{ "config.key = \"app_*\"", "wasmbus.ctl.v1.default.config.put.x", "{\"app_a\":\"1\"}", YES,
	    YES },
	{ "config.key = \"app_*\"", "wasmbus.ctl.v1.default.config.put.x",
	    "{\"app_a\":\"1\",\"root\":\"\"}", NO, YES },
	/* words of one dialect */
	{ "allow_update = no", SCALE, OF("a.b/c:1", "\"count\":1"), YES, YES },
	{ "allow_update = no", SCALE, OF("a.b/c:1", "\"count\":1,\"allow_update\":true"), NO, NO },
	{ "allow_update = yes", SCALE, OF("a.b/c:1", "\"count\":1,\"allow_update\":true"), YES,
	    YES },
	{ "timeout <= 1000", "wasmbus.ctl.v1.default.host.stop.NHOST",
	    "{\"host_id\":\"NHOST\",\"timeout\":500}", YES, YES },
	{ "timeout <= 1000", "wasmbus.ctl.v1.default.host.stop.NHOST",
	    "{\"host_id\":\"NHOST\",\"timeout\":5000}", NO, NO },
	{ "timeout = none", "wasmbus.ctl.v1.default.host.stop.NHOST", "{\"host_id\":\"NHOST\"}",
	    YES, YES },
	/* manifests */
	{ "version = \"v1\"", PUT, FULL, YES, YES },
	{ "version = \"v2\"", PUT, FULL, NO, NO },
	{ "version = \"v2\"", PUT, APP, NO, NO },
	{ "version = \"v1\"", "wadm.api.default.model.deploy.shop", "{\"version\":\"v1\"}", YES, YES },
	{ "every_host = no", PUT, FULL, NO, NO },
	{ "every_host = no", PUT, APP, YES, YES },
	{ "every_host = yes", PUT, FULL, YES, YES },
	{ "secret = \"db-*\"", PUT, FULL, YES, YES },
	{ "secret = other", PUT, FULL, NO, NO },
	{ "secret = none", PUT, APP, YES, YES },
	{ "secret.policy = vault", PUT, FULL, YES, YES },
	{ "policy = vault", PUT, FULL, YES, YES },
	{ "policy.type = \"policy.secret.*\"", PUT, FULL, YES, YES },
	{ "policy.type = \"other\"", PUT, FULL, NO, NO },
	/* lists of names */
	{ "config = app-1", SCALE, OF("a.b/c:1", "\"count\":1,\"config\":[\"app-1\"]"), YES, YES },
	{ "config = app-1", SCALE, OF("a.b/c:1", "\"count\":1,\"config\":[\"app-1\",\"root\"]"), NO,
	    YES },
	{ "config = x", "wasmbus.ctl.v1.default.config.get.x", "", YES, YES },
	{ "annotation = team", SCALE, OF("a.b/c:1", "\"count\":1,\"annotations\":{\"team\":\"a\"}"),
	    YES, YES },
	{ "annotation = none", SCALE, OF("a.b/c:1", "\"count\":1,\"annotations\":{\"team\":\"a\"}"),
	    NO, NO },
	{ "label = zone", "wasmbus.ctl.v1.default.label.put.NHOST",
	    "{\"key\":\"zone\",\"value\":\"x\"}", YES, YES },
	{ "label != zone", "wasmbus.ctl.v1.default.label.put.NHOST",
	    "{\"key\":\"zone\",\"value\":\"x\"}", NO, NO },
	{ "registry = \"a.b\"", "wasmbus.ctl.v1.default.registry.put",
	    "{\"a.b\":{\"registryType\":\"oci\"},\"c.d\":{\"registryType\":\"oci\"}}", NO, YES },
	/* paths of the host */
	{ "host_path = any", WORK, VOLUME(""), NO, NO },
	{ "host_path = none", WORK, VOLUME(""), YES, YES },
	{ "host_path = any", WORK, VOLUME(HOST_PATH("/etc")), YES, YES },
	{ "host_path = none", WORK, VOLUME(HOST_PATH("/etc")), NO, NO },
	{ "host_path = \"/srv/*\"", WORK, VOLUME(HOST_PATH("/srv/a") "," HOST_PATH("/etc")), NO,
	    YES },
};

static struct decision
judge_where(const char *kind, const char *where, size_t i)
{
	static uint8_t mem[BODY_ARENA];
	struct body_arena arena = { .mem = mem, .cap = sizeof(mem) };
	struct body_input in = { .subject = bytes_str(cases[i].subject),
		.payload = bytes_str(cases[i].body) };
	struct decision d;
	struct command c;
	struct body body;
	struct world w;
	struct buf text;

	buf_init(&text, 65536);
	buf_put_str(&text, TOP "rule w { to = [r] ");
	buf_put_str(&text, kind);
	buf_put_str(&text, where);
	buf_put_str(&text, " } }\nrule rest { to = [r] mode = observe allow = [\"*\"] }\n");
	world_policy(&w, "w.policy", buf_bytes(&text));
	world_person(&w, ACME, "host:" HOST, NULL);
	world_login(&w);
	ck_assert_int_eq(command_classify(in.subject, &c), 0);
	ck_assert_msg(
	    body_decode(&c, &in, &arena, &body) == 0, "%s: %s", cases[i].body, body.fault.why);
	d = rights_command_body(w.rights, in.subject, &c, &body);
	world_logout(&w);
	world_end(&w);
	buf_deinit(&text);
	return d;
}

static struct decision
judge(const char *kind, size_t i)
{
	return judge_where(kind, cases[i].where, i);
}

START_TEST(an_allow_needs_every_part_a_deny_any)
{
	struct decision allow = judge("allow = [\"*\"] where { ", (size_t)_i);
	struct decision deny = judge("deny = [\"*\"] where { ", (size_t)_i);
	bool observed = allow.verdict == VERDICT_ALLOW && allow.would_deny;

	if (cases[_i].allows < 0) { /* absent: neither */
		ck_assert(observed && deny.verdict == VERDICT_ALLOW);
		return;
	}
	ck_assert_msg(allow.verdict == VERDICT_ALLOW && observed == (cases[_i].allows == NO),
	    "allow where %s: %s", cases[_i].where, cases[_i].body);
	ck_assert_msg((deny.verdict == VERDICT_DENY) == (cases[_i].denies == YES),
	    "deny where %s: %s", cases[_i].where, cases[_i].body);
	if (deny.verdict == VERDICT_DENY)
		ck_assert_int_eq(deny.field, (int)where_field(bytes_upto(bytes_str(cases[_i].where),
						 bytes_find(bytes_str(cases[_i].where), ' '))));
}
END_TEST

/* say_value() - @ctx: a list that grows. */
static void
say_value(void *ctx, const struct where_value *v)
{
	struct buf *b = ctx;

	if (v->absent) {
		buf_put_str(b, "none ");
		return;
	}
	if (v->head.ptr == NULL) {
		buf_put_dec(b, v->number);
		buf_put_u8(b, ' ');
		return;
	}
	buf_put_u8(b, '"');
	buf_put(b, v->head);
	if (v->rest.len != 0 && v->head.ptr[v->head.len - 1] != '/')
		buf_put_u8(b, '/');
	buf_put(b, v->rest);
	buf_put_str(b, "\" ");
}

/* say_fields() - a condition on each field the verb can have, of all the values told. */
static void
say_fields(struct buf *b, size_t i)
{
	static uint8_t mem[BODY_ARENA];
	struct body_arena arena = { .mem = mem, .cap = sizeof(mem) };
	struct body_input in = { .subject = bytes_str(cases[i].subject),
		.payload = bytes_str(cases[i].body) };
	struct where_taker taker = { say_value, b };
	struct command c;
	struct body body;
	struct where_ask ask = { .c = &c, .b = &body };

	ck_assert_int_eq(command_classify(in.subject, &c), 0);
	ck_assert_int_eq(body_decode(&c, &in, &arena, &body), 0);
	for (int f = POLICY_FIELD_NONE + 1; f < POLICY_FIELD_HOST_LABEL; f++) {
		if ((where_row((enum policy_field)f)->verbs & VERB_BIT(body.effective)) == 0)
			continue;
		buf_put_str(b, where_row((enum policy_field)f)->name);
		buf_put_str(b, " = [");
		where_each(&ask, (enum policy_field)f, &taker);
		buf_put_str(b, "]\n");
	}
	buf_put_u8(b, '\0');
}

START_TEST(what_is_told_of_a_command_is_what_conditions_are_put_to)
{
	struct buf where;
	struct decision d;

	buf_init(&where, 65536);
	say_fields(&where, (size_t)_i);
	d = judge_where("allow = [\"*\"] where { ", (const char *)where.ptr, (size_t)_i);
	ck_assert_msg(d.verdict == VERDICT_ALLOW && !d.would_deny, "%s: where {\n%s}",
	    cases[_i].body, (const char *)where.ptr);
	buf_deinit(&where);
}
END_TEST

/* What the rules say together, on one scale of two images. */
#define OURS "where { image = \"a.b/*\" count <= 5 }"
static const struct {
	const char *rules;
	const char *body;
	enum verdict verdict;
	enum reason reason;
	const char *rule, *field;
	bool would_deny;
} together[] = {
	{ "rule a { to = [r] allow = [actor.scale] " OURS " }", IMAGE("x.y/c:1"), VERDICT_DENY,
	    REASON_WHERE, "a", "image", false },
	{ "rule a { to = [r] allow = [actor.scale] " OURS " }", OF("a.b/c:1", "\"count\":6"),
	    VERDICT_DENY, REASON_WHERE, "a", "count", false },
	{ "rule a { to = [r] allow = [actor.scale] " OURS " }", IMAGE("a.b/c:1"), VERDICT_ALLOW,
	    REASON_RULE, "a", "", false },
	{ "rule a { to = [r] allow = [actor.scale] " OURS
	  " }\nrule b { to = [r] allow = [deploy] }",
	    IMAGE("x.y/c:1"), VERDICT_ALLOW, REASON_RULE, "b", "", false },
	{ "rule a { to = [r] allow = [actor.scale] " OURS " mode = observe }", IMAGE("a.b/c:1"),
	    VERDICT_ALLOW, REASON_RULE, "a", "", true },
	{ "rule a { to = [r] allow = [actor.scale] }\n"
	  "rule n { to = [r] deny = [actor.start] where { image != \"a.b/*\" } }",
	    IMAGE("x.y/c:1"), VERDICT_DENY, REASON_RULE, "n", "image", false },
	{ "rule a { to = [r] allow = [actor.scale] }\n"
	  "rule n { to = [r] deny = [actor.start] where { image != \"a.b/*\" } mode = observe }",
	    IMAGE("x.y/c:1"), VERDICT_ALLOW, REASON_RULE, "n", "", true },
	{ "rule a { to = [r] allow = [actor.scale] }\n"
	  "rule n { to = [r] deny = [actor.start] where { image = \"x.y/*\" count > 5 } }",
	    IMAGE("x.y/c:1"), VERDICT_ALLOW, REASON_RULE, "a", "", false },
	/* a scale to nothing is a stop, and needs the right to stop */
	{ "rule a { to = [r] allow = [actor.scale] }", OF("a.b/c:1", "\"count\":0"), VERDICT_DENY,
	    REASON_NO_RULE, "none", "", false },
	{ "rule a { to = [r] allow = [actor.stop] }", OF("a.b/c:1", "\"count\":0"), VERDICT_ALLOW,
	    REASON_RULE, "a", "", false },
	{ "rule a { to = [r] allow = [actor.stop] }", "{\"component_id\":\"echo\"}", VERDICT_ALLOW,
	    REASON_RULE, "a", "", false },
	{ "rule a { to = [r] allow = [actor.stop] }", IMAGE("a.b/c:1"), VERDICT_DENY,
	    REASON_NO_RULE, "none", "", false },
	{ "rule a { to = [r] allow = [\"actor.*\"] }\nrule n { to = [r] deny = [actor.stop] }",
	    IMAGE("a.b/c:1"), VERDICT_ALLOW, REASON_RULE, "a", "", false },
	{ "rule a { to = [r] allow = [\"actor.*\"] }\nrule n { to = [r] deny = [actor.stop] }",
	    OF("a.b/c:1", "\"count\":0"), VERDICT_DENY, REASON_RULE, "n", "", false },
	{ "rule a { to = [r] allow = [\"actor.*\"] }\nrule n { to = [r] deny = [actor.update] }",
	    OF("a.b/c:1", "\"count\":1,\"allow_update\":true"), VERDICT_DENY, REASON_RULE, "n", "",
	    false },
	/* a body nobody understands */
	{ "rule a { to = [r] allow = [\"*\"] }", "{", VERDICT_DENY, REASON_BODY, "none", "",
	    false },
	{ "rule a { to = [r] allow = [read] }", "{", VERDICT_DENY, REASON_NO_RULE, "none", "",
	    false },
};

START_TEST(rules_with_conditions_decide_together)
{
	static uint8_t mem[BODY_ARENA];
	struct body_arena arena = { .mem = mem, .cap = sizeof(mem) };
	struct body_input in = { .subject = BYTES_LIT(SCALE),
		.payload = bytes_str(together[_i].body) };
	struct decision d, first;
	struct command c;
	struct body body;
	struct world w;
	char text[1024];
	bool read;

	snprintf(text, sizeof(text), TOP "%s\n", together[_i].rules);
	world_policy(&w, "w.policy", bytes_str(text));
	world_person(&w, ACME, NULL);
	world_login(&w);
	ck_assert_int_eq(command_classify(in.subject, &c), 0);
	read = body_decode(&c, &in, &arena, &body) == 0;
	d = rights_command_body(w.rights, in.subject, &c, read ? &body : NULL);
	ck_assert_msg(d.verdict == together[_i].verdict && d.reason == together[_i].reason &&
			  strcmp(RULE(&w, d), together[_i].rule) == 0 &&
			  strcmp(policy_field_name(d.field), together[_i].field) == 0 &&
			  d.would_deny == together[_i].would_deny,
	    "%s: %s rule=%s field=%s", together[_i].rules, reason_word(d.reason), RULE(&w, d),
	    policy_field_name(d.field));
	/* the first look never says no to what the second says yes to */
	first = rights_command(w.rights, in.subject, &c);
	ck_assert(d.verdict == VERDICT_DENY || first.verdict == VERDICT_ALLOW);
	world_logout(&w);
	world_end(&w);
}
END_TEST

TCase *
where_tests(void)
{
	TCase *t = tcase_create("where");

	tcase_add_loop_test(
	    t, a_condition_nobody_can_meet_is_an_error, 0, sizeof(mistakes) / sizeof(mistakes[0]));
	tcase_add_test(t, verbs_a_condition_shuts_out_are_warned_of);
	tcase_add_loop_test(
	    t, an_allow_needs_every_part_a_deny_any, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_loop_test(t, what_is_told_of_a_command_is_what_conditions_are_put_to, 0,
	    sizeof(cases) / sizeof(cases[0]));
	tcase_add_loop_test(
	    t, rules_with_conditions_decide_together, 0, sizeof(together) / sizeof(together[0]));
	return t;
}
