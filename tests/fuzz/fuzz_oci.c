/*
 * What a registry and the process that asked it may say: manifests, challenges, tokens, URLs, results. What is
 * taken is bounded, and a URL that was taken reads the same when it is written again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/fetch/msg_fetch.h"
#include "host/lattice/oci.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static void
url(struct bytes in)
{
	char again[sizeof(struct oci_url) + 64];
	struct oci_url a, b;
	const char *why;

	if (oci_url(in, NULL, &a, &why) != 0)
		return;
	check(a.path[0] == '/' && a.host[0] != 0 && a.port != 0);
	snprintf(again, sizeof(again), "%s://%s:%u%s", a.tls ? "https" : "http", a.host, a.port, a.path);
	check(oci_url(bytes_str(again), NULL, &b, &why) == 0);
	check(a.tls == b.tls && a.port == b.port && strcmp(a.host, b.host) == 0 && strcmp(a.path, b.path) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	struct oci_challenge challenge;
	struct fetch_result result;
	struct fetch_request request;
	struct oci_layer layer;
	const char *why;
	struct buf token;

	if (oci_manifest(in, OCI_ACTOR, &layer, &why) == 0)
		check(oci_digest_ok(bytes_str(layer.digest)));
	(void)!oci_challenge(in, &challenge, &why);
	buf_init(&token, OCI_TOKEN);
	if (oci_token(in, &token, &why) == 0)
		check(token.len > 0 && memchr(token.ptr, '\n', token.len) == NULL);
	buf_deinit(&token);
	url(in);
	if (fetch_result_get(in, &result))
		check(result.why.len <= FETCH_WHY && result.location.len <= FETCH_HEADER);
	if (fetch_request_get(in, &request))
		check(request.path.len > 0 && request.path.ptr[0] == '/');
	return 0;
}
