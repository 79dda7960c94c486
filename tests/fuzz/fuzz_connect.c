/*
 * Any bytes as a CONNECT object. Properties: an answer comes with a reason inside the text, what is
 * kept is within its ceilings, and a login made from it is read back to the same values.
 */
#include "gateway/nats/connect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_text(const char *s, size_t max)
{
	if (s != NULL && (s[0] == '\0' || strlen(s) > max))
		abort();
}

static void
check_same(const char *a, const char *b)
{
	if ((a == NULL) != (b == NULL) || (a != NULL && strcmp(a, b) != 0))
		abort();
}

static void
read_back(const struct nats_connect *c)
{
	struct nats_login l = {
		.jwt = bytes_str(c->jwt),
		.name = bytes_str(c->name),
		.echo = c->echo,
		.headers = c->headers,
		.no_responders = c->no_responders,
	};
	struct nats_connect again;
	struct buf b;

	buf_init(&b, 1 << 20);
	connect_encode(&b, &l);
	if (buf_failed(&b) || connect_decode(&again, buf_bytes(&b)) != 0)
		abort();
	check_same(c->jwt, again.jwt);
	check_same(c->name, again.name);
	if (again.echo != c->echo || again.headers != c->headers ||
	    again.no_responders != c->no_responders)
		abort();
	connect_deinit(&again);
	buf_deinit(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nats_connect c;
	int r;

	if (size > 65536)
		return 0;
	r = connect_decode(&c, bytes_of(data, size));
	if (r < 0 || (r == CONNECT_BAD && (c.why == NULL || c.at > size)))
		abort();
	check_text(c.jwt, CONNECT_JWT_MAX);
	check_text(c.sig, CONNECT_TEXT_MAX);
	check_text(c.pass, CONNECT_TEXT_MAX);
	check_text(c.name, CONNECT_LABEL_MAX);
	check_text(c.version, CONNECT_LABEL_MAX);
	if (r == 0)
		read_back(&c);
	connect_deinit(&c);
	return 0;
}
