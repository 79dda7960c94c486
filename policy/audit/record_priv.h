/*
 * record_priv - the members a record can have, in the order they stand in a line.
 */
#ifndef POLICY_AUDIT_RECORD_PRIV_H
#define POLICY_AUDIT_RECORD_PRIV_H

#include "policy/audit/record.h"

enum field_type {
	FIELD_TEXT, /* struct bytes; left out when empty */
	FIELD_NUM,  /* uint64_t; left out when 0, or when ->has says so */
	FIELD_FLAG, /* bool; only ever true */
	FIELD_LIST, /* struct record_list; left out when empty */
	FIELD_HASH, /* struct digest; ->has says whether */
};

/* Two members that come together or not at all. */
enum field_pair { FIELD_SINGLE, FIELD_FIRST, FIELD_SECOND };

struct record_field {
	const char *key; /* ,"key": as it stands in the line */
	size_t key_len;
	size_t at;  /* in struct record */
	size_t has; /* of the bool that says whether it is there; 0 none */
	size_t max; /* TEXT, LIST: characters between quotes or brackets */
	uint32_t kinds;
	enum field_type type;
	enum field_pair pair;
};

enum { RECORD_FIELDS_MAX = 96 };

extern const struct record_field record_field[];
extern const size_t record_fields;

/* record_field_name() - the key without its punctuation. */
static inline struct bytes
record_field_name(const struct record_field *f)
{
	return bytes_of(f->key + 2, f->key_len - 4);
}

/* record_field_of() - index of a name, record_fields when there is none. */
size_t record_field_of(struct bytes name);

static inline const void *
field_at(const struct record *r, size_t at)
{
	return (const uint8_t *)r + at;
}

#define BYTES_ONES UINT64_C(0x0101010101010101)
#define BYTES_HIGH UINT64_C(0x8080808080808080)
#define BYTES_ZERO(v) (((v)-BYTES_ONES) & ~(v))

/* plain_stops() - which of eight bytes are escaped in a string (the lowest mark is right). */
static inline uint64_t
plain_stops(uint64_t w)
{
	return (BYTES_ZERO(w ^ BYTES_ONES * '"') | BYTES_ZERO(w ^ BYTES_ONES * '\\') |
		   BYTES_ZERO(w ^ BYTES_ONES * 0x7f) | ((w - BYTES_ONES * 0x20) & ~w) | w) &
	       BYTES_HIGH;
}

/* plain_run() - how many bytes from the front stand for themselves in a string. */
static inline size_t
plain_run(struct bytes s)
{
	size_t n = 0;

	for (; s.len - n >= 8; n += 8) {
		uint64_t w, stop;

		memcpy(&w, s.ptr + n, 8); /* little endian: the first byte is the lowest */
		stop = plain_stops(w);
		if (stop != 0)
			return n + (size_t)__builtin_ctzll(stop) / 8;
	}
	while (
	    n < s.len && s.ptr[n] >= 0x20 && s.ptr[n] < 0x7f && s.ptr[n] != '"' && s.ptr[n] != '\\')
		n++;
	return n;
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "plain_run() counts from the low end");

/* field_cuttable() - can a record of this kind say of this member that it was cut? */
static inline bool
field_cuttable(const struct record_field *f, enum record_kind kind)
{
	return (f->type == FIELD_TEXT || f->type == FIELD_LIST) && (f->kinds >> kind & 1) != 0;
}

#endif
