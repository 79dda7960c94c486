/*
 * body_priv - what the decoders of bodies share: an arena, tables of fields, takers of values.
 *
 * An object is read by a table: every member's name is looked up, its value handed to the taker of
 * that field, which writes it at the field's offset in a struct. Everything a decoder must not
 * forget is done in one place (body_read_object): unknown fields, spellings, what is missing.
 */
#ifndef POLICY_COMMANDS_BODY_PRIV_H
#define POLICY_COMMANDS_BODY_PRIV_H

#include "policy/commands/body.h"
#include "policy/core/json.h"

struct body_read {
	struct json j;
	const struct body_span *from; /* YAML: where each token stands in the payload; else NULL */
	struct body_arena *arena;
	struct body_fault *fault;
	struct body_list *unknown;          /* reads: names nobody knows are put here */
	const struct body_secret **secrets; /* where takers note secret values; NULL: nowhere */
	struct bytes field;                 /* being read: for ->fault */
	bool strict;                        /* refuse names nobody knows */
	bool protojson; /* snake_case or lowerCamelCase; numbers may be strings; null is absent */
	bool go; /* encoding/json reads it: null is absent, a name in another case is the field */
};

typedef int field_take(struct body_read *r, size_t at, void *into);

enum field_flags {
	FIELD_NEEDED = 1, /* refuse an object without it */
	FIELD_NULL = 2,   /* null is as good as absent */
	FIELD_ALIAS = 4,  /* another name of the field above it: not both */
	FIELD_EXACT = 8,  /* protojson: one spelling only */
};

struct field {
	const char *name;
	uint16_t len;
	uint16_t offset;
	uint32_t flags;
	field_take *read;
};

#define FIELD(text, type, member, fn, fl)                                                          \
	{                                                                                          \
		.name = (text), .len = sizeof(text) - 1, .offset = offsetof(type, member),         \
		.flags = (fl), .read = (fn)                                                        \
	}
#define N_FIELDS(a) (sizeof(a) / sizeof((a)[0]))

/*
 * BODY_OUT() - a taker "take_NAME" that hands @member of the value to @taker. It is for tables over
 * a struct whose first member is `struct body *out`, and entries written with that member.
 */
#define BODY_OUT(name, type, member, taker)                                                        \
	static int take_##name(struct body_read *r, size_t at, void *into)                         \
	{                                                                                          \
		type *b = into;                                                                    \
                                                                                                   \
		return taker(r, at, &b->out->member);                                              \
	}

/* A number that may be absent. */
struct body_number {
	uint64_t value;
	bool has;
	bool negative; /* body_take_int() only: the value counts down from zero */
};

/* body_arena_take() - @n bytes for anything; NULL when it is full. */
void *body_arena_take(struct body_arena *a, size_t n);
/* body_refuse() - fill the fault: the field being read, the token's place. Return: BODY_REFUSED. */
int body_refuse(struct body_read *r, size_t at, const char *why);
/* body_refuse_at() - the same without a reader. */
int body_refuse_at(struct body_fault *f, struct bytes field, size_t at, const char *why);
/* body_full() - body_refuse() for an arena without room. */
int body_full(struct body_read *r);

/*
 * body_read_json() - read @payload as one JSON object into tokens from the arena.
 * Return: 0, BODY_REFUSED.
 */
int body_read_json(struct body_read *r, struct bytes payload) must_check;
/* body_read_object() - the object at @at by a table, into @into. At most 64 fields. */
int body_read_object(
    struct body_read *r, size_t at, const struct field *fields, size_t n, void *into) must_check;
/* body_each() - @read on every element of the array at @at, all with the same @into. */
int body_each(struct body_read *r, size_t at, field_take *read, void *into) must_check;
/* body_text_odd() - body_text_at() of what does not stand in the text as it is. */
int body_text_odd(struct body_read *r, size_t at, struct bytes *s) must_check;

/* body_text_at() - a string's value; numbers and truth values of YAML are as good where text is
 * wanted. */
