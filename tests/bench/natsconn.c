/*
 * natsconn - see natsconn.h.
 *
 * The login is a state machine on a non-blocking socket, so that a thousand of them can be under
 * way at once; the calls that wait are that machine with poll() around it. It trusts the server it
 * measures to be a NATS server, not to be well: every line has a ceiling and every wait an end.
 * What it sends is what nats.c sends: verbose off, headers and no_responders on, protocol 1.
 */
#include "tests/bench/natsconn.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CREDS_MAX = 64 * 1024 };

uint64_t
clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

int
natslogin_load(struct natslogin *l, const char *file)
{
	FILE *f = fopen(file, "re");
	size_t n;
	int r;

	*l = (struct natslogin){ 0 };
	if (f == NULL)
		return err_raise(-errno);
	l->text = calloc(1, CREDS_MAX);
	n = l->text != NULL ? fread(l->text, 1, CREDS_MAX, f) : 0;
	r = l->text == NULL ? -ENOMEM : ferror(f) ? -EIO : 0;
	fclose(f);
	if (r != 0)
		return err_raise(r);
	return err_pass(creds_read(bytes_of(l->text, n), &l->jwt, &l->pair));
}

void
natslogin_deinit(struct natslogin *l)
{
	nkey_pair_deinit(&l->pair);
	if (l->text != NULL)
		sodium_memzero(l->text, CREDS_MAX);
	free(l->text);
	*l = (struct natslogin){ 0 };
}

int
natsconn_address(struct sockaddr_in *to, const char *text)
{
	const char *colon = strrchr(text, ':');
	char host[INET_ADDRSTRLEN];
	char *end;
	unsigned long port;

	if (colon == NULL || (size_t)(colon - text) >= sizeof host)
		return err_raise(-EINVAL);
	memcpy(host, text, (size_t)(colon - text));
	host[colon - text] = '\0';
	port = strtoul(colon + 1, &end, 10);
	*to = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	if (*end != '\0' || port == 0 || port > UINT16_MAX ||
	    inet_pton(AF_INET, host, &to->sin_addr) != 1)
		return err_raise(-EINVAL);
	return 0;
}

int
natsconn_dial(struct natsconn *c, const struct sockaddr_in *to)
{
	const int one = 1;

	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	c->state = NATSCONN_DIALING;
	c->have = 0;
	c->dialled_ns = clock_ns();
	if (c->fd < 0)
		return err_raise(-errno);
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (connect(c->fd, (const struct sockaddr *)to, sizeof *to) != 0 && errno != EINPROGRESS) {
		int r = -errno;

		natsconn_close(c);
		return err_raise(r);
	}
	return 0;
}

void
natsconn_close(struct natsconn *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

static int
wait_ready(int fd, short events, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = events };
	int r;

	do
		r = poll(&p, 1, timeout_ms);
	while (r < 0 && errno == EINTR);
	return r > 0 ? 0 : err_raise(r == 0 ? -ETIMEDOUT : -errno);
}

