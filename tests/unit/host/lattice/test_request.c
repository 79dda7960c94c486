/* host/lattice/request: what a message on a control subject asks of this host. */
#include <dirent.h>
#include <stdio.h>

#include "host/lattice/request.h"
#include "policy/commands/prefix.h"
#include "policy/commands/serve.h"
#include "tests/unit/host/lattice/made.h"
#include "tests/unit/host/lattice/suites.h"

static uint64_t memory[BODY_ARENA / 8];
static struct request q;

/* ask() - @subject, where H stands for our host's key. */
static int
ask_as(enum dialect d, const char *host, const char *subject, const char *payload)
{
	static char said[512];
	const struct request_self self = {
		.dialect = d, .lattice = BYTES_LIT("default"), .host = bytes_str(host)
	};
	struct body_arena arena = { .mem = (uint8_t *)memory, .cap = sizeof(memory) };
	const char *h = strstr(subject, ".H.");

	if (h != NULL)
		snprintf(
		    said, sizeof(said), "%.*s.%s%s", (int)(h - subject), subject, HOST_KEY, h + 2);
	else
		snprintf(said, sizeof(said), "%s", subject);
	return request_read(&q, &self, bytes_str(said), BYTES_NULL, bytes_str(payload), &arena);
}

static int
ask(enum dialect d, const char *subject, const char *payload)
{
	return ask_as(d, HOST_KEY, subject, payload);
}

START_TEST(a_start_has_its_reference_and_count)
{
	ck_assert_int_eq(
	    ask(DIALECT_B, "wasmbus.ctl.default.cmd.H.la",
		"{\"actor_ref\":\"ghcr.io/a/b:1\",\"count\":3,\"annotations\":{\"team\":\"x\"}}"),
	    0);
	ck_assert_int_eq(q.verb, VERB_ACTOR_START);
	ck_assert_int_eq(q.dialect, DIALECT_B);
	ck_assert(bytes_is(q.ref, "ghcr.io/a/b:1") && q.has_count && q.count == 3);
	ck_assert(bytes_is(q.annotations->first->key, "team"));
	ck_assert_int_eq(ask(DIALECT_A, "wasmbus.ctl.default.cmd.H.la",
			     "{\"actor_ref\":\"a/b\",\"host_id\":\"\"}"),
	    0);
	ck_assert_int_eq(q.dialect, DIALECT_A);
	ck_assert_uint_eq(q.count, 1);
}
END_TEST

