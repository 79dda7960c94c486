/*
 * pack_object - a map into a struct, by a table of its fields. Names are compared byte for byte;
 * all of them are kept until the map ends, so that one that stands there twice is seen, known or
 * not.
 */
#include "host/pack/pack.h"

enum { FIELDS_MAX = 32, NAME_MAX_LEN = 256 };

static size_t
find(const struct pack_field *f, size_t n, struct bytes name)
{
	for (size_t k = 0; k < n; k++)
		if (bytes_is(name, f[k].name))
			return k;
	return n;
}

static void
take_value(struct pack *p, const struct pack_field *f, void *into)
{
	uint8_t *to = (uint8_t *)into + f->offset;
	struct bytes s = BYTES_NULL;
	uint64_t u = 0;
	int64_t i = 0;
	bool flag = false;

	switch (f->type) {
	case PACK_T_RAW:
		s = pack_skip(p);
		break;
	case PACK_T_TEXT:
		s = pack_text(p, PACK_TEXT_MAX);
		break;
	case PACK_T_DATA:
		s = pack_data(p, SIZE_MAX);
		break;
	case PACK_T_BOOL:
		flag = pack_bool(p);
		memcpy(to, &flag, sizeof(flag));
		return;
	case PACK_T_U64:
		u = pack_uint(p, UINT64_MAX);
		memcpy(to, &u, sizeof(u));
		return;
	case PACK_T_I64:
		i = pack_int(p, INT64_MIN, INT64_MAX);
		memcpy(to, &i, sizeof(i));
		return;
	default:
		pack_fail(p, "field of no kind");
		return;
	}
	memcpy(to, &s, sizeof(s));
}

uint32_t
pack_object(struct pack *p, const struct pack_field *f, size_t n, void *into)
{
	struct bytes names[PACK_MEMBERS];
	uint32_t left = pack_map(p, PACK_MEMBERS), seen = 0;
	size_t n_names = 0;

	if (n > FIELDS_MAX)
		pack_fail(p, "too many fields");
	for (; p->why == NULL && left > 0; left--) {
		struct bytes name = pack_text(p, NAME_MAX_LEN);
		size_t k;

		for (k = 0; k < n_names && !bytes_eq(names[k], name); k++)
			;
		if (p->why == NULL && k < n_names)
			pack_fail(p, "the same name twice in a map");
		names[n_names++] = name;
		k = find(f, n, name);
		if (p->why != NULL)
			break;
		if (k == n) {
			pack_skip(p);
		} else if ((f[k].flags & PACK_NILS) != 0 && pack_peek(p) == PACK_NIL) {
			pack_nil(p);
		} else {
			seen |= UINT32_C(1) << k;
			take_value(p, &f[k], into);
		}
	}
	for (size_t k = 0; p->why == NULL && k < n; k++)
		if ((f[k].flags & PACK_NEEDED) != 0 && (seen >> k & 1) == 0)
			pack_fail(p, "a field is missing");
	return p->why == NULL ? seen : 0;
}
