/*
 * where_parse - a rule's where { } to conditions of the draft.
 *
 * A condition that can never be met is a mistake of its writer, in a rule that denies a dangerous
 * one: what no command can look like (a registry in capitals, a scheme nobody knows, a field none
 * of the verbs has) is an error here rather than silence later.
 */
#include "policy/rules/parse_priv.h"
#include "policy/rules/where.h"

enum { MAX_VALUES = 65536, MAX_VALUE = 1024 };

/* An entry of where { } while it is read. */
struct entry {
	struct place *at;
	const struct text_node *e;
	enum policy_field field;
	const struct where_row *row;
	struct pol_cond cond;
	bool required; /* `digest = required` was said */
};

static bool
has_capitals(struct bytes s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] >= 'A' && s.ptr[i] <= 'Z')
			return true;
	return false;
}

static bool
bare(const struct text_node *n, const char *word)
{
	return !n->quoted && bytes_is(n->text, word);
}

/* Numbers. */

static bool
decimal(struct bytes s, uint64_t *out)
{
	uint64_t v = 0;

	if (s.len == 0 || (s.len > 1 && s.ptr[0] == '0'))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(s.ptr[i] - '0'), &v))
			return false;
	}
	*out = v;
	return true;
}

/* "3" or "2..5" */
static bool
range_of(const struct text_node *n, uint64_t *min, uint64_t *max)
{
	size_t dot = bytes_find(n->text, '.');
	struct bytes rest = bytes_from(n->text, dot);

	if (n->kind != TEXT_WORD || n->quoted || !decimal(bytes_upto(n->text, dot), min))
		return false;
	*max = *min;
	if (rest.len == 0)
		return true;
	return bytes_starts(rest, BYTES_LIT("..")) && decimal(bytes_from(rest, 2), max) &&
	       *min <= *max;
}

/* What an operator makes of a number. Return: false when nothing can be meant by it. */
static bool
bounded(enum text_op op, uint64_t *min, uint64_t *max)
{
	bool single = *min == *max;

	switch (op) {
	case TEXT_LE:
		*min = 0;
		return single;
	case TEXT_LT:
		*min = 0;
		*max -= 1;
		return single && *max != UINT64_MAX;
	case TEXT_GE:
		*max = UINT64_MAX;
		return single;
	case TEXT_GT:
		*max = UINT64_MAX;
		*min += 1;
		return single && *min != 0;
	default:
		return true;
	}
}

static void
number_value(struct entry *en, const struct text_node *n)
{
	struct pol_range out;
	uint64_t min = 0, max = 0;

	if (bare(n, "none") &&
	    (en->e->op == TEXT_EQ || en->e->op == TEXT_NE || en->e->op == TEXT_IN)) {
		en->cond.flags |= POL_COND_NONE;
		return;
	}
	if (!range_of(n, &min, &max)) {
		COMPLAIN(
		    en->at, n, "%s is a number: 10, or 2..5 in a list or behind =", en->row->name);
		return;
	}
	if (!bounded(en->e->op, &min, &max)) {
		COMPLAIN(en->at, n, "no number is meant by %s %s %.*s", en->row->name,
		    text_op_word(en->e->op), TEXT_ARG(n->text));
		return;
	}
	out = (struct pol_range){ { (uint32_t)min, (uint32_t)(min >> 32) },
		{ (uint32_t)max, (uint32_t)(max >> 32) } };
	buf_put(&en->at->d->part[POL_RANGES], bytes_of(&out, sizeof(out)));
	en->cond.values.n++;
}

/* Images. */

static const char *
bad_image_character(struct bytes s)
{
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.ptr[i];

		if (c <= ' ' || c >= 0x7f || c == '%' || c == '?' || c == '#' || c == '\\')
			return "no image has such a character, and '*' is the only wildcard";
	}
	return NULL;
}

static const char *
bad_scheme_glob(struct bytes s, size_t *cut)
{
	static const char *const plain[] = { "file://", "bindle://", "wasmcloud+builtin://" };
	static const char *const urls[] = { "https://", "http://" };

	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		*cut = strlen(plain[i]);
		if (bytes_starts(s, bytes_str(plain[i])))
			return s.len > *cut ? NULL : "something has to stand behind the scheme";
	}
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		struct bytes rest = bytes_from(s, strlen(urls[i]));

		if (!bytes_starts(s, bytes_str(urls[i])) || rest.len == 0)
			continue;
		*cut = strlen(urls[i]) + bytes_find(rest, '/');
		return rest.ptr[0] != '/' && *cut + 1 < s.len && !has_capitals(bytes_upto(s, *cut))
			   ? NULL
			   : "a URL is https://host/path, the host in lower case";
	}
	return "images of registries are written without a scheme; others begin with file://, "
	       "bindle://, wasmcloud+builtin:// or https://";
}