START_TEST(each_command_lays_out_what_it_holds)
{
	char body[1024];

	ck_assert_int_eq(ask(DIALECT_B, "wasmbus.ctl.default.auction.provider",
			     "{\"provider_ref\":\"a/"
			     "b:1\",\"link_name\":\"x\",\"constraints\":{\"zone\":\"a\"}}"),
	    0);
	ck_assert_int_eq(q.verb, VERB_PROVIDER_AUCTION);
	ck_assert(bytes_is(q.link_name, "x") && bytes_is(q.labels->first->value, "a"));
	ck_assert_int_eq(ask(DIALECT_B, "wasmbus.ctl.default.cmd.H.scale",
			     "{\"actor_ref\":\"a/b:1\",\"count\":5}"),
	    0);
	ck_assert(q.verb == VERB_ACTOR_SCALE && q.count == 5);
	ck_assert_int_eq(ask(DIALECT_B, "wasmbus.ctl.default.cmd.H.scale",
			     "{\"actor_ref\":\"a/b:1\",\"count\":0}"),
	    0);
	ck_assert_int_eq(q.verb, VERB_ACTOR_STOP);
	ck_assert_int_eq(ask(DIALECT_B, "wasmbus.ctl.default.cmd.H.lp",
			     "{\"provider_ref\":\"a/"
			     "b:1\",\"link_name\":\"x\",\"configuration\":\"{\\\"k\\\":1}\"}"),
	    0);
	ck_assert(q.verb == VERB_PROVIDER_START && bytes_is(q.configuration, "{\"k\":1}"));
	snprintf(body, sizeof(body),
	    "{\"provider_ref\":\"%s\",\"link_name\":\"x\",\"contract_id\":\"c:d\"}", PROVIDER_KEY);
	ck_assert_int_eq(ask(DIALECT_B, "wasmbus.ctl.default.cmd.H.sp", body), 0);
	ck_assert(q.verb == VERB_PROVIDER_STOP && bytes_is(q.key, PROVIDER_KEY) &&
		  bytes_is(q.contract, "c:d"));
	ck_assert_int_eq(ask(DIALECT_B, "wasmbus.ctl.default.cmd.H.stop", "{\"timeout\":700}"), 0);
	ck_assert(q.verb == VERB_HOST_STOP && q.has_timeout && q.timeout_ms == 700);
	snprintf(body, sizeof(body),
	    "{\"actor_id\":\"%s\",\"provider_id\":\"%s\",\"link_name\":\"l\",\"contract_id\":\"c:"
	    "d\",\"values\":{\"a\":\"b\"}}",
	    ACTOR_KEY, PROVIDER_KEY);
	ck_assert_int_eq(ask(DIALECT_B, "wasmbus.ctl.default.linkdefs.put", body), 0);
	ck_assert(q.verb == VERB_LINK_PUT && q.link != NULL &&
		  bytes_is(q.link->values.first->value, "b"));
	ck_assert_int_eq(ask(DIALECT_B, "wasmbus.ctl.default.labels.H.put",
			     "{\"key\":\"zone\",\"value\":\"b\"}"),
	    0);
	ck_assert(q.verb == VERB_LABEL_PUT && bytes_is(q.labels->first->key, "zone"));
}
END_TEST

START_TEST(registries_come_with_their_credentials)
{
	const struct body_pair *p;

	ck_assert_int_eq(ask(DIALECT_B, "wasmbus.ctl.default.registries.put",
			     "{\"ghcr.io\":{\"registryType\":\"oci\",\"username\":\"u\","
			     "\"password\":\"p\",\"token\":null},"
			     "\"b.io\":{\"token\":\"t\"}}"),
	    0);
	ck_assert_uint_eq(q.registries->n, 2);
	ck_assert_uint_eq(q.credentials->n, 6);
	p = q.credentials->first;
	ck_assert(bytes_is(p->key, "username") && bytes_is(p->value, "u"));
	ck_assert(bytes_is(p->next->value, "p") && p->next->next->value.len == 0);
	ck_assert(bytes_is(q.credentials->last->key, "token") &&
		  bytes_is(q.credentials->last->value, "t"));
}
END_TEST

START_TEST(configs_name_an_entity_and_a_key)
{
	char subject[160];

	snprintf(subject, sizeof(subject), "wasmbus.ctl.default.get.config.%s.some_key", ACTOR_KEY);
	ck_assert_int_eq(ask(DIALECT_B, subject, ""), 0);
	ck_assert(q.verb == VERB_CONFIG_GET && bytes_is(q.key, ACTOR_KEY) &&
		  bytes_is(q.config_key, "some_key"));
	snprintf(subject, sizeof(subject), "wasmbus.ctl.default.get.config.%s", ACTOR_KEY);
	ck_assert_int_eq(ask(DIALECT_B, subject, ""), 0);
	ck_assert(bytes_is(q.key, ACTOR_KEY) && q.config_key.len == 0);
	snprintf(subject, sizeof(subject), "wasmbus.ctl.default.config.put.%s.k", ACTOR_KEY);
	ck_assert_int_eq(ask(DIALECT_B, subject, "value"), 0);
	ck_assert(q.verb == VERB_CONFIG_PUT && bytes_is(q.config_key, "k") &&
		  bytes_is(q.config_value, "value"));
}
END_TEST

