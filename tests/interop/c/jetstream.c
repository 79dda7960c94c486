/* JetStream: acknowledged publishes, a pull consumer, a durable push consumer over two connections.
 */
#include "tests/interop/c/check.h"

#include <stdio.h>
#include <string.h>

#define STREAM "INTEROP_C"
/* longer than all patience: nothing comes again because this side was slow */
#define ACK_WAIT_NS INT64_C(300000000000)

struct bench {
	natsConnection *nc;
	jsCtx *js;
};

static void
bench_close(struct bench *b)
{
	if (b->js != NULL)
		js_DeleteStream(b->js, STREAM, NULL, NULL);
	jsCtx_Destroy(b->js);
	natsConnection_Destroy(b->nc);
}

/* A connection, its JetStream context, and a fresh stream over interop.js.c.> */
static natsStatus
bench_open(struct run *r, struct bench *b)
{
	const char *subjects[] = { "interop.js.c.>" };
	jsStreamConfig cfg;
	jsErrCode why = 0;
	natsStatus s;

	s = run_open(r, &b->nc, r->admin);
	if (s == NATS_OK)
		s = run_jetstream(&b->js, b->nc);
	if (s == NATS_OK)
		s = jsStreamConfig_Init(&cfg);
	if (s == NATS_OK) {
		cfg.Name = STREAM;
		cfg.Subjects = subjects;
		cfg.SubjectsLen = 1;
		cfg.Storage = js_MemoryStorage;
		js_DeleteStream(b->js, STREAM, NULL, NULL);
		s = js_AddStream(NULL, b->js, &cfg, NULL, &why);
	}
	return s;
}

static natsStatus
expect_ack(struct run *r, struct bench *b, jsPubOptions *o, uint64_t seq, bool duplicate)
{
	jsPubAck *ack = NULL;
	jsErrCode why = 0;
	natsStatus s;

	s = js_Publish(&ack, b->js, "interop.js.c.pub", "x", 1, o, &why);
	if (s == NATS_OK && strcmp(ack->Stream, STREAM) != 0)
		s = run_wrong(r, "the acknowledgement names another stream");
	if (s == NATS_OK && (ack->Sequence != seq || ack->Duplicate != duplicate))
		s = run_wrong(r, "the acknowledgement has another sequence");
	jsPubAck_Destroy(ack);
	return s;
}

static natsStatus
publishes_are_acknowledged(struct run *r)
{
	struct bench b = { NULL, NULL };
	jsPubOptions o;
	natsStatus s;

	s = bench_open(r, &b);
	for (uint64_t i = 1; s == NATS_OK && i <= 10; i++)
		s = expect_ack(r, &b, NULL, i, false);
	jsPubOptions_Init(&o);
	o.MsgId = "once";
	if (s == NATS_OK)
		s = expect_ack(r, &b, &o, 11, false);
	if (s == NATS_OK)
		s = expect_ack(r, &b, &o, 11, true);
	for (int i = 0; s == NATS_OK && i < 100; i++)
		s = js_PublishAsync(b.js, "interop.js.c.async", "y", 1, NULL);
	jsPubOptions_Init(&o);
	o.MaxWait = WAIT_MS;
	if (s == NATS_OK)
		s = js_PublishAsyncComplete(b.js, &o);
	if (s == NATS_OK)
		s = expect_ack(r, &b, NULL, 112, false);
	bench_close(&b);
	return s;
}

static natsStatus
fetch_and_ack(struct run *r, natsSubscription *sub, int from, int count)
{
	natsMsgList list = { NULL, 0 };
	jsErrCode why = 0;
	natsStatus s;
	char text[16];

	s = natsSubscription_Fetch(&list, sub, count, WAIT_MS, &why);
	if (s == NATS_OK && list.Count != count)
		s = run_wrong(r, "the batch is short");
	for (int i = 0; s == NATS_OK && i < list.Count; i++) {
		snprintf(text, sizeof(text), "%d", from + i);
		if (strcmp(natsMsg_GetData(list.Msgs[i]), text) != 0)
			s = run_wrong(r, "another message than expected");
		if (s == NATS_OK &&
		    strcmp(natsMsg_GetSubject(list.Msgs[i]), "interop.js.c.pull") != 0)
			s = run_wrong(r, "the subject changed");
		if (s == NATS_OK)
			s = natsMsg_AckSync(list.Msgs[i], NULL, &why);
	}
	natsMsgList_Destroy(&list);
	return s;
}

static natsStatus
a_pull_consumer_fetches_and_acknowledges(struct run *r)
{
	struct bench b = { NULL, NULL };
	natsSubscription *sub = NULL;
	natsMsgList list = { NULL, 0 };
	jsErrCode why = 0;
	natsStatus s;

	s = bench_open(r, &b);
	if (s == NATS_OK)
		s = js_PullSubscribe(&sub, b.js, "interop.js.c.pull", "puller", NULL, NULL, &why);
	if (s == NATS_OK)
		s = run_publish_numbers(b.nc, "interop.js.c.pull", 10);
	if (s == NATS_OK)
		s = fetch_and_ack(r, sub, 0, 4);
	if (s == NATS_OK)
		s = fetch_and_ack(r, sub, 4, 6);
	if (s == NATS_OK) {
		s = natsSubscription_Fetch(&list, sub, 1, 200, &why);
		s = s == NATS_TIMEOUT ? NATS_OK : run_wrong(r, "a message came twice");
		natsMsgList_Destroy(&list);
	}
	natsSubscription_Destroy(sub);
	bench_close(&b);
	return s;
}

