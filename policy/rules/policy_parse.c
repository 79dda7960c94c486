/*
 * policy_parse - one file's tree to records of the draft.
 *
 * What nobody knows is an error, never skipped: see policy_rule.c. All mistakes of a file are
 * reported, not the first one only. Roles are read before rules, so that a file may be written in
 * any order.
 */
#include "policy/commands/command.h"
#include "policy/identity/cidr.h"
#include "policy/identity/nkey.h"
#include "policy/rules/parse_priv.h"
#include "policy/rules/role.h"

enum {
	MAX_ITEMS = 65536, /* of one list */
	MAX_ITEM = 1024,
	MAX_ACCOUNTS = 4096,
};

uint32_t
parse_count(const struct draft *d, enum pol_section s, size_t record)
{
	return (uint32_t)(d->part[s].len / record);
}

bool
parse_name_ok(struct bytes s)
{
	if (s.len == 0 || s.len > POL_MAX_NAME || bytes_is(s, "none"))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			c == '-' || c == '_' || c == '.'))
			return false;
	}
	return true;
}

static bool
plain_text(struct bytes s)
{
	if (s.len == 0 || s.len > MAX_ITEM)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] < 0x20 || s.ptr[i] == 0x7f)
			return false;
	return true;
}

/* The elements of "key = [a, b]", or NULL after reporting. */
struct text_node *
parse_elements(struct place *at, struct text_node *e)
{
	if (e->kind != TEXT_ENTRY || e->op != TEXT_EQ || e->child == NULL ||
	    e->child->kind != TEXT_LIST) {
		COMPLAIN(at, e, "expected %.*s = [ ... ]", TEXT_ARG(e->text));
		return NULL;
	}
	if (e->child->child == NULL)
		COMPLAIN(at, e, "the list is empty: leave %.*s out, or name something",
		    TEXT_ARG(e->text));
	return e->child->child;
}

/* A list of words to items, each through @check. */
void
parse_list(struct place *at, struct text_node *e, item_fn *check, struct pol_list *out)
{
	struct text_node *n = parse_elements(at, e);
	size_t left = MAX_ITEMS;

	out->first = parse_count(at->d, POL_ITEMS, sizeof(struct pol_item));
	for (; n != NULL; n = n->next) {
		struct pol_item item = { 0 };

		if (n->kind != TEXT_WORD || !plain_text(n->text)) {
			COMPLAIN(at, n, "expected a word or a string here");
			continue;
		}
		if (left-- == 0) {
			COMPLAIN(at, n, "more than %d elements", MAX_ITEMS);
			return;
		}
		if (!check(at, n, &item))
			continue;
		buf_put(&at->d->part[POL_ITEMS], bytes_of(&item, sizeof(item)));
		out->n++;
	}
}

static bool
lattice_item(struct place *at, const struct text_node *n, struct pol_item *out)
{
	for (size_t i = 0; i < n->text.len; i++) {
		uint8_t c = n->text.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			c == '-' || c == '_' || c == '*')) {
			COMPLAIN(at, n, "a lattice is called by letters, digits, '-' and '_'");
			return false;
		}
	}
	if (bytes_find(n->text, '*') == n->text.len && !command_lattice_ok(n->text) &&
	    !command_lattice_stand_in(n->text)) {
		COMPLAIN(at, n,
		    "no lattice can be called '%.*s': the word belongs to the subjects of "
		    "another dialect",
		    TEXT_ARG(n->text));
		return false;
	}
	if (prefix_meets_lattice(&at->d->prefixes, n->text)) {
		COMPLAIN(at, n,
		    "calls inside lattice %.*s (%.*s.ID.wrpc...) would lie under a control_prefix "
		    "of this policy: one of the two has to be called otherwise",
		    TEXT_ARG(n->text), TEXT_ARG(n->text));
		return false;
	}
	out->text = draft_string(at->d, n->text);
	return true;
}

struct pol_str
parse_lowered(struct draft *d, struct bytes text)
{
	struct pol_str s = draft_string(d, text);
	uint8_t *p = d->part[POL_STRINGS].ptr;

	for (uint32_t i = 0; i < s.len; i++)
		if (p[s.off + i] >= 'A' && p[s.off + i] <= 'Z')
			p[s.off + i] = (uint8_t)(p[s.off + i] | 0x20);
	return s;
}

/* Tags are compared without case: the credential carries them lower-cased, so do we. */
static bool
tag_item(struct place *at, const struct text_node *n, struct pol_item *out)
{
	out->text = parse_lowered(at->d, n->text);
	return true;
}

static bool
name_item(struct place *at, const struct text_node *n, struct pol_item *out)
{
	out->text = draft_string(at->d, n->text);
	return true;
}

static bool
key_is(struct bytes text, enum nkey_type type)
{
	struct nkey k;

	return nkey_parse(&k, text) == 0 && k.type == type;
}

static bool
user_item(struct place *at, const struct text_node *n, struct pol_item *out)
{
	if (!key_is(n->text, NKEY_USER)) {
		COMPLAIN(at, n, "'%.*s' is no user key (U...)", TEXT_ARG(n->text));
		return false;
	}
	out->text = draft_string(at->d, n->text);
	return true;
}

