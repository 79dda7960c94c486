/*
 * channels - what an edge's code can say to the other processes, right or wrong: the frames are
 * laid out by whoever gives the order, header and all. What comes back is read past the edge's own
 * reader.
 */
#include "tests/probe/probe.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CHANNEL_MS = 30000 };

static struct channel *
channel_of(const char *peer)
{
	static const struct {
		const char *name;
		struct channel *channel;
	} known[] = { { "parent", &edge.child.parent }, { "verifier", &edge.verifier },
		{ "signer", &edge.signer }, { "dispatcher", &edge.dispatcher },
		{ "auditor", &edge.auditor }, { "signatures", &edge.tls.hop.channel } };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i].name, peer) == 0)
			return known[i].channel;
	}
	return NULL;
}

/* put() - all of it, @with_fd beside the first byte. Return: 0, or errno. */
static int
put(int to, struct bytes s, int with_fd)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .room = { 0 } };

	while (s.len > 0) {
		struct iovec v = { (void *)(uintptr_t)s.ptr, s.len };
		struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
		struct pollfd p = { .fd = to, .events = POLLOUT };
		ssize_t n;

		if (with_fd >= 0) {
			m.msg_control = control.room;
			m.msg_controllen = sizeof(control.room);
			CMSG_FIRSTHDR(&m)->cmsg_level = SOL_SOCKET;
			CMSG_FIRSTHDR(&m)->cmsg_type = SCM_RIGHTS;
			CMSG_FIRSTHDR(&m)->cmsg_len = CMSG_LEN(sizeof(int));
			memcpy(CMSG_DATA(CMSG_FIRSTHDR(&m)), &with_fd, sizeof(int));
		}
		n = sendmsg(to, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN && poll(&p, 1, CHANNEL_MS) > 0)
			continue;
		if (n < 0)
			return errno;
		with_fd = -1;
		s = bytes_from(s, (size_t)n);
	}
	return 0;
}

/* frame() - u32 length, u16 type, u16 flags, body. Return: 0, or errno. */
static int
frame(int to, const char *type, const char *hex, const char *fd, unsigned times)
{
	static uint8_t room[80 * 1024];
	size_t len = probe_hex(hex, room + FRAME_HEADER, sizeof(room) - FRAME_HEADER);
	uint32_t n = (uint32_t)len;
	uint16_t t = (uint16_t)atoi(type), flags = fd != NULL ? 1 : 0;
	int r = 0;

	if (len > sizeof(room) - FRAME_HEADER)
		return EINVAL;
	memcpy(room, &n, 4);
	memcpy(room + 4, &t, 2);
	memcpy(room + 6, &flags, 2);
	for (unsigned i = 0; r == 0 && i < times; i++)
		r = put(to, bytes_of(room, FRAME_HEADER + len), fd != NULL ? atoi(fd) : -1);
	return r;
}

/* next_frame() - the next frame that comes, in hexadecimal: type and body; or "ended", or "silent".
 */
static void
next_frame(int from, struct buf *out)
{
	static uint8_t room[FRAME_MAX + FRAME_HEADER];
	struct pollfd p = { .fd = from, .events = POLLIN };
	size_t got = 0, want = FRAME_HEADER;

	while (got < want) {
		ssize_t n;

		if (poll(&p, 1, CHANNEL_MS) <= 0) {
			buf_put_str(out, "silent");
			return;
		}
		n = read(from, room + got, want - got);
		if (n < 0 && errno == EAGAIN)
			continue;
		if (n <= 0) {
			buf_put_str(out, "ended");
			return;
		}
		got += (size_t)n;
		if (got == FRAME_HEADER) {
			uint32_t body;

			memcpy(&body, room, 4);
			want += body <= FRAME_MAX ? body : 0;
		}
	}
	buf_put_dec(out, (uint64_t)(room[4] | room[5] << 8));
	buf_put_str(out, " ");
	buf_put_hex(out, bytes_of(room + FRAME_HEADER, want - FRAME_HEADER));
}

/* text() - a word as bytes; "-" for none. */
static struct bytes
text(const char *word)
{
	return strcmp(word, "-") == 0 ? BYTES_NULL : bytes_str(word);
}

/* put_login() - CONN NONCE JWT SIG: well formed, whatever is in it. */
static int
put_login(char *words[])
{
	struct msg_login m = { .conn = strtoull(words[0], NULL, 10),
		.nonce = text(words[1]),
		.jwt = text(words[2]),
		.sig = text(words[3]),
		.source = "9.9.9.9" };

	return msg_login_put(&edge.verifier, &m) != 0
		   ? -1
		   : channel_flush_all(&edge.verifier, CHANNEL_MS);
}

/* put_note() - CONN EVENT: the rest of it forged in every field; with a denial a decision's id that
 * is none. */
static int
put_note(char *words[])
{
	static const struct bytes forged = BYTES_LIT("forged \"}\n{\"kind\":\"command\"}");
	struct msg_note m = { .conn = strtoull(words[0], NULL, 10),
		.event = text(words[1]),
		.id = strcmp(words[1], "pub_denied") == 0 ? forged : BYTES_NULL,
		.subject = forged,
		.reply = forged,
		.queue = forged,
		.detail = forged,
		.rule = forged,
		.reason = forged,
		.verb = forged,
		.policy = forged,
		.decision = BYTES_LIT("allow"),
		.source = BYTES_LIT("9.9.9.9") };

	return msg_note_put(&edge.auditor, &m) != 0 ? -1
						    : channel_flush_all(&edge.auditor, CHANNEL_MS);
}

bool
probe_channel(const char *order, char *words[], size_t n, struct buf *out)
{
	struct channel *c = n > 0 ? channel_of(words[0]) : NULL;

	if (strcmp(order, "login") == 0 && n == 4) {
		buf_put_int(out, put_login(words));
		return true;
	}
	if (strcmp(order, "note") == 0 && n == 2) {
		buf_put_int(out, put_note(words));
		return true;
	}
	if (c == NULL)
		return false;
	if (strcmp(order, "send") == 0 && n >= 2)
		buf_put_dec(out, (uint64_t)frame(c->fd, words[1], n > 2 ? words[2] : "",
				     n > 3 ? words[3] : NULL, 1));
	else if (strcmp(order, "flood") == 0 && n >= 3)
		buf_put_dec(out, (uint64_t)frame(c->fd, words[2], n > 3 ? words[3] : "", NULL,
				     (unsigned)atoi(words[1])));
	else if (strcmp(order, "wait") == 0)
		next_frame(c->fd, out);
	else
		return false;
	return true;
}
