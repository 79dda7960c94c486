/* dialects A and B: what each message says, or why it is refused. */
#include "tests/unit/policy/commands/said.h"
#include "tests/unit/policy/commands/suites.h"

static const struct {
	struct message in;
	const char *says;
} rows[] = {
	/* bodies of 0.18: wasmCloud v0.18.2 generated/ctliface.rs, as serde_json writes them */
	{ { "wasmbus.ctl.l.cmd.NX.la", NULL,
	      "{\"actor_ref\":\"wasmcloud.azurecr.io/echo:0.2.0\",\"host_id\":\"NX\"}" },
	    "actor.start host=NX [actor oci registry=wasmcloud.azurecr.io repository=echo "
	    "tag=0.2.0 x1]" },
	{ { "wasmbus.ctl.l.cmd.NX.lp", NULL,
	      "{\"host_id\":\"NX\",\"provider_ref\":\"wasmcloud.azurecr.io/"
	      "httpserver:0.12.1\",\"link_name\":\"default\"}" },
	    "provider.start host=NX [provider oci registry=wasmcloud.azurecr.io "
	    "repository=httpserver tag=0.12.1 x1] { name=default }" },
	{ { "wasmbus.ctl.l.cmd.NX.sa", NULL,
	      "{\"host_id\":\"NX\",\"actor_ref\":"
	      "\"MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}" },
	    "actor.stop id=MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA host=NX [actor "
	    "id=MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA]" },
	{ { "wasmbus.ctl.l.cmd.NX.sp", NULL,
	      "{\"host_id\":\"NX\",\"provider_ref\":"
	      "\"VBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"link_name\":"
	      "\"default\",\"contract_id\":\"wasmcloud:httpserver\"}" },
	    "provider.stop id=VBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA host=NX "
	    "[provider id=VBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA] { name=default "
	    "contract=wasmcloud:httpserver }" },
	{ { "wasmbus.ctl.l.cmd.NX.upd", NULL,
	      "{\"host_id\":\"NX\",\"actor_id\":"
	      "\"MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"new_actor_ref\":"
	      "\"wasmcloud.azurecr.io/echo:0.2.1\"}" },
	    "actor.update id=MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA host=NX "
	    "[actor id=MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA oci "
	    "registry=wasmcloud.azurecr.io repository=echo tag=0.2.1]" },
	{ { "wasmbus.ctl.l.auction.provider", NULL,
	      "{\"provider_ref\":\"wasmcloud.azurecr.io/"
	      "httpserver:0.12.1\",\"link_name\":\"default\",\"constraints\":{\"hostcore.os\":"
	      "\"linux\"}}" },
	    "provider.auction [provider oci registry=wasmcloud.azurecr.io repository=httpserver "
	    "tag=0.12.1] { name=default } labels=hostcore.os:linux" },
	{ { "wasmbus.ctl.l.get.links", NULL, "" }, "link.get unread" },
	{ { "wasmbus.ctl.l.get.hosts", NULL, "anything {" }, "host.list unread" },
	/* bodies of 0.50 to 0.82: control-interface-client v0.31.0 and wasmCloud v0.82.0 types.rs
	 */
	{ { "wasmbus.ctl.l.cmd.NX.la", NULL,
	      "{\"actor_ref\":\"wasmcloud.azurecr.io/"
	      "echo:0.3.4\",\"annotations\":{\"a\":\"b\"},\"count\":3,\"host_id\":\"NX\"}" },
	    "actor.start host=NX [actor oci registry=wasmcloud.azurecr.io repository=echo "
	    "tag=0.3.4 x3] annotations=a:b" },
	{ { "wasmbus.ctl.l.cmd.NX.scale", NULL,
	      "{\"actor_ref\":\"wasmcloud.azurecr.io/"
	      "echo:0.3.4\",\"count\":5,\"host_id\":\"NX\"}" },
	    "actor.scale host=NX [actor oci registry=wasmcloud.azurecr.io repository=echo "
	    "tag=0.3.4 x5]" },
	{ { "wasmbus.ctl.l.cmd.NX.scale", NULL,
	      "{\"actor_id\":\"MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"actor_"
	      "ref\":\"wasmcloud.azurecr.io/"
	      "echo:0.3.4\",\"count\":5,\"host_id\":\"NX\",\"annotations\":null}" },
	    "actor.scale id=MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA host=NX "
	    "[actor id=MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA oci "
	    "registry=wasmcloud.azurecr.io repository=echo tag=0.3.4 x5]" },
	{ { "wasmbus.ctl.l.cmd.NX.sa", NULL,
	      "{\"actor_ref\":\"MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
	      "\"count\":2,\"host_id\":\"NX\"}" },
	    "actor.stop id=MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA host=NX [actor "
	    "id=MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA x2]" },
	{ { "wasmbus.ctl.l.cmd.NX.lp", NULL,
	      "{\"configuration\":\"eyJhIjoxfQ==\",\"host_id\":\"NX\",\"link_name\":\"default\","
	      "\"provider_ref\":\"wasmcloud.azurecr.io/kvredis:0.21.0\"}" },
	    "provider.start host=NX [provider oci registry=wasmcloud.azurecr.io repository=kvredis "
	    "tag=0.21.0 x1] { name=default } secret<eyJhIjoxfQ==>" },
	{ { "wasmbus.ctl.l.cmd.NX.stop", NULL, "{\"host_id\":\"NX\",\"timeout\":2000}" },
	    "host.stop host=NX timeout=2000" },
	{ { "wasmbus.ctl.l.cmd.NX.stop", NULL, "{\"host_id\":\"NX\"}" }, "host.stop host=NX" },
	{ { "wasmbus.ctl.l.linkdefs.put", NULL,
	      "{\"actor_id\":\"MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
	      "\"contract_id\":\"wasmcloud:keyvalue\",\"link_name\":\"default\",\"provider_id\":"
	      "\"VBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"values\":{\"URL\":"
	      "\"redis://u:p@h\"}}" },
	    "link.put { source=MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA "
	    "target=VBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA name=default "
	    "contract=wasmcloud:keyvalue values=URL:redis://u:p@h } secret<redis://u:p@h>" },
	{ { "wasmbus.ctl.l.linkdefs.del", NULL,
	      "{\"actor_id\":\"MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
	      "\"contract_id\":\"wasmcloud:keyvalue\",\"link_name\":\"default\"}" },
	    "link.del { source=MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA "
	    "name=default contract=wasmcloud:keyvalue }" },
	{ { "wasmbus.ctl.l.registries.put", NULL,
	      "{\"ghcr.io\":{\"password\":\"pw\",\"username\":\"me\",\"registryType\":\"oci\"},\"b."
	      "example\":{\"token\":\"t\",\"registryType\":\"bindle\"}}" },
	    "registry.put registries=ghcr.io:oci,b.example:bindle secret<t> secret<me> "
	    "secret<pw>" },
	{ { "wasmbus.ctl.l.labels.NX.put", NULL, "{\"key\":\"zone\",\"value\":\"eu\"}" },
	    "label.put labels=zone:eu" },
	{ { "wasmbus.ctl.l.labels.NX.del", NULL, "{\"key\":\"zone\",\"value\":\"\"}" },
	    "label.del labels=zone" },
	{ { "wasmbus.ctl.l.config.put.MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.url",
	      NULL, "raw { bytes" },
	    "config.put id=MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA "
	    "config=MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA keys=url:raw { bytes "
	    "secret<raw { bytes>" },
	{ { "wasmbus.ctl.l.config.del.MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.url",
	      NULL, "" },
	    "config.del id=MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA "
	    "config=MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA keys=url" },
	{ { "wasmbus.ctl.l.config.clear.MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	      NULL, "" },
	    "config.del id=MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA "
	    "config=MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" },
	/* a scale to 0, or without a count, stops */
	{ { "wasmbus.ctl.l.cmd.NX.scale", NULL,
	      "{\"actor_ref\":\"wasmcloud.azurecr.io/"
	      "echo:0.3.4\",\"count\":0,\"host_id\":\"NX\"}" },
	    "actor.stop host=NX [actor oci registry=wasmcloud.azurecr.io repository=echo tag=0.3.4 "
	    "x0]" },
	{ { "wasmbus.ctl.l.cmd.NX.scale", NULL,
	      "{\"actor_ref\":\"wasmcloud.azurecr.io/echo:0.3.4\",\"host_id\":\"NX\"}" },
	    "refused count: missing: a stop to some hosts, no limit to others" },
	/* 8.1 native code: what is started, whatever it is called */
	{ { "wasmbus.ctl.l.cmd.NX.lp", NULL,
	      "{\"provider_ref\":\"file:///tmp/evil.par\",\"link_name\":\"default\"}" },
	    "provider.start [provider file repository=/tmp/evil.par x1] { name=default }" },
	{ { "wasmbus.ctl.l.cmd.NX.lp", NULL,
	      "{\"provider_ref\":\"bindle://example.com/evil/1.0.0\",\"link_name\":\"default\"}" },
	    "provider.start [provider bindle repository=example.com/evil/1.0.0 x1] { name=default "
	    "}" },
	{ { "wasmbus.ctl.l.cmd.NX.lp", NULL,
	      "{\"provider_ref\":\"file:/tmp/evil.par\",\"link_name\":\"default\"}" },
	    "refused provider_ref: a scheme that is not written as scheme://" },
	{ { "wasmbus.ctl.l.cmd.NX.lp", NULL,
	      "{\"provider_ref\":\"ghcr.io@evil.example/a:1\",\"link_name\":\"default\"}" },
	    "refused provider_ref: digest is of no kind that hosts fetch" },
	{ { "wasmbus.ctl.l.cmd.NX.lp", NULL,
	      "{\"provider_ref\":\"ghcr.io/a:1\",\"provider_ref\":\"evil.example/"
	      "a:1\",\"link_name\":\"default\"}" },
	    "refused : the same name twice in an object" },
	{ { "wasmbus.ctl.l.cmd.NX.lp", NULL,
	      "{\"provider_ref\":\"ghcr.io/a:1\",\"Provider_Ref\":\"evil.example/"
	      "a:1\",\"link_name\":\"default\"}" },
	    "refused : the same name twice in an object" },
	{ { "wasmbus.ctl.l.cmd.NX.lp", NULL,
	      "{\"provider_ref\":\"ghcr.io/a:1\",\"provider\\u005fref\":\"evil.example/"
	      "a:1\",\"link_name\":\"default\"}" },
	    "refused : the same name twice in an object" },
	{ { "wasmbus.ctl.l.cmd.NX.lp", NULL,
	      "{\"provider_ref\":\"ghcr.io/a:1\",\"link_name\":\"default\",\"host_id\":\"NY\"}" },
	    "refused host_id: not the host that the subject names" },
	{ { "wasmbus.ctl.l.cmd.NX.lp", NULL,
	      "{\"provider_ref\":\"ghcr.io/a:1\",\"link_name\":\"default\",\"extra\":1}" },
	    "refused extra: field that nobody knows" },
	{ { "wasmbus.ctl.l.cmd.NX.lp", NULL,
	      "{\"provider_ref\":\"ghcr.io/a:1\",\"link_name\":\"*\"}" },
	    "refused link_name: not one token of a subject" },
	{ { "wasmbus.ctl.l.cmd.NX.lp", NULL, "{\"provider_ref\":\"ghcr.io/a:1\"}" },
	    "refused link_name: field is missing" },
	{ { "wasmbus.ctl.l.cmd.NX.lp", NULL, "[\"ghcr.io/a:1\"]" }, "refused : not an object" },
	{ { "wasmbus.ctl.l.cmd.NX.lp", NULL,
	      "{\"provider_ref\":\"ghcr.io/a:1\",\"link_name\":\"default\"} x" },
	    "refused : something after the value" },
	{ { "wasmbus.ctl.l.cmd.NX.lp", NULL, "\357\273\277{}" }, "refused : not a JSON value" },
	{ { "wasmbus.ctl.l.cmd.NX.lp", NULL,
	      "{\"provider_ref\":\"VBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
	      "\"link_name\":\"default\"}" },
	    "refused provider_ref: repository is not in lower case" },
	{ { "wasmbus.ctl.l.cmd.NX.lp", NULL, "{\"provider_ref\":\"\",\"link_name\":\"default\"}" },
	    "refused reference: names neither an image nor a key" },
	/* 8.2, 8.3 counts and updates */
	{ { "wasmbus.ctl.l.cmd.NX.scale", NULL, "{\"actor_ref\":\"ghcr.io/a:1\",\"count\":1.5}" },
	    "refused : number is not an integer" },
	{ { "wasmbus.ctl.l.cmd.NX.scale", NULL, "{\"actor_ref\":\"ghcr.io/a:1\",\"count\":-1}" },
	    "refused count: number is negative" },
	{ { "wasmbus.ctl.l.cmd.NX.scale", NULL,
	      "{\"actor_ref\":\"ghcr.io/a:1\",\"count\":4294967296}" },
	    "refused count: number is too large" },
	{ { "wasmbus.ctl.l.cmd.NX.scale", NULL, "{\"actor_ref\":\"ghcr.io/a:1\",\"count\":1e3}" },
	    "refused : number is not an integer" },
	{ { "wasmbus.ctl.l.cmd.NX.scale", NULL, "{\"actor_ref\":\"ghcr.io/a:1\",\"count\":\"5\"}" },
	    "refused count: not a number" },
	{ { "wasmbus.ctl.l.cmd.NX.scale", NULL, "{\"actor_ref\":\"ghcr.io/a:1\",\"count\":null}" },
	    "refused count: not a number" },
	{ { "wasmbus.ctl.l.cmd.NX.scale", NULL,
	      "{\"actor_id\":\"MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"actor_"
	      "ref\":\"ghcr.io/a:1\",\"replicas\":\"5\"}" },
	    "refused replicas: only 0.50 reads replicas, later hosts would stop the actor" },
	{ { "wasmbus.ctl.l.cmd.NX.la", NULL, "{\"actor_ref\":\"ghcr.io/a:1\",\"count\":0}" },
	    "refused count: no host has a reading for starting none" },
	{ { "wasmbus.ctl.l.cmd.NX.upd", NULL,
	      "{\"new_actor_ref\":\"EVIL.example/"
	      "a:1\",\"actor_id\":\"MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}" },
	    "refused new_actor_ref: registry is not in lower case" },
	{ { "wasmbus.ctl.l.cmd.NX.upd", NULL,
	      "{\"actor_id\":\"MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}" },
	    "refused new_actor_ref: field is missing" },
	/* 8.4 to 8.6, 8.13, 8.16 */
	{ { "wasmbus.ctl.l.linkdefs.put", NULL,
	      "{\"actor_id\":\"MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
	      "\"contract_id\":\"c\",\"link_name\":\"a.b\",\"provider_id\":"
	      "\"VBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}" },
	    "refused link_name: not one token of a subject" },
	{ { "wasmbus.ctl.l.linkdefs.put", NULL,
	      "{\"actor_id\":\"MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
	      "\"contract_id\":\"c\",\"link_name\":\"default\"}" },
	    "refused provider_id: field is missing" },
	{ { "wasmbus.ctl.l.registries.put", NULL,
	      "{\"ghcr.io\":{\"password\":\"pw\",\"user\":\"me\"}}" },
	    "refused user: field that nobody knows" },
	{ { "wasmbus.ctl.l.registries.put", NULL, "{\"me:pw@ghcr.io\":{\"registryType\":\"oci\"}}" },
	    "refused registry: a login in a registry's name" },
	{ { "wasmbus.ctl.l.registries.put", NULL, "{\"ghcr.io\":\"pw\"}" },
	    "refused ghcr.io: not an object" },
	{ { "wasmbus.ctl.l.config.put.x.url", NULL, "v" },
	    "refused : config of something that is not an actor's or provider's key" },
	{ { "wasmbus.ctl.l.config.del.MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.url",
	      NULL, "v" },
	    "refused : this command has no body" },
	{ { "wasmbus.ctl.l.auction.provider", NULL,
	      "{\"provider_ref\":\"ghcr.io/evil/"
	      "p:1\",\"link_name\":\"default\",\"host_id\":\"NX\",\"configuration\":\"x\"}" },
	    "provider.auction [provider oci registry=ghcr.io repository=evil/p tag=1] { "
	    "name=default } unknown=host_id,configuration" },
	{ { "wasmbus.ctl.l.auction.actor", NULL, "{\"actor_ref\":\"a b\"}" },
	    "refused actor_ref: character that is not allowed in an image reference" },
	{ { "wasmbus.ctl.l.labels.NX.put", NULL, "{\"key\":\"hostcore.os\",\"value\":\"x\\ny\"}" },
	    "label.put labels=hostcore.os:x\n"
	    "y" },
	{ { "wasmbus.ctl.l.labels.NX.put", NULL, "{\"key\":\"a\\nb\",\"value\":\"x\"}" },
	    "refused key: control characters in a name, or too long" },
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
dialect_b_tests(void)
{
	TCase *t = tcase_create("dialect_b");

	tcase_add_loop_test(t, a_message_says_this, 0, (int)(sizeof(rows) / sizeof(rows[0])));
	return t;
}
