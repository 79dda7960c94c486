/*
 * where_tally - see where_tally.h. A command can hold a field many times (every image of a
 * manifest) or not at all, and each part of it that lacks the field counts as a value that is
 * absent. One tally takes them all: a rule that allows needs each of them, absent ones fall through
 * unless the condition says `none`; a rule that denies needs one. So a condition nobody could judge
 * never lets anything pass.
 */
#include "policy/rules/where_tally.h"

#include "policy/rules/glob.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

enum { HOST_MAX = 256 };

static void
told(const struct where_tally *t, const struct where_value *v)
{
	t->taker->tell(t->taker->ctx, v);
}

static void
count_in(struct where_tally *t, bool holds)
{
	t->seen = true;
	t->all &= holds;
	t->any |= holds;
}

void
where_tally_absent(struct where_tally *t)
{
	if (t->taker != NULL) {
		t->seen = true;
		told(t, &(struct where_value){ .absent = true });
		return;
	}
	count_in(t, (t->c->flags & (POL_COND_NONE | POL_COND_NOT)) == POL_COND_NONE);
}

static void
listed(struct where_tally *t, bool in_list)
{
	count_in(t, in_list == ((t->c->flags & POL_COND_NOT) == 0));
}

void
where_tally_value(struct where_tally *t, struct bytes s)
{
	const struct policy *p = t->ask->p;
	bool found = false;

	if (t->taker != NULL) {
		t->seen = true;
		told(t, &(struct where_value){ .head = s });
		return;
	}
	for (uint32_t i = 0; i < t->c->values.n && !found; i++)
		found = glob_match(pol_bytes(p, p->items[t->c->values.first + i].text), s);
	listed(t, found);
}

void
where_tally_text(struct where_tally *t, struct bytes s)
{
	if (s.len != 0)
		where_tally_value(t, s);
	else
		where_tally_absent(t);
}

void
where_tally_number(struct where_tally *t, uint64_t value)
{
	bool found = false;

	if (t->taker != NULL) {
		t->seen = true;
		told(t, &(struct where_value){ .number = value });
		return;
	}
	for (uint32_t i = 0; i < t->c->values.n && !found; i++) {
		const struct pol_range *range = &t->ask->p->ranges[t->c->values.first + i];

		found = value >= pol_u64(range->min) && value <= pol_u64(range->max);
	}
	listed(t, found);
}

void
where_tally_image_halves(
    const struct image *img, struct bytes *head, struct bytes *rest, uint8_t room[WHERE_REST_MAX])
{
	static const char *const heads[] = {
		[IMAGE_FILE] = "file://",
		[IMAGE_BINDLE] = "bindle://",
		[IMAGE_BUILTIN] = "wasmcloud+builtin://",
	};
	const struct bytes piece[] = { img->official ? BYTES_LIT("library/") : BYTES_NULL,
		img->repository, img->tag.len != 0 ? BYTES_LIT(":") : BYTES_NULL, img->tag,
		img->digest.len != 0 ? BYTES_LIT("@") : BYTES_NULL, img->digest };
	size_t n = 0;

	*rest = img->repository;
	if (img->scheme == IMAGE_URL) { /* raw is SCHEME://registry/repository */
		*head = bytes_upto(img->raw, img->raw.len - img->repository.len - 1);
		return;
	}
	if (img->scheme != IMAGE_OCI) {
		*head = bytes_str(heads[img->scheme]);
		return;
	}
	*head = img->registry;
	if (!img->official && !img->tag_default) { /* then it stands there as it is */
		rest->len = (size_t)(img->raw.ptr + img->raw.len - img->repository.ptr);
		return;
	}
	for (size_t i = 0; i < N_OF(piece); i++) {
		if (piece[i].len > WHERE_REST_MAX - n)
			break; /* image_parse() takes 512 bytes */
		if (piece[i].len != 0)
			memcpy(room + n, piece[i].ptr, piece[i].len);
		n += piece[i].len;
	}
	*rest = bytes_of(room, n);
}

/* "file://", "https://host"; not "localhost:5000" */
static bool
has_scheme(struct bytes first)
{
	struct bytes behind = bytes_from(first, bytes_find(first, ':'));

	return bytes_starts(behind, BYTES_LIT("://"));
}

void
where_tally_image(struct where_tally *t, const struct image *img)
{
	const struct policy *p = t->ask->p;
	uint8_t room[WHERE_REST_MAX];
	struct bytes head, rest;
	bool found = false;

	if (img->scheme == IMAGE_NONE) {
		where_tally_absent(t);
		return;
	}
	where_tally_image_halves(img, &head, &rest, room);
	if (t->taker != NULL) {
		t->seen = true;
		told(t, &(struct where_value){ .head = head, .rest = rest });
		return;
	}
	for (uint32_t i = 0; i < t->c->values.n && !found; i++) {
		const struct pol_item *item = &p->items[t->c->values.first + i];
		struct bytes first = pol_bytes(p, item->text), second = pol_bytes(p, item->queue);

		if (second.len == 0) /* "*" is every image of every scheme */
			found = bytes_is(first, "*");
		else if (has_scheme(first) == (img->scheme != IMAGE_OCI))
			found = glob_match(first, head) && glob_match(second, rest);
	}
	listed(t, found);
}

static bool
same_folded(struct bytes a, struct bytes b)
{
	for (size_t i = 0; i < a.len && a.len == b.len; i++) {
		uint8_t x = a.ptr[i], y = b.ptr[i];

		x = x >= 'A' && x <= 'Z' ? x | 0x20 : x;
		y = y >= 'A' && y <= 'Z' ? y | 0x20 : y;
		if (x != y)
			return false;
	}
	return a.len == b.len;
}

/* Host ids are compared without case, as everywhere: tags are lower-cased, and so are these globs.
 */
void
where_tally_host(struct where_tally *t, struct bytes id)
{
	const struct policy *p = t->ask->p;
	uint8_t lower[HOST_MAX];
	bool found = false;

	if (id.len == 0 || id.len > HOST_MAX) {
		where_tally_absent(t);
		return;
	}
	if (t->taker != NULL) {
		where_tally_value(t, id);
		return;
	}
	for (size_t i = 0; i < id.len; i++)
		lower[i] = id.ptr[i] >= 'A' && id.ptr[i] <= 'Z' ? id.ptr[i] | 0x20 : id.ptr[i];
	for (uint32_t i = 0; i < t->c->values.n && !found; i++)
		found = glob_match(
		    pol_bytes(p, p->items[t->c->values.first + i].text), bytes_of(lower, id.len));
	for (size_t i = 0; (t->c->flags & POL_COND_OWN) != 0 && i < t->ask->n_hosts && !found; i++)
		found = same_folded(t->ask->host[i], id);
	listed(t, found);
}

void
where_tally_host_labels(struct where_tally *t, struct bytes id)
{
	const struct policy *p = t->ask->p;
	const struct pol_host *h = policy_host(p, id);
	bool found = false;

	if (h == NULL) {
		where_tally_absent(t);
		return;
	}
	for (uint32_t i = 0; i < h->labels.n; i++)
		for (uint32_t k = 0; k < t->c->values.n && !found; k++)
			found = glob_match(pol_bytes(p, p->items[t->c->values.first + k].text),
			    pol_bytes(p, p->items[h->labels.first + i].text));
	listed(t, found);
}
