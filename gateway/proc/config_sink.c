/*
 * config_sink - `sink NAME { }` in gateway.conf: records and checkpoints to places elsewhere.
 *
 * A key that the sink's type does not act on is an error, as is a filter that lets nothing through:
 * who relies on a copy must not find out too late that there is none.
 */
#include "gateway/proc/config_priv.h"
#include "policy/audit/record.h"

#define BIT(type) (1U << (type))

enum {
	REMOTE = BIT(SINK_JETSTREAM) | BIT(SINK_NATS),
};

static const struct {
	const char *key;
	unsigned types;
} keys[] = {
	{ "url", REMOTE },
	{ "creds", REMOTE },
	{ "ca", REMOTE },
	{ "cert", REMOTE },
	{ "key", REMOTE },
	{ "subject", REMOTE },
	{ "stream", BIT(SINK_JETSTREAM) },
	{ "create", BIT(SINK_JETSTREAM) },
	{ "address", BIT(SINK_SYSLOG) },
	{ "format", BIT(SINK_SYSLOG) },
	{ "dir", BIT(SINK_FILE) },
};

static void bad(struct config_reader *rd, const struct text_node *e, const char *what)
    __attribute__((nonnull));

static void
bad(struct config_reader *rd, const struct text_node *e, const char *what)
{
	text_error(rd->r, rd->t, e, "%s", what);
	rd->bad = true;
}

/* string() - a key's text. Return: is it there and one? */
static bool
string(struct config_reader *rd, struct text_node *block, const char *key, struct bytes *out,
    struct text_node **at)
{
	int r;

	*at = text_find(block, key);
	r = text_get_string(rd->t, *at, out, rd->r);
	rd->bad = rd->bad || r != 0;
	return *at != NULL && r == 0;
}

/* keep() - a text into an array of @room bytes. */
static bool
keep(char *out, size_t room, struct bytes s)
{
	if (s.len == 0 || s.len >= room || bytes_find(s, 0) != s.len)
		return false;
	memcpy(out, s.ptr, s.len);
	out[s.len] = '\0';
	return true;
}

/* only() - nothing but letters, digits and @more? */
static bool
only(struct bytes s, const char *more)
{
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.ptr[i];
		bool plain =
		    (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

		if (!plain && (c == '\0' || strchr(more, c) == NULL))
			return false;
	}
	return s.len > 0;
}

/* literal_subject() - tokens of printable ASCII between dots, without wildcards, not the server's
 * own. */
static bool
literal_subject(struct bytes s)
{
	bool token = false;

	if (s.len == 0 || s.ptr[0] == '$')
		return false;
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.ptr[i];

		if (c == '.' ? !token : c <= 0x20 || c >= 0x7f || c == '*' || c == '>')
			return false;
		token = c != '.';
	}
	return token;
}

/* ---- the parts of one ---- */

static void
read_subject(struct config_reader *rd, struct text_node *block, struct sink *s)
{
	struct text_node *e;
	struct bytes v = BYTES_NULL;

	if (!string(rd, block, "subject", &v, &e)) {
		if (e == NULL)
			bad(rd, block,
			    "subject is missing: write `subject = \"audit.NAME-OF-THIS-GATE\"`");
	} else if (!literal_subject(v) || !keep(s->subject, sizeof(s->subject), v)) {
		bad(rd, e,
		    "not a subject to publish on: tokens between dots, no wildcards, no `$` in "
		    "front");
	}
}

static void
read_stream(struct config_reader *rd, struct text_node *block, struct sink *s)
{
	struct text_node *e;
	struct bytes v = BYTES_NULL;

	if (!string(rd, block, "stream", &v, &e)) {
		if (e == NULL)
			bad(rd, block, "stream is missing: write `stream = AUDIT`");
	} else if (!only(v, "-_") || !keep(s->stream, sizeof(s->stream), v)) {
		bad(rd, e, "a stream's name is of letters, digits, - and _");
	}
	if (text_get_bool(rd->t, text_find(block, "create"), &s->create, rd->r) != 0)
		rd->bad = true;
}

/* read_tls() - whom to trust has to be said: what the machine trusts is more than this server. */
static void
read_tls(struct config_reader *rd, struct text_node *block, struct sink *s, size_t i)
{
	const struct {
		const char *key;
		char **path;
	} files[] = { { "ca", &rd->c->sink_ca[i] }, { "cert", &rd->c->sink_cert[i] },
		{ "key", &rd->c->sink_key[i] } };
	struct text_node *e;
	struct bytes v = BYTES_NULL;

	for (size_t k = 0; k < sizeof(files) / sizeof(files[0]); k++) {
		if (!string(rd, block, files[k].key, &v, &e))
			continue;
		config_path_set(rd, e, files[k].path, v);
		if (!s->tls)
			bad(rd, e, "goes with url = \"tls://HOST:PORT\"");
	}
	if (s->tls && text_find(block, "ca") == NULL)
		bad(rd, block,
		    "ca is missing: write `ca = FILE`, the certificates that sign the server's");
	if ((text_find(block, "cert") != NULL) != (text_find(block, "key") != NULL))
		bad(rd, block, "cert and key go together");
}

