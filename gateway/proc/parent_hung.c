/*
 * parent_hung - a child that neither dies nor answers. Every few seconds each is asked for its counts, as `status`
 * does; who has left the question open at so many looks in a row is killed, and another takes its place.
 *
 * Looks are counted, not seconds: after a machine was stopped for an hour nobody has answered for an hour,
 * and nobody is to blame. What a child says is shown, never acted on; that it says something is all that counts here.
 */
#include <signal.h>

#include "gateway/io/log.h"
#include "gateway/proc/parent_priv.h"

enum { HUNG_EVERY_MS = 10000, HUNG_LOOKS = 6 };

static void
kill_it(struct kid *k)
{
	struct log_line l;

	log_begin(&l, LOG_ERR, "child_hung");
	log_word(&l, "child", role_name(k->role));
	log_num(&l, "index", k->index);
	log_num(&l, "pid", k->process.pid);
	log_end(&l);
	(void)uv_process_kill(&k->process, SIGKILL);
}

static void
on_look(uv_timer_t *t)
{
	(void)t;
	if (parent.state != PARENT_RUNNING && parent.state != PARENT_LAME_DUCK)
		return;
	for (size_t i = 0; i < parent.n_kids; i++) {
		struct kid *k = &parent.kid[i];

		k->unanswered = k->alive && k->ready && k->owes_stats ? k->unanswered + 1 : 0;
		if (k->unanswered == HUNG_LOOKS)
			kill_it(k);
	}
	control_ask();
}

void
hung_watch(void)
{
	uv_timer_init(&parent.loop, &parent.hung_timer);
	uv_timer_start(&parent.hung_timer, on_look, HUNG_EVERY_MS, HUNG_EVERY_MS);
}
