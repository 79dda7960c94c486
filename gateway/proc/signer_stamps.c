/*
 * signer_stamps - the key that stamps commands signs nothing but stamps (policy/identity/stamp.h): time and
 * number are made here, of the dispatcher is taken what the stamp shall speak for.
 */
#include "gateway/proc/signer_stamps.h"

#include <sodium.h>

#include "gateway/io/clock.h"

static void
answer(struct signer_stamps *s, uint64_t job, const struct stamp *stamp)
{
	uint8_t room[STAMP_TEXT_MAX];
	struct buf text = { .ptr = room, .cap = sizeof(room), .max = sizeof(room) };
	struct msg_stamped m = { .job = job };

	if (stamp != NULL)
		stamp_put(&text, stamp);
	m.text = buf_bytes(&text);
	(void)msg_stamped_put(s->to, &m);
}

/* stamp_all() - those that wait, in the order they were asked for. */
static void
stamp_all(struct signer_stamps *s)
{
	if (s->batch.n == 0)
		return;
	stamp_batch_sign(&s->batch, s->by);
	for (size_t i = 0; i < s->batch.n; i++)
		answer(s, s->job[i], &s->batch.stamp[i]);
	s->batch.n = 0;
	channel_flush(s->to);
}

/* before_sleep() - everything that could be read has been read. */
static void
before_sleep(uv_prepare_t *p)
{
	stamp_all(p->data);
}

void
signer_stamps_begin(
    struct signer_stamps *s, uv_loop_t *loop, struct channel *to, const struct nkey_pair *by)
{
	s->to = to;
	s->by = by;
	uv_prepare_init(loop, &s->prepare);
	s->prepare.data = s;
	uv_prepare_start(&s->prepare, before_sleep);
}

void
signer_stamps_add(struct signer_stamps *s, const struct msg_stamp *m)
{
	size_t at = s->batch.n;

	if (at == 0) {
		stamp_batch_begin(&s->batch, clock_wall_ns() / 1000000);
		randombytes_buf(s->number, sizeof(s->number));
	}
	s->job[at] = m->job;
	if (stamp_batch_add(&s->batch, &m->what, s->number[at]) != 0) {
		stamp_all(s);
		answer(s, m->job, NULL);
	} else if (s->batch.n == STAMP_BATCH) {
		stamp_all(s);
	}
}

void
signer_stamps_drop(struct signer_stamps *s)
{
	s->batch.n = 0;
}