static void
read_url(struct config_reader *rd, struct text_node *block, struct sink *s)
{
	static const struct bytes tls = BYTES_LIT("tls://");
	struct config_address a;
	struct bytes v = BYTES_NULL, at;
	struct text_node *e;

	if (!string(rd, block, "url", &v, &e)) {
		if (e == NULL)
			bad(rd, block, "url is missing: write `url = \"nats://HOST:PORT\"`");
		return;
	}
	s->tls = bytes_starts(v, tls);
	at = s->tls ? bytes_from(v, tls.len) : v;
	/* a certificate is for a name, so there must be one; and one scheme is enough */
	if (config_address_parse(at, &a) != 0 || a.port == 0 ||
	    (s->tls && (at.ptr[0] == ':' || bytes_starts(at, BYTES_LIT("nats://"))))) {
		bad(rd, e,
		    "not a server this gateway can dial: write \"nats://HOST:PORT\" or "
		    "\"tls://HOST:PORT\"");
		return;
	}
	memcpy(s->host, a.host, sizeof(s->host));
	s->port = a.port;
}

static void
read_server(struct config_reader *rd, struct text_node *block, struct sink *s, size_t i)
{
	struct text_node *e;
	struct bytes v = BYTES_NULL;

	read_url(rd, block, s);
	if (string(rd, block, "creds", &v, &e)) {
		config_path_set(rd, e, &rd->c->sink_creds[i], v);
		s->creds = true;
	}
	read_tls(rd, block, s, i);
	read_subject(rd, block, s);
	if (s->type == SINK_JETSTREAM)
		read_stream(rd, block, s);
}

static void
read_syslog(struct config_reader *rd, struct text_node *block, struct sink *s)
{
	static const struct bytes udp = BYTES_LIT("udp://"), un = BYTES_LIT("unix:");
	struct config_address a;
	struct text_node *e;
	struct bytes v = BYTES_NULL;

	if (!string(rd, block, "address", &v, &e)) {
		if (e == NULL)
			bad(rd, block,
			    "address is missing: write `address = \"udp://HOST:PORT\"` or "
			    "\"unix:/dev/log\"");
	} else if (bytes_starts(v, un)) {
		v = bytes_from(v, un.len);
		if (v.len == 0 || v.ptr[0] != '/' || v.len > 107 ||
		    !keep(s->path, sizeof(s->path), v))
			bad(rd, e,
			    "not a socket: write \"unix:/dev/log\", an absolute path of at most "
			    "107 bytes");
	} else if (bytes_starts(v, BYTES_LIT("tcp://")) || bytes_starts(v, BYTES_LIT("tls://"))) {
		bad(rd, e,
		    "syslog goes in datagrams only: name a collector on this machine that "
		    "forwards over TLS, or use type = jetstream with tls://");
	} else if (!bytes_starts(v, udp) || config_address_parse(bytes_from(v, udp.len), &a) != 0 ||
		   a.port == 0) {
		bad(rd, e, "not an address: write \"udp://HOST:PORT\" or \"unix:/dev/log\"");
	} else {
		memcpy(s->host, a.host, sizeof(s->host));
		s->port = a.port;
	}
	if (!string(rd, block, "format", &v, &e))
		return;
	if (bytes_is(v, "cef"))
		s->format = SINK_CEF;
	else if (!bytes_is(v, "rfc5424"))
		bad(rd, e, "format is rfc5424 or cef");
}

static void
read_dir(struct config_reader *rd, struct text_node *block, size_t i)
{
	struct text_node *e;
	struct bytes v = BYTES_NULL;

	if (string(rd, block, "dir", &v, &e))
		config_path_set(rd, e, &rd->c->sink_dir[i], v);
	else if (e == NULL)
		bad(rd, block, "dir is missing: write `dir = FOLDER`, best one on another machine");
}

/* read_what() - records, or checkpoints; the file only knows the second. */
static void
read_what(struct config_reader *rd, struct text_node *block, struct sink *s)
{
	struct text_node *e;
	struct bytes v = BYTES_NULL;

	s->checkpoints = s->type == SINK_FILE;
	if (!string(rd, block, "what", &v, &e))
		return;
	s->checkpoints = bytes_is(v, "checkpoints");
	if (!s->checkpoints && !bytes_is(v, "records"))
		bad(rd, e, "what is records or checkpoints");
	else if (s->checkpoints ? s->type == SINK_SYSLOG : s->type == SINK_FILE)
		bad(rd, e,
		    s->checkpoints
			? "syslog takes records"
			: "type = file takes checkpoints; the records are files already");
}

/* ---- filters ---- */

static int
take_kind(struct sink_filter *f, struct bytes v)
{
	enum record_kind k = record_kind_of(v);

	f->kinds |= k != RECORD_NONE ? 1U << k : 0;
	return k != RECORD_NONE ? 0 : TEXT_BAD;
}

