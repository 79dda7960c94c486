/*
 * upstream_keys - see upstream_keys.h.
 *
 * All or nothing: a file with one bad line is refused, so that who reloads it stays with the keys
 * of before. Keys do not move in memory once read (the order for finding them is one of pointers),
 * so that wiping them here wipes the only copy.
 */
#include "gateway/proc/upstream_keys.h"

/* A file being read. */
struct reading {
	struct upstream_keys *k;
	size_t room, line, bad_lines;
	upstream_keys_bad *bad;
	void *ctx;
};

static int
refuse(struct reading *r, size_t line, const char *why)
{
	r->bad_lines++;
	if (r->bad != NULL)
		r->bad(r->ctx, line, why);
	return UPSTREAM_KEYS_BAD;
}

static bool
blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* next_word() - the next word of a line; empty at its end. */
static struct bytes
next_word(struct bytes *line)
{
	struct bytes word;
	size_t n = 0;

	while (line->len > 0 && blank(line->ptr[0]))
		*line = bytes_from(*line, 1);
	while (n < line->len && !blank(line->ptr[n]))
		n++;
	word = bytes_upto(*line, n);
	*line = bytes_from(*line, n);
	return word;
}

/* read_line() - Return: 0 (also for a comment), UPSTREAM_KEYS_BAD after telling, -ENOMEM. */
static int
read_line(struct reading *r, struct bytes line)
{
	static const char want[] =
	    "expected an account key (A...), a blank and the seed of its account "
	    "on the leaf (SA...)";
	struct bytes account = next_word(&line), seed = next_word(&line);
	struct upstream_key *e;
	struct nkey key;
	int answer;

	if (account.len == 0 || account.ptr[0] == '#')
		return 0;
	if (r->k->n == r->room)
		return refuse(r, r->line, "more accounts than a gateway holds keys for (4096)");
	if (next_word(&line).len != 0 || nkey_parse(&key, account) != 0 || key.type != NKEY_ACCOUNT)
		return refuse(r, r->line, want);
	e = &r->k->key[r->k->n];
	answer = nkey_pair_parse(&e->key, seed);
	if (answer == 0 && e->key.pub.type == NKEY_ACCOUNT) {
		nkey_format(&key, e->account);
		e->line = r->line;
		r->k->sorted[r->k->n++] = e;
		return 0;
	}
	nkey_pair_deinit(&e->key);
	return answer < 0 ? err_pass(answer) : refuse(r, r->line, want);
}

static int
read_lines(struct reading *r, struct bytes text)
{
	while (text.len > 0) {
		struct bytes line = bytes_upto(text, bytes_find(text, '\n'));
		int answer;

		r->line++;
		answer = read_line(r, line);
		if (answer < 0)
			return err_pass(answer);
		text = bytes_from(text, line.len + 1);
	}
	return 0;
}

static int
by_account(const void *a, const void *b)
{
	const struct upstream_key *const *x = a, *const *y = b;
	int order = strcmp((*x)->account, (*y)->account);

	if (order != 0)
		return order;
	return (*x)->line < (*y)->line ? -1 : (*x)->line > (*y)->line;
}

/* sort() - and refuse an account that stands there twice: which of its keys was meant? */
static void
sort(struct reading *r)
{
	struct upstream_keys *k = r->k;

	if (k->n > 1)
		qsort(k->sorted, k->n, sizeof(*k->sorted), by_account);
	for (size_t i = 1; i < k->n; i++)
		if (strcmp(k->sorted[i]->account, k->sorted[i - 1]->account) == 0)
			refuse(r, k->sorted[i]->line, "a second line for one account");
	if (k->n == 0 && r->bad_lines == 0)
		refuse(r, 0, "holds no key: expected lines of A... SA...");
}

/* room_for() - how many keys a text can hold at most. */
static size_t
room_for(struct bytes text)
{
	size_t n = text.len / (NKEY_TEXT_LEN + 1 + NKEY_SEED_LEN) + 1;

	return n < UPSTREAM_KEYS_MAX ? n : UPSTREAM_KEYS_MAX;
}

int
upstream_keys_read(struct upstream_keys *k, struct bytes text, upstream_keys_bad *bad, void *ctx)
{
	struct reading r = { .k = k, .room = room_for(text), .bad = bad, .ctx = ctx };
	int answer = -ENOMEM;

	*k = (struct upstream_keys){ .key = calloc(r.room, sizeof(*k->key)) };
	k->sorted = calloc(r.room, sizeof(*k->sorted));
	if (k->key != NULL && k->sorted != NULL)
		answer = read_lines(&r, text);
	if (answer == 0)
		sort(&r);
	return answer == 0 && r.bad_lines > 0 ? UPSTREAM_KEYS_BAD : err_pass(answer);
}

static int
by_name(const void *name, const void *entry)
{
	const struct upstream_key *const *e = entry;

	return strcmp(name, (*e)->account);
}

const struct nkey_pair *
upstream_keys_find(const struct upstream_keys *k, struct bytes account)
{
	const struct upstream_key *const *found;
	char name[NKEY_TEXT_LEN + 1];

	if (account.len != NKEY_TEXT_LEN || k->n == 0)
		return NULL;
	memcpy(name, account.ptr, NKEY_TEXT_LEN);
	name[NKEY_TEXT_LEN] = '\0';
	found = bsearch(name, k->sorted, k->n, sizeof(*k->sorted), by_name);
	return found != NULL ? &(*found)->key : NULL;
}

void
upstream_keys_deinit(struct upstream_keys *k)
{
	for (size_t i = 0; i < k->n; i++)
		nkey_pair_deinit(&k->key[i].key);
	free(k->key);
	free((void *)k->sorted);
	*k = (struct upstream_keys){ 0 };
}
