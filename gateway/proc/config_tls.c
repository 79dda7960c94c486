/*
 * config_tls - `tls { }` in gateway.conf, for clients, and `upstream { tls { } }`.
 *
 * What is asked for here is asked of both sides: a client that does not speak TLS is refused, and
 * so is an upstream that offers none. There is no word for "if possible", and none for "without
 * looking at the certificate".
 */
#include "gateway/proc/config_priv.h"

#define AT(field) offsetof(struct config, field)

static const struct config_path client_paths[] = {
	{ "cert", AT(tls.cert), NULL, "cert = tls/server.crt" },
	{ "key", AT(tls.key), NULL, "key = tls/server.key" },
	{ "ca", AT(tls.ca), NULL, NULL },
};

static const struct config_path upstream_paths[] = {
	{ "ca", AT(upstream_tls.ca), NULL, "ca = tls/upstream_ca.crt" },
	{ "cert", AT(upstream_tls.cert), NULL, NULL },
	{ "key", AT(upstream_tls.key), NULL, NULL },
};

static void
bad(struct config_reader *rd, const struct text_node *e, const char *what)
{
	text_error(rd->r, rd->t, e, "%s", what);
	rd->bad = true;
}

/* word() - the value of a key that is one of these words. Return: its index, or @absent. */
static unsigned
word(struct config_reader *rd, struct text_node *s, const char *key, const char *const *words,
    unsigned absent)
{
	struct text_node *e = text_find(s, key);
	struct bytes v = BYTES_NULL;
	struct buf list;
	int r;

	if (e == NULL)
		return absent;
	r = text_get_string(rd->t, e, &v, rd->r);
	config_note(rd, r);
	if (r != 0)
		return absent;
	for (unsigned i = 0; words[i] != NULL; i++)
		if (bytes_is(v, words[i]))
			return i;
	buf_init(&list, 256);
	for (unsigned i = 0; words[i] != NULL; i++) {
		buf_put_str(&list, i > 0 ? ", " : "");
		buf_put_str(&list, words[i]);
	}
	text_error(rd->r, rd->t, e->child, "%s is one of: %.*s", key, (int)list.len,
	    (const char *)list.ptr);
	rd->bad = true;
	buf_deinit(&list);
	return absent;
}

/* text() - a key's text into an array of @room bytes. */
static void
text(struct config_reader *rd, struct text_node *s, const char *key, char *out, size_t room)
{
	struct text_node *e = text_find(s, key);
	struct bytes v = BYTES_NULL;
	int r = text_get_string(rd->t, e, &v, rd->r);

	config_note(rd, r);
	if (e == NULL || r != 0)
		return;
	if (v.len == 0 || v.len >= room || bytes_find(v, 0) != v.len) {
		bad(rd, e->child, "too long, or nothing");
		return;
	}
	memcpy(out, v.ptr, v.len);
	out[v.len] = '\0';
}

/* read_common() - what both sides know. */
static void
read_common(struct config_reader *rd, struct text_node *s, struct config_tls *t)
{
	static const char *const versions[] = { "1.2", "1.3", NULL };

	t->on = true;
	t->min_1_3 = word(rd, s, "min_version", versions, 0) == 1;
	text(rd, s, "ciphers", t->ciphers, sizeof(t->ciphers));
}

/* read_verify() - yes, no, or what else a certificate is good for. */
static void
read_verify(struct config_reader *rd, struct text_node *s, struct config_tls *t)
{
	struct text_node *e = text_find(s, "verify");

	t->identity = e != NULL && e->kind == TEXT_ENTRY && e->child != NULL && e->child->next == NULL &&
		      bytes_is(e->child->text, "identity");
	t->verify = t->identity;
	if (!t->identity)
		config_note(rd, text_get_bool(rd->t, e, &t->verify, rd->r));
}

void
config_tls(struct config_reader *rd)
{
	static const char *const firsts[] = { "no", "yes", "auto", NULL };
	struct text_node *s = config_section(rd, "tls");
	struct config_tls *t = &rd->c->tls;

	if (s == NULL)
		return;
	read_common(rd, s, t);
	config_paths(rd, s, client_paths, COUNT(client_paths));
	t->first = (enum config_first)word(rd, s, "first", firsts, CONFIG_FIRST_NO);
	read_verify(rd, s, t);
	if (t->verify && t->ca == NULL)
		bad(rd, text_find(s, "verify"),
		    "verify asks clients for certificates, and ca does not say whose: write `ca = "
		    "tls/clients.crt`");
	if (!t->verify && t->ca != NULL)
		bad(rd, text_find(s, "ca"),
		    "ca says whose client certificates are believed, and none are asked for: "
		    "write `verify = yes` too, or take it away");
}

void
config_upstream_tls(struct config_reader *rd, struct text_node *upstream, bool wanted)
{
	static const char *const firsts[] = { "no", "yes", NULL };
	struct text_node *s = text_find(upstream, "tls");
	struct config_tls *t = &rd->c->upstream_tls;

	if (s == NULL && wanted)
		bad(rd, upstream,
		    "the url says tls, and nothing says whom to believe: write `tls { ca = "
		    "tls/upstream_ca.crt }`");
	if (s == NULL)
		return;
	if (s->kind != TEXT_SECTION || s->label.len != 0) {
		bad(rd, s,
		    "tls is a section without a name: write `tls { ca = tls/upstream_ca.crt }`");
		return;
	}
	read_common(rd, s, t);
	config_paths(rd, s, upstream_paths, COUNT(upstream_paths));
	t->first = (enum config_first)word(rd, s, "first", firsts, CONFIG_FIRST_NO);
	memcpy(t->name, rd->c->upstream.host, sizeof(t->name));
	text(rd, s, "server_name", t->name, sizeof(t->name));
	if ((t->cert == NULL) != (t->key == NULL))
		bad(rd, s, "cert and key go together: a certificate to show and its private key");
}

void
config_tls_free(struct config_tls *t)
{
	free(t->cert);
	free(t->key);
	free(t->ca);
}
