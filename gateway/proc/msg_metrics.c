/*
 * msg_metrics - see msg_metrics.h. _put next to its _get.
 */
#include "gateway/proc/msg_metrics.h"

#include "gateway/proc/msg_parent.h"

int
msg_metrics_put(struct channel *c, const struct msg_metrics *m)
{
	struct buf *b = frame_begin(c, MSG_METRICS);

	buf_put_u8(b, m->ready);
	buf_put_sized(b, bytes_upto(m->why, METRICS_WHY_MAX));
	buf_put_u32(b, (uint32_t)m->n);
	for (size_t i = 0; i < m->n; i++) {
		const struct metric_sample *s = &m->sample[i];

		buf_put_u8(b, (uint8_t)s->metric);
		buf_put_u64(b, s->value);
		for (size_t k = 0; k < metric_labels(s->metric); k++)
			buf_put_sized(b, bytes_upto(s->label[k], METRIC_LABEL_MAX));
	}
	return frame_end(c, -1);
}

int
msg_metrics_get(struct cursor *in, struct msg_metrics *m)
{
	m->ready = cursor_u8(in) != 0;
	m->why = cursor_sized(in, METRICS_WHY_MAX);
	m->n = cursor_u32(in);
	if (m->n > METRIC_SAMPLES)
		return err_raise(-EBADMSG);
	for (size_t i = 0; i < m->n; i++) {
		struct metric_sample *s = &m->sample[i];
		uint8_t metric = cursor_u8(in);

		if (metric >= METRIC_COUNT)
			return err_raise(-EBADMSG);
		s->metric = (enum metric)metric;
		s->value = cursor_u64(in);
		for (size_t k = 0; k < metric_labels(s->metric); k++)
			s->label[k] = cursor_sized(in, METRIC_LABEL_MAX);
	}
	return cursor_done(in) ? 0 : err_raise(-EBADMSG);
}
