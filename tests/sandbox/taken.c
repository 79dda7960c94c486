/*
 * taken - see taken.h. Nothing here is in a program that is installed.
 */
#include "tests/sandbox/taken.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/proc/runner.h"

void
taken_say(enum msg_runner type, struct bytes body)
{
	uint8_t frame[MSG_RUNNER_HEADER + MSG_RUNNER_HEAD_MAX];

	msg_runner_header(frame, type, body.len);
	memcpy(frame + MSG_RUNNER_HEADER, body.ptr, body.len);
	if (write(RUNNER_CHANNEL, frame, MSG_RUNNER_HEADER + body.len) < 0)
		_exit(1);
}

void
taken_put(enum msg_runner type, size_t announced, size_t sent)
{
	static const uint8_t zeros[4096];
	uint8_t h[MSG_RUNNER_HEADER];

	msg_runner_header(h, type, announced);
	if (write(RUNNER_CHANNEL, h, sizeof(h)) < 0 ||
	    (sent > 0 && write(RUNNER_CHANNEL, zeros, sent) < 0))
		_exit(1);
}

void
taken_say_locked(const struct confine_report *got)
{
	struct msg_locked m = {
		.walls = got->walls | WALLS_FLOOR, .error = got->error, .why = bytes_str(got->why)
	};
	struct buf b;

	buf_init(&b, MSG_RUNNER_HEAD_MAX);
	msg_locked_put(&b, &m);
	taken_say(MSG_LOCKED, buf_bytes(&b));
	buf_deinit(&b);
}

void
taken_say_result(long v)
{
	struct msg_done m = { .outcome = { .answer = ACTOR_ERROR } };
	const char *name = v < 0 ? strerrorname_np((int)-v) : "done";
	struct buf b;

	buf_init(&b, MSG_RUNNER_HEAD_MAX);
	snprintf(m.outcome.why, sizeof(m.outcome.why), "%s", name != NULL ? name : "?");
	msg_done_put_head(&b, &m);
	taken_say(MSG_READY, buf_bytes(&b));
	buf_deinit(&b);
}

void
taken_wait(void)
{
	uint8_t c;

	for (;;)
		if (read(RUNNER_CHANNEL, &c, 1) <= 0)
			_exit(0);
}

void
taken_spin(void)
{
	for (volatile unsigned long n = 0;; n++)
		continue;
}

void
taken_say_ready(void)
{
	struct msg_done m = { .outcome = { .answer = ACTOR_DONE } };
	struct buf b;

	buf_init(&b, MSG_RUNNER_HEAD_MAX);
	msg_done_put_head(&b, &m);
	taken_say(MSG_READY, buf_bytes(&b));
	buf_deinit(&b);
}
