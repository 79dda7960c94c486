/*
 * Any bytes as an upstream's INFO. Properties: numbers are within their ceilings, texts printable
 * and ended, and what a client is told of them is read back to the same values.
 */
#include "gateway/nats/info.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_text(const char *s, size_t room)
{
	size_t n = strnlen(s, room);

	if (n == room)
		abort();
	while (n > 0)
		if (s[--n] < 0x20 || s[n] > 0x7e)
			abort();
}

static void
read_back(const struct nats_info *i)
{
	struct nats_hello h = {
		.server_id = "N",
		.server_name = i->server_name,
		.version = i->version,
		.host = "h",
		.nonce = i->nonce,
		.max_payload = i->max_payload,
		.headers = i->headers,
		.jetstream = i->jetstream,
		.ldm = i->ldm,
		.tls_required = i->tls_required,
		.domain = i->domain,
		.api_lvl = i->api_lvl,
	};
	struct nats_info again;
	struct buf b;

	buf_init(&b, 1 << 16);
	info_encode(&b, &h);
	if (buf_failed(&b) || info_decode(&again, buf_bytes(&b)) != 0)
		abort();
	if (strcmp(i->server_name, again.server_name) != 0 ||
	    strcmp(i->version, again.version) != 0 || strcmp(i->nonce, again.nonce) != 0 ||
	    strcmp(i->domain, again.domain) != 0)
		abort();
	if (i->max_payload != again.max_payload || i->api_lvl != again.api_lvl ||
	    i->headers != again.headers || i->jetstream != again.jetstream || i->ldm != again.ldm ||
	    i->tls_required != again.tls_required)
		abort();
	buf_deinit(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nats_info i;
	int r;

	if (size > 65536)
		return 0;
	r = info_decode(&i, bytes_of(data, size));
	if (r != 0 && (r != INFO_BAD || i.why == NULL))
		abort();
	check_text(i.version, sizeof(i.version));
	check_text(i.nonce, sizeof(i.nonce));
	check_text(i.domain, sizeof(i.domain));
	check_text(i.server_name, sizeof(i.server_name));
	if (i.max_payload < 1 || i.max_payload > 64 << 20 || i.api_lvl < 0)
		abort();
	if (r == 0)
		read_back(&i);
	return 0;
}
