/*
 * hostconf_registries - `registries { }` of host.conf: whom a host asks for artifacts. Nobody, unless it is said.
 */
#include <stdlib.h>
#include <string.h>

#include "host/proc/hostconf_priv.h"

/* is_name() - host or host:port, in small letters. */
static bool
is_name(struct bytes s)
{
	if (s.len == 0 || s.len > 255)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (strchr("abcdefghijklmnopqrstuvwxyz0123456789.-:", s.ptr[i]) == NULL || s.ptr[i] == 0)
			return false;
	return true;
}

static void
read_name(struct hostconf_reader *rd, const struct text_node *v, struct hostconf_names *list)
{
	char *name;

	if (v->kind != TEXT_WORD || !is_name(v->text) || list->n == HOSTCONF_NAMES) {
		text_error(rd->r, rd->t, v, list->n == HOSTCONF_NAMES ? "at most %d registries"
			: "not a registry: expected a name in small letters, with its port if it has one (at most %d)",
		    HOSTCONF_NAMES);
		rd->bad = true;
		return;
	}
	name = strndup((const char *)v->text.ptr, v->text.len);
	rd->failed = rd->failed || name == NULL;
	if (name != NULL)
		list->name[list->n++] = name;
}

static void
read_host(struct hostconf_reader *rd, const struct text_node *v)
{
	read_name(rd, v, &rd->c->registries);
}

static void
read_plain(struct hostconf_reader *rd, const struct text_node *v)
{
	read_name(rd, v, &rd->c->registries_plain);
}

static void
read_ca(struct hostconf_reader *rd, const struct text_node *v)
{
	if (rd->c->registry_ca != NULL) {
		text_error(rd->r, rd->t, v, "one file of authorities");
		rd->bad = true;
		return;
	}
	rd->c->registry_ca = hostconf_path(rd->c, v->text);
	rd->failed = rd->failed || rd->c->registry_ca == NULL;
}

void
hostconf_registries(struct hostconf_reader *rd)
{
	struct text_node *s = hostconf_section(rd, "registries");

	if (s == NULL)
		return;
	hostconf_each(rd, text_find(s, "hosts"), "a registry", read_host);
	hostconf_each(rd, text_find(s, "plain"), "a registry", read_plain);
	hostconf_each(rd, text_find(s, "ca"), "a file", read_ca);
}

void
hostconf_registries_free(struct hostconf *c)
{
	for (size_t i = 0; i < c->registries.n; i++)
		free(c->registries.name[i]);
	for (size_t i = 0; i < c->registries_plain.n; i++)
		free(c->registries_plain.name[i]);
	free(c->registry_ca);
}

void
hostconf_registries_put(struct buf *out, const struct hostconf *c)
{
	const struct hostconf_names *lists[] = { &c->registries, &c->registries_plain };
	static const char *const names[] = { "registries.hosts", "registries.plain" };

	for (size_t k = 0; k < 2; k++) {
		for (size_t i = 0; i < lists[k]->n; i++) {
			buf_put_str(out, names[k]);
			buf_put_str(out, " = ");
			buf_put_str(out, lists[k]->name[i]);
			buf_put_str(out, "\n");
		}
	}
}