START_TEST(what_is_for_others_is_not_heard)
{
	char other[128];

	snprintf(other, sizeof(other), "wasmbus.ctl.default.cmd.%s.la", made_key(NKEY_SERVER, 9));
	ck_assert_int_eq(ask(DIALECT_B, other, "{\"actor_ref\":\"a/b\"}"), REQUEST_NOT);
	ck_assert_int_eq(ask(DIALECT_B, "wasmbus.ctl.other.ping.hosts", ""), REQUEST_NOT);
	ck_assert_int_eq(ask(DIALECT_B, "some.data", ""), REQUEST_NOT);
	ck_assert_int_eq(ask(DIALECT_B, "wasmbus.ctl.default.nonsense", ""), REQUEST_NOT);
	ck_assert_int_eq(ask(DIALECT_B, "runtime.host.H.workload.start", "{}"), REQUEST_NOT);
	ck_assert_int_eq(
	    ask(DIALECT_B, "wasmbus.ctl.v1.default.component.scale.H", "{}"), REQUEST_NOT);
	snprintf(
	    other, sizeof(other), "wasmbus.ctl.v1.default.host.get.%s", made_key(NKEY_SERVER, 9));
	ck_assert_int_eq(ask(DIALECT_B, other, ""), REQUEST_NOT);
}
END_TEST

START_TEST(a_lattice_speaks_one_dialect)
{
	ck_assert_int_eq(ask(DIALECT_B, "wasmbus.ctl.default.ping.hosts", ""), 0);
	ck_assert_int_eq(ask(DIALECT_A, "wasmbus.ctl.default.ping.hosts", ""), REQUEST_NOT);
	ck_assert_int_eq(ask(DIALECT_A, "wasmbus.ctl.default.get.hosts", ""), 0);
	ck_assert_int_eq(ask(DIALECT_B, "wasmbus.ctl.default.get.hosts", ""), REQUEST_NOT);
	ck_assert_int_eq(ask(DIALECT_A, "wasmbus.ctl.default.linkdefs.put", "{}"), REQUEST_NOT);
	ck_assert_int_eq(ask(DIALECT_A, "wasmbus.ctl.default.events", "{}"), REQUEST_NOT);
}
END_TEST

START_TEST(later_tools_may_ask_who_is_there)
{
	char subject[160];

	ck_assert_int_eq(ask(DIALECT_B, "wasmbus.ctl.v1.default.host.ping", ""), 0);
	ck_assert(q.verb == VERB_HOST_LIST && q.dialect == DIALECT_C);
	snprintf(subject, sizeof(subject), "wasmbus.ctl.v1.default.host.get.%s", HOST_KEY);
	ck_assert_int_eq(ask(DIALECT_A, subject, ""), 0);
	ck_assert(q.verb == VERB_HOST_INVENTORY && q.dialect == DIALECT_C);
}
END_TEST

/* Source: wasmcloud-otp v0.63.2 host_server.ex, lattice_server.ex; wasmCloud v0.18.2 handlers.rs.
 */
static const struct {
	enum dialect dialect;
	const char *subject, *payload, *error;
} refusals[] = {
	{ DIALECT_B, "wasmbus.ctl.default.cmd.H.la", "{}", "Invalid launch actor JSON request" },
	{ DIALECT_B, "wasmbus.ctl.default.cmd.H.la", "", "Invalid launch actor JSON request" },
	{ DIALECT_B, "wasmbus.ctl.default.cmd.H.la", "{\"actor_ref\":\"a\",\"actor_ref\":\"b\"}",
	    "Invalid launch actor JSON request" },
	{ DIALECT_B, "wasmbus.ctl.default.cmd.H.sa", "[]", "Invalid request to stop actor" },
	{ DIALECT_B, "wasmbus.ctl.default.cmd.H.scale", "{\"actor_ref\":\"a/b\"}",
	    "Invalid scale actor JSON request" },
	{ DIALECT_B, "wasmbus.ctl.default.cmd.H.upd", "{}",
	    "Invalid JSON request to update actor" },
	{ DIALECT_B, "wasmbus.ctl.default.cmd.H.lp", "{\"provider_ref\":\"a/b\"}",
	    "Improperly formed start provider command JSON" },
	{ DIALECT_B, "wasmbus.ctl.default.cmd.H.sp", "{}",
	    "Invalid JSON request for stop provider" },
	{ DIALECT_B, "wasmbus.ctl.default.linkdefs.put", "{}",
	    "Invalid link definition put request" },
	{ DIALECT_B, "wasmbus.ctl.default.linkdefs.del", "{}",
	    "Invalid link definition removal request" },
	{ DIALECT_B, "wasmbus.ctl.default.auction.actor", "{}",
	    "Invalid JSON request for actor auction" },
	{ DIALECT_B, "wasmbus.ctl.default.auction.provider", "{}",
	    "Invalid JSON request to auction provider" },
	{ DIALECT_B, "wasmbus.ctl.default.registries.put", "[]",
	    "Failed to update registry credential map" },
	{ DIALECT_B, "wasmbus.ctl.default.cmd.H.dance", "{}", "unsupported subject" },
	{ DIALECT_A, "wasmbus.ctl.default.cmd.H.la", "{}",
	    "Bad StartActor command received: actor_ref: byte 0: field is missing" },
	{ DIALECT_A, "wasmbus.ctl.default.cmd.H.lp", "{}",
	    "Bad StartProvider command received: provider_ref: byte 0: field is missing" },
	{ DIALECT_A, "wasmbus.ctl.default.cmd.H.sa", "{}",
	    "Failed to deserialize stop actor command" },
	{ DIALECT_A, "wasmbus.ctl.default.cmd.H.sp", "{}",
	    "Failed to deserialize stop provider command" },
};

