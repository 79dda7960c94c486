/*
 * hostconf_settle - from what was said to what is meant: presets, numbers, and refusals. A host
 * without a login is refused unless that was asked for by name: everybody who reaches its server
 * could command it.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/proc/hostconf_priv.h"
#include "policy/commands/command.h"

enum { HEARTBEAT_MS = 30000, PORT_PRESET = 4222 };

struct settle {
	struct hostconf *c;
	struct text_report *r;
	struct text where; /* for messages without a line */
};

static const char *
said(const struct settle *s, enum hostconf_key k)
{
	return s->c->value[k].text;
}

/* bad() - with the name under which it was said. */
static void
bad(struct settle *s, enum hostconf_key k, const char *what)
{
	const struct hostconf_value *v = &s->c->value[k];

	text_error(s->r, &s->where, NULL, "%s%s: %s", v->from == HOSTCONF_FLAG ? "--" : "",
	    v->by != NULL ? v->by : hostconf_rows[k].name, what);
}

static int
copy(char **out, const char *text)
{
	free(*out);
	*out = strdup(text);
	return *out != NULL ? 0 : err_raise(-ENOMEM);
}

static bool
name_ok(const char *s)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++)
		if (s[i] <= ' ' || s[i] >= 0x7f || s[i] == '"' || s[i] == '\\')
			return false;
	return n > 0 && n <= 64;
}

static bool
yes(struct settle *s, enum hostconf_key k)
{
	const char *v = said(s, k);

	if (v != NULL && strcmp(v, "yes") != 0 && strcmp(v, "no") != 0)
		bad(s, k, "yes or no");
	return v != NULL && strcmp(v, "yes") == 0;
}

static int
root_values(struct settle *s)
{
	struct hostconf *c = s->c;
	const char *lattice = said(s, HC_LATTICE), *dialect = said(s, HC_DIALECT),
		   *name = said(s, HC_NAME);
	const char *anonymous = said(s, HC_ANONYMOUS);
	int r = copy(&c->lattice, lattice != NULL ? lattice : "default");

	if (!command_lattice_ok(bytes_str(c->lattice)))
		bad(s, HC_LATTICE,
		    "not the name of a lattice: one subject token, and no word of the control "
		    "subjects");
	c->dialect = 'b';
	if (dialect != NULL && strlen(dialect) == 1 && strchr("aAbB", dialect[0]) != NULL)
		c->dialect = (char)(dialect[0] | 0x20);
	else if (dialect != NULL)
		bad(s, HC_DIALECT, "a (hosts of 0.18) or b (0.50 to 0.82)");
	if (name != NULL && !name_ok(name))
		bad(s, HC_NAME, "1 to 64 printable ASCII characters without blanks and quotes");
	if (r == 0 && name != NULL)
		r = copy(&c->name, name);
	if (anonymous != NULL && strcmp(anonymous, "yes") != 0 && strcmp(anonymous, "no") != 0)
		bad(s, HC_ANONYMOUS, "yes or no");
	c->locked = yes(s, HC_LOCKED);
	c->watch = yes(s, HC_WATCH);
	if (c->locked && c->watch)
		bad(s, HC_WATCH, "what is locked does not change: locked or watch");
	c->anonymous = anonymous != NULL && strcmp(anonymous, "yes") == 0;
	if (r == 0 && said(s, HC_LOG) != NULL)
		r = copy(&c->log, said(s, HC_LOG));
	return r;
}

/* duration() - 30s, 500ms, 2m; by the grammar's own reader. */
static void
heartbeat(struct settle *s)
{
	const char *v = said(s, HC_HEARTBEAT);
	struct text_report aside;
	struct text t = { .file = s->where.file };
	struct text_node word = { .kind = TEXT_WORD, .text = bytes_str(v) };
	struct text_node e = {
		.kind = TEXT_ENTRY, .op = TEXT_EQ, .text = BYTES_LIT("heartbeat"), .child = &word
	};
	uint64_t ms = HEARTBEAT_MS;

	text_report_init(&aside);
	if (v != NULL && text_get_duration_ms(&t, &e, 100, 3600000, &ms, &aside) != 0)
		bad(s, HC_HEARTBEAT, "a time from 100ms to 1h, e.g. 30s");
	text_report_deinit(&aside);
	s->c->heartbeat_ms = (uint32_t)ms;
}

static int
folder(struct settle *s)
{
	const char *state = said(s, HC_STATE);
	const char *home = getenv("XDG_STATE_HOME"), *user = getenv("HOME");
	char *path = NULL;
	int n;

	if (state != NULL)
		return copy(&s->c->state, state);
	if (s->c->dir != NULL)
		n = asprintf(&path, "%s/host", s->c->dir);
	else if (home != NULL && home[0] == '/')
		n = asprintf(&path, "%s/portcullis-host", home);
	else if (user != NULL && user[0] == '/')
		n = asprintf(&path, "%s/.local/state/portcullis-host", user);
	else
		n = asprintf(&path, "/var/lib/portcullis-host");
	free(s->c->state);
	s->c->state = n >= 0 ? path : NULL;
	return n >= 0 ? 0 : err_raise(-ENOMEM);
}

/* ---- the connections ---- */

struct wire_keys {
	enum hostconf_key host, port, creds, ca, jwt, seed;
};