static natsStatus
expect_and_ack(struct run *r, natsSubscription *sub, int number)
{
	natsMsg *msg = NULL;
	jsErrCode why = 0;
	natsStatus s;
	char text[16];

	snprintf(text, sizeof(text), "%d", number);
	s = natsSubscription_NextMsg(&msg, sub, WAIT_MS);
	if (s == NATS_OK && strcmp(natsMsg_GetData(msg), text) != 0)
		s = run_wrong(r, "another message than expected");
	if (s == NATS_OK)
		s = natsMsg_AckSync(msg, NULL, &why);
	natsMsg_Destroy(msg);
	return s;
}

/* Whatever the subject: the rule's `streams` names the stream, not what is in it. */
static natsStatus
a_stream_is_read_whole_by_number_and_without_a_filter(struct run *r)
{
	struct bench b = { NULL, NULL };
	natsSubscription *sub = NULL;
	natsMsg *msg = NULL;
	jsErrCode why = 0;
	jsSubOptions o;
	natsStatus s;

	s = bench_open(r, &b);
	if (s == NATS_OK)
		s = run_publish_numbers(b.nc, "interop.js.c.whole.a", 2);
	if (s == NATS_OK)
		s = natsConnection_PublishString(b.nc, "interop.js.c.whole.b", "2");
	if (s == NATS_OK)
		s = js_GetMsg(&msg, b.js, STREAM, 3, NULL, &why);
	if (s == NATS_OK && strcmp(natsMsg_GetSubject(msg), "interop.js.c.whole.b") != 0)
		s = run_wrong(r, "another message has this number");
	natsMsg_Destroy(msg);
	jsSubOptions_Init(&o);
	o.Stream = STREAM;
	o.ManualAck = true;
	if (s == NATS_OK)
		s = js_SubscribeSync(&sub, b.js, ">", NULL, &o, &why);
	for (int i = 0; s == NATS_OK && i < 3; i++)
		s = expect_and_ack(r, sub, i);
	natsSubscription_Destroy(sub);
	bench_close(&b);
	return s;
}

static natsStatus
push_subscribe(natsSubscription **sub, jsCtx *js)
{
	jsErrCode why = 0;
	jsSubOptions o;

	jsSubOptions_Init(&o);
	o.Stream = STREAM;
	o.ManualAck = true;
	o.Config.Durable = "pusher";
	o.Config.AckPolicy = js_AckExplicit;
	o.Config.AckWait = ACK_WAIT_NS;
	return js_SubscribeSync(sub, js, "interop.js.c.push", NULL, &o, &why);
}

/* Until the server has noticed that the connection the consumer was bound to has gone: what is
 * published before is pushed to nobody. It tells nobody, so it is asked. */
static natsStatus
push_unbound(struct run *r, jsCtx *js)
{
	int64_t end = nats_Now() + WAIT_MS;
	natsStatus s = NATS_OK;

	while (s == NATS_OK && nats_Now() < end) {
		jsConsumerInfo *info = NULL;
		jsErrCode why = 0;
		bool bound;

		s = js_GetConsumerInfo(&info, js, STREAM, "pusher", NULL, &why);
		bound = s != NATS_OK || info->PushBound;
		jsConsumerInfo_Destroy(info);
		if (!bound)
			return NATS_OK;
		nats_Sleep(20);
	}
	return s != NATS_OK ? s : run_wrong(r, "the consumer stays bound to who has gone");
}

/* The deliver subject is an inbox: it must still be this identity's on the next connection. */
static natsStatus
a_durable_push_consumer_survives_a_reconnect(struct run *r)
{
	struct bench b = { NULL, NULL }, first = { NULL, NULL };
	natsSubscription *sub[2] = { NULL, NULL };
	natsStatus s;

	s = bench_open(r, &b);
	if (s == NATS_OK)
		s = run_open(r, &first.nc, r->admin);
	if (s == NATS_OK)
		s = run_jetstream(&first.js, first.nc);
	if (s == NATS_OK)
		s = push_subscribe(&sub[0], first.js);
	if (s == NATS_OK)
		s = run_publish_numbers(b.nc, "interop.js.c.push", 3);
	for (int i = 0; s == NATS_OK && i < 3; i++)
		s = expect_and_ack(r, sub[0], i);
	/* closed, not unsubscribed: the consumer stays */
	natsConnection_Close(first.nc);
	natsSubscription_Destroy(sub[0]);
	jsCtx_Destroy(first.js);
	natsConnection_Destroy(first.nc);
	if (s == NATS_OK)
		s = push_unbound(r, b.js);
	if (s == NATS_OK)
		s = natsConnection_PublishString(b.nc, "interop.js.c.push", "3");
	if (s == NATS_OK)
		s = push_subscribe(&sub[1], b.js);
	if (s == NATS_OK)
		s = expect_and_ack(r, sub[1], 3);
	if (s == NATS_OK)
		s = natsConnection_PublishString(b.nc, "interop.js.c.push", "4");
	if (s == NATS_OK)
		s = expect_and_ack(r, sub[1], 4);
	natsSubscription_Destroy(sub[1]);
	bench_close(&b);
	return s;
}

const struct check checks_jetstream[] = {
	{ "publishes_are_acknowledged", publishes_are_acknowledged },
	{ "a_pull_consumer_fetches_and_acknowledges", a_pull_consumer_fetches_and_acknowledges },
	{ "a_stream_is_read_whole_by_number_and_without_a_filter",
	    a_stream_is_read_whole_by_number_and_without_a_filter },
	{ "a_durable_push_consumer_survives_a_reconnect",
	    a_durable_push_consumer_survives_a_reconnect },
	{ NULL, NULL },
};