static const char *
bad_registry_glob(struct bytes s, size_t *cut)
{
	struct bytes registry, rest;
	size_t fixed = 0;

	*cut = bytes_find(s, '/');
	registry = bytes_upto(s, *cut);
	rest = bytes_from(s, *cut + 1);
	if (*cut == s.len && bytes_starts(s, BYTES_LIT("builtin:")))
		return "a host's own provider is wasmcloud+builtin://NAME; builtin:NAME is an image of Docker "
		       "Hub, docker.io/library/builtin:NAME";
	if (registry.len == 0 || rest.len == 0)
		return "an image is REGISTRY/REPOSITORY with :TAG or @DIGEST; \"*\" is every one";
	if (bytes_find(registry, '.') == registry.len &&
	    bytes_find(registry, ':') == registry.len &&
	    bytes_find(registry, '*') == registry.len && !bytes_is(registry, "localhost"))
		return "what stands before the first / is no registry (docker.io/... for Docker "
		       "Hub)";
	if (bytes_is(registry, "index.docker.io"))
		return "this registry is called docker.io here";
	while (fixed < rest.len && rest.ptr[fixed] != ':' && rest.ptr[fixed] != '@' &&
	       rest.ptr[fixed] != '*')
		fixed++;
	if (has_capitals(registry) || has_capitals(bytes_upto(rest, fixed)))
		return "registries and repositories are in lower case";
	if (bytes_is(registry, "docker.io") && bytes_find(bytes_upto(rest, fixed), '/') == fixed &&
	    (fixed == rest.len || rest.ptr[fixed] != '*'))
		return "Docker Hub's own images are docker.io/library/NAME";
	return NULL;
}

static void
image_value(struct entry *en, const struct text_node *n, struct pol_item *item)
{
	bool scheme = memmem(n->text.ptr, n->text.len, "://", 3) != NULL;
	const char *no = bad_image_character(n->text);
	size_t cut = n->text.len;

	if (no == NULL && !bytes_is(n->text, "*"))
		no = scheme ? bad_scheme_glob(n->text, &cut) : bad_registry_glob(n->text, &cut);
	if (no != NULL) {
		COMPLAIN(en->at, n, "'%.*s': %s", TEXT_ARG(n->text), no);
		return;
	}
	item->text = draft_string(en->at->d, bytes_upto(n->text, cut));
	if (cut < n->text.len && n->text.ptr[cut] == '/' && n->text.ptr[cut - 1] != '/')
		cut++;
	if (cut < n->text.len)
		item->queue = draft_string(en->at->d, bytes_from(n->text, cut));
}

/* Texts. */

static bool
plain(struct bytes s)
{
	if (s.len == 0 || s.len > MAX_VALUE)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] < 0x20 || s.ptr[i] == 0x7f)
			return false;
	return true;
}

/* The bare words that are no globs. Return: was it one? */
static bool
special_value(struct entry *en, const struct text_node *n)
{
	if (bare(n, "none")) {
		en->cond.flags |= POL_COND_NONE;
		return true;
	}
	if (en->row->type == WHERE_HOSTS && bare(n, "own")) {
		en->cond.flags |= POL_COND_OWN;
		return true;
	}
	if (en->field == POLICY_FIELD_DIGEST && bare(n, "required")) {
		en->required = true;
		return true;
	}
	return false;
}

static void
text_value(struct entry *en, const struct text_node *n)
{
	struct draft *d = en->at->d;
	struct pol_item item = { 0 };
	struct bytes s = n->text;

	if (n->kind != TEXT_WORD || !plain(s)) {
		COMPLAIN(en->at, n, "expected a word or a string here");
		return;
	}
	if (special_value(en, n))
		return;
	if (en->field == POLICY_FIELD_HOST_PATH && bare(n, "any"))
		s = BYTES_LIT("*");
	if (en->row->type == WHERE_LOWER && has_capitals(s))
		COMPLAIN(en->at, n, "'%.*s': a %s is in lower case", TEXT_ARG(s), en->row->name);
	else if (en->row->type == WHERE_WORDS && !where_word_ok(en->field, s))
		COMPLAIN(en->at, n, "there is no %s '%.*s': docs/POLICY.md, Where, has them all",
		    en->row->name, TEXT_ARG(s));
	else if (en->row->type == WHERE_IMAGES)
		image_value(en, n, &item);
	else
		item.text = en->row->type == WHERE_HOSTS ? parse_lowered(d, s) : draft_string(d, s);
	buf_put(&d->part[POL_ITEMS], bytes_of(&item, sizeof(item)));
	en->cond.values.n++;
}

/* Entries. */

