/*
 * One reading: every command with a body, put through every way a body can have two. The tables of
 * the dialects say what each field means; here it is only asked that nothing ambiguous gets by.
 */
#include <stdio.h>

#include "tests/unit/policy/commands/said.h"
#include "tests/unit/policy/commands/suites.h"

#define V1 "wasmbus.ctl.v1.l."
#define IMAGE "\"registry.acme.dev/shop/api:1\""

/* One body of each command that changes something and is JSON; accepted as it stands. */
static const struct message bodies[] = {
	{ "wasmbus.ctl.l.cmd.NX.la", "", "{\"actor_ref\":" IMAGE ",\"count\":1}", 0 },
	{ "wasmbus.ctl.l.cmd.NX.sa", "", "{\"actor_ref\":" IMAGE ",\"count\":1}", 0 },
	{ "wasmbus.ctl.l.cmd.NX.scale", "", "{\"actor_ref\":" IMAGE ",\"count\":2}", 0 },
	{ "wasmbus.ctl.l.cmd.NX.upd", "", "{\"new_actor_ref\":" IMAGE ",\"actor_id\":\"MX\"}", 0 },
	{ "wasmbus.ctl.l.cmd.NX.lp", "", "{\"provider_ref\":" IMAGE ",\"link_name\":\"default\"}",
	    0 },
	{ "wasmbus.ctl.l.cmd.NX.sp", "", "{\"provider_ref\":" IMAGE ",\"link_name\":\"default\"}",
	    0 },
	{ "wasmbus.ctl.l.cmd.NX.stop", "", "{\"host_id\":\"NX\",\"timeout\":500}", 0 },
	{ "wasmbus.ctl.l.linkdefs.put", "",
	    "{\"actor_id\":\"MX\",\"provider_id\":\"VX\",\"link_name\":\"default\",\"contract_id\":"
	    "\"a:b\","
	    "\"values\":{\"k\":\"v\"}}",
	    0 },
	{ "wasmbus.ctl.l.linkdefs.del", "",
	    "{\"actor_id\":\"MX\",\"link_name\":\"default\",\"contract_id\":\"a:b\"}", 0 },
	{ "wasmbus.ctl.l.labels.NX.put", "", "{\"key\":\"a\",\"value\":\"b\"}", 0 },
	{ "wasmbus.ctl.l.registries.put", "",
	    "{\"r.acme.dev\":{\"registryType\":\"oci\",\"username\":\"u\"}}", 0 },
	{ V1 "component.scale.NX", "",
	    "{\"component_id\":\"api\",\"component_ref\":" IMAGE ",\"count\":2}", 0 },
	{ V1 "component.update.NX", "",
	    "{\"component_id\":\"api\",\"new_component_ref\":" IMAGE "}", 0 },
	{ V1 "provider.start.NX", "", "{\"provider_id\":\"kv\",\"provider_ref\":" IMAGE "}", 0 },
	{ V1 "provider.stop.NX", "", "{\"provider_id\":\"kv\",\"host_id\":\"NX\"}", 0 },
	{ V1 "host.stop.NX", "", "{\"host_id\":\"NX\",\"timeout\":5}", 0 },
	{ V1 "link.put", "",
	    "{\"source_id\":\"a\",\"target\":\"b\",\"name\":\"default\",\"wit_namespace\":\"wasi\","
	    "\"wit_package\":\"http\",\"interfaces\":[\"handler\"]}",
	    0 },
	{ V1 "link.del", "",
	    "{\"source_id\":\"a\",\"name\":\"default\",\"wit_namespace\":\"wasi\",\"wit_package\":"
	    "\"http\"}",
	    0 },
	{ V1 "label.put.NX", "", "{\"key\":\"a\",\"value\":\"b\"}", 0 },
	{ V1 "registry.put", "", "{\"r.acme.dev\":{\"registryType\":\"oci\"}}", 0 },
	{ V1 "config.put.n", "", "{\"k\":\"v\"}", 0 },
	{ "runtime.host.NX.workload.start", "",
	    "{\"workload_id\":\"w\",\"workload\":{\"name\":\"n\",\"wit_world\":{\"components\":[{"
	    "\"image\":" IMAGE "}]}}}",
	    0 },
	{ "runtime.host.NX.workload.stop", "", "{\"workload_id\":\"w\"}", 0 },
	{ "wadm.cmd.l", "",
	    "{\"StartProvider\":{\"reference\":" IMAGE
	    ",\"provider_id\":\"kv\",\"host_id\":\"NX\",\"model_name\":\"shop\",\"annotations\":{}}"
	    "}",
	    0 },
	{ "wadm.api.l.model.put", "",
	    "{\"apiVersion\":\"core.oam.dev/"
	    "v1beta1\",\"kind\":\"Application\",\"metadata\":{\"name\":\"shop\",\"annotations\":{}}"
	    ","
	    "\"spec\":{\"components\":[{\"name\":\"api\",\"type\":\"component\",\"properties\":{"
	    "\"image\":" IMAGE "}}]}}",
	    0 },
	{ "$KV.LATTICEDATA_l.REFMAP_cg", "", "{\"oci_url\":\"r\",\"public_key\":\"MX\"}", 0 },
	{ "$KV.CONFIGDATA_l.n", "", "{\"k\":\"v\"}", 0 },
};

