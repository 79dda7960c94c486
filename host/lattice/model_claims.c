/*
 * model_claims - what was signed into what runs here, and what other hosts say of theirs. The first
 * was judged before it came here; the second is hearsay and decides nothing.
 */
#include "host/lattice/contract.h"
#include "host/lattice/model_priv.h"

void
model_claims_deinit(struct model_claims *c)
{
	free(c->name);
	free(c->alias);
	free(c->caps);
	free(c->tags);
	free(c->ver);
	free(c->contract);
	free(c->vendor);
	*c = (struct model_claims){ 0 };
}

/* joined() - a list as one text, with commas. */
static char *
joined(const struct subject_list *l)
{
	struct buf b;
	char *s;

	buf_init(&b, 1024 * 1024);
	for (size_t i = 0; i < l->n; i++) {
		if (i != 0)
			buf_put_u8(&b, ',');
		buf_put(&b, l->item[i]);
	}
	s = buf_take(&b, NULL);
	buf_deinit(&b);
	return s;
}

static char *
text_of(const char *s)
{
	return model_copy(bytes_str(s != NULL ? s : ""));
}

int
model_claims_from(struct model_claims *out, const struct wascap *w)
{
	*out = (struct model_claims){
		.name = text_of(w->name),
		.alias = text_of(w->call_alias),
		.caps = joined(&w->caps),
		.tags = joined(&w->tags),
		.ver = text_of(w->ver),
		.contract = text_of(w->capid),
		.vendor = text_of(w->vendor),
		.has_rev = w->has_rev,
		.rev = w->rev,
		.iat_s = w->iat_s,
		.exp_s = w->exp_s,
		.nbf_s = w->nbf_s,
	};
	nkey_format(&w->sub, out->sub);
	nkey_format(&w->iss, out->iss);
	if (out->name != NULL && out->alias != NULL && out->caps != NULL && out->tags != NULL &&
	    out->ver != NULL && out->contract != NULL && out->vendor != NULL)
		return 0;
	model_claims_deinit(out);
	return err_raise(-ENOMEM);
}

bool
model_claims_has_cap(const struct model_claims *c, struct bytes contract)
{
	struct bytes rest = bytes_str(c->caps);

	while (rest.len != 0) {
		size_t comma = bytes_find(rest, ',');

		if (contract_same(bytes_upto(rest, comma), contract))
			return true;
		rest = comma < rest.len ? bytes_from(rest, comma + 1) : BYTES_NULL;
	}
	return false;
}

int
model_heard(struct model *m, struct model_claims *claims)
{
	struct model_heard *h, **end = &m->heard;

	for (; *end != NULL; end = &(*end)->next)
		if (strcmp((*end)->claims.sub, claims->sub) == 0)
			break;
	if (*end != NULL) {
		model_claims_deinit(&(*end)->claims);
		(*end)->claims = *claims;
		*claims = (struct model_claims){ 0 };
		return MODEL_CHANGED;
	}
	if (m->n_heard >= m->limits.claims)
		return MODEL_FULL;
	h = calloc(1, sizeof(*h));
	if (h == NULL)
		return err_raise(-ENOMEM);
	h->claims = *claims;
	*claims = (struct model_claims){ 0 };
	*end = h;
	m->n_heard++;
	return 0;
}

const struct model_heard *
model_heard_all(const struct model *m)
{
	return m->heard;
}
