/*
 * links - see links.h. The list around the links is read here; what is in it by the one reader of
 * links there is, as a read: members nobody knows (an id, how it is) are stepped over.
 */
#include "host/lattice/links.h"

#include "policy/core/json.h"

static const struct command as_put = { .verb = VERB_LINK_PUT, .dialect = DIALECT_B };

static int
each(const struct json *j, size_t list, struct body_arena *arena, size_t *skipped,
    int (*add)(void *ctx, const struct body_link *link), void *ctx)
{
	size_t e = json_first(j, list);

	for (uint32_t i = 0; i < j->tok[list].n; i++, e = j->tok[e].next) {
		struct body_input in = { .payload = json_raw(j, e) };
		struct body body;
		int r;

		if (body_decode(&as_put, &in, arena, &body) != 0 || body.links == NULL) {
			(*skipped)++;
			continue;
		}
		r = add(ctx, body.links);
		if (r != 0)
			return err_pass(r);
	}
	return 0;
}

int
links_read(struct bytes payload, struct body_arena *arena, size_t *skipped, const char **why,
    int (*add)(void *ctx, const struct body_link *link), void *ctx)
{
	autofree(mem_freep) struct json_tok *tok = NULL;
	struct json j = { .text = payload, .allow_fraction = true };
	size_t list;

	*skipped = 0;
	*why = "longer than an answer may be";
	if (payload.len > LINKS_MAX)
		return LINKS_BAD;
	j.cap = payload.len / 2 + 1 < LINKS_TOKENS ? payload.len / 2 + 1 : LINKS_TOKENS;
	tok = calloc(j.cap, sizeof(*tok));
	if (tok == NULL)
		return err_raise(-ENOMEM);
	j.tok = tok;
	if (json_read(&j) != 0) {
		*why = j.why != NULL ? j.why : "more in it than there is room for";
		return LINKS_BAD;
	}
	list = json_member(&j, 0, "links");
	*why = "has no list of links";
	if (list == 0 || j.tok[list].kind != JSON_ARRAY)
		return LINKS_BAD;
	return each(&j, list, arena, skipped, add, ctx);
}