/* How a good body goes bad. @out has room for twice @in and a kilobyte. */
typedef size_t spoil_fn(const char *in, size_t n, char *out);

static size_t
joined(char *out, const char *a, size_t n_a, const char *b, size_t n_b, const char *c, size_t n_c)
{
	memcpy(out, a, n_a);
	memcpy(out + n_a, b, n_b);
	memcpy(out + n_a + n_b, c, n_c);
	return n_a + n_b + n_c;
}

static size_t
mark_in_front(const char *in, size_t n, char *out)
{
	return joined(out, "\xef\xbb\xbf", 3, in, n, "", 0);
}

static size_t
bytes_behind(const char *in, size_t n, char *out)
{
	return joined(out, in, n, "x", 1, "", 0);
}

static size_t
nul_behind(const char *in, size_t n, char *out)
{
	return joined(out, in, n, "\0", 1, "", 0);
}

static size_t
a_second_value_behind(const char *in, size_t n, char *out)
{
	return joined(out, in, n, " ", 1, in, n);
}

static size_t
cut_short(const char *in, size_t n, char *out)
{
	return joined(out, in, n - 1, "", 0, "", 0);
}

static size_t
in_an_array(const char *in, size_t n, char *out)
{
	return joined(out, "[", 1, in, n, "]", 1);
}

static size_t
as_a_text(const char *in, size_t n, char *out)
{
	(void)in;
	(void)n;
	return joined(out, "\"x\"", 3, "", 0, "", 0);
}

static size_t
null_in_place(const char *in, size_t n, char *out)
{
	(void)in;
	(void)n;
	return joined(out, "null", 4, "", 0, "", 0);
}

static size_t
a_comma_too_many(const char *in, size_t n, char *out)
{
	return joined(out, in, n - 1, ",}", 2, "", 0);
}

static size_t
a_comment_inside(const char *in, size_t n, char *out)
{
	return joined(out, "{/**/", 5, in + 1, n - 1, "", 0);
}

/* The first member once more, behind all others. */
static size_t
first_again(const char *in, size_t n, char *out, bool folded)
{
	size_t colon = bytes_find(bytes_of(in, n), ':');
	size_t at = joined(out, in, n - 1, ",", 1, in + 1, colon - 1);

	for (size_t i = n; folded && i < at; i++)
		if (out[i] >= 'a' && out[i] <= 'z') {
			out[i] = (char)(out[i] - 32);
			break;
		}
	memcpy(out + at, ":\"z\"}", 5);
	return at + 5;
}

static size_t
a_name_twice(const char *in, size_t n, char *out)
{
	return first_again(in, n, out, false);
}

static size_t
a_name_twice_in_another_case(const char *in, size_t n, char *out)
{
	return first_again(in, n, out, true);
}

/* The first member once more, its first letter as an escape. */
static size_t
a_name_twice_by_escape(const char *in, size_t n, char *out)
{
	size_t colon = bytes_find(bytes_of(in, n), ':');
	size_t at = joined(out, in, n - 1, ",\"", 2, "", 0);

	at += (size_t)sprintf(out + at, "\\u%04x", (unsigned)in[2]);
	memcpy(out + at, in + 3, colon - 3);
	at += colon - 3;
	memcpy(out + at, ":\"z\"}", 5);
	return at + 5;
}

static size_t
with_member(const char *in, size_t n, char *out, const char *member, size_t len)
{
	return joined(out, in, n - 1, member, len, "}", 1);
}

static size_t
bytes_that_are_no_text(const char *in, size_t n, char *out)
{
	return with_member(in, n, out, ",\"annotations\":{\"a\":\"\xc3\x28\"}", 25);
}

static size_t
half_a_surrogate(const char *in, size_t n, char *out)
{
	return with_member(in, n, out, ",\"annotations\":{\"a\":\"\\ud800\"}", 29);
}

