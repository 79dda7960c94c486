/* key-value side doors: what each message says, or why it is refused. */
#include "tests/unit/policy/commands/said.h"
#include "tests/unit/policy/commands/suites.h"

static const struct {
	struct message in;
	const char *says;
} rows[] = {
	/* 8.11: wasmcloud-otp v0.63.2 and control-interface-client v0.30.0 (src/kv.rs) write links
	   so */
	{ { "$KV.LATTICEDATA_l.LINKDEF_"
	    "A4047B91A14AEFF326A95A15641D10A28C86CD014288F9A5CBCA6A3278AD25D0",
	      NULL,
	      "{\"id\":\"x\",\"actor_id\":"
	      "\"MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"provider_id\":"
	      "\"VBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"link_name\":"
	      "\"default\",\"contract_id\":\"wasmcloud:keyvalue\",\"values\":{\"URL\":\"redis://"
	      "h\"}}" },
	    "state.write { source=MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA "
	    "target=VBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA name=default "
	    "contract=wasmcloud:keyvalue values=URL:redis://h } secret<redis://h>" },
	{ { "$JS.hub.API.$KV.LATTICEDATA_l.LINKDEF_"
	    "A4047B91A14AEFF326A95A15641D10A28C86CD014288F9A5CBCA6A3278AD25D0",
	      NULL,
	      "{\"actor_id\":\"MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
	      "\"provider_id\":\"VBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"link_"
	      "name\":\"default\",\"contract_id\":\"wasmcloud:keyvalue\",\"values\":{}}" },
	    "state.write { source=MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA "
	    "target=VBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA name=default "
	    "contract=wasmcloud:keyvalue }" },
	{ { "$KV.LATTICEDATA_l.LINKDEF_"
	    "A4047B91A14AEFF326A95A15641D10A28C86CD014288F9A5CBCA6A3278AD25D0",
	      "NATS/1.0\r\n"
	      "KV-Operation: PURGE\r\n"
	      "Nats-Rollup: sub\r\n"
	      "\r\n",
	      "" },
	    "state.write id=A4047B91A14AEFF326A95A15641D10A28C86CD014288F9A5CBCA6A3278AD25D0 "
	    "deletes" },
	{ { "$KV.LATTICEDATA_l.CLAIMS_MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	      NULL,
	      "{\"call_alias\":\"\",\"iss\":\"AX\",\"name\":\"echo\",\"caps\":\"wasmcloud:"
	      "httpserver\",\"rev\":\"1\",\"tags\":\"\",\"version\":\"0.1\",\"sub\":"
	      "\"MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}" },
	    "state.write id=MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA "
	    "claims=call_alias,iss:AX,name:echo,caps:wasmcloud:httpserver,rev:1,tags,version:0.1,"
	    "sub:MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" },
	{ { "$KV.LATTICEDATA_l.REFMAP_Z2hjci5pby9hL2I6MQ", NULL,
	      "{\"oci_url\":\"ghcr.io/a/"
	      "b:1\",\"public_key\":"
	      "\"MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}" },
	    "state.write id=MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA [actor "
	    "id=MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA oci registry=ghcr.io "
	    "repository=a/b tag=1]" },
	{ { "$KV.LATTICEDATA_l.COMPONENT_hello", NULL,
	      "{\"url\":\"ghcr.io/"
	      "a:1\",\"links\":[{\"source_id\":\"hello\",\"target\":\"kv\",\"name\":\"default\","
	      "\"wit_namespace\":\"wasi\",\"wit_package\":\"keyvalue\",\"interfaces\":[\"store\"],"
	      "\"source_config\":[],\"target_config\":[]}]}" },
	    "state.write id=hello [actor id=hello oci registry=ghcr.io repository=a tag=1] { "
	    "source=hello target=kv name=default ns=wasi pkg=keyvalue if=store }" },
	{ { "$KV.CONFIGDATA_l.addr", NULL, "{\"address\":\"0.0.0.0:8080\"}" },
	    "state.write config=addr keys=address:0.0.0.0:8080 secret<0.0.0.0:8080>" },
	{ { "$KV.CONFIGDATA_l.SECRET_pw", NULL,
	      "{\"name\":\"pw\",\"type\":\"v1.secret.wasmcloud.dev\",\"backend\":\"nats-kv\","
	      "\"key\":\"redis\",\"field\":null,\"version\":null,\"policy\":\"{}\"}" },
	    "state.write config=SECRET_pw secrets=pw:nats-kv" },
	{ { "$KV.CONFIGDATA_l.MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA_url", NULL,
	      "raw" },
	    "state.write id=MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA "
	    "config=MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA_url secret<raw>" },
	{ { "$KV.CONFIGDATA_l.addr",
	      "NATS/1.0\r\n"
	      "KV-Operation: DEL\r\n"
	      "\r\n",
	      "" },
	    "state.write deletes config=addr" },
	{ { "lc.l.linkdefs.123", NULL,
	      "{\"actor_id\":\"MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
	      "\"provider_id\":\"VBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"link_"
	      "name\":\"default\",\"contract_id\":\"c\",\"values\":{},\"deleted\":true}" },
	    "state.write { source=MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA "
	    "target=VBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA name=default "
	    "contract=c } deletes" },
	{ { "lc.l.claims.MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", NULL,
	      "{\"sub\":\"MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"iss\":"
	      "\"AX\"}" },
	    "state.write id=MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA "
	    "claims=sub:MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA,iss:AX" },
	{ { "lc.l.ocimap.abc", NULL,
	      "{\"oci_url\":\"ghcr.io/a/"
	      "b:1\",\"public_key\":"
	      "\"MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}" },
	    "state.write id=MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA [actor "
	    "id=MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA oci registry=ghcr.io "
	    "repository=a/b tag=1]" },
	{ { "$KV.wadm_state.host_l", NULL, "opaque" }, "state.write id=host_l unread" },
	/* keys and values that tell two stories */
	{ { "$KV.LATTICEDATA_l.LINKDEF_"
	    "A4047B91A14AEFF326A95A15641D10A28C86CD014288F9A5CBCA6A3278AD25D0",
	      NULL,
	      "{\"actor_id\":\"MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
	      "\"provider_id\":\"VBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"link_"
	      "name\":\"other\",\"contract_id\":\"wasmcloud:keyvalue\",\"values\":{}}" },
	    "refused : key is not the hash of this link" },
	{ { "$KV.LATTICEDATA_l.LINKDEF_"
	    "A4047B91A14AEFF326A95A15641D10A28C86CD014288F9A5CBCA6A3278AD25D0",
	      NULL, "" },
	    "refused : text ends too early" },
	{ { "$KV.LATTICEDATA_l.LINKDEF_"
	    "A4047B91A14AEFF326A95A15641D10A28C86CD014288F9A5CBCA6A3278AD25D0",
	      "NATS/1.0\r\n"
	      "KV-Operation: PURGE\r\n"
	      "\r\n",
	      "{}" },
	    "refused : a deletion with a body" },
	{ { "$KV.LATTICEDATA_l.LINKDEF_"
	    "A4047B91A14AEFF326A95A15641D10A28C86CD014288F9A5CBCA6A3278AD25D0",
	      "NATS/1.0\r\n"
	      "kv-operation: PURGE\r\n"
	      "\r\n",
	      "" },
	    "refused KV-Operation: header that is read in two ways" },
	{ { "$KV.LATTICEDATA_l.LINKDEF_"
	    "A4047B91A14AEFF326A95A15641D10A28C86CD014288F9A5CBCA6A3278AD25D0",
	      "NATS/1.0\r\n"
	      "KV-Operation: PURGE\r\n"
	      "KV-Operation: PUT\r\n"
	      "\r\n",
	      "" },
	    "refused KV-Operation: header that is read in two ways" },
	{ { "$KV.LATTICEDATA_l.LINKDEF_"
	    "A4047B91A14AEFF326A95A15641D10A28C86CD014288F9A5CBCA6A3278AD25D0",
	      "NATS/1.0\r\n"
	      "KV-Operation: WIPE\r\n"
	      "\r\n",
	      "" },
	    "refused KV-Operation: neither PUT, DEL nor PURGE" },
	{ { "$KV.LATTICEDATA_l.LINKDEF_"
	    "A4047B91A14AEFF326A95A15641D10A28C86CD014288F9A5CBCA6A3278AD25D0",
	      "NATS/1.0\r\n"
	      "KV-Operation: PURGE\r\n"
	      "Nats-Rollup: all\r\n"
	      "\r\n",
	      "" },
	    "refused Nats-Rollup: rolls up more than the purged key" },
	{ { "$KV.LATTICEDATA_l.CLAIMS_MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	      NULL,
	      "{\"sub\":\"VBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"caps\":\"*"
	      "\"}" },
	    "refused sub: key is not the subject of these claims" },
	{ { "$KV.LATTICEDATA_l.CLAIMS_MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	      NULL, "{\"caps\":\"*\"}" },
	    "refused sub: field is missing" },
	{ { "$KV.LATTICEDATA_l.REFMAP_Z2hjci5pby9hL2I6MQ", NULL,
	      "{\"oci_url\":\"evil.example/"
	      "b:1\",\"public_key\":"
	      "\"MBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}" },
	    "refused oci_url: key is not the reference it maps" },
	{ { "$KV.LATTICEDATA_l.COMPONENT_hello", NULL,
	      "{\"url\":\"ghcr.io/"
	      "a:1\",\"links\":[{\"source_id\":\"other\",\"target\":\"kv\",\"wit_namespace\":"
	      "\"wasi\",\"wit_package\":\"keyvalue\",\"interfaces\":[]}]}" },
	    "refused : link of another component" },
	{ { "$KV.LATTICEDATA_l.OTHER_x", NULL, "{}" }, "refused : key that nobody knows" },
	{ { "lc.l.other.x", NULL, "{}" }, "refused : key that nobody knows" },
	{ { "lc.LATTICEDATA_x.COMPONENT_a.b", NULL, "{\"url\":\"ghcr.io/a:1\",\"links\":[]}" },
	    "refused : key that nobody knows" },
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
store_tests(void)
{
	TCase *t = tcase_create("store");

	tcase_add_loop_test(t, a_message_says_this, 0, (int)(sizeof(rows) / sizeof(rows[0])));
	return t;
}
