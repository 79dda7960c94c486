/*
 * ship_say - what a sink says to the log: that it works, that it is away and why, what is lost or waits. Each
 * is said once, until it is otherwise.
 */
#include <string.h>
#include <time.h>

#include "gateway/proc/ship_priv.h"

enum { BEHIND_MS = 5000 /* a record that has waited longer is said to wait */ };

uint64_t
ship_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void
ship_say_begin(const struct ship *s, struct log_line *l, enum log_level level, const char *event)
{
	log_begin(l, level, event);
	log_str(l, "sink", s->conf.name);
}

uint64_t
ship_backlog(const struct ship *s)
{
	return s->upto.seq > s->committed.seq ? s->upto.seq - s->committed.seq : 0;
}

/* ship_say_connected() - when it has taken something, or there is nothing to take. */
void
ship_say_connected(struct ship *s)
{
	struct log_line l;

	s->told_up = true;
	ship_say_begin(s, &l, LOG_INF, "sink_connected");
	log_word(&l, "type", sink_type_name(s->conf.type));
	log_num(&l, "after", (int64_t)s->committed.seq);
	log_end(&l);
}

/* ship_say_lost() - once for each reason, until it works again. */
void
ship_say_lost(struct ship *s)
{
	struct log_line l;

	if (strcmp(s->why, s->told) == 0)
		return;
	memcpy(s->told, s->why, sizeof(s->told));
	ship_say_begin(s, &l, LOG_WRN, "sink_lost");
	log_str(&l, "why", s->why);
	log_num(&l, "after", (int64_t)s->committed.seq);
	log_end(&l);
}

void
ship_say_missed(struct ship *s)
{
	struct log_line l;

	ship_say_begin(s, &l, LOG_ERR, "sink_missed");
	log_num(&l, "from", (int64_t)s->follow.from);
	log_num(&l, "to", (int64_t)s->follow.at.seq);
	log_str(&l, "why", "retention removed them before they were sent");
	log_end(&l);
}

void
ship_say_once(struct ship *s, bool *told, const char *event, const char *why, int error)
{
	struct log_line l;

	if (*told)
		return;
	*told = true;
	ship_say_begin(s, &l, LOG_ERR, event);
	if (why != NULL)
		log_str(&l, "why", why);
	else
		log_errno(&l, error);
	log_num(&l, "after", (int64_t)s->follow.at.seq);
	log_end(&l);
}

/* ship_say_behind() - records wait for long; or none waits any more. */
void
ship_say_behind(struct ship *s)
{
	uint64_t waiting = ship_backlog(s), now = ship_now_ms();
	struct log_line l;

	if (waiting == 0) {
		if (s->told_behind) {
			ship_say_begin(s, &l, LOG_INF, "sink_caught_up");
			log_num(&l, "upto", (int64_t)s->committed.seq);
			log_end(&l);
		}
		s->told_behind = false;
		s->behind_ms = 0;
		return;
	}
	if (s->behind_ms == 0)
		s->behind_ms = now;
	if (s->told_behind || now - s->behind_ms < BEHIND_MS)
		return;
	s->told_behind = true;
	ship_say_begin(s, &l, LOG_WRN, "sink_behind");
	log_num(&l, "records", (int64_t)waiting);
	log_num(&l, "after", (int64_t)s->committed.seq);
	log_end(&l);
}
