/*
 * par_gunzip - see par_gunzip.h. A few kilobytes can stand for gigabytes: what comes out is asked
 * for in pieces and never more than the caller's buffer may hold. zlib compares the checksum and
 * the length at the end. One member only: readers differ about what follows it. Source: RFC 1952;
 * zlib.h.
 */
#include "policy/identity/par_gunzip.h"

#include <zlib.h>

#include "policy/identity/why_priv.h"

enum { PIECE = 64 * 1024, GZIP_ONLY = 16 };

/* inflate_piece() - the next output. Return: what inflate() returned, Z_MEM_ERROR, Z_BUF_ERROR. */
static int
inflate_piece(z_stream *z, struct buf *out)
{
	size_t room = out->max - out->len < PIECE ? out->max - out->len : PIECE;
	uint8_t *to = room > 0 ? buf_reserve(out, room) : NULL;
	int r;

	if (to == NULL)
		return room > 0 ? Z_MEM_ERROR : Z_BUF_ERROR;
	z->next_out = to;
	z->avail_out = (uInt)room;
	r = inflate(z, Z_NO_FLUSH);
	out->len += room - z->avail_out;
	return r;
}

static int
judge(int r, const z_stream *z, const struct buf *out, char *why)
{
	if (r == Z_MEM_ERROR)
		return err_raise(-ENOMEM);
	if (r == Z_STREAM_END && z->avail_in == 0)
		return 0;
	if (r == Z_STREAM_END)
		return why_say(why, WASCAP_BAD_FILE, "something follows the compressed archive");
	if (r == Z_BUF_ERROR && out->len == out->max)
		return why_say(
		    why, WASCAP_BAD_FILE, "over %zu MiB when it is unpacked", out->max >> 20);
	if (r == Z_BUF_ERROR)
		return why_say(why, WASCAP_BAD_FILE, "the compressed archive is cut short");
	return why_say(why, WASCAP_BAD_FILE, "not gzip: %s", z->msg != NULL ? z->msg : "damaged");
}

int
par_gunzip(struct buf *out, struct bytes in, char why[WHY_MAX])
{
	z_stream z = { 0 };
	int r;

	if (in.len > UINT32_MAX)
		return why_say(why, WASCAP_BAD_FILE, "over 4 GiB");
	z.next_in = (z_const Bytef *)(uintptr_t)in.ptr;
	z.avail_in = (uInt)in.len;
	if (inflateInit2(&z, GZIP_ONLY + MAX_WBITS) != Z_OK)
		return err_raise(-ENOMEM);
	do
		r = inflate_piece(&z, out);
	while (r == Z_OK);
	r = judge(r, &z, out, why);
	inflateEnd(&z);
	return err_pass(r);
}