START_TEST(a_body_that_cannot_be_read_is_refused_in_the_dialects_words)
{
	ck_assert_int_eq(
	    ask(refusals[_i].dialect, refusals[_i].subject, refusals[_i].payload), REQUEST_REFUSED);
	ck_assert_str_eq(q.error, refusals[_i].error);
	ck_assert_str_ne(q.why, "");
}
END_TEST

START_TEST(a_key_that_is_none_is_refused)
{
	ck_assert_int_eq(ask(DIALECT_B, "wasmbus.ctl.default.cmd.H.scale",
			     "{\"actor_ref\":\"a/b\",\"actor_id\":\"nobody\",\"count\":1}"),
	    REQUEST_REFUSED);
	ck_assert_str_eq(q.error, "Invalid scale actor JSON request");
	ck_assert_str_eq(q.why, "not the key of an actor or provider");
}
END_TEST

START_TEST(a_host_that_body_and_subject_name_differently_is_refused)
{
	ck_assert_int_eq(ask(DIALECT_B, "wasmbus.ctl.default.cmd.H.la",
			     "{\"actor_ref\":\"a/b\",\"host_id\":\"Nother\"}"),
	    REQUEST_REFUSED);
}
END_TEST

START_TEST(problems_have_the_words_of_the_time)
{
	char out[REQUEST_ERROR];

	ck_assert_int_eq(ask(DIALECT_B, "wasmbus.ctl.default.cmd.H.lp",
			     "{\"provider_ref\":\"a/b:1\",\"link_name\":\"x\"}"),
	    0);
	request_words(&q, REQUEST_THERE, "ours", out);
	ck_assert_str_eq(out, "Provider with that link name is already running on this host");
	request_words(&q, REQUEST_OTHER, "ours", out);
	ck_assert_str_eq(out, "ours");
	ck_assert_int_eq(ask(DIALECT_A, "wasmbus.ctl.default.cmd.H.lp",
			     "{\"provider_ref\":\"a/b:1\",\"link_name\":\"x\"}"),
	    0);
	request_words(&q, REQUEST_THERE, "ours", out);
	ck_assert_str_eq(out, "Provider with image ref 'a/b:1' is already running on this host.");
	ck_assert_int_eq(
	    ask(DIALECT_A, "wasmbus.ctl.default.cmd.H.la", "{\"actor_ref\":\"a/b:1\"}"), 0);
	request_words(&q, REQUEST_THERE, "ours", out);
	ck_assert_str_eq(out, "Actor with image ref 'a/b:1' is already running on this host");
	ck_assert_int_eq(ask(DIALECT_A, "wasmbus.ctl.default.cmd.H.sp",
			     "{\"provider_ref\":\"a/b:1\",\"link_name\":\"x\"}"),
	    0);
	request_words(&q, REQUEST_NOT_THERE, "ours", out);
	ck_assert_str_eq(out, "Provider a/b:1/x is not running on this host");
	ck_assert_int_eq(
	    ask(DIALECT_B, "wasmbus.ctl.default.cmd.H.upd", "{\"new_actor_ref\":\"a/b:1\"}"), 0);
	request_words(&q, REQUEST_OTHER, "why", out);
	ck_assert_str_eq(out, "Unable to perform live update: why");
}
END_TEST

