/* JetStream: what each message says, or why it is refused. */
#include "tests/unit/policy/commands/said.h"
#include "tests/unit/policy/commands/suites.h"

static const struct {
	struct message in;
	const char *says;
} rows[] = {
	/* calls as nats.c, nats.js and the nats tool make them */
	{ { "$JS.API.INFO", NULL, "" }, "account.info" },
	{ { "$JS.API.STREAM.CREATE.ORDERS", NULL,
	      "{\"name\":\"ORDERS\",\"subjects\":[\"orders.>\"],\"retention\":\"limits\",\"max_"
	      "consumers\":-1,\"max_msgs\":-1,\"max_bytes\":-1,\"max_age\":31536000000000000,\"max_"
	      "msgs_per_subject\":-1,\"max_msg_size\":-1,\"discard\":\"old\",\"storage\":\"file\","
	      "\"num_replicas\":1,\"duplicate_window\":120000000000,\"sealed\":false,\"deny_"
	      "delete\":false,\"deny_purge\":false,\"allow_rollup_hdrs\":false,\"allow_direct\":"
	      "false,\"mirror_direct\":false,\"consumer_limits\":{},\"metadata\":{\"a\":\"b\"}}" },
	    "stream.create! stream=ORDERS listen=orders.> replicas=1" },
	{ { "$JS.hub.API.STREAM.CREATE.KV_cfg", NULL,
	      "{\"name\":\"KV_cfg\",\"subjects\":[\"$KV.cfg.>\"],\"max_msgs_per_subject\":1,\"num_"
	      "replicas\":3,\"discard\":\"new\",\"allow_rollup_hdrs\":true,\"deny_delete\":true,"
	      "\"allow_direct\":true}" },
	    "stream.create! domain=hub stream=KV_cfg kv=cfg listen=$KV.cfg.> replicas=3 rollup "
	    "direct" },
	{ { "$JS.API.STREAM.NAMES", NULL, "{\"offset\":0,\"subject\":\"orders.new\"}" },
	    "stream.names select=orders.new" },
	{ { "$JS.API.STREAM.INFO.ORDERS", NULL, "" }, "stream.info stream=ORDERS" },
	{ { "$JS.API.STREAM.DELETE.ORDERS", NULL, "" }, "stream.delete! stream=ORDERS whole" },
	{ { "$JS.API.STREAM.PURGE.ORDERS", NULL, "{\"filter\":\"orders.old\",\"keep\":1}" },
	    "stream.purge! stream=ORDERS select=orders.old" },
	{ { "$JS.API.STREAM.PURGE.ORDERS", NULL, "" }, "stream.purge! stream=ORDERS whole" },
	{ { "$JS.API.STREAM.MSG.GET.ORDERS", NULL, "{\"seq\":5}" },
	    "message.get stream=ORDERS seq=5 whole" },
	{ { "$JS.API.STREAM.MSG.GET.KV_cfg", NULL, "{\"last_by_subj\":\"$KV.cfg.a\"}" },
	    "message.get stream=KV_cfg kv=cfg select=$KV.cfg.a" },
	{ { "$JS.API.STREAM.MSG.DELETE.ORDERS", NULL, "{\"seq\":5,\"no_erase\":true}" },
	    "message.delete! stream=ORDERS seq=5 whole" },
	{ { "$JS.API.DIRECT.GET.KV_cfg.$KV.cfg.a", NULL, "" },
	    "message.direct stream=KV_cfg kv=cfg select=$KV.cfg.a" },
	{ { "$JS.API.DIRECT.GET.KV_cfg", NULL,
	      "{\"next_by_subj\":\"$KV.cfg.>\",\"batch\":10,\"seq\":1}" },
	    "message.direct stream=KV_cfg kv=cfg select=$KV.cfg.> seq=1" },
	{ { "$JS.API.DIRECT.GET.KV_cfg", NULL, "{\"multi_last\":[\"$KV.cfg.a\",\"$KV.cfg.b\"]}" },
	    "message.direct stream=KV_cfg kv=cfg select=$KV.cfg.a select=$KV.cfg.b" },
	{ { "$JS.API.CONSUMER.CREATE.ORDERS", NULL,
	      "{\"stream_name\":\"ORDERS\",\"config\":{\"deliver_policy\":\"new\",\"ack_policy\":"
	      "\"none\",\"deliver_subject\":\"_INBOX.abc\",\"idle_heartbeat\":5000000000,\"flow_"
	      "control\":true,\"num_replicas\":0}}" },
	    "consumer.create! stream=ORDERS deliver=_INBOX.abc replicas=0 whole push" },
	{ { "$JS.API.CONSUMER.CREATE.ORDERS.w.orders.new", NULL,
	      "{\"stream_name\":\"ORDERS\",\"config\":{\"name\":\"w\",\"durable_name\":\"w\","
	      "\"filter_subject\":\"orders.new\",\"ack_policy\":\"explicit\"},\"action\":"
	      "\"create\"}" },
	    "consumer.create! stream=ORDERS consumer=w filter=orders.new durable" },
	{ { "$JS.API.CONSUMER.CREATE.ORDERS.w", NULL,
	      "{\"stream_name\":\"ORDERS\",\"config\":{\"name\":\"w\",\"filter_subjects\":["
	      "\"orders.a\",\"orders.b\"],\"ack_policy\":\"explicit\",\"backoff\":[1,2]},"
	      "\"action\":\"\"}" },
	    "consumer.create! stream=ORDERS consumer=w filter=orders.a filter=orders.b" },
	{ { "$JS.API.CONSUMER.DURABLE.CREATE.ORDERS.w", NULL,
	      "{\"stream_name\":\"ORDERS\",\"config\":{\"durable_name\":\"w\",\"deliver_subject\":"
	      "\"push.w\",\"deliver_group\":\"g\",\"ack_policy\":\"explicit\",\"deliver_policy\":"
	      "\"all\",\"replay_policy\":\"instant\"}}" },
	    "consumer.create! stream=ORDERS consumer=w deliver=push.w deliver.group=g whole "
	    "durable push" },
	{ { "$JS.API.CONSUMER.MSG.NEXT.ORDERS.w", NULL,
	      "{\"batch\":10,\"expires\":5000000000,\"no_wait\":false}" },
	    "consumer.next stream=ORDERS consumer=w" },
	{ { "$JS.API.CONSUMER.MSG.NEXT.ORDERS.w", NULL, "10" },
	    "consumer.next stream=ORDERS consumer=w" },
	{ { "$JS.API.CONSUMER.MSG.NEXT.ORDERS.w", NULL, "" },
	    "consumer.next stream=ORDERS consumer=w" },
	{ { "$JS.API.CONSUMER.INFO.ORDERS.w", NULL, "" },
	    "consumer.info stream=ORDERS consumer=w" },
	{ { "$JS.API.CONSUMER.DELETE.ORDERS.w", NULL, "" },
	    "consumer.delete! stream=ORDERS consumer=w" },
	{ { "$JS.API.CONSUMER.LIST.ORDERS", NULL, "{\"offset\":0}" },
	    "consumer.list stream=ORDERS" },
	{ { "$JS.API.CONSUMER.PAUSE.ORDERS.w", NULL, "{\"pause_until\":\"2030-01-01T00:00:00Z\"}" },
	    "consumer.pause! stream=ORDERS consumer=w" },
	{ { "$JS.ACK.ORDERS.w.1.2.3.1700000000000000000.0", NULL, "+ACK" },
	    "ack! stream=ORDERS consumer=w" },
	{ { "$JS.ACK.hub.abc.ORDERS.w.1.2.3.1700000000000000000.0.rnd", NULL, "" },
	    "ack! stream=ORDERS consumer=w" },
	{ { "$JS.FC.ORDERS.w.xyz", NULL, "" }, "flow! stream=ORDERS consumer=w" },
	{ { "$JS.hub.API.$KV.orders.k", NULL, "v" }, "store! domain=hub store=$KV.orders.k" },
	{ { "$JS.API.META.LEADER.STEPDOWN", NULL, "" }, "admin!" },
	{ { "$JS.API.NOTHING.x", NULL, "" }, "unknown!" },
	{ { "$JS.EVENT.ADVISORY.API", NULL, "" }, "unknown!" },
	{ { "$JS.API.API.STREAM.DELETE.x", NULL, "" }, "unknown!" },
	{ { "orders.new", NULL, "" }, "not" },
	/* 8.12: what makes the server speak for somebody */
	{ { "$JS.API.STREAM.CREATE.X", NULL,
	      "{\"name\":\"X\",\"subjects\":[\"junk.>\"],\"republish\":{\"src\":\"junk.>\","
	      "\"dest\":\"wasmbus.ctl.{{wildcard(1)}}.cmd.>\"}}" },
	    "stream.create! stream=X listen=junk.> republish.from=junk.> "
	    "republish.to=wasmbus.ctl.{{wildcard(1)}}.cmd.> reach=wasmbus.ctl.>" },
	{ { "$JS.API.STREAM.CREATE.X", NULL,
	      "{\"name\":\"X\",\"subjects\":[\"junk.*\"],\"subject_transform\":{\"src\":\"junk.*\","
	      "\"dest\":\"$KV.LATTICEDATA_l.$1\"}}" },
	    "stream.create! stream=X listen=junk.* transform.from=junk.* "
	    "transform.to=$KV.LATTICEDATA_l.$1 reach=$KV.LATTICEDATA_l.>" },
	{ { "$JS.API.STREAM.UPDATE.X", NULL,
	      "{\"name\":\"X\",\"sources\":[{\"name\":\"KV_LATTICEDATA_l\",\"filter_subject\":\"$"
	      "KV.LATTICEDATA_l.>\",\"subject_transforms\":[{\"src\":\"a\",\"dest\":\"b\"}],"
	      "\"external\":{\"api\":\"$JS.hub.API\",\"deliver\":\"wasmbus.ctl.l\"}}]}" },
	    "stream.update! stream=X source=KV_LATTICEDATA_l source.filter=$KV.LATTICEDATA_l.> "
	    "transform.from=a transform.to=b external.api=$JS.hub.API "
	    "external.deliver=wasmbus.ctl.l" },
	{ { "$JS.API.STREAM.CREATE.X", NULL,
	      "{\"name\":\"X\",\"mirror\":{\"name\":\"KV_CONFIGDATA_l\",\"external\":{\"api\":\"$"
	      "JS.hub.API\",\"deliver\":\"\"}}}" },
	    "stream.create! stream=X mirror=KV_CONFIGDATA_l external.api=$JS.hub.API" },
	{ { "$JS.API.STREAM.CREATE.X", NULL,
	      "{\"name\":\"X\",\"allow_msg_schedules\":true,\"allow_rollup_hdrs\":true,\"num_"
	      "replicas\":5}" },
	    "stream.create! stream=X listen=X replicas=5 rollup schedules" },
	{ { "$JS.API.CONSUMER.CREATE.X", NULL,
	      "{\"stream_name\":\"X\",\"config\":{\"deliver_subject\":\"wasmbus.ctl.l.cmd.NX.lp\","
	      "\"deliver_group\":\"wasmbus.ctl.l\"}}" },
	    "consumer.create! stream=X deliver=wasmbus.ctl.l.cmd.NX.lp deliver.group=wasmbus.ctl.l "
	    "whole push" },
	{ { "$JS.API.STREAM.SNAPSHOT.X", NULL,
	      "{\"deliver_subject\":\"wasmbus.ctl.l.linkdefs.put\",\"no_consumers\":true}" },
	    "stream.snapshot! stream=X deliver=wasmbus.ctl.l.linkdefs.put whole" },
	{ { "$JS.API.STREAM.RESTORE.X", NULL,
	      "{\"config\":{\"name\":\"X\",\"republish\":{\"dest\":\"wasmbus.ctl.l.cmd.NX.lp\"}},"
	      "\"state\":{\"messages\":1}}" },
	    "stream.restore! stream=X republish.to=wasmbus.ctl.l.cmd.NX.lp listen=X" },
	/* two readings in Go, or between subject and body */
	{ { "$JS.API.STREAM.CREATE.X", NULL, "{\"name\":\"Y\",\"subjects\":[\"a\"]}" },
	    "refused name: not the name that the subject says" },
	{ { "$JS.API.STREAM.CREATE.X", NULL, "{\"subjects\":[\"a\"]}" },
	    "refused name: not the name that the subject says" },
	{ { "$JS.API.STREAM.CREATE.X", NULL,
	      "{\"name\":\"X\",\"RePublish\":{\"dest\":\"wasmbus.ctl.l.cmd.NX.lp\"}}" },
	    "refused RePublish: name of a field in another case" },
	{ { "$JS.API.STREAM.CREATE.X", NULL,
	      "{\"name\":\"X\",\"republish\":{\"dest\":\"a\"},\"RePublish\":{\"dest\":\"wasmbus."
	      "ctl.l.cmd.NX.lp\"}}" },
	    "refused : the same name twice in an object" },
	{ { "$JS.API.STREAM.CREATE.X", NULL,
	      "{\"name\":\"X\",\"republi\\u017fh\":{\"dest\":\"a\"}}" },
	    "refused republi\305\277h: name of a field in another case" },
	{ { "$JS.API.STREAM.CREATE.X", NULL, "{\"name\":\"X\",\"new_power\":true}" },
	    "refused new_power: field that nobody knows" },
	{ { "$JS.API.STREAM.CREATE.X", NULL, "{\"name\":\"X\",\"num_replicas\":1.0}" },
	    "refused num_replicas: not a whole number in plain digits" },
	{ { "$JS.API.STREAM.CREATE.X", NULL, "{\"name\":\"X\",\"max_age\":92233720368547758080}" },
	    "refused max_age: number is too large" },
	{ { "$JS.API.STREAM.CREATE.X", NULL, "" }, "refused : text ends too early" },
	{ { "$JS.API.STREAM.RESTORE.X", NULL,
	      "{\"config\":{\"name\":\"KV_LATTICEDATA_l\"},\"state\":{}}" },
	    "refused name: not the name that the subject says" },
	{ { "$JS.API.CONSUMER.CREATE.X", NULL, "{\"stream_name\":\"Y\",\"config\":{}}" },
	    "refused stream_name: not the name that the subject says" },
	{ { "$JS.API.CONSUMER.CREATE.X.c", NULL,
	      "{\"stream_name\":\"X\",\"config\":{\"name\":\"d\"}}" },
	    "refused name: not the name that the subject says" },
	{ { "$JS.API.CONSUMER.CREATE.X.c", NULL,
	      "{\"stream_name\":\"X\",\"config\":{\"durable_name\":\"d\"}}" },
	    "refused durable_name: not the name that the subject says" },
	{ { "$JS.API.CONSUMER.CREATE.X.c.a", NULL,
	      "{\"stream_name\":\"X\",\"config\":{\"name\":\"c\",\"filter_subject\":\">\"}}" },
	    "refused filter_subject: not the filter that the subject says" },
	{ { "$JS.API.CONSUMER.CREATE.X.c.a", NULL,
	      "{\"stream_name\":\"X\",\"config\":{\"name\":\"c\",\"filter_subjects\":[\"b\"]}}" },
	    "refused filter_subjects: filters in two places" },
	{ { "$JS.API.CONSUMER.CREATE.X.c", NULL,
	      "{\"stream_name\":\"X\",\"config\":{\"filter_subjects\":[\"b\"],\"filter_subject\":"
	      "\"a\"}}" },
	    "refused filter_subject: filters in two places" },
	{ { "$JS.API.CONSUMER.CREATE.X.c", NULL,
	      "{\"stream_name\":\"X\",\"config\":{\"filter_subjects\":[\"b\",\">\"]}}" },
	    "consumer.create! stream=X consumer=c filter=b filter=> whole" },
	{ { "$JS.API.CONSUMER.CREATE.X", NULL,
	      "{\"stream_name\":\"X\",\"config\":{\"direct\":true,\"deliver_subject\":\"a\"}}" },
	    "refused direct: a kind of consumer that only servers make" },
	{ { "$JS.API.CONSUMER.CREATE.X", NULL,
	      "{\"stream_name\":\"X\",\"config\":{\"deliver_subject\":\"a b\"}}" },
	    "refused deliver_subject: not a subject" },
	{ { "$JS.API.STREAM.MSG.GET.X", NULL, "{\"seq\":5,\"last_by_subj\":\"a\"}" },
	    "refused seq: two ways to choose messages" },
	{ { "$JS.API.STREAM.MSG.GET.X", NULL, "{\"last_by_subj\":\"a\",\"next_by_subj\":\"b\"}" },
	    "refused seq: two ways to choose messages" },
	{ { "$JS.API.STREAM.MSG.GET.X", NULL, "{\"SEQ\":5}" },
	    "refused SEQ: name of a field in another case" },
	{ { "$JS.API.STREAM.MSG.GET.X", NULL, "{\"later\":5,\"seq\":1}" },
	    "message.get stream=X seq=1 whole unknown=later" },
	{ { "$JS.API.STREAM.DELETE.X", NULL, "{\"name\":\"Y\"}" },
	    "refused name: field that nobody knows" },
	{ { "$JS.API.STREAM.DELETE.X", NULL, "{}" }, "stream.delete! stream=X whole" },
	{ { "$JS.API.DIRECT.GET.X.a", NULL, "{\"seq\":5}" },
	    "refused seq: field that nobody knows" },
	{ { "$JS.API.STREAM.CREATE.*", NULL, "{\"name\":\"*\"}" },
	    "refused : not the name of a stream or consumer" },
};

START_TEST(a_message_says_this)
{
	struct said s;
	const char *says = said_jetstream(&s, &rows[_i].in);

	ck_assert_msg(strcmp(says, rows[_i].says) == 0, "%s\n%s\nis:  %s\nnot: %s",
	    rows[_i].in.subject, rows[_i].in.payload, says, rows[_i].says);
}
END_TEST

TCase *
jetstream_tests(void)
{
	TCase *t = tcase_create("jetstream");

	tcase_add_loop_test(t, a_message_says_this, 0, (int)(sizeof(rows) / sizeof(rows[0])));
	return t;
}
