/*
 * provider_says - what a provider may say, and what it leads to. It may have been taken over:
 * nothing it says is believed beyond what any provider of its kind may say of itself, and what does
 * not belong ends it. It can ask an actor that is linked to it, answer who asked it, and talk in
 * the log.
 */
#include <stdio.h>

#include "host/proc/enclose.h"
#include "host/proc/provider_priv.h"

static struct provider *
of(struct channel *c)
{
	return (struct provider *)((char *)c - offsetof(struct provider, channel));
}

static int
on_ready(struct channel *c, struct cursor *in, int fd)
{
	struct provider *p = of(c);
	struct msg_provider_ready m;
	char why[PROVIDER_WHY], words[160];
	uint32_t missing;

	(void)fd;
	if (!msg_provider_ready_get(in->in, &m))
		return -EBADMSG;
	p->status.walls = m.walls;
	if (provider_own(p) && m.uid == p->user)
		p->status.walls |= UINT32_C(1) << ENCLOSE_OWN_USER;
	p->status.uid = m.uid;
	missing = (WALLS_FLOOR | p->all->options.minimum) & ~p->status.walls;
	if (m.error != 0 || missing != 0) {
		provider_plain(words, sizeof(words), m.why);
		snprintf(why, sizeof(why), "it could not lock itself in: %s",
		    words[0] != '\0' ? words : "a wall is missing that was asked for");
		provider_kill(p, why);
		return 0;
	}
	c->state = PROVIDER_SET;
	provider_now(p, PROVIDER_RUNNING, "");
	provider_links_open(p);
	return 0;
}

static int
on_link_state(struct channel *c, struct cursor *in, int fd)
{
	struct provider *p = of(c);
	struct msg_provider_link_state m;
	struct provider_link_of *l;
	char why[PROVIDER_WHY];

	(void)fd;
	if (!msg_provider_link_state_get(in->in, &m))
		return -EBADMSG;
	l = provider_link_find(p, m.actor);
	if (l == NULL || m.state == PROVIDER_LINK_WAITING)
		return -EBADMSG;
	provider_plain(why, sizeof(why), m.why);
	if (m.state == PROVIDER_LINK_GONE) {
		if (l->withdrawn > 0) {
			l->withdrawn--;
			return 0;
		}
		if (!l->leaving && c->state != PROVIDER_DRAINING)
			return -EBADMSG;
		if (l->leaving)
			provider_link_now(l, PROVIDER_LINK_GONE, "");
		return 0;
	}
	if (!l->told || l->withdrawn > 0)
		return 0; /* it speaks of what the link was */
	if (m.state == PROVIDER_LINK_RUNNING) {
		l->fails = 0;
		l->retry_ms = 0;
		provider_link_now(l, PROVIDER_LINK_RUNNING, why);
	} else {
		/* a listening socket does not break: it was the values */
		provider_link_failed(l, why, l->need.reach != PROVIDER_REACH_LISTEN);
	}
	return 0;
}

static void
answer(struct provider *p, uint64_t peer_id, enum provider_answer how, struct bytes payload)
{
	struct msg_provider_result m = { .id = peer_id, .answer = how, .payload = payload };

	if (p->channel.fd < 0)
		return;
	if (payload.len > PROVIDER_PAYLOAD) {
		m.answer = PROVIDER_FAILED;
		m.payload = BYTES_LIT("the answer is too long");
	}
	msg_provider_result_put(frame_begin(&p->channel, MSG_PROVIDER_ANSWER), &m);
	if (frame_end(&p->channel, -1) != 0)
		provider_kill(p, "it does not take what it is told");
}

static int
on_invoke(struct channel *c, struct cursor *in, int fd)
{
	struct provider *p = of(c);
	const struct provider_ops *ops = &p->all->options.ops;
	struct msg_provider_ask m;
	uint64_t peer, now = uv_now(p->all->loop);
	uint32_t ms;

	(void)fd;
	if (!msg_provider_ask_get(in->in, &m))
		return -EBADMSG;
	peer = m.id;
	if (provider_link_find(p, m.actor) == NULL || ops->on_invoke == NULL) {
		answer(p, peer, PROVIDER_NOBODY, BYTES_LIT("this actor is not linked"));
		return 0;
	}
	ms = m.timeout_ms < PROVIDER_ASK_MAX_MS ? m.timeout_ms : PROVIDER_ASK_MAX_MS;
	m.timeout_ms = ms;
	m.id = provider_asks_add(&p->invokes, peer, now + ms);
	if (m.id == 0) {
		answer(p, peer, PROVIDER_BUSY, BYTES_LIT("too much is under way"));
		return 0;
	}
	provider_timed(p);
	ops->on_invoke(ops->ctx, p, &m);
	return 0;
}

void
provider_answer(struct provider *p, uint64_t id, enum provider_answer how, struct bytes payload)
{
	uint64_t peer;

	if (provider_asks_take(&p->invokes, id, &peer))
		answer(p, peer, how, payload);
}

static int
on_result(struct channel *c, struct cursor *in, int fd)
{
	struct provider *p = of(c);
	const struct provider_ops *ops = &p->all->options.ops;
	struct msg_provider_result m;
	uint64_t peer;

	(void)fd;
	if (!msg_provider_result_get(in->in, &m))
		return -EBADMSG;
	/* one that is too late was answered for it */
	if (provider_asks_take(&p->calls, m.id, &peer) && ops->on_result != NULL)
		ops->on_result(ops->ctx, p, &m);
	return 0;
}

