/* Core NATS: login, publish and subscribe, requests, queue groups, headers, drain, denials. */
#include "tests/interop/c/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 200, LARGE = 300000, MEMBERS = 3 };

static void
close_all(natsConnection **nc, int n)
{
	for (int i = 0; i < n; i++)
		natsConnection_Destroy(nc[i]);
}

static natsStatus
login_with_creds(struct run *r)
{
	natsConnection *nc = NULL;
	natsStatus s;

	s = run_open(r, &nc, r->admin);
	if (s == NATS_OK)
		s = natsConnection_FlushTimeout(nc, WAIT_MS);
	natsConnection_Destroy(nc);
	return s;
}

static natsStatus
a_stranger_is_refused(struct run *r)
{
	natsConnection *nc = NULL;
	natsStatus s;

	s = run_open(r, &nc, r->stranger);
	natsConnection_Destroy(nc);
	if (s == NATS_CONNECTION_AUTH_FAILED)
		return NATS_OK;
	return run_wrong(r, s == NATS_OK ? "logged in" : natsStatus_GetText(s));
}

/* Order is kept within a subscription, and a wildcard sees them all. */
static natsStatus
publish_and_subscribe(struct run *r)
{
	natsConnection *nc[2] = { NULL, NULL };
	natsSubscription *sub = NULL;
	natsStatus s;
	char text[16];

	s = run_open(r, &nc[0], r->service);
	if (s == NATS_OK)
		s = run_open(r, &nc[1], r->admin);
	if (s == NATS_OK)
		s = natsConnection_SubscribeSync(&sub, nc[0], "interop.pub.>");
	if (s == NATS_OK)
		s = natsConnection_FlushTimeout(nc[0], WAIT_MS);
	if (s == NATS_OK)
		s = run_publish_numbers(nc[1], "interop.pub.numbers", MANY);
	for (int i = 0; s == NATS_OK && i < MANY; i++) {
		snprintf(text, sizeof(text), "%d", i);
		s = run_expect_text(r, sub, text);
	}
	natsSubscription_Destroy(sub);
	close_all(nc, 2);
	return s;
}

static natsStatus
expect_pattern(struct run *r, natsMsg *msg, int len)
{
	if (natsMsg_GetDataLength(msg) != len)
		return run_wrong(r, "wrong length");
	for (int i = 0; i < len; i++) {
		if ((unsigned char)natsMsg_GetData(msg)[i] != (unsigned char)(i * 7))
			return run_wrong(r, "a byte changed on the way");
	}
	return NATS_OK;
}

/* Nothing, one byte, and far more than one read: with every byte value, CR and LF among them. */
static natsStatus
payloads_of_any_size_arrive_unchanged(struct run *r)
{
	static const int sizes[] = { 0, 1, 4095, 65536, LARGE };
	natsConnection *nc[2] = { NULL, NULL };
	natsSubscription *sub = NULL;
	unsigned char *data = malloc(LARGE);
	natsStatus s = data != NULL ? NATS_OK : NATS_NO_MEMORY;

	for (int i = 0; data != NULL && i < LARGE; i++)
		data[i] = (unsigned char)(i * 7);
	if (s == NATS_OK)
		s = run_open(r, &nc[0], r->service);
	if (s == NATS_OK)
		s = run_open(r, &nc[1], r->admin);
	if (s == NATS_OK)
		s = natsConnection_SubscribeSync(&sub, nc[0], "interop.large");
	if (s == NATS_OK)
		s = natsConnection_FlushTimeout(nc[0], WAIT_MS);
	for (size_t i = 0; s == NATS_OK && i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		natsMsg *msg = NULL;

		s = natsConnection_Publish(nc[1], "interop.large", data, sizes[i]);
		if (s == NATS_OK)
			s = natsSubscription_NextMsg(&msg, sub, WAIT_MS);
		if (s == NATS_OK)
			s = expect_pattern(r, msg, sizes[i]);
		natsMsg_Destroy(msg);
	}
	natsSubscription_Destroy(sub);
	close_all(nc, 2);
	free(data);
	return s;
}

