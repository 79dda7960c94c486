/*
 * text_get - the readers of an entry's value (see text.h).
 *
 * Each answers with one value or one message that says what would have been right. A number is
 * plain: no sign, no leading zero (is 010 eight or ten?), no blank before its unit, and bare: in
 * quotes it is a string.
 */
#include "policy/core/text.h"

/* A unit and how many of the smallest it holds; the last entry of a table has no name. */
struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit units_none[] = { { "", 1 }, { NULL, 0 } };
/* in the order in which a limit is shown: the first that divides it */
static const struct unit units_size[] = {
	{ "GiB", 1ULL << 30 },
	{ "GB", 1000000000 },
	{ "MiB", 1ULL << 20 },
	{ "MB", 1000000 },
	{ "KiB", 1ULL << 10 },
	{ "kB", 1000 },
	{ "", 1 },
	{ NULL, 0 },
};
static const struct unit units_time[] = {
	{ "d", 86400000 },
	{ "h", 3600000 },
	{ "m", 60000 },
	{ "s", 1000 },
	{ "ms", 1 },
	{ NULL, 0 },
};

/* value_of() - the single value of an entry, or NULL after saying what is there instead. */
static struct text_node *
value_of(const struct text *t, struct text_node *e, const char *expected, struct text_report *r)
{
	text_use(e);
	if (e->kind == TEXT_SECTION) {
		text_error(r, t, e, "'%.*s' is not a section; expected %s after '%.*s ='",
		    TEXT_ARG(e->text), expected, TEXT_ARG(e->text));
		return NULL;
	}
	if (e->op != TEXT_EQ && !e->op_used) {
		text_error(r, t, e, "expected '=' after '%.*s', not '%s'", TEXT_ARG(e->text),
		    text_op_word(e->op));
		return NULL;
	}
	if (e->child->kind == TEXT_WORD)
		return e->child;
	text_error(
	    r, t, e->child, "expected %s for '%.*s', not a list", expected, TEXT_ARG(e->text));
	return NULL;
}

static int
not_what(
    const struct text *t, const struct text_node *e, const char *expected, struct text_report *r)
{
	const struct text_node *v = e->child;

	text_error(r, t, v, "expected %s for '%.*s', not '%.*s'%s", expected, TEXT_ARG(e->text),
	    TEXT_ARG(v->text), v->quoted ? " in quotes" : "");
	return TEXT_BAD;
}

int
text_get_string(const struct text *t, struct text_node *e, struct bytes *out, struct text_report *r)
{
	const struct text_node *v;

	if (e == NULL)
		return 0;
	v = value_of(t, e, "one word or string", r);
	if (v == NULL)
		return TEXT_BAD;
	*out = v->text;
	return 0;
}

int
text_get_bool(const struct text *t, struct text_node *e, bool *out, struct text_report *r)
{
	const struct text_node *v;

	if (e == NULL)
		return 0;
	v = value_of(t, e, "yes or no", r);
	if (v == NULL)
		return TEXT_BAD;
	if (!v->quoted && (bytes_is(v->text, "yes") || bytes_is(v->text, "true")))
		*out = true;
	else if (!v->quoted && (bytes_is(v->text, "no") || bytes_is(v->text, "false")))
		*out = false;
	else
		return not_what(t, e, "yes or no", r);
	return 0;
}

/* parse_units() - digits and one of @units. Return: false when it is anything else or does not fit.
 */
static bool
parse_units(struct bytes s, const struct unit *units, uint64_t *out)
{
	uint64_t v = 0;
	size_t i = 0;

	for (; i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9'; i++)
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(s.ptr[i] - '0'), &v))
			return false;
	if (i == 0 || (i > 1 && s.ptr[0] == '0'))
		return false;
	for (; units->name != NULL; units++)
		if (bytes_is(bytes_from(s, i), units->name))
			return !__builtin_mul_overflow(v, units->factor, out);
	return false;
}

/* unit_for() - the unit in which @v is shown; zero in the smallest. */
static const struct unit *
unit_for(const struct unit *units, uint64_t v)
{
	while (units[1].name != NULL && (v == 0 || v % units->factor != 0))
		units++;
	return units;
}

static int
get_units(const struct text *t, struct text_node *e, const struct unit *units, const char *expected,
    const uint64_t range[2], uint64_t *out, struct text_report *r)
{
	const struct unit *lo = unit_for(units, range[0]), *hi = unit_for(units, range[1]);
	const struct text_node *v;
	uint64_t n;

	if (e == NULL)
		return 0;
	v = value_of(t, e, expected, r);
	if (v == NULL)
		return TEXT_BAD;
	if (v->quoted || !parse_units(v->text, units, &n))
		return not_what(t, e, expected, r);
	if (n < range[0] || n > range[1]) {
		text_error(r, t, v, "'%.*s' must be between %llu%s and %llu%s", TEXT_ARG(e->text),
		    (unsigned long long)(range[0] / lo->factor), lo->name,
		    (unsigned long long)(range[1] / hi->factor), hi->name);
		return TEXT_BAD;
	}
	*out = n;
	return 0;
}

int
text_get_number(const struct text *t, struct text_node *e, uint64_t min, uint64_t max,
    uint64_t *out, struct text_report *r)
{
	return get_units(t, e, units_none, "a plain number", (uint64_t[]){ min, max }, out, r);
}

int
text_get_size(const struct text *t, struct text_node *e, uint64_t min, uint64_t max, uint64_t *out,
    struct text_report *r)
{
	return get_units(t, e, units_size, "a size such as 100, 4KiB, 1MiB or 2GB",
	    (uint64_t[]){ min, max }, out, r);
}

int
text_get_duration_ms(const struct text *t, struct text_node *e, uint64_t min, uint64_t max,
    uint64_t *out, struct text_report *r)
{
	return get_units(t, e, units_time, "a duration such as 250ms, 2s, 5m, 1h or 30d",
	    (uint64_t[]){ min, max }, out, r);
}
