/*
 * manifest_expand - ${NAME} in a scalar. It happens after the YAML was read, so what stands in the
 * environment is a value and never a key, a list or a line; and what was filled in is not looked at
 * again. In 2021 the text of the file was expanded, before it was read.
 */
#include <stdio.h>

#include "host/lattice/manifest_priv.h"

enum { NAME_MOST = 128 };

static bool
is_name_char(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

/* fill() - what stands for "NAME" or "NAME:default". */
static bool
fill(struct manifest_reading *rd, struct bytes inside, struct manifest_at at, struct buf *out)
{
	size_t colon = bytes_find(inside, ':');
	char name[NAME_MOST + 1];
	const char *value;
	bool ok = colon != 0 && colon <= NAME_MOST;

	for (size_t i = 0; ok && i < colon; i++) {
		ok = is_name_char(inside.ptr[i]);
		name[i] = (char)inside.ptr[i];
	}
	if (!ok) {
		manifest_error(rd, at, "${...} wants a name of letters, digits and _");
		return false;
	}
	name[colon] = 0;
	value = rd->env != NULL ? rd->env->get(rd->env->ctx, name) : NULL;
	if (value == NULL && colon == inside.len) {
		manifest_error(rd, at, "%s is not set, and ${%s} has no default", name, name);
		return false;
	}
	if (value != NULL)
		buf_put_str(out, value);
	else
		buf_put(out, bytes_from(inside, colon + 1));
	return true;
}

static bool
expand(struct manifest_reading *rd, struct bytes in, struct manifest_at at, struct buf *out)
{
	while (in.len != 0) {
		size_t end;

		if (bytes_starts(in, BYTES_LIT("$${"))) {
			buf_put_str(out, "${");
			in = bytes_from(in, 3);
			continue;
		}
		if (!bytes_starts(in, BYTES_LIT("${"))) {
			buf_put_u8(out, in.ptr[0]);
			in = bytes_from(in, 1);
			continue;
		}
		end = bytes_find(in, '}');
		if (end == in.len) {
			manifest_error(rd, at, "${ without }");
			return false;
		}
		if (!fill(rd, bytes_of(in.ptr + 2, end - 2), at, out))
			return false;
		in = bytes_from(in, end + 1);
	}
	return true;
}

char *
manifest_expand(struct manifest_reading *rd, struct bytes in, struct manifest_at at)
{
	struct buf out;
	char *s = NULL;

	buf_init(&out, MANIFEST_TEXT);
	if (expand(rd, in, at, &out)) {
		if (buf_failed(&out))
			manifest_error(rd, at, "longer than %d bytes", MANIFEST_TEXT);
		else if (bytes_find(buf_bytes(&out), 0) < out.len)
			manifest_error(rd, at, "a zero byte");
		else
			s = buf_take(&out, NULL);
	}
	if (s == NULL && rd->errors == 0)
		rd->accident = -ENOMEM;
	buf_deinit(&out);
	return s;
}
