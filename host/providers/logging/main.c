/*
 * portcullis-provider-logging - contract wasmcloud:builtin:logging: lines of actors for the host's
 * log.
 *
 * It reads what actors wrote, and that is all it is for: the host gets a level and a text of
 * bounded length, says whose it is and escapes it. One actor cannot fill the log for the others:
 * each has so many lines a second, and what was dropped is said when there is room again.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/providers/logging/log_message.h"
#include "host/providers/process.h"

enum { LINES_S = 100, LINES_AT_ONCE = 200, TEXT = 1800 };

struct talker {
	struct talker *next;
	char actor[PROVIDER_KEY + 1];
	uint64_t at_ms, room, dropped;
};

static struct talker *talkers;

static struct talker **
talker_at(struct bytes actor)
{
	struct talker **at = &talkers;

	while (*at != NULL && !bytes_is(actor, (*at)->actor))
		at = &(*at)->next;
	return at;
}

static const char *
on_begin(struct process *p, const struct msg_provider_setup *m)
{
	(void)p;
	(void)m;
	return NULL;
}

static void
on_link(struct process *p, const struct msg_provider_link *m, int fd)
{
	struct talker **at = talker_at(m->actor);

	(void)fd;
	if (*at == NULL) {
		*at = calloc(1, sizeof(**at));
		if (*at == NULL)
			process_fatal(p, "out of memory");
		provider_plain((*at)->actor, sizeof((*at)->actor), m->actor);
		(*at)->room = LINES_AT_ONCE;
		(*at)->at_ms = uv_now(&p->loop);
	}
	process_link(p, m->actor, PROVIDER_LINK_RUNNING, "");
}

static void
on_unlink(struct process *p, struct bytes actor)
{
	struct talker **at = talker_at(actor), *t = *at;

	if (t != NULL) {
		*at = t->next;
		free(t);
	}
	process_link(p, actor, PROVIDER_LINK_GONE, "");
}

/* room_for() - one more line of this actor. */
static bool
room_for(struct process *p, struct talker *t)
{
	uint64_t now = uv_now(&p->loop), gained = (now - t->at_ms) * LINES_S / 1000;

	if (gained > 0) {
		t->at_ms = now;
		t->room = t->room + gained < LINES_AT_ONCE ? t->room + gained : LINES_AT_ONCE;
	}
	if (t->room == 0) {
		t->dropped++;
		p->counts.dropped++;
		return false;
	}
	t->room--;
	return true;
}

static void
write_line(struct process *p, struct talker *t, const struct log_message *m)
{
	static const enum log_level levels[] = { LOG_ERR, LOG_WRN, LOG_INF, LOG_DBG };

	if (!room_for(p, t))
		return;
	if (t->dropped > 0) {
		char text[80];

		snprintf(
		    text, sizeof(text), "%" PRIu64 " lines dropped: too many at once", t->dropped);
		process_log(p, LOG_WRN, bytes_str(t->actor), bytes_str(text));
		t->dropped = 0;
	}
	process_log(p, levels[m->level], bytes_str(t->actor), bytes_upto(m->text, TEXT));
}

static void
on_call(struct process *p, const struct msg_provider_ask *m)
{
	struct talker *t = *talker_at(m->actor);
	struct log_message line;
	const char *why = bytes_is(m->operation, "Logging.WriteLog")
			      ? log_message_get(m->payload, &line)
			      : "this provider does not know the operation";

	if (t == NULL) {
		process_result(p, m->id, PROVIDER_NOBODY, BYTES_LIT("this actor is not linked"));
		return;
	}
	if (why != NULL) {
		p->counts.refused++;
		process_result(p, m->id, PROVIDER_FAILED, bytes_str(why));
		return;
	}
	write_line(p, t, &line);
	process_result(p, m->id, PROVIDER_OK, BYTES_NULL);
}

static void
on_drain(struct process *p)
{
	process_end(p);
}

int
main(void)
{
	static const struct process_ops ops = { .name = "logging",
		.takes = PROCESS_PUT,
		.memory = UINT64_C(256) << 20,
		.file = 0,
		.begin = on_begin,
		.link = on_link,
		.unlink = on_unlink,
		.call = on_call,
		.drain = on_drain };

	process_main(&ops);
}