static const struct wire_keys keys_of[WIRES] = {
	{ HC_CONTROL_HOST, HC_CONTROL_PORT, HC_CONTROL_CREDS, HC_CONTROL_CA, HC_CONTROL_JWT,
	    HC_CONTROL_SEED },
	{ HC_RPC_HOST, HC_RPC_PORT, HC_RPC_CREDS, HC_RPC_CA, HC_RPC_JWT, HC_RPC_SEED },
};

static bool
host_ok(struct bytes s)
{
	for (size_t i = 0; i < s.len; i++) {
		uint8_t ch = s.ptr[i];

		if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
			(ch >= '0' && ch <= '9') || strchr(".-_:", ch) != NULL))
			return false;
	}
	return s.len > 0 && s.len <= LINK_NAME_MAX;
}

/* read_host() - "HOST", "nats://HOST", "tls://HOST", "nats://HOST:PORT", an address in brackets or
 * not. */
static void
read_host(struct settle *s, const struct wire_keys *k, struct hostconf_wire *w)
{
	struct bytes h = bytes_str(said(s, k->host)), nats = BYTES_LIT("nats://"),
		     tls = BYTES_LIT("tls://");
	size_t colon;

	if (h.len == 0)
		h = BYTES_LIT("127.0.0.1");
	w->tls = bytes_starts(h, tls);
	if (w->tls || bytes_starts(h, nats))
		h = bytes_from(h, w->tls ? tls.len : nats.len);
	if (h.len > 0 && h.ptr[0] == '[' && h.ptr[h.len - 1] == ']')
		h = bytes_upto(bytes_from(h, 1), h.len - 2);
	colon = bytes_find(h, ':');
	if (colon < h.len && bytes_find(bytes_from(h, colon + 1), ':') == h.len - colon - 1 &&
	    said(s, k->port) == NULL) {
		char *port = strndup((const char *)h.ptr + colon + 1, h.len - colon - 1);

		if (port == NULL || hostconf_set(s->c, k->port, port, s->c->value[k->host].from,
					s->c->value[k->host].by) != 0)
			bad(s, k->host, "out of memory");
		free(port);
		h = bytes_upto(h, colon);
	}
	if (!host_ok(h)) {
		bad(s, k->host, "not the name or address of a server");
		return;
	}
	memcpy(w->host, h.ptr, h.len);
	w->host[h.len] = '\0';
}

static void
read_port(struct settle *s, const struct wire_keys *k, struct hostconf_wire *w)
{
	const char *p = said(s, k->port);
	char *end = NULL;
	unsigned long v = p != NULL ? strtoul(p, &end, 10) : PORT_PRESET;

	if (p != NULL && (p[0] < '1' || p[0] > '9' || *end != '\0' || v > 65535))
		bad(s, k->port, "a port is a number from 1 to 65535");
	w->port = (uint16_t)v;
}

static int
read_login(struct settle *s, enum wire wire, const struct wire_keys *k, struct hostconf_wire *w)
{
	const char *creds = said(s, k->creds), *jwt = said(s, k->jwt), *seed = said(s, k->seed);
	bool both = jwt != NULL && seed != NULL;
	int r = 0;

	if ((jwt != NULL) != (seed != NULL))
		bad(s, jwt != NULL ? k->jwt : k->seed,
		    "a JWT and its seed are given together, or a creds file");
	if (creds != NULL && !both)
		r = copy(&w->creds, creds);
	if (r == 0 && said(s, k->ca) != NULL) {
		w->tls = true;
		r = copy(&w->ca, said(s, k->ca));
	}
	if (w->tls && w->ca == NULL)
		text_error(s->r, &s->where, NULL,
		    "the %s connection asks for TLS and nobody is trusted to vouch for the server: "
		    "set ca (--%s-ca, %s)",
		    wire_name(wire), wire_name(wire), hostconf_rows[k->ca].env[0]);
	if (creds == NULL && !both && !s->c->anonymous)
		text_error(s->r, &s->where, NULL,
		    "no login for the %s connection: set `%s { creds = FILE }`, %s or --%s-creds. "
		    "--insecure-anonymous goes without, and then whoever reaches that server "
		    "commands this host",
		    wire_name(wire), wire_name(wire), hostconf_rows[k->creds].env[0],
		    wire_name(wire));
	return r;
}

int
hostconf_settle(struct hostconf *c, struct text_report *r)
{
	struct settle s = { .c = c,
		.r = r,
		.where = {
		    .file = c->file != NULL ? c->file : (char *)(uintptr_t) "portcullis-host" } };
	size_t before = r->errors;
	int err;

	if (c->file == NULL)
		hostconf_limits(&(struct hostconf_reader){ .c = c, .r = r });
	if (c->file == NULL)
		hostconf_trust(&(struct hostconf_reader){ .c = c, .r = r });
	err = root_values(&s);
	heartbeat(&s);
	if (err == 0)
		err = folder(&s);
	for (int i = 0; err == 0 && i < WIRES; i++) {
		read_host(&s, &keys_of[i], &c->wire[i]);
		read_port(&s, &keys_of[i], &c->wire[i]);
		err = read_login(&s, (enum wire)i, &keys_of[i], &c->wire[i]);
	}
	if (err != 0)
		return err_pass(err);
	return r->errors == before ? 0 : TEXT_BAD;
}
