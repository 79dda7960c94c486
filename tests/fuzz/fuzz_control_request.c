/*
 * Any bytes as a line of the control socket. Properties: what is accepted is within the limit, holds no
 * control byte, and is, written anew from what was read, the same line.
 */
#include <stdio.h>
#include <stdlib.h>

#include "gateway/proc/control_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const words[] = { "", "status", "conns", "reload", "reopen", "read" };
	struct bytes line = size != 0 ? bytes_of(data, size) : BYTES_NULL;
	struct control_request r;
	char again[CONTROL_LINE_MAX + 1];
	int n;

	if (control_request_parse(line, &r) != 0)
		return 0;
	check(size <= CONTROL_LINE_MAX && r.verb > CONTROL_NONE && r.verb <= CONTROL_READ);
	for (size_t i = 0; i < size; i++)
		check(data[i] >= 0x20 && data[i] != 0x7f);
	check(r.verb == CONTROL_READ || (r.what.len == 0 && r.detail.len == 0));
	n = snprintf(again, sizeof(again), "%s%s%.*s%s%.*s", words[r.verb], r.what.len > 0 ? " " : "", (int)r.what.len,
	    (const char *)r.what.ptr, r.detail.len > 0 ? " " : "", (int)r.detail.len, (const char *)r.detail.ptr);
	check((size_t)n == size && memcmp(again, data, size) == 0);
	return 0;
}