static bool
issuer_item(struct place *at, const struct text_node *n, struct pol_item *out)
{
	if (!key_is(n->text, NKEY_ACCOUNT)) {
		COMPLAIN(at, n, "'%.*s' is no account or signing key (A...)", TEXT_ARG(n->text));
		return false;
	}
	out->text = draft_string(at->d, n->text);
	return true;
}

static bool
network_item(struct place *at, const struct text_node *n, struct pol_item *out)
{
	struct cidr c;

	if (!cidr_parse(&c, n->text)) {
		COMPLAIN(at, n,
		    "'%.*s' is no network: an address, / and how many of its bits count "
		    "(10.0.0.0/8, 192.0.2.7/32, 2001:db8::/32)",
		    TEXT_ARG(n->text));
		return false;
	}
	out->text = draft_string(at->d, n->text);
	return true;
}

/* Names of hosts are compared in lower case; a certificate's are read so. */
static bool
certificate_item(struct place *at, const struct text_node *n, struct pol_item *out)
{
	if (!role_certificate_ok(n->text)) {
		COMPLAIN(at, n,
		    "'%.*s': a certificate's name is written with its kind: \"dns:app.example\", "
		    "\"email:a@b.example\", \"uri:spiffe://x/y\" (with * for any text), or \"dn:CN=app,O=Acme\" "
		    "(whole, without *)",
		    TEXT_ARG(n->text));
		return false;
	}
	out->text = bytes_starts(n->text, BYTES_LIT("dns:")) ? parse_lowered(at->d, n->text)
							      : draft_string(at->d, n->text);
	return true;
}

/* Accounts: a name stands for a key, the same in every file of the policy. */

static struct bytes
account_named(const struct draft *d, struct bytes name)
{
	for (size_t i = 0; i < d->n_accounts; i++)
		if (bytes_eq(d->account_names[i].name, name))
			return d->account_names[i].key;
	return BYTES_NULL;
}

static int
add_account(struct draft *d, struct bytes name, struct bytes key)
{
	struct draft_name *grown;

	if (d->n_accounts == d->cap_accounts) {
		size_t cap = d->cap_accounts != 0 ? d->cap_accounts * 2 : 8;

		grown = reallocarray(d->account_names, cap, sizeof(*grown));
		if (grown == NULL)
			return err_raise(-ENOMEM);
		d->account_names = grown;
		d->cap_accounts = cap;
	}
	d->account_names[d->n_accounts++] = (struct draft_name){ name, key };
	return 0;
}

static int
account_entry(struct place *at, struct text_node *e)
{
	struct bytes key = BYTES_NULL, known;

	if (e->kind != TEXT_ENTRY || text_get_string(at->t, e, &key, at->d->report) != 0) {
		if (e->kind != TEXT_ENTRY)
			COMPLAIN(at, e, "expected NAME = \"A...\"");
		return 0;
	}
	if (!key_is(key, NKEY_ACCOUNT)) {
		COMPLAIN(at, e, "'%.*s' is no account key (A...)", TEXT_ARG(key));
		return 0;
	}
	if (key_is(e->text, NKEY_ACCOUNT)) {
		COMPLAIN(at, e, "an account's name cannot be a key");
		return 0;
	}
	if (at->d->n_accounts == MAX_ACCOUNTS) {
		COMPLAIN(at, e, "more than %d accounts", MAX_ACCOUNTS);
		return 0;
	}
	known = account_named(at->d, e->text);
	if (known.len != 0 && !bytes_eq(known, key)) {
		COMPLAIN(at, e, "account %.*s is bound to another key already", TEXT_ARG(e->text));
		return 0;
	}
	return known.len != 0 ? 0 : add_account(at->d, e->text, key);
}

int
draft_accounts(struct draft *d, struct place *at)
{
	(void)d;
	for (struct text_node *s = at->t->root->child; s != NULL; s = s->next) {
		if (s->kind != TEXT_SECTION || !bytes_is(s->text, "accounts"))
			continue;
		if (s->label.len != 0)
			COMPLAIN(at, s, "accounts has no name of its own");
		for (struct text_node *e = s->child; e != NULL; e = e->next) {
			int r = account_entry(at, e);

			if (r != 0)
				return err_pass(r);
		}
	}
	return 0;
}

/* Roles. */

static void
role_account(struct place *at, struct text_node *e, struct pol_role *role)
{
	struct bytes text = BYTES_NULL, key;

	if (text_get_string(at->t, e, &text, at->d->report) != 0)
		return;
	key = key_is(text, NKEY_ACCOUNT) ? text : account_named(at->d, text);
	if (key.len == 0)
		COMPLAIN(at, e, "'%.*s' is neither an account key (A...) nor named in accounts { }",
		    TEXT_ARG(text));
	else
		role->account = draft_string(at->d, key);
}

