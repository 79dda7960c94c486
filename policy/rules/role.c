/*
 * role - see role.h, and policy_certified() of policy.h.
 *
 * A name of a certificate is compared together with its kind, so that no text can be one thing in the
 * certificate and another in the policy: what a CA wrote as a DNS name is never an address or a subject.
 * In a subject a star would be worse than useless. The text of one has commas that separate and commas that are
 * part of a value, and "CN=*,O=Acme" would fit a CN that holds the rest; so it is compared whole.
 */
#include "policy/rules/role.h"

#include "policy/identity/cidr.h"
#include "policy/rules/glob.h"
#include "policy/rules/policy.h"

static bool
any_name(const struct policy *p, struct pol_list names, const char *name)
{
	struct bytes have = bytes_str(name);

	for (uint32_t i = 0; i < names.n; i++)
		if (glob_match(pol_bytes(p, p->items[names.first + i].text), have))
			return true;
	return names.n == 0;
}

static bool
any_key(const struct policy *p, struct pol_list keys, const char *key)
{
	for (uint32_t i = 0; i < keys.n; i++)
		if (bytes_is(pol_bytes(p, p->items[keys.first + i].text), key))
			return true;
	return keys.n == 0;
}

static bool
any_network(const struct policy *p, struct pol_list networks, const char *address)
{
	for (uint32_t i = 0; i < networks.n; i++) {
		struct cidr c;

		if (cidr_parse(&c, pol_bytes(p, p->items[networks.first + i].text)) &&
		    cidr_contains(&c, address))
			return true;
	}
	return networks.n == 0;
}

static bool
all_tags(const struct policy *p, struct pol_list tags, const struct identity *id)
{
	for (uint32_t i = 0; i < tags.n; i++)
		if (!identity_tag(id, p->strings + p->items[tags.first + i].text.off))
			return false;
	return true;
}

bool
role_certificate_fits(struct bytes listed, struct bytes name)
{
	return bytes_starts(listed, BYTES_LIT("dn:")) ? bytes_eq(listed, name) : glob_match(listed, name);
}

static bool
any_certificate(const struct policy *p, struct pol_list listed, const struct identity *id)
{
	for (uint32_t i = 0; i < listed.n; i++)
		for (size_t k = 0; k < id->n_certs; k++)
			if (role_certificate_fits(
				pol_bytes(p, p->items[listed.first + i].text), bytes_str(id->certs[k])))
				return true;
	return listed.n == 0;
}

bool
role_certificate_ok(struct bytes text)
{
	static const char *const kinds[] = { "email:", "dns:", "uri:", "dn:" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (bytes_starts(text, bytes_str(kinds[i])) && text.len <= ROLE_CERTIFICATE_MAX && text.len > strlen(kinds[i]))
			return i != 3 || bytes_find(text, '*') == text.len;
	return false;
}

/* asks_of_token() - for something that only a token has. */
static bool
asks_of_token(const struct pol_role *role)
{
	return role->names.n != 0 || role->users.n != 0 || role->issuers.n != 0 || role->tags.n != 0;
}

/* holds() - everything but the account. */
static bool
holds(const struct policy *p, const struct pol_role *role, const struct identity *id)
{
	if (identity_certified(id) && asks_of_token(role))
		return false;
	return all_tags(p, role->tags, id) && any_name(p, role->names, id->name) &&
	       any_key(p, role->users, id->user) && any_key(p, role->issuers, id->issuer) &&
	       any_network(p, role->sources, id->source) && any_certificate(p, role->certificates, id);
}

bool
role_has(const struct policy *p, const struct pol_role *role, const struct identity *id)
{
	return bytes_is(pol_bytes(p, role->account), id->account) && holds(p, role, id);
}

int
policy_certified(const struct policy *p, const struct identity *id, char account[NKEY_TEXT_LEN + 1])
{
	struct bytes found = BYTES_NULL;

	for (size_t i = 0; i < p->n_roles; i++) {
		const struct pol_role *role = &p->roles[i];
		struct bytes its = pol_bytes(p, role->account);

		if (role->certificates.n == 0 || its.len != NKEY_TEXT_LEN || !holds(p, role, id))
			continue;
		if (found.len != 0 && !bytes_eq(found, its))
			return POLICY_TWO_ACCOUNTS;
		found = its;
	}
	if (found.len == 0)
		return POLICY_NO_ROLE;
	memcpy(account, found.ptr, NKEY_TEXT_LEN);
	account[NKEY_TEXT_LEN] = '\0';
	return 0;
}
