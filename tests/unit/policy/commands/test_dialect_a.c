/* dialect A's links: what each message says, or why it is refused. */
#include "tests/unit/policy/commands/said.h"
#include "tests/unit/policy/commands/suites.h"

static const struct {
	struct message in;
	const char *says;
} rows[] = {
	/* links of 0.18: rmp-serde maps, wasmCloud v0.18.2 messagebus/rpc_client.rs */
	{ { "wasmbus.rpc.l.links", NULL,
	      "\205\250actor_"
	      "id\3318MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\253provider_"
	      "id\3318VBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\251link_"
	      "name\247default\253contract_id\262wasmcloud:keyvalue\246values\201\243URL\251redis:/"
	      "/h" },
	    "link.put { source=MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA "
	    "target=VBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA name=default "
	    "contract=wasmcloud:keyvalue values=URL:redis://h } secret<redis://h>" },
	{ { "wasmbus.rpc.l.remlinks", NULL,
	      "\205\250actor_"
	      "id\3318MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\253provider_"
	      "id\3318VBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\251link_"
	      "name\247default\253contract_id\262wasmcloud:keyvalue\246values\200" },
	    "link.del { source=MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA "
	    "target=VBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA name=default "
	    "contract=wasmcloud:keyvalue }" },
	{ { "wasmbus.rpc.l.links", NULL,
	      "\205\332\000\010actor_"
	      "id\3318MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\253provider_"
	      "id\3318VBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\251link_"
	      "name\247default\253contract_id\262wasmcloud:keyvalue\246values\201\243URL\251redis:/"
	      "/h",
	      211 },
	    "link.put { source=MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA "
	    "target=VBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA name=default "
	    "contract=wasmcloud:keyvalue values=URL:redis://h } secret<redis://h>" },
	{ { "wasmbus.ctl.l.events", NULL, "{\"event\":\"HostStarted\"}" },
	    "refused header: field is missing" },
	{ { "wasmbus.ctl.l.events", NULL,
	      "{\"event\":\"HostStarted\",\"header\":{\"host_origin\":\"NX\",\"timestamp\":\"1\"}}" },
	    "host.event host=NX" },
	/* message-pack with a second reading, or none */
	{ { "wasmbus.rpc.l.links", NULL,
	      "\206\250actor_"
	      "id\3318MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\253provider_"
	      "id\3318VBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\251link_"
	      "name\247default\253contract_id\262wasmcloud:keyvalue\246values\201\243URL\251redis:/"
	      "/h\250actor_id\3318VBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" },
	    "refused : map with too many members" },
	{ { "wasmbus.rpc.l.links", NULL,
	      "\205\250actor_"
	      "id\3318MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\253provider_"
	      "id\3318VBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\251link_"
	      "name\247default\253contract_id\262wasmcloud:keyvalue\250actor_"
	      "id\3318VBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" },
	    "refused actor_id: the same name twice in a map" },
	{ { "wasmbus.rpc.l.links", NULL,
	      "\204\250actor_"
	      "id\3318MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\253provider_"
	      "id\3318VBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\251link_"
	      "name\247default\253contract_id\262wasmcloud:keyvalue" },
	    "refused : field is missing" },
	{ { "wasmbus.rpc.l.links", NULL,
	      "\205\250actor_"
	      "id\3318MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\253provider_"
	      "id\3318VBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\251link_"
	      "name\247default\253contract_id\262wasmcloud:keyvalue\245value\200" },
	    "refused value: field that nobody knows" },
	{ { "wasmbus.rpc.l.links", NULL,
	      "\205\250actor_"
	      "id\3318MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\253provider_"
	      "id\3318VBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\251link_"
	      "name\247default\253contract_id\262wasmcloud:keyvalue\246values\201\243URL\251redis:/"
	      "/h\000",
	      210 },
	    "refused : something after the value" },
	{ { "wasmbus.rpc.l.links", NULL,
	      "\205\250actor_"
	      "id\3318MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\253provider_"
	      "id\3318VBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\251link_"
	      "name\247default\253contract_id\262wasmcloud:"
	      "keyvalue\246values\201\243URL\251redis:" },
	    "refused values: message-pack ends too early" },
	{ { "wasmbus.rpc.l.links", NULL, "\225\241a\241b\241c\241d\200" }, "refused : not a map" },
	{ { "wasmbus.rpc.l.links", NULL, "\337\377\377\377\377" },
	    "refused : map with too many members" },
	{ { "wasmbus.rpc.l.links", NULL, "\201\333\377\377\377\377ab" },
	    "refused : message-pack ends too early" },
	{ { "wasmbus.rpc.l.links", NULL, "\301" }, "refused : not message-pack" },
	{ { "wasmbus.rpc.l.links", NULL,
	      "\205\250actor_"
	      "id\3318MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\253provider_"
	      "id\3318VBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\251link_"
	      "name\247default\253contract_id\262wasmcloud:"
	      "keyvalue\246values\202\241a\2411\241a\2412" },
	    "refused values: the same name twice in a map" },
	{ { "wasmbus.rpc.l.links", NULL,
	      "\205\250actor_id\243a.b\253provider_"
	      "id\3318VBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\251link_"
	      "name\247default\253contract_id\262wasmcloud:keyvalue\246values\201\243URL\251redis:/"
	      "/h" },
	    "refused actor_id: not one token of a subject" },
	{ { "wasmbus.rpc.l.links", NULL,
	      "\205\250actor_"
	      "id\3318MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\253provider_"
	      "id\3318VBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\251link_"
	      "name\247def\377ult\253contract_id\262wasmcloud:"
	      "keyvalue\246values\201\243URL\251redis://h" },
	    "refused link_name: bad UTF-8 or U+0000 in a text" },
	{ { "wasmbus.rpc.l.links", NULL, "{\"actor_id\":\"x\"}" }, "refused : not a map" },
	{ { "wasmbus.rpc.l.links", NULL, "" }, "refused : message-pack ends too early" },
};

START_TEST(a_message_says_this)
{
	struct said s;
	const char *says = said_body(&s, &rows[_i].in);

	ck_assert_msg(strcmp(says, rows[_i].says) == 0, "%s\n%s\nis:  %s\nnot: %s",
	    rows[_i].in.subject, rows[_i].in.payload, says, rows[_i].says);
}
END_TEST

TCase *
dialect_a_tests(void)
{
	TCase *t = tcase_create("dialect_a");

	tcase_add_loop_test(t, a_message_says_this, 0, (int)(sizeof(rows) / sizeof(rows[0])));
	return t;
}
