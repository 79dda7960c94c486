/*
 * edge_commands - commands that are with the dispatcher. Of each its subject and its asker's inbox are kept
 * here, so that nobody waits in vain when the dispatcher dies with them: what is not known to be forwarded is
 * refused with that word, and so is the answer that will not come. And so that the dispatcher hears at once
 * when nobody listens there any more.
 */
#include <stdio.h>
#include <stdlib.h>

#include "gateway/proc/edge_priv.h"
#include "gateway/relay/envelope.h"
#include "policy/rules/subject.h"

enum { COMMANDS_MAX = 256, COMMANDS_ANSWERED = 64, COMMANDS_ANSWER_MS = 60000 };

/* ---- the list ---- */

static void
drop(struct client *c, struct asked_command **at)
{
	struct asked_command *x = *at;

	*at = x->next;
	c->n_commands--;
	free(x);
}

static struct asked_command **
find(struct client *c, uint64_t number)
{
	struct asked_command **at = &c->commands;

	while (*at != NULL && (*at)->number != number)
		at = &(*at)->next;
	return at;
}

static void
drop_number(struct client *c, uint64_t number)
{
	struct asked_command **at = find(c, number);

	if (*at != NULL)
		drop(c, at);
}

void
edge_commands_free(struct client *c)
{
	while (c->commands != NULL)
		drop(c, &c->commands);
}

/*
 * forget_old() - whose answer does not come any more; where there are too many the oldest that had one, and the
 * oldest of all that went on.
 */
static void
forget_old(struct client *c, uint64_t now)
{
	struct asked_command **at = &c->commands;

	while (*at != NULL) {
		if ((*at)->forwarded && (now >= (*at)->until_ms || c->n_commands >= COMMANDS_MAX ||
					    ((*at)->answered && c->n_commands >= COMMANDS_ANSWERED)))
			drop(c, at);
		else
			at = &(*at)->next;
	}
}

/* remember() - Return: 0, -ENOMEM. */
static int
remember(struct client *c, const struct relay_command *m)
{
	struct asked_command *x = malloc(sizeof(*x) + m->subject.len + m->reply.len);
	struct asked_command **end = &c->commands;

	if (x == NULL)
		return err_raise(-ENOMEM);
	forget_old(c, uv_now(&edge.child.loop));
	*x = (struct asked_command){ .number = m->number, .of = edge.dispatchers };
	memcpy(x->text, m->subject.ptr, m->subject.len);
	if (m->reply.len > 0)
		memcpy(x->text + m->subject.len, m->reply.ptr, m->reply.len);
	x->subject = bytes_of(x->text, m->subject.len);
	x->reply = bytes_of(x->text + m->subject.len, m->reply.len);
	while (*end != NULL)
		end = &(*end)->next;
	*end = x;
	c->n_commands++;
	return 0;
}

/* ---- to the dispatcher ---- */

int
edge_command(struct relay *r, const struct relay_command *c)
{
	struct msg_command m = { .conn = r->id, .number = c->number, .subject = c->subject, .reply = c->reply,
		.header = c->header, .payload = c->payload };
	int answer;

	if (edge.dispatcher.fd < 0)
		return -EPIPE;
	answer = remember((struct client *)r, c);
	if (answer == 0)
		answer = msg_command_put(&edge.dispatcher, &m);
	if (answer == 0)
		channel_flush(&edge.dispatcher);
	if (answer == 0 && c->reply.len > 0)
		edge_due(r, c->number);
	if (answer != 0)
		drop_number((struct client *)r, c->number);
	return err_pass(answer);
}

/* unheard() - was @subject where its answers were heard, and are they no more? */
static bool
unheard(struct relay *r, const struct asked_command *x, struct bytes subject)
{
	return !x->unheard && x->reply.len > 0 && (subject.len == 0 || subject_match(subject, x->reply)) &&
	       !relay_hears(r, x->reply);
}