must_check static inline int
body_text_at(struct body_read *r, size_t at, struct bytes *s)
{
	const struct json_tok *t = &r->j.tok[at];

	if (at >= r->j.n || t->kind != JSON_STRING || t->escaped)
		return body_text_odd(r, at, s);
	*s = bytes_of(r->j.text.ptr + t->start, t->len);
	return 0;
}

/* body_where() - where a token's value stands in the payload. */
struct body_span body_where(const struct body_read *r, size_t at);
/* body_append() - one more pair at the end of a list. */
int body_append(struct body_read *r, struct body_list *list, struct bytes key, struct bytes value,
    struct body_span where) must_check;
/* body_secret_at() - note that the value of a token is secret. */
int body_secret_at(struct body_read *r, size_t at) must_check;
/* body_secret_payload() - a payload of raw bytes, secret as a whole. */
int body_secret_payload(struct body_read *r, struct bytes payload) must_check;

/* Takers. What each writes to @into is in its comment. */
field_take body_take_any;   /* nothing: a value of any kind that decides nothing */
field_take body_take_text;  /* struct bytes: any text */
field_take body_take_word;  /* struct bytes: text without control characters, at most 1024 bytes */
field_take body_take_id;    /* struct bytes: one token of a subject, or empty */
field_take body_take_bool;  /* bool */
field_take body_take_u32;   /* struct body_number */
field_take body_take_u64;   /* struct body_number */
field_take body_take_int;   /* struct body_number: int64 */
field_take body_take_image; /* struct image; an empty text leaves it IMAGE_NONE */
field_take body_take_map;   /* struct body_list: an object of texts */
field_take body_take_secret_map; /* struct body_list: the same, its values are secrets */
field_take body_take_names;      /* struct body_list: an array of words */
field_take body_take_ref_or_key; /* struct body_part: a key into ->id, anything else into ->image */
field_take body_take_secret;     /* struct bytes: any text, noted as secret */

/* body_key() - is it the text of a public key of one of these types ("MV")? */
bool body_key(struct bytes s, const char *types);
/* body_word_ok() - text that may name something: not over 1024 bytes, no control characters. */
bool body_word_ok(struct bytes s);
/* body_id_ok() - one token of a subject: printable ASCII without blank, '.', '*' and '>'. */
bool body_id_ok(struct bytes s);
/*
 * body_header() - the value of a header field. Names are compared as NATS clients do, exactly.
 * Return: 0 (empty when there is none), BODY_REFUSED when the field stands there twice or in
 * another case: which of them counts differs.
 */
int body_header(struct bytes block, const char *name, struct bytes *value) must_check;

/* One decoder per dialect: the command, the input, a reader (not read yet) and the value. */
int dialect_a_decode(const struct command *c, const struct body_input *in, struct body_read *r,
    struct body *out) must_check;
int dialect_b_decode(const struct command *c, const struct body_input *in, struct body_read *r,
    struct body *out) must_check;
int dialect_c_decode(const struct command *c, const struct body_input *in, struct body_read *r,
    struct body *out) must_check;
int dialect_d_decode(const struct command *c, const struct body_input *in, struct body_read *r,
    struct body *out) must_check;
int wadm_decode(const struct command *c, const struct body_input *in, struct body_read *r,
    struct body *out) must_check;
int store_decode(const struct command *c, const struct body_input *in, struct body_read *r,
    struct body *out) must_check;
/* body_read_registries() - the root object as registry -> credentials; B and C. */
int body_read_registries(struct body_read *r, struct body *out) must_check;
/* body_read_c_link() - a link of 1.x at @at; also inside a component's record. */
int body_read_c_link(struct body_read *r, size_t at, struct body_link *link) must_check;
/* body_read_manifest() - an application manifest whose tokens @r holds. */
int body_read_manifest(struct body_read *r, struct body *out) must_check;
/* yaml_read() - a YAML document into tokens, in the subset docs/BODIES.md describes. */
int yaml_read(struct body_read *r, struct bytes payload) must_check;

/* body_no_payload() - a change whose payload nobody reads must have none. */
int body_no_payload(const struct body_input *in, struct body *out) must_check;
/* body_add_part/link() - link a part or a link into @out. */
void body_add_part(struct body *out, struct body_part *part);
void body_add_link(struct body *out, struct body_link *link);

#endif