struct heard {
	size_t n, queued;
	bool found[8];
};

static void
hear(void *ctx, struct bytes subject, struct bytes queue)
{
	struct heard *h = ctx;
	struct command c;
	char own[160];

	h->n++;
	h->queued += queue.len != 0;
	snprintf(own, sizeof(own), "wasmbus.ctl.default.cmd.%s.*", HOST_KEY);
	h->found[0] |= bytes_is(subject, own) && queue.len == 0;
	h->found[1] |= bytes_is(subject, "wasmbus.ctl.default.linkdefs.*") && queue.len == 0;
	h->found[2] |= bytes_is(subject, "wasmbus.ctl.default.linkdefs.*") &&
		       bytes_is(queue, "wasmbus.ctl.default");
	h->found[3] |= bytes_is(subject, "wasmbus.ctl.default.get.*") && queue.len != 0;
	h->found[4] |= bytes_is(subject, "wasmbus.ctl.default.get.hosts");
	h->found[5] |= bytes_is(subject, "wasmbus.ctl.v1.default.host.ping");
	h->found[6] |= bytes_is(subject, "acme.ctl.default.ping.hosts");
	h->found[7] |= bytes_is(subject, "wasmbus.rpc.default.links");
	/* nothing is listened to that is no command's space */
	if (bytes_find(subject, '*') == subject.len && !bytes_starts(subject, BYTES_LIT("acme")))
		ck_assert_int_eq(command_classify(subject, &c), 0);
}

START_TEST(a_host_listens_to_its_dialect)
{
	struct request_self self = {
		.dialect = DIALECT_B, .lattice = BYTES_LIT("default"), .host = bytes_str(HOST_KEY)
	};
	struct prefixes set = { 0 };
	struct heard b = { 0 }, a = { 0 };

	ck_assert_int_eq(prefix_add(&set, BYTES_LIT("acme.ctl")), 0);
	self.prefixes = &set;
	request_subjects(&self, hear, &b);
	request_subjects_rpc(&self, hear, &b);
	ck_assert(b.found[0] && b.found[1] && b.found[2] && b.found[3] && !b.found[4] &&
		  b.found[5] && b.found[6] && !b.found[7]);
	self.prefixes = NULL;
	self.dialect = DIALECT_A;
	request_subjects(&self, hear, &a);
	request_subjects_rpc(&self, hear, &a);
	ck_assert(
	    a.found[0] && !a.found[1] && a.found[4] && a.found[5] && !a.found[6] && a.found[7]);
	ck_assert_uint_eq(a.queued, 0);
}
END_TEST

static void
is_served(void *ctx, struct bytes subject, struct bytes queue)
{
	const struct bytes own = bytes_str(HOST_KEY);
	const struct serve_host who = { .n = 1, .ids = &own };
	struct bytes lattice = BYTES_NULL;
	bool command = false;

	(void)ctx;
	ck_assert_msg(serve_subscribe(subject, queue, &who, &lattice, &command) == SERVE_OWN,
	    "%.*s", (int)subject.len, (const char *)subject.ptr);
	ck_assert(bytes_is(lattice, "default"));
}

START_TEST(a_host_listens_to_nothing_that_the_gate_would_not_let_it)
{
	struct request_self self = { .lattice = BYTES_LIT("default"), .host = bytes_str(HOST_KEY) };

	for (int d = DIALECT_A; d <= DIALECT_B; d++) {
		self.dialect = (enum dialect)d;
		request_subjects(&self, is_served, NULL);
		request_subjects_rpc(&self, is_served, NULL);
	}
}
END_TEST

