/*
 * parent_provider_config - what the lattice gives a provider to be started with comes as text from
 * whoever may start one: an object of texts, or nothing.
 */
#include "host/proc/parent_provider_config.h"

static const char *
read_text(struct provider_config *c, const struct json *j, size_t at, struct bytes *out)
{
	if (json_text(j, at, c->room + c->used, sizeof(c->room) - c->used, out) != 0)
		return "the configuration is not an object of texts";
	if (out->ptr == c->room + c->used)
		c->used += out->len;
	return NULL;
}

const char *
provider_config_read(struct provider_config *c, struct bytes text)
{
	struct json j = {
		.text = text, .tok = c->tok, .cap = PROVIDER_CONFIG_TOKENS, .max_depth = 2
	};
	const char *why = NULL;
	size_t at;

	c->pairs.n = 0;
	c->used = 0;
	if (text.len == 0)
		return NULL;
	if (json_read(&j) != 0 || j.tok[0].kind != JSON_OBJECT || j.tok[0].n > PROVIDER_VALUES)
		return "the configuration is not an object of texts";
	at = json_first(&j, 0);
	for (uint32_t i = 0; why == NULL && i < j.tok[0].n; i++, at = j.tok[at + 1].next) {
		struct provider_pair *p = &c->pairs.pair[c->pairs.n++];

		why = read_text(c, &j, at, &p->name);
		if (why == NULL)
			why = read_text(c, &j, at + 1, &p->value);
	}
	return why;
}