static void
on_echo(natsConnection *nc, natsSubscription *sub, natsMsg *msg, void *closure)
{
	(void)sub;
	(void)closure;
	natsConnection_Publish(
	    nc, natsMsg_GetReply(msg), natsMsg_GetData(msg), natsMsg_GetDataLength(msg));
	natsMsg_Destroy(msg);
}

static natsStatus
ask(struct run *r, natsConnection *nc, const char *subject, int number)
{
	natsMsg *answer = NULL;
	natsStatus s;
	char text[16];

	snprintf(text, sizeof(text), "ask %d", number);
	s = natsConnection_RequestString(&answer, nc, subject, text, WAIT_MS);
	if (s == NATS_OK && ((size_t)natsMsg_GetDataLength(answer) != strlen(text) ||
				memcmp(natsMsg_GetData(answer), text, strlen(text)) != 0))
		s = run_wrong(r, "the answer is not the one to this question");
	natsMsg_Destroy(answer);
	return s;
}

static natsStatus
request_and_reply(struct run *r)
{
	natsConnection *nc[2] = { NULL, NULL };
	natsSubscription *sub = NULL;
	natsStatus s;

	s = run_open(r, &nc[0], r->service);
	if (s == NATS_OK)
		s = run_open(r, &nc[1], r->admin);
	if (s == NATS_OK)
		s = natsConnection_Subscribe(&sub, nc[0], "interop.svc.echo", on_echo, NULL);
	if (s == NATS_OK)
		s = natsConnection_FlushTimeout(nc[0], WAIT_MS);
	for (int i = 0; s == NATS_OK && i < MANY; i++)
		s = ask(r, nc[1], "interop.svc.echo", i);
	natsSubscription_Destroy(sub);
	close_all(nc, 2);
	return s;
}

/* A 503 instead of a time-out. */
static natsStatus
a_request_nobody_hears_ends_at_once(struct run *r)
{
	natsConnection *nc = NULL;
	natsMsg *answer = NULL;
	natsStatus s;

	s = run_open(r, &nc, r->admin);
	if (s == NATS_OK) {
		s = natsConnection_RequestString(&answer, nc, "interop.nobody", "?", WAIT_MS);
		s = s == NATS_NO_RESPONDERS ? NATS_OK : run_wrong(r, natsStatus_GetText(s));
	}
	natsMsg_Destroy(answer);
	natsConnection_Destroy(nc);
	return s;
}

static void
on_count(natsConnection *nc, natsSubscription *sub, natsMsg *msg, void *closure)
{
	atomic_int *count = closure;

	(void)nc;
	(void)sub;
	atomic_fetch_add(count, 1);
	natsMsg_Destroy(msg);
}

/* Each message goes to one member; a request over the same group shows that all were dealt out. */
static natsStatus
a_queue_group_shares_messages(struct run *r)
{
	natsConnection *nc[MEMBERS + 1] = { NULL };
	natsSubscription *sub[MEMBERS] = { NULL };
	atomic_int count[MEMBERS] = { 0 };
	natsStatus s;
	int total = 0;

	s = run_open(r, &nc[MEMBERS], r->admin);
	for (int i = 0; s == NATS_OK && i < MEMBERS; i++) {
		s = run_open(r, &nc[i], r->service);
		if (s == NATS_OK)
			s = natsConnection_QueueSubscribe(
			    &sub[i], nc[i], "interop.queue", "workers", on_count, &count[i]);
		if (s == NATS_OK)
			s = natsConnection_FlushTimeout(nc[i], WAIT_MS);
	}
	if (s == NATS_OK)
		s = run_publish_numbers(nc[MEMBERS], "interop.queue", MANY);
	for (int i = 0; s == NATS_OK && i < MEMBERS; i++) {
		s = natsSubscription_Drain(sub[i]);
		if (s == NATS_OK)
			s = natsSubscription_WaitForDrainCompletion(sub[i], WAIT_MS);
		if (s == NATS_OK && atomic_load(&count[i]) == 0)
			s = run_wrong(r, "a member got nothing");
		total += atomic_load(&count[i]);
	}
	if (s == NATS_OK && total != MANY)
		s = run_wrong(r, "the members together did not get each message once");
	for (int i = 0; i < MEMBERS; i++)
		natsSubscription_Destroy(sub[i]);
	close_all(nc, MEMBERS + 1);
	return s;
}

