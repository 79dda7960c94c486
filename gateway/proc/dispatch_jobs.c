/*
 * dispatch_jobs - a command under way: a copy of it from the moment it was allowed until its outcome
 * is recorded, and what its edge is told on the way.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/io/clock.h"
#include "gateway/proc/dispatcher_priv.h"
#include "gateway/relay/envelope.h"

struct job *
job_new(const struct msg_command *m, struct bytes header, struct bytes lattice, uint32_t edge, const char *account)
{
	const struct bytes part[] = { m->subject, m->reply, header, m->payload, lattice };
	struct job *j =
	    malloc(sizeof(*j) + m->subject.len + m->reply.len + header.len + m->payload.len + lattice.len);
	struct bytes *slot[5];
	uint8_t *at;

	if (j == NULL)
		return NULL;
	memset(j, 0, sizeof(*j));
	j->size = sizeof(*j) + m->subject.len + m->reply.len + header.len + m->payload.len + lattice.len;
	j->edge = edge;
	j->conn = m->conn;
	j->number = m->number;
	j->said.success = "";
	snprintf(j->account, sizeof(j->account), "%s", account);
	slot[0] = &j->subject;
	slot[1] = &j->reply;
	slot[2] = &j->header;
	slot[3] = &j->payload;
	slot[4] = &j->lattice;
	at = j->text;
	for (size_t i = 0; i < 5; i++) {
		if (part[i].len > 0)
			memcpy(at, part[i].ptr, part[i].len);
		*slot[i] = bytes_of(at, part[i].len);
		at += part[i].len;
	}
	return j;
}

enum limit
job_enter(struct job *j, const char *user)
{
	const struct ceilings *m = &dispatcher.child.setup.ceilings;

	if (dispatcher.jobs.n >= m->max_commands)
		return LIMIT_COMMANDS;
	if (dispatcher.job_memory + j->size > m->max_command_memory)
		return LIMIT_COMMAND_MEMORY;
	j->user = tally_hold(dispatcher.users, user);
	if (j->user == NULL)
		return LIMIT_COMMAND_MEMORY;
	if (!tally_take(j->user, m->max_user_commands)) {
		tally_drop(dispatcher.users, j->user);
		j->user = NULL;
		return LIMIT_USER_COMMANDS;
	}
	if (conns_add(&dispatcher.jobs, &j->node, 0, ++dispatcher.last_job) != 0) {
		tally_give(j->user, 1);
		tally_drop(dispatcher.users, j->user);
		j->user = NULL;
		return LIMIT_COMMAND_MEMORY;
	}
	dispatcher.job_memory += j->size;
	return LIMIT_COUNT;
}

void
job_free(struct job *j)
{
	conns_remove(&dispatcher.jobs, &j->node);
	dispatcher.job_memory -= j->size;
	tally_give(j->user, 1);
	tally_drop(dispatcher.users, j->user);
	free(j);
}

void
job_secrets(struct job *j, struct bytes spans)
{
	j->n_secrets = (uint32_t)(spans.len / sizeof(j->secret[0]));
	if (j->n_secrets <= JOB_SECRETS && spans.len > 0)
		memcpy(j->secret, spans.ptr, spans.len);
}

/* hear() - what the first answer says, without what the host only repeats of our secrets. */
static void
hear(struct job *j, struct bytes payload)
{
	answer_read(&j->said, payload);
	if (j->n_secrets > JOB_SECRETS)
		j->said.error_len = 0;
	for (size_t i = 0; i < j->n_secrets && i < JOB_SECRETS; i++)
		answer_hide(&j->said, bytes_upto(bytes_from(j->payload, j->secret[i].at), j->secret[i].len));
}

/* since_published() - in microseconds, 0 when it was never; one that came at once counts as 1. */
static uint64_t
since_published(const struct job *j, int64_t at_ns)
{
	if (at_ns == 0 || j->published_ns == 0)
		return 0;
	return at_ns - j->published_ns >= 1000 ? (uint64_t)(at_ns - j->published_ns) / 1000 : 1;
}

