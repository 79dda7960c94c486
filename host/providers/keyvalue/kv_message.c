/*
 * kv_message - see kv_message.h. Keys and values are texts, as the contract has it: UTF-8 without
 * U+0000.
 */
#include "host/providers/keyvalue/kv_message.h"

#include <stddef.h>

#include "host/pack/pack.h"

/* What a payload is. */
enum kv_shape {
	SHAPE_TEXT,  /* a key alone */
	SHAPE_TEXTS, /* names */
	SHAPE_MAP,   /* fields */
};

struct kv_row {
	const char *operation;
	enum kv_shape shape;
	enum kv_form form;
	bool changes;
	const struct pack_field *fields;
	size_t n_fields;
};

#define NEEDED PACK_NEEDED
#define TEXT_FIELD(name, member) PACK_FIELD(name, struct kv_op, member, PACK_T_TEXT, NEEDED)
#define INT_FIELD(name, member) PACK_FIELD(name, struct kv_op, member, PACK_T_I64, NEEDED)
#define FIELDS(a) (a), sizeof(a) / sizeof((a)[0])

static const struct pack_field increment[] = { TEXT_FIELD("key", key), INT_FIELD("value", amount) };
static const struct pack_field set[] = { TEXT_FIELD("key", key), TEXT_FIELD("value", value),
	PACK_FIELD("expires", struct kv_op, start, PACK_T_I64, PACK_NILS) };
static const struct pack_field list[] = { TEXT_FIELD("listName", key), TEXT_FIELD("value", value) };
static const struct pack_field range[] = { TEXT_FIELD("listName", key), INT_FIELD("start", start),
	INT_FIELD("stop", stop) };
static const struct pack_field member[] = { TEXT_FIELD("setName", key),
	TEXT_FIELD("value", value) };

static const struct kv_row rows[KV_VERBS] = {
	[KV_GET] = { "KeyValue.Get", SHAPE_TEXT, KV_FORM_VALUE, false, NULL, 0 },
	[KV_SET] = { "KeyValue.Set", SHAPE_MAP, KV_FORM_NOTHING, true, FIELDS(set) },
	[KV_DEL] = { "KeyValue.Del", SHAPE_TEXT, KV_FORM_BOOL, true, NULL, 0 },
	[KV_CONTAINS] = { "KeyValue.Contains", SHAPE_TEXT, KV_FORM_BOOL, false, NULL, 0 },
	[KV_INCREMENT] = { "KeyValue.Increment", SHAPE_MAP, KV_FORM_NUMBER, true,
	    FIELDS(increment) },
	[KV_LIST_ADD] = { "KeyValue.ListAdd", SHAPE_MAP, KV_FORM_NUMBER, true, FIELDS(list) },
	[KV_LIST_CLEAR] = { "KeyValue.ListClear", SHAPE_TEXT, KV_FORM_BOOL, true, NULL, 0 },
	[KV_LIST_DEL] = { "KeyValue.ListDel", SHAPE_MAP, KV_FORM_BOOL, true, FIELDS(list) },
	[KV_LIST_RANGE] = { "KeyValue.ListRange", SHAPE_MAP, KV_FORM_TEXTS, false, FIELDS(range) },
	[KV_SET_ADD] = { "KeyValue.SetAdd", SHAPE_MAP, KV_FORM_NUMBER, true, FIELDS(member) },
	[KV_SET_CLEAR] = { "KeyValue.SetClear", SHAPE_TEXT, KV_FORM_BOOL, true, NULL, 0 },
	[KV_SET_DEL] = { "KeyValue.SetDel", SHAPE_MAP, KV_FORM_NUMBER, true, FIELDS(member) },
	[KV_SET_INTERSECTION] = { "KeyValue.SetIntersection", SHAPE_TEXTS, KV_FORM_TEXTS, false,
	    NULL, 0 },
	[KV_SET_QUERY] = { "KeyValue.SetQuery", SHAPE_TEXT, KV_FORM_TEXTS, false, NULL, 0 },
	[KV_SET_UNION] = { "KeyValue.SetUnion", SHAPE_TEXTS, KV_FORM_TEXTS, false, NULL, 0 },
};

enum kv_form
kv_form(enum kv_verb v)
{
	return rows[v].form;
}

bool
kv_changes(enum kv_verb v)
{
	return rows[v].changes;
}

static void
names(struct pack *p, struct kv_op *op)
{
	uint32_t n = pack_array(p, KV_NAMES);

	for (; n > 0 && pack_ok(p); n--)
		op->name[op->n_names++] = pack_text(p, KV_KEY);
	if (pack_ok(p) && op->n_names == 0)
		pack_fail(p, "no names");
}

static void
fields(struct pack *p, const struct kv_row *row, struct kv_op *op)
{
	(void)pack_object(p, row->fields, row->n_fields, op);
	if (op->verb == KV_SET) {
		if (op->start < 0 || op->start > UINT32_MAX)
			pack_fail(p, "expires is no number of seconds");
		else
			op->expires = (uint32_t)op->start;
	}
	if (op->verb == KV_INCREMENT && (op->amount < INT32_MIN || op->amount > INT32_MAX))
		pack_fail(p, "value is no number of 32 bits");
}

const char *
kv_op_get(struct bytes operation, struct bytes payload, struct kv_op *op)
{
	struct pack p = pack_of(payload);
	int v = 0;

	memset(op, 0, sizeof(*op));
	while (v < KV_VERBS && !bytes_is(operation, rows[v].operation))
		v++;
	if (v == KV_VERBS)
		return "this provider does not know the operation";
	op->verb = (enum kv_verb)v;
	switch (rows[v].shape) {
	case SHAPE_TEXT:
		op->key = pack_text(&p, KV_KEY);
		break;
	case SHAPE_TEXTS:
		names(&p, op);
		break;
	default:
		fields(&p, &rows[v], op);
	}
	if (!pack_done(&p))
		return p.why;
	if (op->key.len > KV_KEY || op->value.len > KV_VALUE)
		return "too long for a key or a value";
	return NULL;
}

void
kv_put_bool(struct buf *b, bool v)
{
	pack_put_bool(b, v);
}

void
kv_put_number(struct buf *b, int64_t v)
{
	pack_put_int(b, v);
}

void
kv_put_value(struct buf *b, struct bytes value, bool exists)
{
	pack_put_map(b, 2);
	pack_put_str(b, "value");
	pack_put_text(b, value);
	pack_put_str(b, "exists");
	pack_put_bool(b, exists);
}

void
kv_texts_init(struct kv_texts *t)
{
	buf_init(&t->items, KV_ANSWER);
	t->n = 0;
	t->full = false;
}

void
kv_texts_deinit(struct kv_texts *t)
{
	buf_deinit(&t->items);
}

void
kv_texts_add(struct kv_texts *t, struct bytes s)
{
	if (t->n == KV_ITEMS)
		t->full = true;
	if (t->full)
		return;
	buf_put_sized(&t->items, s);
	t->n++;
}

bool
kv_texts_put(const struct kv_texts *t, struct buf *b)
{
	struct cursor c = { buf_bytes(&t->items), false };

	if (t->full || buf_failed(&t->items))
		return false;
	pack_put_array(b, t->n);
	for (uint32_t i = 0; i < t->n; i++)
		pack_put_text(b, cursor_sized(&c, KV_VALUE));
	return !buf_failed(b);
}