/* room_for_line() - is this not one too many? */
static bool
room_for_line(struct provider *p)
{
	uint64_t now = uv_now(p->all->loop), gained = (now - p->line_ms) * PROVIDER_LINES_S / 1000;

	if (gained > 0) {
		p->line_ms = now;
		p->line_room = p->line_room + gained < PROVIDER_LINES_S ? p->line_room + gained
									: PROVIDER_LINES_S;
	}
	if (p->line_room == 0) {
		p->lines_dropped++;
		return false;
	}
	p->line_room--;
	return true;
}

/* put_escaped() - printable ASCII, whatever it was. */
static void
put_escaped(struct buf *b, struct bytes s)
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.ptr[i];

		if (c >= 0x20 && c < 0x7f && c != '\\') {
			buf_put_u8(b, c);
			continue;
		}
		buf_put_u8(b, '\\');
		if (c == '\n' || c == '\\') {
			buf_put_u8(b, c == '\n' ? 'n' : '\\');
			continue;
		}
		buf_put_u8(b, 'x');
		buf_put_u8(b, (uint8_t)hex[c >> 4]);
		buf_put_u8(b, (uint8_t)hex[c & 15]);
	}
}

static int
on_log(struct channel *c, struct cursor *in, int fd)
{
	struct provider *p = of(c);
	const struct provider_ops *ops = &p->all->options.ops;
	struct msg_provider_log m;
	struct buf line;

	(void)fd;
	if (!msg_provider_log_get(in->in, &m))
		return -EBADMSG;
	if (ops->on_log == NULL || !room_for_line(p))
		return 0;
	/* a line is of an actor that is linked, or of the provider itself */
	if (m.actor.len > 0 && provider_link_find(p, m.actor) == NULL)
		m.actor = BYTES_NULL;
	buf_init(&line, 4 * PROVIDER_LINE);
	put_escaped(&line, m.text);
	if (!buf_failed(&line))
		ops->on_log(ops->ctx, p, m.level, m.actor, buf_bytes(&line));
	buf_deinit(&line);
	return 0;
}

static int
on_counts(struct channel *c, struct cursor *in, int fd)
{
	struct provider *p = of(c);

	(void)fd;
	if (!msg_provider_counts_get(in->in, &p->status.counts))
		return -EBADMSG;
	p->status.counts.dropped += p->lines_dropped;
	return 0;
}

/* signed_by() - whoever the host set for it, or the link's own creds file. */
static int
signed_by(struct provider *p, const struct msg_provider_sign *m, struct buf *jwt, struct buf *sig)
{
	const struct provider_ops *ops = &p->all->options.ops;

	if (ops->sign != NULL)
		return ops->sign(ops->ctx, p, m->actor, m->nonce, jwt, sig);
	return provider_login_sign(provider_link_find(p, m->actor), m->nonce, jwt, sig);
}

static int
on_sign(struct channel *c, struct cursor *in, int fd)
{
	struct provider *p = of(c);
	struct msg_provider_sign m;
	struct msg_provider_signed s;
	struct buf jwt, sig;

	(void)fd;
	if (!msg_provider_sign_get(in->in, &m) || provider_link_find(p, m.actor) == NULL ||
	    p->kind == NULL || !p->kind->logins)
		return -EBADMSG;
	buf_init(&jwt, 16 * 1024);
	buf_init(&sig, 256);
	s = (struct msg_provider_signed){ .actor = m.actor };
	if (signed_by(p, &m, &jwt, &sig) == 0 && !buf_failed(&jwt) && !buf_failed(&sig)) {
		s.jwt = buf_bytes(&jwt);
		s.sig = buf_bytes(&sig);
	}
	msg_provider_signed_put(frame_begin(&p->channel, MSG_PROVIDER_SIGNED), &s);
	buf_deinit(&jwt);
	buf_deinit(&sig);
	return frame_end(&p->channel, -1);
}

static void
on_end(struct channel *c, const char *why)
{
	struct provider *p = of(c);
	char text[PROVIDER_WHY];

	if (c->refused) {
		snprintf(text, sizeof(text), "killed: it said what may not be said (%s)", why);
		provider_kill(p, text);
	} else {
		provider_kill(p, "");
	}
}

#define IN(state) (1U << (state))
#define WORKING (IN(PROVIDER_SET) | IN(PROVIDER_DRAINING))

const struct channel_ops *
provider_says(void)
{
	static const struct frame_rule rules[] = {
		{ MSG_PROVIDER_READY, IN(PROVIDER_BORN), true, false, PROVIDER_HEAD, on_ready,
		    "ready" },
		{ MSG_PROVIDER_LINK_STATE, WORKING, false, false, PROVIDER_HEAD, on_link_state,
		    "link_state" },
		{ MSG_PROVIDER_INVOKE, WORKING, false, false, PROVIDER_PAYLOAD + PROVIDER_HEAD,
		    on_invoke, "invoke" },
		{ MSG_PROVIDER_RESULT, WORKING, false, false, PROVIDER_PAYLOAD + PROVIDER_HEAD,
		    on_result, "result" },
		{ MSG_PROVIDER_LOG, WORKING | IN(PROVIDER_BORN), false, false,
		    PROVIDER_LINE + PROVIDER_HEAD, on_log, "log" },
		{ MSG_PROVIDER_COUNTS, WORKING | IN(PROVIDER_BORN), false, false, PROVIDER_HEAD,
		    on_counts, "counts" },
		{ MSG_PROVIDER_SIGN, WORKING, false, false, PROVIDER_HEAD, on_sign, "sign" },
	};
	static const struct channel_ops ops = { rules, sizeof(rules) / sizeof(rules[0]), on_end };

	return &ops;
}
