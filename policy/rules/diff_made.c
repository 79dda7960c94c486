/*
 * diff_made - somebody made of some roles of two policies: whether there can be such a one, what
 * else can be chosen so that it gives as few other roles as may be, and the identity.
 */
#include <stdio.h>

#include "policy/identity/cidr.h"
#include "policy/rules/diff_people.h"
#include "policy/rules/glob.h"
#include "policy/rules/role.h"

#define OTHER_ACCOUNT "AABAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAE7QF"

static bool
role_has_name(const struct source *s, struct bytes name)
{
	for (uint32_t i = 0; i < s->role->names.n; i++)
		if (glob_match(people_text(s, s->role->names, i), name))
			return true;
	return s->role->names.n == 0;
}

static bool
name_fits(const struct made *m, struct bytes name)
{
	for (size_t i = 0; i < m->n; i++)
		if (!role_has_name(m->role[i], name))
			return false;
	return true;
}

/* name_needless() - is there a name that fits and is in fewer roles? */
static bool
name_needless(const struct made *m, struct bytes name)
{
	for (size_t k = 0; k < m->x->names.n; k++) {
		struct bytes less = m->x->names.text[k];
		bool within = true, fewer = false;

		if (bytes_eq(less, name) || !name_fits(m, less))
			continue;
		for (size_t i = 0; i < m->x->n && within; i++) {
			bool a = role_has_name(&m->x->role[i], less);
			bool b = role_has_name(&m->x->role[i], name);

			within = !a || b;
			fewer |= b && !a;
		}
		if (within && (fewer || less.ptr < name.ptr))
			return true;
	}
	return false;
}

bool
made_takes_name(const struct made *m, struct bytes name)
{
	return name_fits(m, name) && !name_needless(m, name);
}

static bool
listed(const struct source *s, struct pol_list l, struct bytes key)
{
	for (uint32_t i = 0; i < l.n; i++)
		if (bytes_eq(people_text(s, l, i), key))
			return true;
	return l.n == 0;
}

static bool
role_has_source(const struct source *s, struct bytes address)
{
	char text[64];

	snprintf(text, sizeof(text), "%.*s", TEXT_ARG(address));
	for (uint32_t i = 0; i < s->role->sources.n; i++) {
		struct cidr c;

		if (cidr_parse(&c, people_text(s, s->role->sources, i)) && cidr_contains(&c, text))
			return true;
	}
	return s->role->sources.n == 0;
}

static bool
role_has_issuer(const struct source *s, struct bytes issuer)
{
	return listed(s, s->role->issuers, issuer);
}

/* fewest() - of the candidates that all of @m have, the one that gives fewest roles besides. */
static bool
fewest(const struct made *m, const struct diff_texts *of, struct bytes unlisted,
    bool (*has)(const struct source *s, struct bytes value), struct bytes *out)
{
	size_t best = SIZE_MAX;

	for (size_t i = 0; i <= of->n; i++) {
		struct bytes value = i < of->n ? of->text[i] : unlisted;
		size_t n = 0;
		bool fits = true;

		for (size_t k = 0; k < m->n && fits; k++)
			fits = has(m->role[k], value);
		for (size_t k = 0; k < m->x->n && fits; k++)
			n += has(&m->x->role[k], value);
		if (fits && n < best) {
			best = n;
			*out = value;
		}
	}
	return best != SIZE_MAX;
}

bool
made_choose(struct made *m)
{
	return fewest(m, &m->x->issuers, BYTES_LIT(OTHER_ACCOUNT), role_has_issuer, &m->issuer) &&
	       fewest(m, &m->x->sources, BYTES_LIT(""), role_has_source, &m->address);
}

bool
made_takes_user(const struct made *m, struct bytes user)
{
	for (size_t i = 0; i < m->n; i++)
		if (!listed(m->role[i], m->role[i]->role->users, user))
			return false;
	return true;
}

static int
add_tag(struct identity *id, struct bytes head, struct bytes tag)
{
	char **more, *copy;

	for (size_t i = 0; i < id->n_tags; i++)
		if (head.len == 0 && bytes_is(tag, id->tags[i]))
			return 0;
	more = reallocarray(id->tags, id->n_tags + 1, sizeof(*more));
	if (more == NULL)
		return err_raise(-ENOMEM);
	id->tags = more;
	copy = malloc(head.len + tag.len + 1);
	if (copy == NULL)
		return err_raise(-ENOMEM);
	memcpy(copy, head.ptr, head.len);
	for (size_t i = 0; i < tag.len; i++) {
		uint8_t c = tag.ptr[i];

		copy[head.len + i] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
	}
	copy[head.len + tag.len] = '\0';
	id->tags[id->n_tags++] = copy;
	return 0;
}

static bool
role_has_certificate(const struct source *s, struct bytes name)
{
	for (uint32_t i = 0; i < s->role->certificates.n; i++)
		if (role_certificate_fits(people_text(s, s->role->certificates, i), name))
			return true;
	return s->role->certificates.n == 0;
}

/* add_certificate() - a name that @role asks for: of its own, without stars, the one that gives
 * fewest roles. */
static int
add_certificate(struct identity *id, const struct people *x, const struct source *role)
{
	char best[ROLE_CERTIFICATE_MAX], name[ROLE_CERTIFICATE_MAX];
	size_t best_n = SIZE_MAX, best_len = 0;

	for (uint32_t i = 0; i < role->role->certificates.n; i++) {
		struct bytes glob = people_text(role, role->role->certificates, i);
		size_t len = 0, n = 0;

		for (size_t k = 0; k < glob.len && len < sizeof(name); k++)
			if (glob.ptr[k] != '*')
				name[len++] = (char)glob.ptr[k];
		for (size_t k = 0; k < x->n; k++)
			n += role_has_certificate(&x->role[k], bytes_of(name, len));
		if (n >= best_n)
			continue;
		memcpy(best, name, len);
		best_len = len;
		best_n = n;
	}
	return best_n == SIZE_MAX ? 0 : identity_add_cert(id, bytes_of(best, best_len));
}

int
made_identity(struct identity *id, const struct made *m, struct bytes name, struct bytes user,
    struct bytes own)
{
	struct bytes account = m->n > 0 ? pol_bytes(m->role[0]->p, m->role[0]->role->account)
					: BYTES_LIT(OTHER_ACCOUNT);
	int r = 0;

	*id = (struct identity){ .max_subs = -1, .max_payload = -1 };
	snprintf(id->user, sizeof(id->user), "%.*s", TEXT_ARG(user));
	snprintf(id->account, sizeof(id->account), "%.*s", TEXT_ARG(account));
	snprintf(id->issuer, sizeof(id->issuer), "%.*s",
	    TEXT_ARG(m->x->issuers.n != 0 ? m->issuer : account));
	snprintf(id->source, sizeof(id->source), "%.*s", TEXT_ARG(m->address));
	id->name = strndup((const char *)name.ptr, name.len);
	if (id->name == NULL)
		return err_raise(-ENOMEM);
	for (size_t i = 0; i < m->n; i++)
		for (uint32_t k = 0; r == 0 && k < m->role[i]->role->tags.n; k++)
			r = add_tag(
			    id, BYTES_LIT(""), people_text(m->role[i], m->role[i]->role->tags, k));
	for (size_t i = 0; r == 0 && i < m->n; i++)
		r = add_certificate(id, m->x, m->role[i]);
	if (r == 0 && own.len != 0)
		r = add_tag(id, BYTES_LIT("host:"), own);
	return err_pass(r);
}