int
natsconn_send(struct natsconn *c, struct bytes s)
{
	while (s.len > 0) {
		ssize_t n = send(c->fd, s.ptr, s.len, MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return err_raise(-errno);
		if (n < 0) {
			int r = wait_ready(c->fd, POLLOUT, 10000);

			if (r != 0)
				return err_pass(r);
			continue;
		}
		s = bytes_from(s, (size_t)n);
	}
	return 0;
}

/* take_line() - the length of the first whole line in ->line (its CRLF cut), or NATSCONN_MORE. */
static int
take_line(struct natsconn *c, size_t *len)
{
	char *nl = memchr(c->line, '\n', c->have);
	ssize_t n;

	if (nl == NULL) {
		if (c->have == NATSCONN_LINE)
			return err_raise(-EMSGSIZE);
		n = recv(c->fd, c->line + c->have, NATSCONN_LINE - c->have, 0);
		if (n < 0)
			return errno == EAGAIN ? NATSCONN_MORE : err_raise(-errno);
		if (n == 0)
			return err_raise(-ECONNRESET);
		c->have += (size_t)n;
		nl = memchr(c->line, '\n', c->have);
		if (nl == NULL)
			return NATSCONN_MORE;
	}
	*nl = '\0';
	*len = (size_t)(nl - c->line);
	return 0;
}

static void
drop_line(struct natsconn *c, size_t len)
{
	c->have -= len + 1;
	memmove(c->line, c->line + len + 1, c->have);
}

/* send_connect() - CONNECT with the token and the signature over the server's nonce, and a PING. */
static int
send_connect(struct natsconn *c, const struct natslogin *l)
{
	char *nonce = strstr(c->line, "\"nonce\":\"");
	uint8_t sig[NKEY_SIG_LEN];
	char sig64[sodium_base64_ENCODED_LEN(
	    NKEY_SIG_LEN, sodium_base64_VARIANT_URLSAFE_NO_PADDING)];
	struct buf b;
	int r;

	if (nonce == NULL)
		return err_raise(-EPROTO);
	nonce += strlen("\"nonce\":\"");
	nkey_sign(&l->pair, bytes_of(nonce, strcspn(nonce, "\"")), sig);
	sodium_bin2base64(
	    sig64, sizeof sig64, sig, sizeof sig, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	buf_init(&b, 128 * 1024);
	buf_put_str(&b, "CONNECT {\"verbose\":false,\"pedantic\":false,\"jwt\":\"");
	buf_put(&b, l->jwt);
	buf_put_str(&b, "\",\"sig\":\"");
	buf_put_str(&b, sig64);
	buf_put_str(&b,
	    "\",\"lang\":\"c\",\"version\":\"1\",\"protocol\":1,\"echo\":true,"
	    "\"headers\":true,\"no_responders\":true,\"name\":\"natsbench\"}\r\nPING\r\n");
	r = buf_failed(&b) ? err_raise(-ENOMEM) : natsconn_send(c, buf_bytes(&b));
	buf_deinit(&b);
	return r;
}

/* on_line() - what a line means in this state. Return: 0 when READY, NATSCONN_MORE,
 * NATSCONN_REFUSED, -errno. */
static int
on_line(struct natsconn *c, const struct natslogin *l)
{
	int r;

	if (strncmp(c->line, "-ERR", 4) == 0)
		return NATSCONN_REFUSED;
	if (c->state == NATSCONN_INFO && strncmp(c->line, "INFO ", 5) == 0) {
		r = send_connect(c, l);
		c->state = NATSCONN_PONG;
		return r != 0 ? err_pass(r) : NATSCONN_MORE;
	}
	if (c->state == NATSCONN_PONG && strncmp(c->line, "PONG", 4) == 0) {
		c->state = NATSCONN_READY;
		return 0;
	}
	if (strncmp(c->line, "PING", 4) == 0) {
		r = natsconn_send(c, BYTES_LIT("PONG\r\n"));
		return r != 0 ? err_pass(r) : NATSCONN_MORE;
	}
	return strncmp(c->line, "INFO ", 5) == 0 ? NATSCONN_MORE : err_raise(-EPROTO);
}

int
natsconn_step(struct natsconn *c, const struct natslogin *l)
{
	int r, error = 0;
	size_t len = 0;

	if (c->state == NATSCONN_DIALING) {
		socklen_t n = sizeof error;

		if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &n) != 0 || error != 0)
			return err_raise(error != 0 ? -error : -errno);
		c->state = NATSCONN_INFO;
	}
	for (;;) {
		r = take_line(c, &len);
		if (r != 0)
			return r == NATSCONN_MORE ? r : err_pass(r);
		r = on_line(c, l);
		if (r == NATSCONN_REFUSED || r < 0)
			return r;
		drop_line(c, len);
		if (r == 0)
			return 0;
	}
}

static int
step_until_ready(struct natsconn *c, const struct natslogin *l, int timeout_ms)
{
	int r;

	for (;;) {
		r = wait_ready(c->fd, c->state == NATSCONN_DIALING ? POLLOUT : POLLIN, timeout_ms);
		if (r == 0)
			r = natsconn_step(c, l);
		if (r != NATSCONN_MORE)
			return err_pass(r);
	}
}

int
natsconn_login(
    struct natsconn *c, const struct sockaddr_in *to, const struct natslogin *l, int timeout_ms)
{
	int r = natsconn_dial(c, to);

	return r != 0 ? err_pass(r) : step_until_ready(c, l, timeout_ms);
}

int
natsconn_barrier(struct natsconn *c, struct bytes s, int timeout_ms)
{
	int r = natsconn_send(c, s);

	if (r == 0)
		r = natsconn_send(c, BYTES_LIT("PING\r\n"));
	if (r != 0)
		return err_pass(r);
	c->state = NATSCONN_PONG;
	return step_until_ready(c, NULL, timeout_ms);
}
