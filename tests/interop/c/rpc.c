/* A call that streams, as wRPC makes it: each side answers on an inbox and on subjects below it.
 *
 * The caller asks with a reply R. The one called answers on R with an inbox S of its own, gets the
 * parameters on S.params and sends the results on R.results. Neither may publish to the other's inbox
 * but for what was asked of it.
 */
#include "tests/interop/c/check.h"

#include <stdio.h>

struct side {
	natsConnection *nc;
	natsInbox *inbox;
	natsSubscription *sub;   /* the inbox */
	natsSubscription *below; /* and everything below it */
};

static void
side_close(struct side *t)
{
	natsSubscription_Destroy(t->sub);
	natsSubscription_Destroy(t->below);
	natsInbox_Destroy(t->inbox);
	natsConnection_Destroy(t->nc);
}

static natsStatus
side_open(struct run *r, struct side *t, const char *creds)
{
	char below[128];
	natsStatus s;

	s = run_open(r, &t->nc, creds);
	if (s == NATS_OK)
		s = natsInbox_Create(&t->inbox);
	if (s == NATS_OK)
		s = natsConnection_SubscribeSync(&t->sub, t->nc, t->inbox);
	if (s == NATS_OK) {
		snprintf(below, sizeof(below), "%s.>", t->inbox);
		s = natsConnection_SubscribeSync(&t->below, t->nc, below);
	}
	return s;
}

/* say_below() - publish to what a message named as its reply, one token further. */
static natsStatus
say_below(natsConnection *nc, natsMsg *asked, const char *token, const char *text)
{
	char subject[256];

	snprintf(subject, sizeof(subject), "%s.%s", natsMsg_GetReply(asked), token);
	return natsConnection_PublishString(nc, subject, text);
}

static natsStatus
a_call_streams_below_the_inboxes_of_both_sides(struct run *r)
{
	struct side caller = { 0 }, called = { 0 };
	natsSubscription *calls = NULL;
	natsMsg *asked = NULL, *accepted = NULL;
	natsStatus s;

	s = side_open(r, &called, r->service);
	if (s == NATS_OK)
		s = side_open(r, &caller, r->admin);
	if (s == NATS_OK)
		s = natsConnection_SubscribeSync(&calls, called.nc, "interop.rpc.c");
	if (s == NATS_OK)
		s = natsConnection_FlushTimeout(called.nc, WAIT_MS);
	if (s == NATS_OK)
		s = natsConnection_PublishRequestString(caller.nc, "interop.rpc.c", caller.inbox, "call");
	if (s == NATS_OK)
		s = natsSubscription_NextMsg(&asked, calls, WAIT_MS);
	if (s == NATS_OK)
		s = natsConnection_PublishRequestString(called.nc, natsMsg_GetReply(asked), called.inbox, "go on");
	if (s == NATS_OK)
		s = natsSubscription_NextMsg(&accepted, caller.sub, WAIT_MS);
	if (s == NATS_OK)
		s = say_below(caller.nc, accepted, "params", "one");
	if (s == NATS_OK)
		s = say_below(caller.nc, accepted, "params.0", "two");
	if (s == NATS_OK)
		s = run_expect_text(r, called.below, "one");
	if (s == NATS_OK)
		s = run_expect_text(r, called.below, "two");
	if (s == NATS_OK)
		s = say_below(called.nc, asked, "results", "three");
	if (s == NATS_OK)
		s = run_expect_text(r, caller.below, "three");
	natsMsg_Destroy(asked);
	natsMsg_Destroy(accepted);
	natsSubscription_Destroy(calls);
	side_close(&caller);
	side_close(&called);
	return s;
}

const struct check checks_rpc[] = {
	{ "a_call_streams_below_the_inboxes_of_both_sides", a_call_streams_below_the_inboxes_of_both_sides },
	{ NULL, NULL },
};
