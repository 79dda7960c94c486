/*
 * config_upstream - `trust { }`, `upstream { }` and `stamp { }` in gateway.conf: who is believed,
 * where messages go, and how the gate proves itself there.
 */
#include "gateway/proc/config_priv.h"

#define AT(field) offsetof(struct config, field)

static const struct config_path trust_paths[] = {
	{ "operator", AT(trust_operator), NULL, "operator = jwt/operator.jwt" },
	{ "accounts", AT(trust_accounts), NULL, "accounts = jwt/accounts" },
};

static const struct config_path upstream_paths[] = {
	{ "mint", AT(upstream_mint), NULL, NULL },
	{ "creds", AT(upstream_creds), NULL, NULL },
	{ "command_creds", AT(upstream_command_creds), NULL, NULL },
};

static const struct config_path stamp_paths[] = {
	{ "key", AT(stamp_key), "keys/stamp.key", NULL },
};

void
config_trust(struct config_reader *rd)
{
	struct text_node *s = config_section(rd, "trust");

	if (s == NULL) {
		if (text_find(rd->t->root, "trust") == NULL)
			text_error(rd->r, rd->t, NULL,
			    "trust is missing: write `trust { operator = "
			    "jwt/operator.jwt  accounts = jwt/accounts }`");
		rd->bad = true;
		return;
	}
	config_paths(rd, s, trust_paths, COUNT(trust_paths));
	config_note(
	    rd, text_get_bool(rd->t, text_find(s, "require_exp"), &rd->c->require_exp, rd->r));
}

/* read_upstream_url() - Return: does it ask for TLS? */
static bool
read_upstream_url(struct config_reader *rd, struct text_node *s)
{
	struct text_node *e = text_find(s, "url");
	struct bytes url = BYTES_NULL, secure = BYTES_LIT("tls://");
	int r = text_get_string(rd->t, e, &url, rd->r);
	bool tls = bytes_starts(url, secure);

	config_note(rd, r);
	if (tls)
		url = bytes_from(url, secure.len);
	if (e == NULL) {
		text_error(
		    rd->r, rd->t, s, "url is missing: write `url = \"nats://127.0.0.1:4223\"`");
		rd->bad = true;
	} else if (r == 0 && (config_address_parse(url, &rd->c->upstream) != 0 ||
				 rd->c->upstream.port == 0)) {
		text_error(rd->r, rd->t, e->child,
		    "not an upstream this gateway can dial: write \"nats://HOST:PORT\" or \"tls://HOST:PORT\"");
		rd->bad = true;
	}
	return tls;
}

/* Exactly one way to log in upstream, and a second creds file only beside a first. */
static void
check_upstream(struct config_reader *rd, struct text_node *s)
{
	bool mint = text_find(s, "mint") != NULL, creds = text_find(s, "creds") != NULL;
	struct text_node *command = text_find(s, "command_creds");

	if (mint && creds)
		text_error(rd->r, rd->t, text_find(s, "creds"),
		    "mint and creds exclude each other: keep one");
	else if (!mint && !creds)
		text_error(rd->r, rd->t, s,
		    "how to log in upstream is missing: write "
		    "`mint = keys/upstream.keys` or `creds = creds/upstream.creds`");
	else if (command != NULL && !creds)
		text_error(rd->r, rd->t, command,
		    "command_creds goes with creds; with mint, commands get their own login "
		    "anyway");
	else
		return;
	rd->bad = true;
}

void
config_upstream(struct config_reader *rd)
{
	struct text_node *s = config_section(rd, "upstream");

	if (s == NULL) {
		if (text_find(rd->t->root, "upstream") == NULL)
			text_error(rd->r, rd->t, NULL,
			    "upstream is missing: write `upstream { url = "
			    "\"nats://127.0.0.1:4223\"  mint = keys/upstream.keys }`");
		rd->bad = true;
		return;
	}
	config_upstream_tls(rd, s, read_upstream_url(rd, s));
	config_paths(rd, s, upstream_paths, COUNT(upstream_paths));
	config_note(rd,
	    text_get_bool(rd->t, text_find(s, "allow_open"), &rd->c->upstream_allow_open, rd->r));
	check_upstream(rd, s);
	if (rd->c->upstream_creds != NULL && rd->c->upstream_command_creds == NULL) {
		rd->c->upstream_command_creds = strdup(rd->c->upstream_creds);
		if (rd->c->upstream_command_creds == NULL)
			rd->failed = true;
	}
}

/* gate_key() - is it a gate's public key in itself? A file of that name would be written ./C... */
static bool
gate_key(struct bytes s)
{
	if (s.len != 56 || s.ptr[0] != 'C')
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!((s.ptr[i] >= 'A' && s.ptr[i] <= 'Z') || (s.ptr[i] >= '2' && s.ptr[i] <= '7')))
			return false;
	return true;
}

static void
read_gate(struct config_reader *rd, const struct text_node *v)
{
	struct config *c = rd->c;

	if (v->kind != TEXT_WORD) {
		text_error(
		    rd->r, rd->t, v, "expected a file with a gate's public key, or the key (C...)");
		rd->bad = true;
	} else if (c->n_stamp_trust == CONFIG_MAX_GATES) {
		text_error(rd->r, rd->t, v, "more than %d gates", CONFIG_MAX_GATES);
		rd->bad = true;
	} else if (gate_key(v->text)) {
		char *key = strndup((const char *)v->text.ptr, v->text.len);

		rd->failed = rd->failed || key == NULL;
		c->stamp_trust[c->n_stamp_trust++] = key;
	} else {
		config_path_set(rd, v, &c->stamp_trust[c->n_stamp_trust], v->text);
		c->n_stamp_trust++;
	}
}

/* read_stamp() - the whole section may be absent: the key is at its place, and no other gate
 * believed. */
void
config_stamp(struct config_reader *rd)
{
	struct text_node *s = config_section(rd, "stamp"), none = { .kind = TEXT_SECTION };
	struct text_node *e = s != NULL ? text_find(s, "trust") : NULL, *v;

	config_paths(rd, s != NULL ? s : &none, stamp_paths, COUNT(stamp_paths));
	if (e == NULL)
		return;
	if (e->kind != TEXT_ENTRY || e->op != TEXT_EQ || e->child == NULL) {
		text_error(
		    rd->r, rd->t, e, "trust takes `=` and a file, a key (C...) or a list of them");
		rd->bad = true;
		return;
	}
	if (e->child->kind != TEXT_LIST) {
		read_gate(rd, e->child);
		return;
	}
	for (v = e->child->child; v != NULL; v = v->next)
		read_gate(rd, v);
}