static size_t
an_escaped_nul(const char *in, size_t n, char *out)
{
	return with_member(in, n, out, ",\"annotations\":{\"a\":\"\\u0000\"}", 29);
}

static size_t
nested_too_deep(const char *in, size_t n, char *out)
{
	static const char open[] = ",\"annotations\":[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]";

	return with_member(in, n, out, open, sizeof(open) - 1);
}

static const struct {
	const char *name;
	spoil_fn *spoil;
} spoils[] = {
	{ "a byte-order mark in front", mark_in_front },
	{ "a byte behind", bytes_behind },
	{ "a NUL behind", nul_behind },
	{ "a second value behind", a_second_value_behind },
	{ "cut short", cut_short },
	{ "in an array", in_an_array },
	{ "a text in its place", as_a_text },
	{ "null in its place", null_in_place },
	{ "a comma too many", a_comma_too_many },
	{ "a comment", a_comment_inside },
	{ "a name twice", a_name_twice },
	{ "a name twice, in another case", a_name_twice_in_another_case },
	{ "a name twice, by an escape", a_name_twice_by_escape },
	{ "bytes that are no text", bytes_that_are_no_text },
	{ "half a surrogate", half_a_surrogate },
	{ "an escaped NUL", an_escaped_nul },
	{ "nested too deep", nested_too_deep },
};

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

START_TEST(each_body_is_accepted_as_it_stands)
{
	struct said s;

	ck_assert_msg(strncmp(said_body(&s, &bodies[_i]), "refused", 7) != 0, "%s: %s",
	    bodies[_i].subject, s.text);
}
END_TEST

START_TEST(no_body_is_accepted_with_a_second_reading)
{
	const struct message *good = &bodies[_i];
	static char text[4096];
	struct said s;

	for (size_t k = 0; k < N_OF(spoils); k++) {
		struct message bad = { good->subject, good->header, text, 0 };

		bad.payload_len = spoils[k].spoil(good->payload, strlen(good->payload), text);
		ck_assert_msg(strncmp(said_body(&s, &bad), "refused", 7) == 0, "%s with %s: %s",
		    good->subject, spoils[k].name, s.text);
	}
}
END_TEST

/* Where a number is wanted: what some reader would round, wrap or take for another. */
static const char *const numbers[] = { "1.0", "1.5", "1e2", "-1", "-0", "01", "+1", "0x1",
	"4294967296", "9007199254740993", "18446744073709551617", "1e400", "true", "\"1\"", "[1]",
	"{}", "NaN", "Infinity" };

START_TEST(a_count_is_plain_digits_or_refused)
{
	static const char *const counted[][2] = {
		{ "wasmbus.ctl.l.cmd.NX.la", "{\"actor_ref\":" IMAGE ",\"count\":" },
		{ "wasmbus.ctl.l.cmd.NX.scale", "{\"actor_ref\":" IMAGE ",\"count\":" },
		{ V1 "component.scale.NX",
		    "{\"component_id\":\"api\",\"component_ref\":" IMAGE ",\"count\":" },
	};
	char text[512];
	struct said s;

	for (size_t k = 0; k < N_OF(counted); k++) {
		struct message m = { counted[k][0], "", text, 0 };

		snprintf(text, sizeof(text), "%s%s}", counted[k][1], numbers[_i]);
		ck_assert_msg(
		    strncmp(said_body(&s, &m), "refused", 7) == 0, "%s: %s", text, s.text);
	}
}
END_TEST

/* Two spellings, or two places, for one thing. */
static const struct message twice[] = {
	/* serde's alias beside the name: R19 types/ctl.rs */
	{ V1 "provider.stop.NX", "", "{\"provider_id\":\"a\",\"provider_ref\":\"b\"}", 0 },
	{ V1 "component.scale.NX", "",
	    "{\"component_id\":\"api\",\"component_ref\":" IMAGE
	    ",\"count\":1,\"max_instances\":9}",
	    0 },
	/* protojson's two spellings */
	{ "runtime.host.NX.workload.stop", "", "{\"workload_id\":\"a\",\"workloadId\":\"b\"}", 0 },
	{ "runtime.host.NX.workload.start", "",
	    "{\"workload_id\":\"w\",\"workload\":{\"wit_world\":{},\"witWorld\":{\"components\":[{"
	    "\"image\":" IMAGE "}]}}}",
	    0 },
	/* the host in the subject and another in the body */
	{ "wasmbus.ctl.l.cmd.NX.lp", "",
	    "{\"provider_ref\":" IMAGE ",\"link_name\":\"d\",\"host_id\":\"NY\"}", 0 },
	{ V1 "component.scale.NX", "",
	    "{\"component_id\":\"api\",\"component_ref\":" IMAGE ",\"count\":1,\"host_id\":\"NY\"}",
	    0 },
	{ V1 "provider.start.NX", "",
	    "{\"provider_id\":\"a\",\"provider_ref\":" IMAGE ",\"host_id\":\"NY\"}", 0 },
	{ V1 "host.stop.NX", "", "{\"host_id\":\"NY\"}", 0 },
	/* both volumes */
	{ "runtime.host.NX.workload.start", "",
	    "{\"workload_id\":\"w\",\"workload\":{\"volumes\":[{\"name\":\"v\",\"host_path\":{"
	    "\"local_path\":\"/\"},"
	    "\"empty_dir\":{}}]}}",
	    0 },
	/* two variants of an enum */
	{ "wadm.cmd.l", "",
	    "{\"StopProvider\":{\"provider_id\":\"a\",\"host_id\":\"NX\",\"model_name\":\"s\"},"
	    "\"DeleteConfig\":{}}",
	    0 },
};

