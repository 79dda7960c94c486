/*
 * hostconf_providers - `providers { }` of host.conf: what links may have opened for them on this machine. Whoever
 * may put links chooses addresses; this is where the machine's owner says which may be had. Without a list
 * nobody is dialled, and only what this machine alone reaches is bound.
 */
#include "host/proc/hostconf_priv.h"

static void
read_into(struct hostconf_reader *rd, const struct text_node *v, struct provider_reaches *r)
{
	const char *why = v->kind == TEXT_WORD ? provider_reaches_add(r, v->text) : "not an address";

	if (why == NULL)
		return;
	text_error(rd->r, rd->t, v, "%s", why);
	rd->bad = true;
}

static void
read_listen(struct hostconf_reader *rd, const struct text_node *v)
{
	read_into(rd, v, &rd->c->listen);
}

static void
read_connect(struct hostconf_reader *rd, const struct text_node *v)
{
	read_into(rd, v, &rd->c->connect);
}

void
hostconf_providers(struct hostconf_reader *rd)
{
	struct text_node *s = hostconf_section(rd, "providers");
	struct text_node *listen = s != NULL ? text_find(s, "listen") : NULL;
	struct text_node *connect = s != NULL ? text_find(s, "connect") : NULL;

	/* an empty list is one too */
	rd->c->listen.given = listen != NULL;
	rd->c->connect.given = connect != NULL;
	hostconf_each(rd, listen, "an address", read_listen);
	hostconf_each(rd, connect, "an address", read_connect);
}