void
edge_enough(struct relay *r, struct bytes subject)
{
	struct client *c = (struct client *)r;
	struct asked_command **at = &c->commands, *x;

	while ((x = *at) != NULL) {
		if (!unheard(r, x, subject)) {
			at = &x->next;
			continue;
		}
		edge_due_over(r, x->number);
		if (edge.dispatcher.fd >= 0)
			(void)msg_enough_put(&edge.dispatcher, r->id, x->number);
		x->unheard = true;
		if (x->forwarded)
			drop(c, at);
		else
			at = &x->next; /* its sender waits for the word that it went on */
	}
}

/* ---- its word ---- */

int
edge_on_command_done(struct channel *c, struct cursor *in, int fd)
{
	struct asked_command **at;
	struct msg_done m;
	struct relay *r;

	(void)c;
	(void)fd;
	if (msg_done_get(in, &m) != 0)
		return -EBADMSG;
	r = edge_find(m.conn);
	if (r == NULL)
		return 0;
	at = find((struct client *)r, m.number);
	if (*at == NULL || (*at)->forwarded)
		return 0; /* of a connection that is ending */
	if (!m.forwarded)
		edge_due_over(r, m.number);
	if (m.forwarded && m.reply.len > 0 && !(*at)->unheard) {
		(*at)->forwarded = true;
		(*at)->until_ms = uv_now(&edge.child.loop) + COMMANDS_ANSWER_MS;
	} else {
		drop((struct client *)r, at);
	}
	relay_command_done(r, &(const struct relay_done){ .number = m.number, .forwarded = m.forwarded,
				  .subject = m.subject, .reply = m.reply, .why = m.why });
	return 0;
}

int
edge_on_answer(struct channel *c, struct cursor *in, int fd)
{
	struct asked_command **at;
	struct msg_answer m;
	struct relay *r;

	(void)fd;
	if (msg_answer_get(in, &m) != 0)
		return -EBADMSG;
	r = edge_find(m.conn);
	if (r != NULL) {
		at = find((struct client *)r, m.number);
		if (*at != NULL)
			(*at)->answered = true;
		edge_due_over(r, m.number);
	}
	if (r == NULL || !relay_answer(r, m.reply, m.onward, m.header, m.payload))
		(void)msg_enough_put(c, m.conn, m.number);
	return 0;
}

/* ---- its end ---- */

static void
tell(struct relay *r, const struct asked_command *x)
{
	char why[ENVELOPE_TEXT];

	snprintf(why, sizeof(why), "Portcullis: outcome unknown: the dispatcher ended %s, decision %u.%llu.c%llu",
	    x->forwarded ? "before an answer came" : "while it had the command", edge.child.setup.index,
	    (unsigned long long)r->id, (unsigned long long)x->number);
	edge_due_over(r, x->number);
	if (x->forwarded)
		relay_command_unanswered(r, x->subject, x->reply, why);
	else
		relay_command_done(r, &(const struct relay_done){ .number = x->number, .subject = x->subject,
					  .reply = x->reply, .why = bytes_str(why) });
}

/* lost() - all of one connection that a dispatcher had who is gone. */
static void
lost(struct client *c)
{
	struct asked_command *list = NULL, **end = &list, **at = &c->commands, *x;

	while ((x = *at) != NULL) {
		if (x->of == edge.dispatchers) {
			at = &x->next;
			continue;
		}
		*at = x->next;
		c->n_commands--;
		x->next = NULL;
		*end = x;
		end = &x->next;
	}
	while ((x = list) != NULL) {
		list = x->next;
		if (!x->forwarded || !x->answered)
			tell(&c->relay, x);
		free(x);
	}
}

static void
tell_lost(uv_timer_t *t)
{
	struct relay *next;

	(void)t;
	for (struct relay *r = edge.relays; r != NULL; r = next) {
		next = r->next;
		if (((struct client *)r)->commands != NULL)
			lost((struct client *)r);
	}
}

/* Its end may be noticed while a command is handed over: relays are told from the loop. */
void
edge_commands_lost(void)
{
	edge.dispatchers++;
	uv_timer_start(&edge.lost_timer, tell_lost, 0, 0);
}
