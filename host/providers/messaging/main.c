/*
 * portcullis-provider-messaging - contract wasmcloud:messaging: an actor publishes, asks, and is
 * given what comes on its link's subscriptions, over a connection of its own with a login of its
 * own.
 *
 * Messages may be lost, as NATS's may: what comes while too much is under way is dropped and
 * counted.
 */
#include <stdlib.h>

#include "host/providers/messaging/server.h"

enum { GIVEN = 512, HANDLE_MS = 30 * 1000, CHECK_MS = 20 };

struct link {
	struct link *next;
	char actor[PROVIDER_KEY + 1];
	struct server *server; /* NULL: none now */
};

static struct {
	struct process *process;
	struct link *links;
	uint64_t given[GIVEN]; /* messages actors have, by their invocations; 0: free */
	size_t n_given;
} self;

static struct link **
link_at(struct bytes actor)
{
	struct link **at = &self.links;

	while (*at != NULL && !bytes_is(actor, (*at)->actor))
		at = &(*at)->next;
	return at;
}

static void
on_message(void *ctx, const struct message *m)
{
	struct link *l = ctx;
	struct buf b;
	size_t i = 0;

	while (i < GIVEN && self.given[i] != 0)
		i++;
	if (i == GIVEN || self.process->draining) {
		self.process->counts.refused++;
		return;
	}
	buf_init(&b, PROVIDER_PAYLOAD);
	message_put(&b, m);
	if (!buf_failed(&b))
		self.given[i] = process_invoke(self.process, bytes_str(l->actor),
		    "MessageSubscriber.HandleMessage", buf_bytes(&b), HANDLE_MS);
	buf_deinit(&b);
	if (self.given[i] != 0)
		self.n_given++;
	else
		self.process->counts.refused++;
}

static void
on_answer(struct process *p, const struct msg_provider_result *m)
{
	for (size_t i = 0; i < GIVEN; i++) {
		if (self.given[i] != m->id)
			continue;
		self.given[i] = 0;
		self.n_given--;
		if (m->answer != PROVIDER_OK)
			p->counts.failed++;
		return;
	}
}

static void
on_end(void *ctx, struct server *s)
{
	struct link *l = ctx;

	l->server = NULL;
	server_free(s);
}

static const char *
on_begin(struct process *p, const struct msg_provider_setup *m)
{
	(void)m;
	self.process = p;
	return NULL;
}

static void
on_link(struct process *p, const struct msg_provider_link *m, int fd)
{
	const struct provider_pair *subscription = provider_value(&m->values, "SUBSCRIPTION");
	struct link **at = link_at(m->actor), *l = *at;
	struct server_options o = { .actor = m->actor, .on_message = on_message, .on_end = on_end };
	int r;

	if (l == NULL) {
		l = *at = calloc(1, sizeof(*l));
		if (l == NULL)
			process_fatal(p, "out of memory");
		provider_plain(l->actor, sizeof(l->actor), m->actor);
	}
	server_free(l->server);
	l->server = NULL;
	if (subscription != NULL)
		o.subscriptions = subscription->value;
	o.ctx = l;
	r = server_open(&l->server, p, fd, &o);
	if (r == -EINVAL)
		process_link(
		    p, m->actor, PROVIDER_LINK_FAILED, "SUBSCRIPTION is no list of subjects");
	else if (r != 0)
		process_link(p, m->actor, PROVIDER_LINK_FAILED, "out of memory");
}

static void
on_unlink(struct process *p, struct bytes actor)
{
	struct link **at = link_at(actor), *l = *at;

	if (l != NULL) {
		*at = l->next;
		server_free(l->server);
		free(l);
	}
	process_link(p, actor, PROVIDER_LINK_GONE, "");
}

static void
on_call(struct process *p, const struct msg_provider_ask *m)
{
	const struct link *l = *link_at(m->actor);
	bool publish = bytes_is(m->operation, "Messaging.Publish");
	const char *why = "this provider does not know the operation";
	struct message message;

	if (publish)
		why = message_pub_get(m->payload, &message);
	else if (bytes_is(m->operation, "Messaging.Request"))
		why = message_request_get(m->payload, &message);
	if (why != NULL) {
		p->counts.refused++;
		process_result(p, m->id, PROVIDER_FAILED, bytes_str(why));
	} else if (l == NULL || l->server == NULL) {
		process_result(
		    p, m->id, PROVIDER_FAILED, BYTES_LIT("the server of this link is not there"));
	} else if (publish) {
		server_publish(l->server, m->id, &message);
	} else {
		server_request(l->server, m->id, &message);
	}
}

static void
on_signed(struct process *p, const struct msg_provider_signed *m)
{
	const struct link *l = *link_at(m->actor);

	(void)p;
	if (l != NULL && l->server != NULL)
		server_signed(l->server, m->jwt, m->sig);
}

/* on_check() - nothing is under way any more? */
static void
on_check(uv_timer_t *t)
{
	(void)t;
	for (const struct link *l = self.links; l != NULL; l = l->next)
		if (l->server != NULL && !server_idle(l->server))
			return;
	if (self.n_given > 0)
		return;
	for (struct link *l = self.links; l != NULL; l = l->next)
		server_free(l->server);
	process_end(self.process);
}

static void
on_drain(struct process *p)
{
	static uv_timer_t check;

	uv_timer_init(&p->loop, &check);
	uv_timer_start(&check, on_check, 0, CHECK_MS);
}

int
main(void)
{
	static const struct process_ops ops = { .name = "messaging",
		.takes = PROCESS_FD,
		.memory = UINT64_C(1) << 30,
		.file = 0,
		.begin = on_begin,
		.link = on_link,
		.unlink = on_unlink,
		.call = on_call,
		.answer = on_answer,
		.signed_in = on_signed,
		.drain = on_drain };

	process_main(&ops);
}
