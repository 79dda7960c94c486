/* dialect C: what each message says, or why it is refused. */
#include "tests/unit/policy/commands/said.h"
#include "tests/unit/policy/commands/suites.h"

static const struct {
	struct message in;
	const char *says;
} rows[] = {
	/* bodies of 1.x: wasmCloud v1.9.2 control-interface/src/types */
	{ { "wasmbus.ctl.v1.l.component.scale.NX", NULL,
	      "{\"component_ref\":\"ghcr.io/wasmcloud/components/"
	      "http-hello-world-rust:0.1.0\",\"component_id\":\"hello\",\"annotations\":{"
	      "\"wasmcloud.dev/"
	      "managed-by\":\"wadm\"},\"count\":5,\"host_id\":\"NX\",\"config\":[\"a\",\"b\"],"
	      "\"allow_update\":false}" },
	    "actor.scale id=hello host=NX [actor id=hello oci registry=ghcr.io "
	    "repository=wasmcloud/components/http-hello-world-rust tag=0.1.0 x5] config=a,b "
	    "annotations=wasmcloud.dev/managed-by:wadm" },
	{ { "wasmbus.ctl.v1.l.component.scale.NX", NULL,
	      "{\"component_ref\":\"ghcr.io/"
	      "a:1\",\"component_id\":\"hello\",\"count\":1,\"host_id\":\"NX\",\"config\":[],"
	      "\"allow_update\":true,\"component_limits\":null,\"max_linear_memory\":1048576}" },
	    "actor.scale id=hello host=NX [actor id=hello oci registry=ghcr.io repository=a tag=1 "
	    "x1] update" },
	{ { "wasmbus.ctl.v1.l.component.update.NX", NULL,
	      "{\"component_id\":\"hello\",\"host_id\":\"NX\",\"new_component_ref\":\"ghcr.io/"
	      "a:2\"}" },
	    "actor.update id=hello host=NX [actor id=hello oci registry=ghcr.io repository=a "
	    "tag=2]" },
	{ { "wasmbus.ctl.v1.l.provider.start.NX", NULL,
	      "{\"provider_id\":\"http\",\"provider_ref\":\"ghcr.io/wasmcloud/"
	      "http-server:0.23.0\",\"host_id\":\"NX\",\"config\":[\"default-http\"]}" },
	    "provider.start id=http host=NX [provider id=http oci registry=ghcr.io "
	    "repository=wasmcloud/http-server tag=0.23.0 x1] config=default-http" },
	{ { "wasmbus.ctl.v1.l.provider.start.NX", NULL,
	      "{\"provider_id\":\"http\",\"provider_ref\":\"wasmcloud+builtin://"
	      "http-server\",\"host_id\":\"NX\",\"config\":[]}" },
	    "provider.start id=http host=NX [provider id=http builtin repository=http-server x1]" },
	{ { "wasmbus.ctl.v1.l.provider.stop.NX", NULL,
	      "{\"host_id\":\"NX\",\"provider_id\":\"http\"}" },
	    "provider.stop id=http host=NX [provider id=http]" },
	{ { "wasmbus.ctl.v1.l.provider.stop.NX", NULL,
	      "{\"host_id\":\"NX\",\"provider_ref\":\"http\"}" },
	    "provider.stop id=http host=NX [provider id=http]" },
	{ { "wasmbus.ctl.v1.l.host.stop.NX", NULL, "{\"host_id\":\"NX\",\"timeout\":1000}" },
	    "host.stop host=NX timeout=1000" },
	{ { "wasmbus.ctl.v1.l.link.put", NULL,
	      "{\"source_id\":\"http\",\"target\":\"hello\",\"name\":\"default\",\"wit_namespace\":"
	      "\"wasi\",\"wit_package\":\"http\",\"interfaces\":[\"incoming-handler\"],\"source_"
	      "config\":[\"addr\"],\"target_config\":[]}" },
	    "link.put { source=http target=hello name=default ns=wasi pkg=http if=incoming-handler "
	    "sc=addr }" },
	{ { "wasmbus.ctl.v1.l.link.put", NULL,
	      "{\"source_id\":\"http\",\"target\":\"hello\",\"wit_namespace\":\"wasi\",\"wit_"
	      "package\":\"http\",\"interfaces\":[]}" },
	    "link.put { source=http target=hello name=default ns=wasi pkg=http }" },
	{ { "wasmbus.ctl.v1.l.link.del", NULL,
	      "{\"source_id\":\"http\",\"name\":\"default\",\"wit_namespace\":\"wasi\",\"wit_"
	      "package\":\"http\"}" },
	    "link.del { source=http name=default ns=wasi pkg=http }" },
	{ { "wasmbus.ctl.v1.l.label.put.NX", NULL, "{\"key\":\"zone\",\"value\":\"eu\"}" },
	    "label.put labels=zone:eu" },
	{ { "wasmbus.ctl.v1.l.label.del.NX", NULL, "{\"key\":\"zone\"}" },
	    "label.del labels=zone" },
	{ { "wasmbus.ctl.v1.l.registry.put", NULL,
	      "{\"ghcr.io\":{\"username\":\"me\",\"password\":\"pw\",\"registryType\":\"oci\"}}" },
	    "registry.put registries=ghcr.io:oci secret<pw> secret<me>" },
	{ { "wasmbus.ctl.v1.l.config.put.addr", NULL, "{\"address\":\"0.0.0.0:8080\"}" },
	    "config.put config=addr keys=address:0.0.0.0:8080 secret<0.0.0.0:8080>" },
	{ { "wasmbus.ctl.v1.l.config.del.addr", NULL, "" }, "config.del config=addr" },
	{ { "wasmbus.ctl.v1.l.config.get.addr", NULL, "" }, "config.get unread" },
	{ { "wasmbus.ctl.v1.l.component.auction", NULL,
	      "{\"component_ref\":\"ghcr.io/"
	      "a:1\",\"component_id\":\"hello\",\"constraints\":{\"zone\":\"eu\"}}" },
	    "actor.auction id=hello [actor id=hello oci registry=ghcr.io repository=a tag=1] "
	    "labels=zone:eu" },
	{ { "wasmbus.ctl.v1.l.provider.auction", NULL,
	      "{\"provider_ref\":\"ghcr.io/"
	      "p:1\",\"provider_id\":\"p\",\"constraints\":{},\"new_field\":1}" },
	    "provider.auction id=p [provider id=p oci registry=ghcr.io repository=p tag=1] "
	    "unknown=new_field" },
	{ { "wasmbus.ctl.v1.l.host.ping", NULL, "\377" }, "host.list unread" },
	/* 8.3: a scale that is a stop */
	{ { "wasmbus.ctl.v1.l.component.scale.NX", NULL,
	      "{\"component_ref\":\"ghcr.io/"
	      "a:1\",\"component_id\":\"hello\",\"count\":0,\"host_id\":\"NX\"}" },
	    "actor.stop id=hello host=NX [actor id=hello oci registry=ghcr.io repository=a tag=1 "
	    "x0]" },
	{ { "wasmbus.ctl.v1.l.component.scale.NX", NULL,
	      "{\"component_ref\":\"\",\"component_id\":\"hello\",\"host_id\":\"NX\"}" },
	    "actor.stop id=hello host=NX [actor id=hello x0]" },
	{ { "wasmbus.ctl.v1.l.component.scale.NX", NULL, "{\"component_id\":\"hello\"}" },
	    "actor.stop id=hello [actor id=hello x0]" },
	{ { "wasmbus.ctl.v1.l.component.scale.NX", NULL,
	      "{\"component_ref\":\"ghcr.io/"
	      "a:1\",\"component_id\":\"hello\",\"max_instances\":5,\"host_id\":\"NX\"}" },
	    "refused max_instances: hosts read count and would stop the component" },
	{ { "wasmbus.ctl.v1.l.component.scale.NX", NULL,
	      "{\"component_id\":\"hello\",\"count\":5}" },
	    "refused component_ref: names no image" },
	/* 8.1 to 8.7: bodies with a second reading, or none */
	{ { "wasmbus.ctl.v1.l.provider.start.NX", NULL,
	      "{\"provider_id\":\"p\",\"provider_ref\":\"file:///tmp/evil\"}" },
	    "provider.start id=p [provider id=p file repository=/tmp/evil x1]" },
	{ { "wasmbus.ctl.v1.l.provider.start.NX", NULL,
	      "{\"provider_id\":\"p\",\"provider_ref\":\"file:5000/evil:1\"}" },
	    "refused provider_ref: a scheme that is not written as scheme://" },
	{ { "wasmbus.ctl.v1.l.provider.start.NX", NULL,
	      "{\"provider_id\":\"p\",\"provider_ref\":\"ghcr.io/p:1\",\"host_id\":\"NY\"}" },
	    "refused host_id: not the host that the subject names" },
	{ { "wasmbus.ctl.v1.l.provider.start.NX", NULL,
	      "{\"provider_id\":\"p.*\",\"provider_ref\":\"ghcr.io/p:1\"}" },
	    "refused provider_id: not one token of a subject" },
	{ { "wasmbus.ctl.v1.l.provider.start.NX", NULL,
	      "{\"provider_id\":\"\",\"provider_ref\":\"ghcr.io/p:1\"}" },
	    "refused : id is empty" },
	{ { "wasmbus.ctl.v1.l.provider.stop.NX", NULL,
	      "{\"provider_id\":\"p\",\"provider_ref\":\"q\"}" },
	    "refused provider_ref: a field in two spellings" },
	{ { "wasmbus.ctl.v1.l.provider.stop.NX", NULL, "{}" },
	    "refused provider_id: field is missing" },
	{ { "wasmbus.ctl.v1.l.component.scale.NX", NULL,
	      "{\"component_ref\":\"ghcr.io/"
	      "a:1\",\"component_id\":\"hello\",\"count\":1,\"count\":9}" },
	    "refused : the same name twice in an object" },
	{ { "wasmbus.ctl.v1.l.component.scale.NX", NULL,
	      "{\"component_ref\":\"ghcr.io/"
	      "a:1\",\"component_id\":\"hello\",\"count\":1,\"Count\":9}" },
	    "refused : the same name twice in an object" },
	{ { "wasmbus.ctl.v1.l.component.scale.NX", NULL,
	      "{\"component_ref\":\"ghcr.io/a:1\",\"component_id\":\"hello\",\"co\\u0075nt\":7}" },
	    "actor.scale id=hello [actor id=hello oci registry=ghcr.io repository=a tag=1 x7]" },
	{ { "wasmbus.ctl.v1.l.component.scale.NX", NULL,
	      "{\"component_ref\":\"ghcr.io/"
	      "a:1\",\"component_id\":\"hello\",\"count\":18446744073709551617}" },
	    "refused : integer beyond 2^53" },
	{ { "wasmbus.ctl.v1.l.component.scale.NX", NULL,
	      "{\"component_ref\":\"ghcr.io/a:1\",\"component_id\":\">\",\"count\":1}" },
	    "refused component_id: not one token of a subject" },
	{ { "wasmbus.ctl.v1.l.component.scale.NX", NULL,
	      "{\"component_ref\":null,\"component_id\":\"hello\",\"count\":1}" },
	    "refused component_ref: not a text" },
	{ { "wasmbus.ctl.v1.l.component.scale.NX", NULL,
	      "{\"component_ref\":\"ghcr.io/"
	      "a:1\",\"component_id\":\"hello\",\"count\":1,\"config\":\"a\"}" },
	    "refused config: not a list" },
	{ { "wasmbus.ctl.v1.l.component.scale.NX", NULL,
	      "{\"component_ref\":\"ghcr.io/"
	      "a:1\",\"component_id\":\"hello\",\"count\":1,\"config\":[\"a\\u0007\"]}" },
	    "refused config: control characters in a name, or too long" },
	{ { "wasmbus.ctl.v1.l.component.scale.NX", NULL,
	      "{\"component_ref\":\"ghcr.io/"
	      "a:1\",\"component_id\":\"hello\",\"count\":1,\"allow_update\":\"yes\"}" },
	    "refused allow_update: not true or false" },
	{ { "wasmbus.ctl.v1.l.component.update.NX", NULL, "{\"component_id\":\"hello\"}" },
	    "refused new_component_ref: field is missing" },
	{ { "wasmbus.ctl.v1.l.link.put", NULL,
	      "{\"source_id\":\"a\",\"target\":\"b\",\"wit_namespace\":\"wasi\",\"wit_package\":"
	      "\"http\"}" },
	    "refused interfaces: field is missing" },
	{ { "wasmbus.ctl.v1.l.link.put", NULL,
	      "{\"source_id\":\"a\",\"target\":\"\",\"wit_namespace\":\"wasi\",\"wit_package\":"
	      "\"http\",\"interfaces\":[]}" },
	    "refused : link without a source or a target" },
	{ { "wasmbus.ctl.v1.l.config.put.addr", NULL, "{\"a\":1}" }, "refused a: not a text" },
	{ { "wasmbus.ctl.v1.l.config.put.addr", NULL, "raw" }, "refused : not a JSON value" },
	{ { "wasmbus.ctl.v1.l.config.del.addr", NULL, "{}" },
	    "refused : this command has no body" },
	{ { "wasmbus.ctl.v1.l.host.stop.NX", NULL, "{\"host_id\":\"NX\",\"timeout\":-1}" },
	    "refused timeout: number is negative" },
	{ { "wasmbus.ctl.v1.l.host.stop.NX", NULL, "" }, "refused : text ends too early" },
	{ { "wasmbus.ctl.v1.l.registry.put", NULL, "[]" }, "refused : not an object" },
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
dialect_c_tests(void)
{
	TCase *t = tcase_create("dialect_c");

	tcase_add_loop_test(t, a_message_says_this, 0, (int)(sizeof(rows) / sizeof(rows[0])));
	return t;
}