static void
role_entry(struct place *at, struct text_node *e, struct pol_role *role)
{
	const struct {
		const char *key;
		item_fn *check;
		struct pol_list *out;
	} lists[] = { { "tags", tag_item, &role->tags }, { "names", name_item, &role->names },
		{ "users", user_item, &role->users }, { "issuers", issuer_item, &role->issuers },
		{ "sources", network_item, &role->sources },
		{ "certificates", certificate_item, &role->certificates } };

	if (bytes_is(e->text, "account") && e->kind == TEXT_ENTRY) {
		role_account(at, e, role);
		return;
	}
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		if (bytes_is(e->text, lists[i].key)) {
			parse_list(at, e, lists[i].check, lists[i].out);
			return;
		}
	}
	COMPLAIN(at, e,
	    "a role knows account, tags, names, users, issuers, sources and certificates, not '%.*s'",
	    TEXT_ARG(e->text));
}

static void
role_section(struct place *at, struct text_node *s)
{
	struct pol_role role = { .file = at->file, .place = { s->line, s->col } };
	size_t errors = at->d->report->errors;
	uint32_t number;

	if (!parse_name_ok(s->label))
		COMPLAIN(at, s, "a role is called by 1 to %d letters, digits, '-', '_' and '.'",
		    POL_MAX_NAME);
	if (parse_find_role(at, s->label) != UINT32_MAX)
		COMPLAIN(at, s, "role %.*s is there already", TEXT_ARG(s->label));
	for (struct text_node *e = s->child; e != NULL; e = e->next)
		role_entry(at, e, &role);
	if (role.account.len == 0 && at->d->report->errors == errors)
		COMPLAIN(at, s,
		    "role %.*s needs account = A...: a name in a credential is worth "
		    "nothing without the account that gave it",
		    TEXT_ARG(s->label));
	if (parse_count(at->d, POL_ROLES, sizeof(role)) >= POL_MAX_ROLES)
		COMPLAIN(at, s, "more than %d roles", POL_MAX_ROLES);
	role.name = draft_string(at->d, s->label);
	if (at->d->report->errors != errors)
		return;
	number = parse_count(at->d, POL_ROLES, sizeof(role));
	buf_put(&at->d->part[POL_ROLES], bytes_of(&role, sizeof(role)));
	if (!buf_failed(&at->d->part[POL_ROLES]) && !buf_failed(&at->d->part[POL_STRINGS]))
		parse_name_role(at, s->label, number);
}

/* Where the hours of this file's rules are meant. */
static void
file_zone(struct place *at, struct text_node *e)
{
	const char *why;

	if (text_get_string(at->t, e, &at->zone, at->d->report) != 0)
		return;
	why = window_zone(at->zone, &at->zone_s);
	if (why != NULL)
		COMPLAIN(at, e, "'%.*s': %s", TEXT_ARG(at->zone), why);
}

static void
file_entry(struct place *at, struct text_node *e, struct pol_file *file)
{
	static const char *const sections[] = { "set", "accounts", "hosts", "role", "rule" };

	if (e->kind == TEXT_ENTRY && bytes_is(e->text, "lattices")) {
		parse_list(at, e, lattice_item, &file->lattices);
		return;
	}
	if (e->kind == TEXT_ENTRY && bytes_is(e->text, "zone")) {
		file_zone(at, e);
		return;
	}
	if (e->kind == TEXT_ENTRY && bytes_is(e->text, "include"))
		return; /* draft_includes() read it */
	if (e->kind == TEXT_ENTRY && bytes_is(e->text, "control_prefix"))
		return; /* draft_prefixes() */
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		if (e->kind == TEXT_SECTION && bytes_is(e->text, sections[i]))
			return;
	COMPLAIN(at, e,
	    "a policy has lattices = [...], control_prefix = [...], include = [...], zone = ..., set { }, "
	    "accounts { }, hosts { }, role NAME { } and rule NAME { }, not '%.*s'",
	    TEXT_ARG(e->text));
}

int
draft_file(struct draft *d, struct place *at)
{
	struct pol_file file = { .name = draft_string(d, bytes_str(at->t->file)) };

	if (at->file == 0)
		draft_prefixes_put(d, &file.prefixes);
	for (struct text_node *e = at->t->root->child; e != NULL; e = e->next)
		file_entry(at, e, &file);
	buf_put(&d->part[POL_FILES], bytes_of(&file, sizeof(file)));
	at->governs = file.lattices.n != 0;
	for (struct text_node *e = at->t->root->child; e != NULL; e = e->next)
		if (e->kind == TEXT_SECTION && bytes_is(e->text, "hosts") &&
		    parse_hosts(at, e) != 0)
			return err_raise(-ENOMEM);
	for (struct text_node *e = at->t->root->child; e != NULL; e = e->next)
		if (e->kind == TEXT_SECTION && bytes_is(e->text, "role"))
			role_section(at, e);
	return 0;
}

int
draft_rules(struct draft *d, struct place *at)
{
	(void)d;
	for (struct text_node *e = at->t->root->child; e != NULL; e = e->next) {
		int r;

		if (e->kind != TEXT_SECTION || !bytes_is(e->text, "rule"))
			continue;
		r = parse_rule(at, e, at->governs);
		if (r != 0)
			return err_pass(r);
	}
	return 0;
}
