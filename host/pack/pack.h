/*
 * pack - message-pack, read strictly and written plainly.
 *
 * The reader walks over bytes and fails once: after the first thing that is wrong every take gives
 * nothing, and ->why says what it was. Lengths are held against what is left before anything is
 * done about them; nothing is allocated. A map is read by a table of fields: a name twice is
 * refused everywhere, for two readers may keep different ones of the two.
 *
 * Texts are UTF-8 without U+0000. Where bytes are wanted, `bin`, a text and an array of integers of
 * 0..255 are as good: rmp-serde writes the last for a plain Vec<u8>.
 * Source: the message-pack specification; 3Hren/msgpack-rust rmp-serde/src/{encode,decode}.rs.
 */
#ifndef HOST_PACK_PACK_H
#define HOST_PACK_PACK_H

#include "policy/core/buf.h"
#include "policy/core/bytes.h"

enum {
	PACK_DEPTH = 16,       /* of what is skipped */
	PACK_MEMBERS = 64,     /* of a map read by a table */
	PACK_TEXT_MAX = 65536, /* of a text, where the caller says nothing else */
};

enum pack_kind {
	PACK_END = 0, /* nothing left, or a failure before */
	PACK_NIL,
	PACK_BOOL,
	PACK_UINT, /* also a signed integer that is not negative */
	PACK_SINT, /* negative */
	PACK_FLOAT,
	PACK_STR,
	PACK_BIN,
	PACK_ARRAY,
	PACK_MAP,
	PACK_EXT,
};

struct pack {
	struct bytes in; /* caller's */
	size_t at;       /* bytes read */
	const char *why; /* NULL, or what was wrong first: a constant string */
};

/* pack_of() - a reader over @in. */
static inline struct pack
pack_of(struct bytes in)
{
	return (struct pack){ .in = in };
}
/* pack_fail() - nothing is right any more; keeps the first reason. */
void pack_fail(struct pack *p, const char *why);
/* pack_ok() - nothing has failed yet. */
static inline bool
pack_ok(const struct pack *p)
{
	return p->why == NULL;
}
/* pack_done() - nothing failed and all was read; else notes bytes that are left as the failure. */
bool pack_done(struct pack *p);
/* pack_peek() - what comes next. */
enum pack_kind pack_peek(const struct pack *p);

/* Takers: the next value, which must be of this kind. Slices are borrowed from the input. */
void pack_nil(struct pack *p);
bool pack_bool(struct pack *p);
uint64_t pack_uint(struct pack *p, uint64_t max);
int64_t pack_int(struct pack *p, int64_t min, int64_t max);
struct bytes pack_text(struct pack *p, size_t max);
/* pack_data() - `bin` or a text; not an array: see pack_data_into(). */
struct bytes pack_data(struct pack *p, size_t max);
/*
 * pack_data_into() - the same, and an array of integers, whose bytes are put at @room's end; so a
 * slice of the input or of @room. With an array of more than @max, or without room, it fails.
 */
struct bytes pack_data_into(struct pack *p, size_t max, struct buf *room);
/* pack_array(), pack_map() - how many elements, or pairs, follow; at most @max. */
uint32_t pack_array(struct pack *p, uint32_t max);
uint32_t pack_map(struct pack *p, uint32_t max);
/* pack_skip() - a value of any kind, at most PACK_DEPTH deep. Return: its bytes. */
struct bytes pack_skip(struct pack *p);

/* What stands in a field of a map, and what is written at its place. */
enum pack_type {
	PACK_T_RAW =
	    0, /* struct bytes: the value as it is, any kind; read it with a reader of its own */
	PACK_T_TEXT, /* struct bytes */
	PACK_T_DATA, /* struct bytes; bin or text */
	PACK_T_BOOL, /* bool */
	PACK_T_U64,  /* uint64_t */
	PACK_T_I64,  /* int64_t */
};

enum pack_flags {
	PACK_NEEDED = 1, /* a map without it is refused */
	PACK_NILS = 2,   /* nil is as good as absent */
};

struct pack_field {
	const char *name;
	enum pack_type type;
	uint32_t flags;
	size_t offset;
};

#define PACK_FIELD(text, s, member, t, fl)                                                         \
	{                                                                                          \
		.name = (text), .type = (t), .flags = (fl), .offset = offsetof(s, member)          \
	}

/*
 * pack_object() - the map that comes next, into the struct at @into. At most 32 fields. Names
 * nobody knows are skipped; a name twice, known or not, fails. Return: bit k is set for a field k
 * that was there (and not nil).
 */
uint32_t pack_object(struct pack *p, const struct pack_field *f, size_t n, void *into);

/* Writers: as short as the value allows; into a struct buf, whose failure is checked once. */
void pack_put_nil(struct buf *b);
void pack_put_bool(struct buf *b, bool v);
void pack_put_uint(struct buf *b, uint64_t v);
void pack_put_int(struct buf *b, int64_t v);
void pack_put_text(struct buf *b, struct bytes s);
void pack_put_str(struct buf *b, const char *s);
void pack_put_bin(struct buf *b, struct bytes s);
/* pack_put_ints() - bytes as an array of integers, as the hosts of 2021 wrote them. */
void pack_put_ints(struct buf *b, struct bytes s);
void pack_put_array(struct buf *b, uint32_t n);
void pack_put_map(struct buf *b, uint32_t n);

#endif
