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

/* field_cuttable() - can a record of this kind say of this member that it was cut? */
static inline bool
field_cuttable(const struct record_field *f, enum record_kind kind)
{
	return (f->type == FIELD_TEXT || f->type == FIELD_LIST) && (f->kinds >> kind & 1) != 0;
}

#endif