START_TEST(a_prefix_of_ones_own_is_heard_alike)
{
	struct prefixes set = { 0 };
	const struct request_self self = { .dialect = DIALECT_B,
		.lattice = BYTES_LIT("default"),
		.host = bytes_str(HOST_KEY),
		.prefixes = &set };
	struct body_arena arena = { .mem = (uint8_t *)memory, .cap = sizeof(memory) };
	char subject[160];

	ck_assert_int_eq(prefix_add(&set, BYTES_LIT("acme.ctl")), 0);
	ck_assert_int_eq(request_read(&q, &self, BYTES_LIT("acme.ctl.default.ping.hosts"),
			     BYTES_NULL, BYTES_NULL, &arena),
	    0);
	ck_assert_int_eq(q.verb, VERB_HOST_LIST);
	snprintf(subject, sizeof(subject), "acme.ctl.default.cmd.%s.dance", HOST_KEY);
	ck_assert_int_eq(
	    request_read(&q, &self, bytes_str(subject), BYTES_NULL, BYTES_LIT("{}"), &arena),
	    REQUEST_REFUSED);
}
END_TEST

/* What clients of the time sent, taken down for policy/commands: read as the host it was sent to.
 */
static size_t
replay(enum dialect d, const char *file)
{
	static char line[16384], subject[512], payload[16384];
	char path[512], host[64] = "";
	size_t n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/commands/%s", getenv("VECTORS"), file);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		const char *at;

		line[strcspn(line, "\n")] = 0;
		if (line[0] == '>') {
			snprintf(subject, sizeof(subject), "%.500s", line + 2);
			payload[0] = 0;
			host[0] = 0;
			at = strstr(subject, ".N");
			if (at != NULL)
				snprintf(host, sizeof(host), "%.56s", at + 1);
		} else if (line[0] == 'p') {
			snprintf(payload, sizeof(payload), "%.16000s", line + 2);
		} else if (line[0] == '=' && strstr(subject, "wasmbus.ctl") != NULL &&
			   payload[0] != 'x') {
			int want = strstr(line, "= refused") != NULL ? REQUEST_REFUSED : 0;

			ck_assert_msg(
			    ask_as(d, host[0] != 0 ? host : HOST_KEY, subject, payload) == want,
			    "%s: %s", subject, q.why);
			n++;
		}
	}
	fclose(f);
	return n;
}

START_TEST(what_real_clients_send_is_understood)
{
	ck_assert_uint_gt(replay(DIALECT_B, "B/control-interface-0.31.0.txt"), 10);
	ck_assert_uint_gt(replay(DIALECT_A, "A/control-interface-0.3.1.txt"), 5);
}
END_TEST

TCase *
request_tests(void)
{
	TCase *t = tcase_create("request");

	tcase_add_test(t, a_start_has_its_reference_and_count);
	tcase_add_test(t, each_command_lays_out_what_it_holds);
	tcase_add_test(t, registries_come_with_their_credentials);
	tcase_add_test(t, configs_name_an_entity_and_a_key);
	tcase_add_test(t, what_is_for_others_is_not_heard);
	tcase_add_test(t, a_lattice_speaks_one_dialect);
	tcase_add_test(t, later_tools_may_ask_who_is_there);
	tcase_add_loop_test(t, a_body_that_cannot_be_read_is_refused_in_the_dialects_words, 0,
	    (int)(sizeof(refusals) / sizeof(refusals[0])));
	tcase_add_test(t, a_key_that_is_none_is_refused);
	tcase_add_test(t, a_host_that_body_and_subject_name_differently_is_refused);
	tcase_add_test(t, problems_have_the_words_of_the_time);
	tcase_add_test(t, a_host_listens_to_its_dialect);
	tcase_add_test(t, a_host_listens_to_nothing_that_the_gate_would_not_let_it);
	tcase_add_test(t, a_prefix_of_ones_own_is_heard_alike);
	tcase_add_test(t, what_real_clients_send_is_understood);
	return t;
}