static bool
operator_ok(const struct entry *en)
{
	bool numbers = en->row->type == WHERE_NUMBERS;
	bool list = en->e->child->kind == TEXT_LIST;

	switch (en->e->op) {
	case TEXT_EQ:
	case TEXT_NE:
		return true;
	case TEXT_IN:
		return list;
	case TEXT_LT:
	case TEXT_LE:
	case TEXT_GT:
	case TEXT_GE:
		return numbers && !list;
	case TEXT_OP_NONE:
	default:
		return false;
	}
}

/* `required` is short for "not none", and stands alone. */
static void
resolve_required(struct entry *en)
{
	if (en->cond.values.n != 0 || (en->cond.flags & POL_COND_NONE) != 0)
		COMPLAIN(en->at, en->e, "required stands alone: it means any digest");
	en->cond.flags ^= POL_COND_NOT;
	en->cond.flags |= POL_COND_NONE;
}

static void
read_values(struct entry *en)
{
	const struct text_node *n = en->e->child;
	size_t left = MAX_VALUES;
	bool numbers = en->row->type == WHERE_NUMBERS;

	en->cond.values.first = numbers
				    ? parse_count(en->at->d, POL_RANGES, sizeof(struct pol_range))
				    : parse_count(en->at->d, POL_ITEMS, sizeof(struct pol_item));
	if (n->kind == TEXT_LIST)
		n = n->child;
	if (n == NULL)
		COMPLAIN(en->at, en->e, "the list is empty: leave %s out, or name something",
		    en->row->name);
	for (; n != NULL; n = n->next) {
		if (left-- == 0) {
			COMPLAIN(en->at, n, "more than %d elements", MAX_VALUES);
			return;
		}
		if (numbers)
			number_value(en, n);
		else
			text_value(en, n);
		if (en->e->child->kind != TEXT_LIST)
			break;
	}
}

/* Verbs of a granting rule that the condition shuts out for good. */
static void
warn_of_never(const struct entry *en, uint64_t verbs)
{
	uint64_t never = verbs & ~en->row->verbs;
	struct buf names;

	if (never == 0 || (en->cond.flags & (POL_COND_NONE | POL_COND_NOT)) == POL_COND_NONE)
		return;
	buf_init(&names, 4096);
	for (unsigned v = 0; v < VERB_COUNT; v++) {
		if ((never & VERB_BIT(v)) == 0)
			continue;
		buf_put_u8(&names, ' ');
		buf_put_str(&names, command_verb_name((enum verb)v));
	}
	text_warn(en->at->d->report, en->at->t, en->e,
	    "these verbs have no %s, so the rule never allows them:%.*s", en->row->name,
	    (int)names.len, names.len != 0 ? (const char *)names.ptr : "");
	buf_deinit(&names);
}

static void
read_entry(
    struct place *at, const struct text_node *e, uint64_t verbs, bool deny, struct pol_list *out)
{
	struct entry en = { .at = at, .e = e };

	en.field = e->kind == TEXT_ENTRY ? where_field(e->text) : POLICY_FIELD_NONE;
	en.row = where_row(en.field);
	if (en.row == NULL) {
		COMPLAIN(at, e, "where knows no field '%.*s' (docs/POLICY.md, Where)",
		    TEXT_ARG(e->text));
		return;
	}
	if ((verbs & en.row->verbs) == 0) {
		COMPLAIN(at, e, "no verb of this rule has a field %s", en.row->name);
		return;
	}
	if (!operator_ok(&en)) {
		COMPLAIN(at, e,
		    en.row->type == WHERE_NUMBERS
			? "%s takes = != < <= > >= with a number, = != in with a list of them, not "
			  "this %s"
			: "%s takes = and != with a text or a list, in with a list, not this %s",
		    en.row->name, text_op_word(e->op));
		return;
	}
	en.cond = (struct pol_cond){ .field = (uint32_t)en.field,
		.flags = e->op == TEXT_NE ? POL_COND_NOT : 0 };
	read_values(&en);
	if (en.required)
		resolve_required(&en);
	if (!deny)
		warn_of_never(&en, verbs);
	buf_put(&at->d->part[POL_CONDS], bytes_of(&en.cond, sizeof(en.cond)));
	out->n++;
}

void
parse_where(
    struct place *at, const struct text_node *s, uint64_t verbs, bool deny, struct pol_list *out)
{
	out->first = parse_count(at->d, POL_CONDS, sizeof(struct pol_cond));
	if (s->label.len != 0)
		COMPLAIN(at, s, "where has no name of its own");
	if (s->child == NULL)
		COMPLAIN(at, s, "where { } is empty: leave it out, or say where");
	for (const struct text_node *e = s->child; e != NULL; e = e->next)
		read_entry(at, e, verbs, deny, out);
}