static int
take_decision(struct sink_filter *f, struct bytes v)
{
	uint8_t d = bytes_is(v, "allow") ? SINK_ALLOW : bytes_is(v, "deny") ? SINK_DENY : 0;

	f->decisions |= d;
	return d != 0 ? 0 : TEXT_BAD;
}

static int
take_lattice(struct sink_filter *f, struct bytes v)
{
	if (f->n_lattices == SINK_LATTICES ||
	    !keep(f->lattice[f->n_lattices], sizeof(f->lattice[0]), v))
		return TEXT_BAD;
	f->n_lattices++;
	return 0;
}

/* read_list() - a word or a list of them, each to @take. */
static void
read_list(struct config_reader *rd, struct text_node *block, const char *key, struct sink_filter *f,
    int (*take_one)(struct sink_filter *f, struct bytes v), const char *known)
{
	struct text_node *e = text_find(block, key), *v;
	bool list;

	if (e == NULL)
		return;
	if (e->kind != TEXT_ENTRY || e->op != TEXT_EQ || e->child == NULL) {
		bad(rd, e, "expected `=` and a list");
		return;
	}
	list = e->child->kind == TEXT_LIST;
	v = list ? e->child->child : e->child;
	if (v == NULL)
		bad(rd, e,
		    "an empty list would let nothing through: leave the key out, or name "
		    "something");
	for (; v != NULL; v = list ? v->next : NULL) {
		if (v->kind == TEXT_WORD && take_one(f, v->text) == 0)
			continue;
		text_error(rd->r, rd->t, v, "%s takes %s", key, known);
		rd->bad = true;
	}
}

static void
read_filter(struct config_reader *rd, struct text_node *block, struct sink *s)
{
	struct text_node *n = text_find(block, "filter");

	if (n == NULL)
		return;
	if (n->kind != TEXT_SECTION || n->label.len != 0) {
		bad(rd, n, "filter is a section without a name: write `filter { ... }`");
		return;
	}
	if (s->checkpoints)
		bad(rd, n, "checkpoints are not filtered");
	read_list(rd, n, "kinds", &s->filter, take_kind,
	    "kinds of records: command, outcome, denial, open ... (docs/AUDIT.md)");
	read_list(rd, n, "decisions", &s->filter, take_decision, "allow and deny");
	read_list(rd, n, "lattices", &s->filter, take_lattice,
	    "up to 16 names of lattices, in which * stands for anything");
}

/* ---- one, and all ---- */

static bool
read_type(struct config_reader *rd, struct text_node *block, struct sink *s)
{
	struct text_node *e;
	struct bytes v = BYTES_NULL;
	char name[16];

	if (string(rd, block, "type", &v, &e) && keep(name, sizeof(name), v))
		s->type = sink_type_of(name);
	if (e == NULL)
		bad(rd, block, "type is missing: write `type = jetstream`, or nats, syslog, file");
	else if (s->type == SINK_NONE)
		bad(rd, e, "type is jetstream, nats, syslog or file");
	return s->type != SINK_NONE;
}

static void
check_keys(struct config_reader *rd, struct text_node *block, enum sink_type type)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		struct text_node *e =
		    (keys[i].types & BIT(type)) == 0 ? text_find(block, keys[i].key) : NULL;

		if (e == NULL)
			continue;
		text_error(rd->r, rd->t, e, "%s does not go with type = %s", keys[i].key,
		    sink_type_name(type));
		rd->bad = true;
	}
}

static void
read_sink(struct config_reader *rd, struct text_node *block)
{
	size_t i = rd->c->n_sinks;
	struct sink *s = &rd->c->sink[i];

	if (i == SINK_MAX) {
		text_error(rd->r, rd->t, block, "more than %d sinks", SINK_MAX);
		rd->bad = true;
		return;
	}
	if (block->kind != TEXT_SECTION || !only(block->label, "-_") ||
	    !keep(s->name, sizeof(s->name), block->label)) {
		bad(rd, block,
		    "a sink has a name: write `sink NAME { ... }`, 1 to 24 letters, digits, - and "
		    "_");
		return;
	}
	rd->c->n_sinks++;
	if (!read_type(rd, block, s))
		return;
	check_keys(rd, block, s->type);
	read_what(rd, block, s);
	if (s->type == SINK_SYSLOG)
		read_syslog(rd, block, s);
	else if (s->type == SINK_FILE)
		read_dir(rd, block, i);
	else
		read_server(rd, block, s, i);
	if (s->type == SINK_JETSTREAM && s->checkpoints)
		bad(rd, block,
		    "a stream takes records, checkpoints among them; for checkpoints alone write "
		    "`type = nats`");
	read_filter(rd, block, s);
}

void
config_sinks(struct config_reader *rd)
{
	for (struct text_node *n = rd->t->root->child; n != NULL; n = n->next) {
		if (bytes_is(n->text, "sink"))
			read_sink(rd, text_use(n));
	}
}