START_TEST(what_can_be_said_twice_is_said_once)
{
	struct said s;

	ck_assert_msg(strncmp(said_body(&s, &twice[_i]), "refused", 7) == 0, "%s: %s",
	    twice[_i].payload, s.text);
}
END_TEST

#define ONE                                                                                        \
	"apiVersion: core.oam.dev/v1beta1\nkind: Application\nmetadata:\n  name: shop\n  "         \
	"annotations: {}\nspec:\n  components:\n"
#define API                                                                                        \
	"    - name: api\n      type: component\n      properties:\n        image: "               \
	"r.acme.dev/a:1\n"

static const struct {
	const char *what, *text;
} yaml[] = {
	{ "an anchor", ONE
	    "    - &a\n      name: api\n      type: component\n      properties: {image: r/a}\n" },
	{ "an alias",
	    ONE "    - name: &n api\n      type: component\n      properties: {image: *n}\n" },
	{ "a bomb of aliases", "a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: "
			       "[*b,*b,*b,*b,*b,*b,*b,*b]\n" ONE API },
	{ "a merge",
	    ONE "    - <<: {type: component}\n      name: api\n      properties: {image: r/a}\n" },
	{ "a second document", ONE API "---\n" ONE API },
	{ "a document behind the end", ONE API "...\n" ONE API },
	{ "a tag", ONE "    - !!map\n      name: api\n      type: component\n      properties: "
		       "{image: r/a}\n" },
	{ "a tagged text",
	    ONE "    - name: !!str api\n      type: component\n      properties: {image: r/a}\n" },
	{ "a tag of one's own", ONE
	    "    - !x\n      name: api\n      type: component\n      properties: {image: r/a}\n" },
	{ "a directive", "%YAML 1.1\n---\n" ONE API },
	{ "a name twice", ONE API "kind: Other\n" },
	{ "an inner name twice", ONE "    - name: api\n      name: other\n      type: component\n  "
				     "    properties: {image: r/a}\n" },
	{ "a name that is null", ONE API "~: x\n" },
	{ "a name that is a list", ONE API "? [a]\n: x\n" },
	{ "a byte-order mark", "\xef\xbb\xbf" ONE API },
	{ "UTF-16", "\xff\xfe"
		    "a\0:\0" },
	{ "bytes that are no text",
	    ONE "    - name: \xc3\x28\n      type: component\n      properties: {image: r/a}\n" },
	{ "a tab for an indent", ONE "\t- name: api\n" },
	{ "nesting without end",
	    "a: [[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]\n" ONE API },
	{ "a line break only YAML 1.1 knows", ONE "    - name: a\xe2\x80\xa8pi\n      type: "
						  "component\n      properties: {image: r/a}\n" },
};

START_TEST(a_manifest_with_two_readings_is_refused)
{
	struct message m = { "wadm.api.l.model.put", "", yaml[_i].text, 0 };
	struct said s;

	ck_assert_msg(
	    strncmp(said_body(&s, &m), "refused", 7) == 0, "%s: %s", yaml[_i].what, s.text);
}
END_TEST

START_TEST(a_plain_manifest_is_read)
{
	struct message m = { "wadm.api.l.model.put", "", ONE API, 0 };
	struct said s;

	ck_assert_msg(strncmp(said_body(&s, &m), "manifest.put", 12) == 0, "%s", s.text);
}
END_TEST

#define LINK(map)                                                                                  \
	map "\xa8"                                                                                 \
	    "actor_id\xa2MX\xab"                                                                   \
	    "provider_id\xa2VX\xa9link_name\xa1"                                                   \
	    "d\xab"                                                                                \
	    "contract_id\xa3"                                                                      \
	    "a:b\xa6values\x80"