/* outcome() - once: what comes later is delivered, and changes nothing on record. */
static void
outcome(struct job *j, const char *word)
{
	struct msg_outcome m = { .seq = j->seq, .outcome = bytes_str(word), .answers = j->answers,
		.first_us = since_published(j, j->first_ns), .last_us = since_published(j, j->last_ns),
		.edge = j->edge, .conn = j->conn, .number = j->number,
		.verb = bytes_str(command_verb_name(j->verb)), .lattice = j->lattice,
		.success = bytes_str(j->said.success), .error = bytes_of(j->said.error, j->said.error_len) };

	if (j->seq != 0 && !j->told && msg_outcome_put(&dispatcher.auditor, &m) != 0 && dispatcher.auditor.fd < 0)
		j->untold = word; /* of a command with a record the words are our own */
	j->told = true;
}

void
job_over(struct job *j, const char *word)
{
	outcome(j, word);
	if (j->untold != NULL) {
		j->state = JOB_OVER;
		j->forsaken = true;
		return;
	}
	job_free(j);
}

/* edge_of() - where the job came from, or NULL when that edge is gone. */
static struct channel *
edge_of(const struct job *j)
{
	return j->edge < DISPATCHER_EDGES && dispatcher.edge[j->edge].fd >= 0 ? &dispatcher.edge[j->edge] : NULL;
}

const char *
job_decision_id(char room[64], uint32_t edge, uint64_t conn, uint64_t number)
{
	snprintf(room, 64, "%u.%llu.c%llu", edge, (unsigned long long)conn, (unsigned long long)number);
	return room;
}

void
job_unrecorded(struct job *j, int error)
{
	char why[128];

	snprintf(why, sizeof(why), "not recorded: %s",
	    error == ENOSPC || error == EDQUOT ? "disk full" :
		error == ESRCH		       ? "the auditor is being replaced" :
						 strerror(error));
	job_done(j, false, why);
}

static int
by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

void
jobs_each(bool (*want)(const struct job *), void (*act)(struct job *))
{
	uint64_t *number = calloc(dispatcher.jobs.n + 1, sizeof(*number));
	struct conn_node *n = NULL;
	size_t at = 0;

	if (number == NULL)
		child_fatal(&dispatcher.child, "out of memory", 0);
	while ((n = conns_each(&dispatcher.jobs, n)) != NULL)
		if (want((struct job *)n))
			number[at++] = n->conn;
	if (at > 1)
		qsort(number, at, sizeof(*number), by_number);
	for (size_t i = 0; i < at; i++) {
		struct job *j = (struct job *)conns_find(&dispatcher.jobs, 0, number[i]);

		if (j != NULL && want(j))
			act(j);
	}
	free(number);
}

static bool
is_recording(const struct job *j)
{
	return j->state == JOB_RECORDING;
}

static void
go_unheard(struct job *j)
{
	dispatcher.lost++;
	if (j->mutating)
		job_unrecorded(j, ESRCH);
	else
		job_go(j);
}

void
jobs_unheard(void)
{
	jobs_each(is_recording, go_unheard);
}

/* is_untold() - does an outcome of it wait for an auditor? */
static bool
is_untold(const struct job *j)
{
	return j->untold != NULL;
}

static void
tell_now(struct job *j)
{
	const char *word = j->untold;

	j->untold = NULL;
	j->told = false;
	if (j->state == JOB_OVER)
		job_over(j, word);
	else
		outcome(j, word);
}

void
jobs_introduce(void)
{
	struct conn_node *n = NULL;
	uint64_t seq[UNDER_WAY_MAX];
	size_t at = 0;

	while ((n = conns_each(&dispatcher.jobs, n)) != NULL) {
		const struct job *j = (const struct job *)n;

		if (j->seq == 0 || (j->told && j->untold == NULL))
			continue;
		seq[at++] = j->seq;
		if (at == UNDER_WAY_MAX) {
			(void)msg_under_way_put(&dispatcher.auditor, seq, at);
			at = 0;
		}
	}
	(void)msg_under_way_put(&dispatcher.auditor, seq, at);
	if (msg_under_way_end_put(&dispatcher.auditor, dispatcher.lost) == 0)
		dispatcher.lost = 0;
	jobs_each(is_untold, tell_now);
	channel_flush(&dispatcher.auditor);
}

