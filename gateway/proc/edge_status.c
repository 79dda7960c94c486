/*
 * edge_status - what the edge says of itself when the parent asks: counts, and who is connected. Only
 * for people to read: nobody decides by it.
 */
#include <stdio.h>

#include "gateway/io/clock.h"
#include "gateway/proc/edge_priv.h"

/* edge_count_closed() - a connection ends: what it moved stays counted. */
void
edge_count_closed(const struct relay *r)
{
	edge.past.in_msgs += r->client.in_msgs;
	edge.past.out_msgs += r->client.out_msgs;
	edge.past.in_bytes += r->client.in_bytes;
	edge.past.out_bytes += r->client.out_bytes;
}

static bool
shown(const struct relay *r)
{
	return r->identity != NULL && !r->ending;
}

int
edge_on_stats_wanted(struct channel *c, struct cursor *in, int fd)
{
	struct msg_stats m = edge.past;

	(void)in;
	(void)fd;
	for (const struct relay *r = edge.relays; r != NULL; r = r->next) {
		m.closing += r->ending;
		if (!shown(r))
			continue;
		m.conns++;
		m.in_msgs += r->client.in_msgs;
		m.out_msgs += r->client.out_msgs;
		m.in_bytes += r->client.in_bytes;
		m.out_bytes += r->client.out_bytes;
	}
	m.tls_done = edge.env.tls_done;
	m.tls_failed = edge.env.tls_failed;
	m.tls_unsigned = edge.tls.hop.failed;
	m.early = edge.n_early;
	m.penalised = edge.sources != NULL ? sources_penalised(edge.sources) : 0;
	m.held = edge.room.held[STREAM_EARLY] + edge.room.held[STREAM_KNOWN];
	return msg_stats_put(c, &m);
}

static void
put_tags(struct buf *b, const struct identity *id)
{
	buf_reset(b);
	for (size_t i = 0; i < id->n_tags; i++) {
		if (i > 0)
			buf_put_u8(b, ' ');
		buf_put_str(b, id->tags[i]);
	}
}

static int
put_live(struct channel *c, const struct relay *r, uint64_t token, struct buf *tags)
{
	const struct identity *id = r->identity;
	char source[80];
	struct msg_live m = {
		.token = token,
		.client = r->id,
		.since_s = clock_wall_s() - (int64_t)((uv_now(&edge.child.loop) - r->born_ms) / 1000),
		.subs = r->subs.n,
		.in_msgs = r->client.in_msgs,
		.out_msgs = r->client.out_msgs,
		.in_bytes = r->client.in_bytes,
		.out_bytes = r->client.out_bytes,
		.denied = r->denied,
		.account = bytes_str(id->account),
		.user = bytes_str(id->user),
		.name = bytes_str(id->name),
	};

	snprintf(source, sizeof(source), strchr(r->source, ':') != NULL ? "[%s]:%u" : "%s:%u", r->source,
	    r->source_port);
	m.source = bytes_str(source);
	put_tags(tags, id);
	m.tags = buf_bytes(tags);
	return msg_live_put(c, &m);
}

int
edge_on_live_wanted(struct channel *c, struct cursor *in, int fd)
{
	uint64_t token, most, all = 0;
	struct buf tags;
	int r = 0;

	(void)fd;
	if (msg_live_count_get(in, &token, &most) != 0)
		return -EBADMSG;
	buf_init(&tags, EDGE_TAGS_MAX);
	for (const struct relay *x = edge.relays; x != NULL; x = x->next) {
		if (!shown(x))
			continue;
		if (all++ < most && r == 0)
			r = put_live(c, x, token, &tags);
	}
	buf_deinit(&tags);
	return msg_live_count_put(c, MSG_LIVE_END, token, all);
}
