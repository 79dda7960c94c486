/*
 * pack_json - message-pack written as JSON and back, for people who call actors by hand.
 *
 * Both ways one value stands for one value: what either writes, the other reads back to the same.
 * Message-pack has bytes, which JSON has not: they are {"$bytes": TEXT} where they are text, and
 * {"$base64": TEXT} where they are not. Refused either way: what policy/core/json.h refuses (a name
 * that comes twice, texts with U+0000, whole numbers above 2^53, over 256 names), nesting over 16,
 * names that are not texts or are one of those two, and values of over 65,536 parts.
 */
#ifndef HOST_PACK_PACK_JSON_H
#define HOST_PACK_PACK_JSON_H

#include "policy/core/buf.h"

enum { PACK_JSON_WHY = 120, PACK_JSON_DEPTH = 16, PACK_JSON_PARTS = 65536 };

/* answers; @why says more, in plain ASCII */
enum pack_json_answer {
	PACK_JSON_BAD = 1,   /* not of the form it has to be, or what the other has no form for */
	PACK_JSON_LARGE = 2, /* more than @out may hold */
};

/* pack_from_json() - append @json as message-pack. Return: 0, an answer, -ENOMEM. */
int pack_from_json(struct buf *out, struct bytes json, char why[PACK_JSON_WHY]) must_check;
/* pack_to_json() - append one value of message-pack as JSON, all ASCII. Return: as above. */
int pack_to_json(struct buf *out, struct bytes pack, char why[PACK_JSON_WHY]) must_check;

#endif
