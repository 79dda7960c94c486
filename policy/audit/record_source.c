/*
 * record_source - what of a source is the address, and what the port. The dispatcher's records have an
 * address alone, the edge's one with a port: 192.0.2.7, 192.0.2.7:5121, ::1, [::1]:5121.
 */
#include "policy/audit/record.h"

struct bytes
record_address(struct bytes source, struct bytes *port)
{
	size_t first = bytes_find(source, ':'), end;

	*port = BYTES_NULL;
	if (source.len > 0 && source.ptr[0] == '[') {
		end = bytes_find(source, ']');
		if (end + 1 < source.len && source.ptr[end + 1] == ':')
			*port = bytes_from(source, end + 2);
		return bytes_from(bytes_upto(source, end), 1);
	}
	end = first + 1;
	if (first == source.len || bytes_find(bytes_from(source, end), ':') + end < source.len)
		return source; /* of either kind, bare */
	*port = bytes_from(source, end);
	return bytes_upto(source, first);
}
