/*
 * tls_hop - see tls_hop.h. The channel says nothing but answers, so reading it here, in the middle
 * of a handshake, leads to nothing else. An answer that comes after its time has another number
 * than the question of then, and is thrown away.
 */
#include "gateway/proc/tls_hop.h"

#include <poll.h>
#include <stddef.h>

#include "gateway/io/clock.h"
#include "gateway/io/log.h"

enum { NS_PER_MS = 1000000 };

static struct tls_hop *
of_channel(struct channel *c)
{
	return (struct tls_hop *)((char *)c - offsetof(struct tls_hop, channel));
}

static int
on_signed(struct channel *c, struct cursor *in, int fd)
{
	struct tls_hop *h = of_channel(c);
	struct msg_tls_signed m;

	(void)fd;
	if (msg_tls_signed_get(in, &m) != 0)
		return -EBADMSG;
	if (m.number != h->number)
		return 0;
	h->answered = true;
	h->len = m.sig.len;
	memcpy(h->sig, m.sig.ptr, m.sig.len);
	return 0;
}

static void
signer_gone(struct channel *c, const char *why)
{
	(void)why;
	channel_close(c);
}

/* wait_for() - until it is answered or the time is over. */
static bool
wait_for(struct tls_hop *h, int64_t until_ns)
{
	while (!h->answered && h->channel.fd >= 0) {
		struct pollfd p = { .fd = h->channel.fd, .events = POLLIN };
		int64_t left = (until_ns - clock_mono_ns()) / NS_PER_MS;

		if (left <= 0)
			return false;
		if (poll(&p, 1, (int)left) > 0)
			channel_pull(&h->channel);
	}
	return h->answered;
}

/* no_answer() - the next ones are not even asked for, for a while: each would cost everybody the
 * wait. */
static void
no_answer(struct tls_hop *h, int waited_ms)
{
	struct log_line l;

	h->sick_until_ns = clock_mono_ns() + (int64_t)TLS_HOP_SICK_MS * NS_PER_MS;
	log_begin(&l, LOG_ERR, "tls_signer_silent");
	log_num(&l, "waited_ms", waited_ms);
	log_end(&l);
}

static int
ask(struct tls_signer *s, const struct tls_sign *what, uint8_t sig[TLS_SIGNED_MAX], size_t *len)
{
	struct tls_hop *h = (struct tls_hop *)s;
	struct msg_tls_sign m = { .number = ++h->number, .what = *what };
	int wait_ms = h->met ? TLS_HOP_MS : TLS_HOP_FIRST_MS;
	int64_t now = clock_mono_ns();

	h->asked++;
	h->answered = false;
	h->failed++;
	if (h->channel.fd < 0 || now < h->sick_until_ns)
		return err_raise(-EAGAIN);
	if (msg_tls_sign_put(&h->channel, &m) != 0 ||
	    channel_flush_all(&h->channel, wait_ms) != 0 ||
	    !wait_for(h, now + (int64_t)wait_ms * NS_PER_MS)) {
		no_answer(h, wait_ms);
		return err_raise(-ETIMEDOUT);
	}
	h->met = true;
	if (h->len == 0)
		return TLS_SIGN_REFUSED;
	h->failed--;
	memcpy(sig, h->sig, h->len);
	*len = h->len;
	return 0;
}

void
tls_hop_init(struct tls_hop *h, uv_loop_t *loop)
{
	*h = (struct tls_hop){ .signer.sign = ask, .loop = loop, .channel.fd = -1 };
}

int
tls_hop_open(struct tls_hop *h, int fd)
{
	static const struct frame_rule rules[] = {
		{ MSG_TLS_SIGNED, 1U << 0, false, false, TLS_SIGNED_MAX + 16, on_signed,
		    "tls_signed" },
	};
	static const struct channel_ops ops = { rules, sizeof(rules) / sizeof(rules[0]),
		signer_gone };

	if (h->channel.fd >= 0)
		channel_close(&h->channel);
	h->sick_until_ns = 0;
	return err_pass(channel_open(&h->channel, h->loop, fd, "signer", 0, &ops));
}