#define PACKED(text)                                                                               \
	{                                                                                          \
		"wasmbus.rpc.l.links", "", text, sizeof(text) - 1                                  \
	}

static const struct message packed[] = {
	PACKED(LINK("\x85") "\xc0"), /* bytes behind */
	PACKED(LINK("\x86") "\xa8"
			    "actor_id\xa2MY"), /* a name twice */
	PACKED("\x95\xa2MX\xa2VX\xa1"
	       "d\xa3"
	       "a:b\x80"), /* by place: rmp-serde reads structs so too */
	PACKED("\x85\x00\xa2MX\x01\xa2VX\x02\xa1"
	       "d\x03\xa3"
	       "a:b\x04\x80"),                     /* by index */
	PACKED(LINK("\xde\x00\x06") "\xa1x\xa1y"), /* a field nobody knows */
	PACKED(LINK("\x84")),                      /* one more than the map says */
	PACKED("\xc1"),                            /* never used */
	PACKED("\xdf\xff\xff\xff\xff"),            /* a map of four thousand million */
	PACKED("\x85\xa8"
	       "actor_id\xc4\x02MX"), /* bytes for a text */
	PACKED("\x85\xa8"
	       "actor_id\xdb\xff\xff\xff\xff"),
	PACKED("\xa1"
	       "x"),
	PACKED("\x85"),
};

START_TEST(a_packed_link_with_two_readings_is_refused)
{
	struct said s;

	ck_assert_msg(strncmp(said_body(&s, &packed[_i]), "refused", 7) == 0, "%d: %s", _i, s.text);
}
END_TEST

START_TEST(a_packed_link_is_read_whatever_its_widths)
{
	static const struct message same[] = {
		PACKED(LINK("\x85")),
		PACKED(LINK("\xde\x00\x05")),
		PACKED(LINK("\xdf\x00\x00\x00\x05")),
	};
	struct said s;

	for (size_t i = 0; i < N_OF(same); i++)
		ck_assert_msg(
		    strncmp(said_body(&s, &same[i]), "link.put", 8) == 0, "%zu: %s", i, s.text);
}
END_TEST

START_TEST(what_is_absent_is_what_hosts_take_it_for)
{
	static const struct {
		struct message m;
		const char *verb;
	} absent[] = {
		{ { V1 "component.scale.NX", "",
		      "{\"component_id\":\"a\",\"component_ref\":" IMAGE "}", 0 },
		    "actor.stop" },
		{ { V1 "component.scale.NX", "",
		      "{\"component_id\":\"a\",\"component_ref\":" IMAGE ",\"count\":0}", 0 },
		    "actor.stop" },
		/* nothing to 0.63, no limit up to 0.81, a stop to 0.82 */
		{ { "wasmbus.ctl.l.cmd.NX.scale", "", "{\"actor_ref\":" IMAGE "}", 0 },
		    "refused count" },
		{ { "wasmbus.ctl.l.cmd.NX.la", "", "{\"actor_ref\":" IMAGE "}", 0 },
		    "actor.start" },
		{ { V1 "provider.stop.NX", "", "{\"provider_ref\":\"kv\"}", 0 }, "provider.stop" },
	};
	struct said s;

	for (size_t i = 0; i < N_OF(absent); i++)
		ck_assert_msg(strncmp(said_body(&s, &absent[i].m), absent[i].verb,
				  strlen(absent[i].verb)) == 0,
		    "%s: %s", absent[i].m.payload, s.text);
}
END_TEST

TCase *
reading_tests(void)
{
	TCase *t = tcase_create("reading");

	tcase_add_loop_test(t, each_body_is_accepted_as_it_stands, 0, (int)N_OF(bodies));
	tcase_add_loop_test(t, no_body_is_accepted_with_a_second_reading, 0, (int)N_OF(bodies));
	tcase_add_loop_test(t, a_count_is_plain_digits_or_refused, 0, (int)N_OF(numbers));
	tcase_add_loop_test(t, what_can_be_said_twice_is_said_once, 0, (int)N_OF(twice));
	tcase_add_loop_test(t, a_manifest_with_two_readings_is_refused, 0, (int)N_OF(yaml));
	tcase_add_test(t, a_plain_manifest_is_read);
	tcase_add_loop_test(t, a_packed_link_with_two_readings_is_refused, 0, (int)N_OF(packed));
	tcase_add_test(t, a_packed_link_is_read_whatever_its_widths);
	tcase_add_test(t, what_is_absent_is_what_hosts_take_it_for);
	return t;
}