void
job_end_all(void)
{
	struct conn_node *n = conns_each(&dispatcher.jobs, NULL), *next;

	for (; n != NULL; n = next) {
		struct job *j = (struct job *)n;

		next = conns_each(&dispatcher.jobs, n);
		if (j->state == JOB_OVER)
			continue;
		if (j->state == JOB_ANSWERING)
			job_over(j, j->answers > 0 ? "answered" : "no_answer");
		else
			outcome(j, j->state == JOB_PUBLISHED ? "unknown" : "not_forwarded");
	}
}

void
job_done(struct job *j, bool forwarded, const char *word)
{
	struct channel *edge = edge_of(j);
	struct msg_done m = { .conn = j->conn, .number = j->number, .forwarded = forwarded,
		.subject = j->subject, .reply = j->reply };
	char id[64], why[ENVELOPE_TEXT];

	dispatcher.forwarded += forwarded;
	dispatcher.failed += !forwarded;
	if (!forwarded) {
		snprintf(why, sizeof(why), "Portcullis: %s not forwarded: %s, decision %s",
		    command_verb_name(j->verb), word, job_decision_id(id, j->edge, j->conn, j->number));
		m.why = bytes_str(why);
	}
	if (edge != NULL)
		(void)msg_done_put(edge, &m);
	if (!forwarded || j->reply.len == 0 || j->forsaken || j->nobody) {
		job_over(j, forwarded && j->nobody ? "no_responders" : word);
		return;
	}
	j->state = JOB_ANSWERING;
	if (j->one && j->answers > 0) /* it overtook the PONG */
		outcome(j, "answered");
	j->deadline_ms = uv_now(&dispatcher.child.loop) + DISPATCHER_ANSWER_MS;
}

void
job_answer(struct job *j, struct bytes onward, struct bytes header, struct bytes payload)
{
	struct channel *edge = edge_of(j);
	struct msg_answer m = { .conn = j->conn, .number = j->number, .reply = j->reply, .onward = onward,
		.header = header, .payload = payload };
	bool nobody = bytes_starts(header, BYTES_LIT("NATS/1.0 503"));

	if (j->state == JOB_OVER)
		return;
	j->last_ns = clock_mono_ns();
	if (j->first_ns == 0)
		j->first_ns = j->last_ns;
	if (j->answers == 0 && !nobody)
		hear(j, payload);
	j->answers += nobody ? 0 : 1;
	j->nobody = nobody;
	if (j->one && !nobody && j->state == JOB_ANSWERING)
		outcome(j, "answered"); /* no other is waited for, and the asker may stay for long */
	if (edge != NULL && !j->forsaken)
		(void)msg_answer_put(edge, &m);
	if (j->state != JOB_ANSWERING)
		return; /* its PONG is still under way; the answer overtook it */
	if (nobody)
		job_over(j, "no_responders");
	else if (j->answers >= DISPATCHER_ANSWERS)
		job_over(j, "answered");
}

void
job_forsake(struct job *j)
{
	j->forsaken = true;
	if (j->state == JOB_ANSWERING)
		job_over(j, j->answers > 0 ? "answered" : "no_answer");
}

void
job_forsake_some(uint32_t edge, uint64_t conn, uint64_t number)
{
	struct conn_node *n = conns_each(&dispatcher.jobs, NULL), *next;

	for (; n != NULL; n = next) {
		struct job *j = (struct job *)n;

		next = conns_each(&dispatcher.jobs, n);
		if (j->edge == edge && j->conn == conn && (number == 0 || j->number == number))
			job_forsake(j);
	}
}