static natsStatus
expect_headers(struct run *r, natsMsg *msg)
{
	const char **values = NULL;
	const char *one = NULL;
	natsStatus s;
	int n = 0;

	s = natsMsgHeader_Values(msg, "Colour", &values, &n);
	if (s == NATS_OK &&
	    (n != 2 || strcmp(values[0], "red") != 0 || strcmp(values[1], "dark blue") != 0))
		s = run_wrong(r, "the two values of Colour changed");
	if (s == NATS_OK)
		s = natsMsgHeader_Get(msg, "Signs", &one);
	if (s == NATS_OK && strcmp(one, ": =\"'") != 0)
		s = run_wrong(r, "the signs changed");
	if (s == NATS_OK && natsMsgHeader_Get(msg, "colour", &one) != NATS_NOT_FOUND)
		s = run_wrong(r, "header names lost their case");
	free(values);
	return s;
}

/* Values are not empty here: nats.c 3.4.1 cannot read an empty one back, from nats-server either.
 */
static natsStatus
headers_travel(struct run *r)
{
	natsConnection *nc[2] = { NULL, NULL };
	natsSubscription *sub = NULL;
	natsMsg *out = NULL, *in = NULL;
	natsStatus s;

	s = run_open(r, &nc[0], r->service);
	if (s == NATS_OK)
		s = run_open(r, &nc[1], r->admin);
	if (s == NATS_OK)
		s = natsConnection_SubscribeSync(&sub, nc[0], "interop.headers");
	if (s == NATS_OK)
		s = natsConnection_FlushTimeout(nc[0], WAIT_MS);
	if (s == NATS_OK)
		s = natsMsg_Create(&out, "interop.headers", NULL, "body", 4);
	if (s == NATS_OK)
		s = natsMsgHeader_Add(out, "Colour", "red");
	if (s == NATS_OK)
		s = natsMsgHeader_Add(out, "Colour", "dark blue");
	if (s == NATS_OK)
		s = natsMsgHeader_Set(out, "Signs", ": =\"'");
	if (s == NATS_OK)
		s = natsConnection_PublishMsg(nc[1], out);
	if (s == NATS_OK)
		s = natsSubscription_NextMsg(&in, sub, WAIT_MS);
	if (s == NATS_OK)
		s = expect_headers(r, in);
	natsMsg_Destroy(in);
	natsMsg_Destroy(out);
	natsSubscription_Destroy(sub);
	close_all(nc, 2);
	return s;
}

/* The second message after the limit never comes: what a barrier follows has arrived or will not.
 */
static natsStatus
a_subscription_ends_by_itself(struct run *r)
{
	natsConnection *nc[2] = { NULL, NULL };
	natsSubscription *sub = NULL;
	atomic_int count = 0;
	natsStatus s;

	s = run_open(r, &nc[0], r->service);
	if (s == NATS_OK)
		s = run_open(r, &nc[1], r->admin);
	if (s == NATS_OK)
		s = natsConnection_Subscribe(&sub, nc[0], "interop.limited", on_count, &count);
	if (s == NATS_OK)
		s = natsSubscription_AutoUnsubscribe(sub, 5);
	if (s == NATS_OK)
		s = natsConnection_FlushTimeout(nc[0], WAIT_MS);
	if (s == NATS_OK)
		s = run_publish_numbers(nc[1], "interop.limited", 9);
	if (s == NATS_OK)
		s = natsConnection_FlushTimeout(nc[0], WAIT_MS);
	natsConnection_Close(nc[0]);
	natsSubscription_Destroy(sub);
	close_all(nc, 2);
	if (s == NATS_OK && atomic_load(&count) > 5)
		s = run_wrong(r, "more messages than asked for");
	return s;
}

/* What was published before the drain is delivered before it ends. */
static natsStatus
drain_loses_nothing(struct run *r)
{
	natsConnection *nc[2] = { NULL, NULL };
	natsSubscription *sub = NULL;
	atomic_int count = 0;
	natsStatus s;

	s = run_open(r, &nc[0], r->service);
	if (s == NATS_OK)
		s = run_open(r, &nc[1], r->admin);
	if (s == NATS_OK)
		s = natsConnection_Subscribe(&sub, nc[0], "interop.drain", on_count, &count);
	if (s == NATS_OK)
		s = natsConnection_FlushTimeout(nc[0], WAIT_MS);
	if (s == NATS_OK)
		s = run_publish_numbers(nc[1], "interop.drain", MANY);
	if (s == NATS_OK)
		s = natsConnection_DrainTimeout(nc[0], WAIT_MS);
	if (s == NATS_OK)
		s = natsSubscription_WaitForDrainCompletion(sub, WAIT_MS);
	if (s == NATS_OK && atomic_load(&count) != MANY)
		s = run_wrong(r, "messages were lost in the drain");
	natsSubscription_Destroy(sub);
	close_all(nc, 2);
	return s;
}

/* A denial reaches the error handler in words the library knows, and the connection lives on. */
static natsStatus
a_denial_leaves_the_connection_open(struct run *r)
{
	natsConnection *nc = NULL;
	natsSubscription *sub[2] = { NULL, NULL };
	int before = atomic_load(&r->errors);
	natsStatus s;

	s = run_open(r, &nc, r->service);
	if (s == NATS_OK)
		s = natsConnection_SubscribeSync(&sub[0], nc, "forbidden.x");
	if (s == NATS_OK)
		s = natsConnection_PublishString(nc, "forbidden.x", "no");
	if (s == NATS_OK)
		s = natsConnection_SubscribeSync(&sub[1], nc, "interop.denied");
	if (s == NATS_OK)
		s = natsConnection_PublishString(nc, "interop.denied", "yes");
	if (s == NATS_OK)
		s = run_expect_text(r, sub[1], "yes");
	if (s == NATS_OK && natsConnection_Status(nc) != NATS_CONN_STATUS_CONNECTED)
		s = run_wrong(r, "the connection ended");
	natsSubscription_Destroy(sub[0]);
	natsSubscription_Destroy(sub[1]);
	natsConnection_Destroy(nc);
	/* the handler runs on a thread of its own; closing does not wait for it */
	for (int i = 0; s == NATS_OK && i < WAIT_MS / 10 && atomic_load(&r->errors) < before + 2;
	     i++)
		nats_Sleep(10);
	if (s == NATS_OK && atomic_load(&r->errors) < before + 2)
		s = run_wrong(r, "two denials, but the error handler heard less");
	if (s == NATS_OK && strstr(r->error, "Permissions Violation") == NULL)
		s = run_wrong(r, "the error is not a permissions violation");
	return s;
}

const struct check checks_core[] = {
	{ "login_with_creds", login_with_creds },
	{ "a_stranger_is_refused", a_stranger_is_refused },
	{ "publish_and_subscribe", publish_and_subscribe },
	{ "payloads_of_any_size_arrive_unchanged", payloads_of_any_size_arrive_unchanged },
	{ "request_and_reply", request_and_reply },
	{ "a_request_nobody_hears_ends_at_once", a_request_nobody_hears_ends_at_once },
	{ "a_queue_group_shares_messages", a_queue_group_shares_messages },
	{ "headers_travel", headers_travel },
	{ "a_subscription_ends_by_itself", a_subscription_ends_by_itself },
	{ "drain_loses_nothing", drain_loses_nothing },
	{ "a_denial_leaves_the_connection_open", a_denial_leaves_the_connection_open },
	{ NULL, NULL },
};
